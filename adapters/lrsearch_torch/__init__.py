"""Learning rates found digit by digit, inside one training loop (PyTorch)."""

try:
    import safetensors.torch as _safetensors  # noqa: F401
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ImportError(
        'lrsearch_torch needs PyTorch and safetensors: pip install "lrsearch[torch]"'
    ) from error

from lrsearch.training import Epoch, State
from lrsearch_torch.explorer import Explorer
from lrsearch_torch.trainee import TorchTrainee

__all__ = ["Epoch", "Explorer", "State", "TorchTrainee"]
