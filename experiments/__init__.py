"""Studies of the three papers and of the verdict by evidence: they run, keep records, write pages.

They use the library, and it knows nothing of them: its command only hands over what is theirs.
"""
