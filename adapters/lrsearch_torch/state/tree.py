"""Nested states as arrays: dictionaries and lists of numbers and tensors, without a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from lrsearch_torch.state.tensors import Copy, Copying, tensor_of

__all__ = ["pack", "unpack"]


def pack(tree: Any, copying: Copying = "host") -> list[Any]:
    """Copies of a tree's tensors, after the JSON text of all else in it, as bytes.

    Parameters
    ----------
    tree : dict, list, tuple, tensor, array, number, str, bool or None
        What an object's ``state_dict()`` returns, say.
    copying : {"host", "device"}
        Where the copies are kept.

    Raises
    ------
    TypeError
        If there is anything else in it.

    Examples
    --------
    >>> text, moment = pack({0: {"step": 3, "moment": torch.ones(2)}})
    >>> unpack([text, moment])
    {0: {'step': 3, 'moment': tensor([1., 1.])}}
    """
    copies: list[Copy] = []

    def plain(value: Any) -> Any:
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, Mapping):
            return {"dict": [[plain(key), plain(part)] for key, part in value.items()]}
        if isinstance(value, (list, tuple)):
            return {type(value).__name__: [plain(part) for part in value]}
        if isinstance(value, np.ndarray):
            copies.append(Copy(torch.from_numpy(value)))
            return {"array": len(copies)}
        if isinstance(value, torch.Tensor):
            copies.append(Copy(value, copying))
            return {"tensor": len(copies), "dtype": str(value.dtype).removeprefix("torch.")}
        raise TypeError(
            f"a state that holds a {type(value).__name__} cannot be copied and written: "
            f"expected tensors, numbers, and dictionaries and lists of them, got {value!r}"
        )

    text = json.dumps(plain(tree)).encode()
    return [np.frombuffer(text, np.uint8), *copies]


def unpack(arrays: Sequence[Any]) -> Any:
    """The tree; its tensors are the copies themselves, not to be written to."""

    def whole(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "dict" in value:
            return {whole(key): whole(part) for key, part in value["dict"]}
        if "tensor" in value:
            return tensor_of(arrays[value["tensor"]]).to(getattr(torch, value["dtype"]))
        if "array" in value:
            return np.array(arrays[value["array"]])
        if "tuple" in value:
            return tuple(whole(part) for part in value["tuple"])
        return [whole(part) for part in value["list"]]

    return whole(json.loads(bytes(np.asarray(arrays[0]).tobytes())))
