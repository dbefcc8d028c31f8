"""Thirteen demands on variational manifold embedding: each run, measured, drawn and kept."""
