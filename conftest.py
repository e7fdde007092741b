"""The code blocks of README and site are tests; what is not installed is left to other sessions.

``nox -s torch`` runs Lightning's and the Hugging Face Trainer's, ``nox -s docs`` the site's.
"""

from importlib.util import find_spec

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from tests import pages

FRAMEWORKS = {
    "keras": ["README.md", "docs/keras.md"],
    "lightning": ["docs/lightning.md", "docs/torch.md"],
    "transformers": ["docs/transformers.md"],
    "optuna": ["docs/optuna.md"],
    "matplotlib": ["docs/howto/*.md", "docs/concepts/*.md", "docs/index.md"],
}
"""Pages, and what their blocks need besides the core."""

collect_ignore = [
    f"adapters/lrsearch_torch/{name}.py"
    for name in ("lightning", "transformers")
    if find_spec(name) is None
]

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/**/*.md", "docs/*.md"],
    excludes=[page for name, given in FRAMEWORKS.items() if find_spec(name) is None
              for page in given],
    setup=pages.setup,
    teardown=pages.teardown,
).pytest()  # fmt: skip
