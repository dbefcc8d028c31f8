"""Sphinx configuration: Markdown pages in the furo theme; tutorials are run when they are built."""

import hashlib
import inspect
import os
import re
import sys
from importlib.metadata import version as _version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

project = "noether-razor"
author = "The noether-razor developers"
copyright = author
release = _version("noether-razor")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx-mathjax-offline",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # pages of results/ begin at several levels

# Tutorials. What they print is kept until they, or the code, change.
_CODE = sorted((HERE.parent / "noether_razor").rglob("*.py"))
_STATE = hashlib.sha256(b"".join(path.read_bytes() for path in _CODE)).hexdigest()[:12]
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / "executed" / _STATE)
nb_execution_in_temp = True
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
os.environ["MATPLOTLIBRC"] = str(HERE / "matplotlibrc")
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")])
)

# The reference. Array types are shown by the names that `noether_razor.base.types` gives them.
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
napoleon_attr_annotations = False
napoleon_use_ivar = True
napoleon_use_rtype = False
default_role = "py:obj"

smartquotes_action = "qe"  # options of the command keep their two hyphens
html_theme = "furo"
html_title = f"noether-razor {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]


def _escaped(line: str) -> str:
    """A line of a docstring with what reStructuredText would take for markup made plain."""
    parts = re.split(r"(``.*?``|`[^`]*`|(?<!\w)\*\*[A-Za-z][^*]*\*\*(?!\w))", line)
    return "".join(
        part + "\\ " * parts[place + 1][:1].isalnum()
        if place % 2
        else re.sub(r"([|*]|(?<=\w)_(?!\w))", r"\\\1", part)
        for place, part in enumerate(parts)
    )


def _each_by_itself(lines):
    """Attributes that share one text, as "low, high: 95 % interval", with the text for each."""
    found, entry = [], []

    def flush():
        first = re.match(r"( {4})(\w+(?:, \w+)+)(: .*)", entry[0]) if entry else None
        for name in first[2].split(", ") if first else []:
            found.extend([f"{first[1]}{name}{first[3]}", *entry[1:]])
        found.extend([] if first else entry)
        entry.clear()

    inside = False
    for line in lines:
        if not line.startswith(" " * 5):
            flush()
        if line and not line.startswith(" "):
            inside = line == "Attributes:"
        if inside and line.startswith("    "):
            entry.append(line)
        else:
            found.append(line)
    flush()
    return found


def _readable(app, what, name, obj, options, lines):
    """Docstrings are plain text: indented blocks are formulas or programs, and stay as they are."""
    lines[:] = _each_by_itself(lines)
    found, block, section, blank, before = [], False, False, True, ""
    for line in lines:
        indented = line.startswith("    ")
        if line.strip() and not indented:
            section = bool(re.fullmatch(r"[A-Z]\w+:", line.strip()))
            block = False
        if indented and blank and not section and not block and before:
            found += [".. code-block:: text", ""]
            block = True
        doctest = line.lstrip().startswith((">>>", "..."))
        found.append(line if block or doctest else _escaped(line))
        blank = not line.strip()
        before = line.strip() or before
    lines[:] = found


def _short_types(text):
    """Types of arrays as Array[R, T, m], Scalar and Key."""
    array = r"~?(?:jaxtyping\.)?\w+\[(?:jaxlib\._jax\.|jax\.)?Array, '([^']*)'\]"
    text = re.sub(rf"~?(?:jaxtyping\.)?Key\[[^\]]*\] \| {array} \| {array}", "Key", text or "")
    shape = lambda match: f"Array[{', '.join(match[1].split())}]" if match[1] else "Scalar"  # noqa: E731
    return re.sub(array, shape, text) or None


def _signature(app, what, name, obj, options, signature, returned):
    """Defaults that are constants of a module by their values, and functions by three dots."""
    if not signature:
        return None
    known = getattr(inspect.unwrap(getattr(obj, "__init__", obj)), "__globals__", {})
    known = getattr(obj, "__globals__", known)

    def value(match):
        return f"= {known[match[1]]!r}" if match[1] in known else match[0]

    signature, returned = map(_short_types, (signature, returned))
    signature = re.sub(r"= ([A-Z][A-Z_]{2,})\b", value, signature)
    signature = signature.replace("<factory>", "...")
    return re.sub(r"= lambda [^:]*: (\.\.\.|None)", "= ...", signature), returned


def _skipped(app, what, name, obj, skip, options):
    """Leave out fields of named tuples, which their class tells, and what scikit-learn makes."""
    field = type(obj).__name__ == "_tuplegetter"
    return True if field or re.fullmatch(r"set_\w+_request", name) else None


def _linked(app, env, node, contnode):
    """A name in a docstring or a type, by its last word, where only one entry is called so."""
    if node.get("refdomain") != "py" or not (target := node.get("reftarget")):
        return None
    objects = env.get_domain("py").objects
    last = target.rsplit(".", 1)[-1]
    places = {
        (entry.docname, entry.node_id)
        for full, entry in objects.items()
        if full.rsplit(".", 1)[-1] == last and entry.objtype in ("class", "function", "exception")
    }
    if len(places) != 1:
        return None
    from sphinx.util.nodes import make_refnode

    document, anchor = places.pop()
    return make_refnode(app.builder, node["refdoc"], document, anchor, contnode, target)


def _included(app, path, docname, content):
    """Links of the pages of results/, which are included in those of measurements/."""
    text = re.sub(r"(?<!!)\[([^\]]*)\]\([^)]*\.png\)", r"\1", content[0])
    content[0] = re.sub(r"\]\(evidence/(\w+\.md)\)", r"](by_evidence_\1)", text)


def setup(app):
    app.connect("include-read", _included)
    app.connect("autodoc-process-docstring", _readable, priority=400)
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-skip-member", _skipped)
    app.connect("missing-reference", _linked)
