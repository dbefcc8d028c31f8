"""Thirteen demands on variational manifold embedding: each is run, measured, drawn and kept."""
