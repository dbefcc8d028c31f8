"""Quantities in words that a person can check: formulas, names, symmetries, algebras."""
