"""Small networks as pure functions of arrays, in JAX.

A network is a pair: `begin(key)` gives its parameters, `apply(parameters, x)` its outputs and the
statistics of its batch normalisations (mean and variance of each, none in most networks); with
`fixed`, such statistics are used in the place of the batch's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Statistics = list[tuple[jax.Array, jax.Array]]


class Network(NamedTuple):
    begin: Callable[[jax.Array], Any]
    apply: Callable[..., tuple[jax.Array, Statistics]]


def mlp(sizes: list[int], activate: Callable[[jax.Array], jax.Array] = jax.nn.relu) -> Network:
    """Dense layers, the last one linear."""

    def begin(key: jax.Array) -> Any:
        keys = jax.random.split(key, len(sizes) - 1)
        return [_dense(k, a, b) for k, a, b in zip(keys, sizes, sizes[1:], strict=False)]

    def apply(layers: Any, x: jax.Array, fixed: Any = None) -> tuple[jax.Array, Statistics]:
        for layer in layers[:-1]:
            x = activate(_linear(layer, x))
        return _linear(layers[-1], x), []

    return Network(begin, apply)


def residual(columns: int, width: int, blocks: int, outputs: int) -> Network:
    """A residual network for tables: layers normalised, two dense layers a block."""

    def begin(key: jax.Array) -> Any:
        enter, leave, *keys = jax.random.split(key, 2 + 2 * blocks)
        pairs = zip(keys[::2], keys[1::2], strict=True)
        return {
            "enter": _dense(enter, columns, width),
            "blocks": [
                (_norm(width), _dense(one, width, width), _dense(two, width, width))
                for one, two in pairs
            ],
            "leave": (_norm(width), _dense(leave, width, outputs)),
        }

    def apply(net: Any, x: jax.Array, fixed: Any = None) -> tuple[jax.Array, Statistics]:
        x = _linear(net["enter"], x)
        for norm, one, two in net["blocks"]:
            x = x + _linear(two, jax.nn.relu(_linear(one, _normal(norm, x))))
        norm, leave = net["leave"]
        return _linear(leave, _normal(norm, x)), []

    return Network(begin, apply)


def convolutional(side: int, channels: list[int], outputs: int, batch_norm: bool) -> Network:
    """3 x 3 convolutions of stride 2, each with or without batch normalisation, then dense."""
    pairs = list(zip([1, *channels], channels, strict=False))
    left = math.ceil(side / 2 ** len(channels))

    def begin(key: jax.Array) -> Any:
        leave, *keys = jax.random.split(key, 1 + len(pairs))
        layers = [(_dense(k, 9 * a, b), _norm(b)) for k, (a, b) in zip(keys, pairs, strict=True)]
        return layers, _dense(leave, left * left * channels[-1], outputs)

    def apply(net: Any, x: jax.Array, fixed: Any = None) -> tuple[jax.Array, Statistics]:
        layers, leave = net
        statistics: Statistics = []
        for index, (layer, norm) in enumerate(layers):
            x = _linear(layer, _patches(x))
            if batch_norm:
                own = x.mean((0, 1, 2)), x.var((0, 1, 2))
                statistics.append(own)
                mean, variance = own if fixed is None else fixed[index]
                x = (x - mean) / jnp.sqrt(variance + 1e-5) * norm[0] + norm[1]
            x = jax.nn.relu(x)
        return _linear(leave, x.reshape(len(x), -1)), statistics

    return Network(begin, apply)


def transformer(letters: int, context: int, width: int, heads: int, blocks: int) -> Network:
    """A decoder that predicts the next letter; layers are normalised before, not after."""

    def begin(key: jax.Array) -> Any:
        table, place, leave, *keys = jax.random.split(key, 3 + 4 * blocks)
        return {
            "letters": 0.1 * jax.random.normal(table, (letters, width)),
            "places": 0.1 * jax.random.normal(place, (context, width)),
            "blocks": [
                (
                    _norm(width), _dense(four[0], width, 3 * width), _dense(four[1], width, width),
                    _norm(width), _dense(four[2], width, 4 * width),
                    _dense(four[3], 4 * width, width),
                )
                for four in zip(*[iter(keys)] * 4, strict=True)
            ],
            "leave": (_norm(width), _dense(leave, width, letters)),
        }  # fmt: skip

    def attend(mix: Any, out: Any, x: jax.Array) -> jax.Array:
        parts = _linear(mix, x).reshape(*x.shape[:2], 3, heads, width // heads)
        query, key, value = jnp.moveaxis(parts, 2, 0)
        weights = jnp.einsum("bihd,bjhd->bhij", query, key) / math.sqrt(width // heads)
        past = jnp.tril(jnp.ones((context, context), bool))
        weights = jax.nn.softmax(jnp.where(past, weights, -1e9))
        return _linear(out, jnp.einsum("bhij,bjhd->bihd", weights, value).reshape(x.shape))

    def apply(net: Any, x: jax.Array, fixed: Any = None) -> tuple[jax.Array, Statistics]:
        x = jax.nn.one_hot(x, letters) @ net["letters"] + net["places"]
        for before, mix, out, between, wide, narrow in net["blocks"]:
            x = x + attend(mix, out, _normal(before, x))
            x = x + _linear(narrow, jax.nn.gelu(_linear(wide, _normal(between, x))))
        norm, leave = net["leave"]
        return _linear(leave, _normal(norm, x)), []

    return Network(begin, apply)


def _dense(key: jax.Array, rows: int, columns: int) -> tuple[jax.Array, jax.Array]:
    limit = math.sqrt(6 / (rows + columns))
    return jax.random.uniform(key, (rows, columns), minval=-limit, maxval=limit), jnp.zeros(columns)


def _linear(layer: Any, x: jax.Array) -> jax.Array:
    return x @ layer[0] + layer[1]


def _norm(width: int) -> tuple[jax.Array, jax.Array]:
    return jnp.ones(width), jnp.zeros(width)


def _normal(norm: Any, x: jax.Array) -> jax.Array:
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(variance + 1e-5) * norm[0] + norm[1]


def _patches(x: jax.Array) -> jax.Array:
    """The 3 x 3 surroundings of every second pixel; as a product, a population batches it."""
    height, width = x.shape[1:3]
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    shifted = [padded[:, i : i + height : 2, j : j + width : 2] for i in range(3) for j in range(3)]
    return jnp.concatenate(shifted, -1)
