"""The processes of one distributed training: rank 0 says what is done, all others hear it."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from lrsearch import Epoch, Rate
from lrsearch_torch.state import tensor_of

__all__ = ["Ranks", "epoch_of", "fields_of"]

_PATIENCE = timedelta(days=7)
"""How long the others wait for rank 0, which may validate alone."""


class Ranks:
    """All processes of ``torch.distributed``, over a group of their own on the host.

    Messages are JSON, and arrays go as they are: nothing is pickled.
    """

    def __init__(self) -> None:
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()
        self._group: Any = dist.new_group(backend="gloo", timeout=_PATIENCE)

    @staticmethod
    def are_several() -> bool:
        """Whether this process is one of several."""
        return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1

    def say(self, *message: Any) -> None:
        """Rank 0: send a message to all others."""
        self._send(_bytes(json.dumps(message).encode()))

    def hear(self) -> list[Any]:
        """The others: wait for rank 0's next message."""
        message: list[Any] = json.loads(self._receive().numpy().tobytes())
        return message

    def send(self, arrays: Sequence[Any]) -> None:
        """Rank 0: send arrays to all others."""
        tensors = [tensor_of(array).cpu().contiguous() for array in arrays]
        self.say(*([str(t.dtype).removeprefix("torch."), list(t.shape)] for t in tensors))
        for tensor in tensors:
            dist.broadcast(tensor, 0, group=self._group)

    def receive(self) -> list[torch.Tensor]:
        """The others: wait for rank 0's arrays."""
        tensors = [torch.empty(shape, dtype=getattr(torch, kind)) for kind, shape in self.hear()]
        for tensor in tensors:
            dist.broadcast(tensor, 0, group=self._group)
        return tensors

    def gather(self, arrays: Sequence[Any]) -> list[np.ndarray]:
        """All: what each rank has, as bytes, in the order of the ranks."""
        file = io.BytesIO()
        np.savez(file, *(np.asarray(array) for array in arrays))
        own = _bytes(file.getvalue())
        sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
        dist.all_gather(sizes, torch.tensor([len(own)]), group=self._group)
        longest = int(max(sizes))
        padded = torch.cat([own, torch.zeros(longest - len(own), dtype=torch.uint8)])
        parts = [torch.zeros(longest, dtype=torch.uint8) for _ in range(self.size)]
        dist.all_gather(parts, padded, group=self._group)
        return [part[: int(size)].numpy() for part, size in zip(parts, sizes, strict=True)]

    def own(self, gathered: Sequence[Any]) -> list[np.ndarray]:
        """All: the arrays that this rank had when they were gathered."""
        data = np.asarray(gathered[self.rank]).tobytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return [arrays[f"arr_{index}"] for index in range(len(arrays.files))]

    def agree(self, **given: Any) -> None:
        """All: make sure that every rank was given the same.

        Raises
        ------
        ValueError
            On every rank, if not.
        """
        text = json.dumps(given, sort_keys=True).encode()
        for rank, part in enumerate(self.gather([np.frombuffer(text, np.uint8)])):
            with np.load(io.BytesIO(part.tobytes()), allow_pickle=False) as arrays:
                others = json.loads(arrays["arr_0"].tobytes())
            if rank == 0:
                first = others
            for name, value in others.items():
                if value != first[name]:
                    raise ValueError(
                        f"the ranks disagree about {name}: rank 0 was given {first[name]!r}, and "
                        f"rank {rank} {value!r}. Give all the same, only rank 0 writes files"
                    )

    def _send(self, data: torch.Tensor) -> None:
        dist.broadcast(torch.tensor([len(data)]), 0, group=self._group)
        dist.broadcast(data, 0, group=self._group)

    def _receive(self) -> torch.Tensor:
        size = torch.zeros(1, dtype=torch.int64)
        dist.broadcast(size, 0, group=self._group)
        data = torch.zeros(int(size), dtype=torch.uint8)
        dist.broadcast(data, 0, group=self._group)
        return data


def fields_of(epoch: Epoch | None) -> list[Any] | None:
    """An epoch as JSON."""
    if epoch is None:
        return None
    rate = str(epoch.rate) if isinstance(epoch.rate, Rate) else float(epoch.rate)
    return [*epoch._replace(rate=rate)]  # type: ignore[arg-type]


def epoch_of(fields: Sequence[Any] | None) -> Epoch | None:
    """The epoch that `fields_of` made JSON of."""
    if fields is None:
        return None
    epoch = Epoch(*fields)
    return epoch._replace(rate=Rate(epoch.rate)) if isinstance(epoch.rate, str) else epoch


def _bytes(data: bytes) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(data, np.uint8).copy())
