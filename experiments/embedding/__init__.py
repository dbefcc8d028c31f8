"""Thirteen studies of variational manifold embedding: each is run, checked, drawn and kept."""
