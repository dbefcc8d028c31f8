"""The symmetrised Hamiltonian network and the variational bound on its evidence."""
