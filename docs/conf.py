"""How Sphinx builds the site: ``nox -s docs``."""

from lrsearch import __version__

project, author, copyright = "lrsearch", "The lrsearch authors", "2026, the lrsearch authors"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "lrsearch"
html_static_path = ["_static"]
html_favicon = "_static/icon.svg"
html_css_files = ["site.css"]
default_role = "literal"
napoleon_use_ivar = True
suppress_warnings = ["ref.python"]  # a parameter's type may be the name of an attribute
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_block"]
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_mock_imports = [
    "accelerate", "h5py", "joblib", "keras", "lightning", "optuna", "ray", "safetensors", "skops",
    "sklearn", "torch", "transformers",
]  # fmt: skip


def setup(app):
    """Fields of named tuples stand in their class's docstring, not once more without a word."""
    app.connect("autodoc-skip-member", _is_bare_field)


def _is_bare_field(app, what, name, member, skip, options):
    return True if str(getattr(member, "__doc__", "")).startswith("Alias for field") else None
