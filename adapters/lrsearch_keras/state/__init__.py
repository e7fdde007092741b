"""What Keras must copy and put back: variables, generators, inits, averages, models not built."""

from lrsearch_keras.state.average import Average
from lrsearch_keras.state.building import build_as, when_built
from lrsearch_keras.state.generators import generators, put_generators
from lrsearch_keras.state.inits import Inits
from lrsearch_keras.state.snapshot import copied, new_optimizer, put, put_state, take

__all__ = [
    "Average",
    "Inits",
    "build_as",
    "copied",
    "generators",
    "new_optimizer",
    "put",
    "put_generators",
    "put_state",
    "take",
    "when_built",
]
