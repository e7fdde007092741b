"""Learning rates found digit by digit, inside one ``model.fit`` (Keras 3)."""

try:
    import keras as _keras  # noqa: F401
except ImportError as error:
    raise ImportError(
        'lrsearch_keras needs Keras and a backend: pip install "lrsearch[tensorflow]" '
        "(or [jax], [torch])"
    ) from error

from lrsearch_keras.callback import LRExplorerCallback
from lrsearch_keras.phases import Epoch

__all__ = ["Epoch", "LRExplorerCallback"]
