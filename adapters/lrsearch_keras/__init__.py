"""Learning rates found digit by digit, inside one ``model.fit`` (Keras 3)."""

try:
    import keras as _keras  # noqa: F401
except ImportError as error:
    raise ImportError(
        'lrsearch_keras needs Keras and a backend: pip install "lrsearch[tensorflow]" '
        "(or [jax], [keras,torch])"
    ) from error

from lrsearch.training import Epoch, State
from lrsearch_keras.callback import LRExplorerCallback
from lrsearch_keras.population import Explored, explore_population
from lrsearch_keras.state import Inits, put_state, take
from lrsearch_keras.trainee import KerasTrainee

__all__ = [
    "Epoch",
    "Explored",
    "Inits",
    "KerasTrainee",
    "LRExplorerCallback",
    "State",
    "explore_population",
    "put_state",
    "take",
]
