"""How Sphinx makes the site of these pages: scripts/docs."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

import katcp
from katcp import _public

# Sphinx is to see where the source of what is public stands: it lists members in that order.
_public.publish = lambda *_: None

project = "katcp-client"
author = "the katcp-client developers"
copyright = f"2026, {author}"
release = version = katcp.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["images"]
html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = False
highlight_language = "none"  # blocks that are in a language say so
suppress_warnings = ["ref.python"]  # a word in an annotation, like type, that several things have

myst_heading_anchors = 3
linkcheck_timeout = 20

# Names in single backticks are looked up; what is a parameter or another word is shown as code.
default_role = "py:obj"
nitpicky = True
nitpick_ignore_regex = [
    ("py:obj", r"[a-z_]+|[A-Z_]+|.* .*"),
    ("py:class", r"optional|sequence|\{?'.*'\}?"),  # words for types, as in {'a', 'b'}, optional
    # What the library keeps to itself; and there is no inventory of other projects, since the site is
    # built without a network.
    (r"py:.*", r"katcp\.(.*\.)?_.*"),
    (
        r"py:.*",
        r"(abc|aiokatcp|_?asyncio|collections|concurrent|contextlib|logging|pa|pathlib|pyarrow|random|re|ssl|tornado)\..*",
    ),
]

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
napoleon_google_docstring = False
napoleon_custom_sections = [("Attributes", "params_style")]
napoleon_use_rtype = False


def by_last_name(
    app: Sphinx, env: BuildEnvironment, node: Any, shown: nodes.Node
) -> nodes.reference | None:
    """Find what a docstring names without its module, if there is one thing of that name."""
    if node["refdomain"] != "py" or node["reftarget"].islower():
        return None
    ending = "." + node["reftarget"]
    objects = env.domains.python_domain.objects.items()
    found = [(name, o) for name, o in objects if name.endswith(ending) and not o.aliased]
    if len(found) != 1:
        return None
    ((name, it),) = found
    return make_refnode(app.builder, node["refdoc"], it.docname, it.node_id, [shown], name)


def setup(app: Sphinx) -> None:
    """Let Sphinx know."""
    app.connect("missing-reference", by_last_name)
