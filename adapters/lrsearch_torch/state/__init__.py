"""What PyTorch must copy and put back: the model, optimizers, generators, averages, inits."""

from lrsearch_torch.state.average import Average
from lrsearch_torch.state.generators import generators, put_generators, seeded
from lrsearch_torch.state.inits import Inits
from lrsearch_torch.state.optimizers import new_states, put_optimizer, taken
from lrsearch_torch.state.tensors import Copy, Copying, tensor_of
from lrsearch_torch.state.tree import pack, unpack

__all__ = [
    "Average",
    "Copy",
    "Copying",
    "Inits",
    "generators",
    "new_states",
    "pack",
    "put_generators",
    "put_optimizer",
    "seeded",
    "taken",
    "tensor_of",
    "unpack",
]
