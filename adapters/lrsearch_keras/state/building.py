"""Models that have no variables before their first batch (the TensorFlow backend)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

__all__ = ["build_as", "when_built"]


def when_built(model: Any, act: Callable[[], None]) -> None:
    """Act once the model and its optimizer have their variables, before a step is trained.

    That is now, as a rule. Only a model that has not seen the shape of its input yet is built
    from the first batch of the fit: before its step, then comes the act.

    Raises
    ------
    ValueError
        If the model cannot be built from the shape of a batch.
    """
    if model.optimizer.built or _is_built(model):
        _build_optimizer(model)
        act()
        return
    train = model.train_function

    def build_first(iterator: Any) -> Any:
        model.train_function = train
        inputs, _, _ = keras.utils.unpack_x_y_sample_weight(iterator.element_spec)
        model(keras.tree.map_structure(_symbol, inputs))
        _build_optimizer(model)
        act()
        return model.train_function(iterator)

    model.train_function = build_first


def build_as(model: Any, config: Any) -> None:
    """Build a model and its optimizer where no batch will be seen.

    Parameters
    ----------
    model : keras.Model
        It is left as it is where it is built.
    config : dict or None
        What ``get_build_config()`` of the model gave when it was built before.

    Raises
    ------
    ValueError
        If the model cannot be built from the config.
    """
    if not _is_built(model):
        model.build_from_config(config)
        model.built = _has_built_parts(model)
    if not model.built:
        raise ValueError(
            f"{type(model).__name__} has no variables yet, and nothing is left to train, which "
            "would build it: call it on one batch, model(x[:1]), before fit"
        )
    _build_optimizer(model)


def _is_built(layer: Any) -> bool:
    return bool(layer.built) and _has_built_parts(layer)


def _has_built_parts(layer: Any) -> bool:
    return all(part.built for part in layer._flatten_layers(include_self=False))


def _build_optimizer(model: Any) -> None:
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def _symbol(spec: Any) -> Any:
    return keras.KerasTensor(tuple(spec.shape), dtype=spec.dtype.name)
