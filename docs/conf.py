"""Sphinx configuration: Markdown pages in the furo theme."""

from importlib.metadata import version as _version

project = "noether-razor"
author = "The noether-razor developers"
copyright = author
release = _version("noether-razor")

extensions = ["myst_parser", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"noether-razor {release}"
