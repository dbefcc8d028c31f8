"""Studies of the three papers and of the verdict by evidence: they run, keep records, write pages.

They use the library. The library uses nothing of them: its command only passes their commands on.
"""
