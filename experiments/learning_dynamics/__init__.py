"""Charges of gradient descent, measured against theory: experiments, records, page."""
