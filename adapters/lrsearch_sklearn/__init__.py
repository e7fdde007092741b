"""Learning rates found digit by digit, in a search beside GridSearchCV (scikit-learn)."""

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError as error:
    raise ImportError(
        'lrsearch_sklearn needs scikit-learn: pip install "lrsearch[sklearn]"'
    ) from error

from lrsearch_sklearn.search_cv import LRSearchCV

__all__ = ["LRSearchCV"]
