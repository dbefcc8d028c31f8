"""The fit of the paper: quantities learned together with the dynamics, by a variational bound."""
