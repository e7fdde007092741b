"""The paper's task in one ``model.fit`` of Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from examples.fashion_mnist_vae.model import (
    VAE,
    build_vae,
    encode,
    generate,
    reconstruct,
    score,
)
from lrsearch_keras import LRExplorerCallback

__all__ = ["encode", "explored", "generate", "reconstruct", "score"]


def explored(
    images: Any, epochs: int, search: Any, exploit: Any, seed: int, directory: Any
) -> tuple[VAE, LRExplorerCallback]:
    """Train it: the model with its best weights, and what was found."""
    model = build_vae(seed=seed)
    model.compile(keras.optimizers.Adam(), jit_compile=True)
    explorer = LRExplorerCallback(
        search,
        exploit,
        initial=lambda init: build_vae(seed=seed + init),
        directory=directory,
        x_test=images.test,
        predict=lambda model, x: np.column_stack([score(model, x), encode(model, x)]),
    )
    model.fit(
        images.train,
        epochs=epochs,
        batch_size=32,
        validation_data=(images.validation, None),
        validation_batch_size=1000,
        callbacks=[explorer],
        verbose=0,
    )
    return model, explorer
