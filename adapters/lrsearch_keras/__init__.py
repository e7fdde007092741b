"""Learning rates found digit by digit, inside one ``model.fit`` (Keras 3)."""

try:
    import keras as _keras  # noqa: F401
except ImportError as error:
    raise ImportError(
        'lrsearch_keras needs Keras and a backend: pip install "lrsearch[tensorflow]" '
        "(or [jax], [torch])"
    ) from error

from lrsearch_keras.callback import LRExplorerCallback
from lrsearch_keras.compiled import CompiledTrainer
from lrsearch_keras.inits import Inits
from lrsearch_keras.phases import Epoch
from lrsearch_keras.population import Explored, explore_population
from lrsearch_keras.snapshot import State, put_state, take
from lrsearch_keras.together import Trained, train_together

__all__ = [
    "CompiledTrainer",
    "Epoch",
    "Explored",
    "Inits",
    "LRExplorerCallback",
    "State",
    "Trained",
    "explore_population",
    "put_state",
    "take",
    "train_together",
]
