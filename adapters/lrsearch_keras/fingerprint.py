"""What a Keras model is, in JSON: a run folder is not gone on with by another one."""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import keras

__all__ = ["canonical", "of_compiled", "of_model"]

_NOT_COMPARED = ("build_config", "build_input_shape", "learning_rate", "seed", "shared_object_id")
"""How a model came to be built, what the search sets, and what is drawn anew at each start."""
_NO_CONFIG = (AttributeError, KeyError, NotImplementedError, TypeError, ValueError)


def of_model(model: keras.Model) -> dict[str, Any]:
    """A built model's shapes, and its config where it has one."""
    shapes = [list(variable.shape) for variable in model.variables]
    config = _config_of(model)
    return {"variables": shapes} | ({} if config is None else {"model": canonical(config)})


def of_compiled(model: keras.Model) -> dict[str, Any]:
    """What a model was compiled with, as far as it has a config; without the learning rate."""
    compiled = _serialized(model.get_compile_config) or {}
    about = {name: canonical(compiled[name]) for name in ("loss", "loss_weights")
             if name in compiled}  # fmt: skip
    optimizer = _serialized(model.optimizer.get_config)
    return about if optimizer is None else {**about, "optimizer_config": canonical(optimizer)}


def canonical(config: Any) -> Any:
    """A config as it comes back from JSON, without what differs from one start to the next.

    Names that end in a number are numbered anew in the order they come in, as Keras numbers
    layers by how many were built before.

    Examples
    --------
    >>> canonical([{"name": "dense_7"}, {"name": "dense_9", "inbound": ("dense_7", 0)}])
    [{'name': 'dense'}, {'name': 'dense_1', 'inbound': ['dense', 0]}]
    """
    text = json.dumps(_stripped(config), default=lambda value: type(value).__name__)
    plain = json.loads(text, parse_constant=lambda name: None)
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for name in _names(plain):
        if name not in names:
            stem = re.sub(r"_\d+$", "", name)
            names[name] = f"{stem}_{counts[stem]}" if counts[stem] else stem
            counts[stem] += 1
    return _renamed(plain, names)


def _config_of(layer: Any) -> Any:
    """The config of a layer or model; where it does not hold its layers, they are put to it."""
    config = _serialized(layer.get_config) or {}
    if "layers" not in config and getattr(layer, "layers", None):
        config = {**config, "layers": [_config_of(part) for part in layer.layers]}
    return {"class_name": type(layer).__name__, **config} if config else None


def _serialized(get_config: Callable[[], Any]) -> Any:
    """A config in plain values, without a warning about lambdas; None where there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return keras.saving.serialize_keras_object(get_config())
        except _NO_CONFIG:
            return None


def _stripped(config: Any) -> Any:
    if isinstance(config, dict):
        if config.get("class_name") == "__lambda__":  # its bytecode has line numbers in it
            return {"class_name": "__lambda__"}
        return {
            key: value[1:] if key == "batch_shape" and value else _stripped(value)
            for key, value in config.items()
            if key not in _NOT_COMPARED
        }
    return [_stripped(part) for part in config] if isinstance(config, (list, tuple)) else config


def _names(config: Any) -> Iterator[str]:
    if isinstance(config, dict):
        if isinstance(config.get("name"), str):
            yield config["name"]
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from _names(part)


def _renamed(config: Any, names: dict[str, str]) -> Any:
    if isinstance(config, dict):
        return {names.get(key, key): _renamed(value, names) for key, value in config.items()}
    if isinstance(config, list):
        return [_renamed(part, names) for part in config]
    return names.get(config, config) if isinstance(config, str) else config
