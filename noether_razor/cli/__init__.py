"""The command `noether-razor`; nothing else of the package reads arguments or config files."""
