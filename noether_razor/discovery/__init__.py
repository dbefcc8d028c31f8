"""Discoveries and checks: from data to a result, and its pages, pictures and files."""
