"""What Keras must copy, set and put back: variables, generators, inits, averages, the rate."""

from lrsearch_keras.state.average import Average
from lrsearch_keras.state.building import build_as, when_built
from lrsearch_keras.state.generators import generators, put_generators
from lrsearch_keras.state.inits import Inits
from lrsearch_keras.state.snapshot import copied, inner, new_optimizer, put, put_state, take
from lrsearch_keras.state.steps import forget_steps, set_rate

__all__ = [
    "Average",
    "Inits",
    "build_as",
    "copied",
    "forget_steps",
    "generators",
    "inner",
    "new_optimizer",
    "put",
    "put_generators",
    "put_state",
    "set_rate",
    "take",
    "when_built",
]
