"""The paper's variational auto-encoder on Keras 3, for any of its backends."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

__all__ = ["PIXELS", "VAE", "build_vae", "encode", "generate", "reconstruct", "score"]

PIXELS = 28 * 28
ROWS_AT_ONCE = 1_000


@keras.saving.register_keras_serializable(package="lrsearch_examples")
class VAE(keras.Model):
    """A variational auto-encoder: dense layers, ReLU between them, Bernoulli pixels.

    The encoder is 784-hidden-hidden with two heads of `z_dim` units, the mean of q(z|x) and,
    through softplus, its standard deviation; the decoder is z_dim-hidden-hidden-784.

    The model adds its loss itself, so it is compiled with an optimizer alone, and whatever is
    given as `y` is ignored. The loss is the paper's NLL, the mean over images of

        KL(q(z|x) || N(0, I)) + binary cross-entropy summed over the pixels.

    In training z is drawn from q(z|x). Otherwise z is its mean, so ``val_loss`` is the paper's
    validation score, an exact mean over all images however they are batched.

    Parameters
    ----------
    seed : int
        Determines the initial weights and the noise of training.
    z_dim : int
        The number of latent dimensions.
    hidden : int
        The number of units in each hidden layer.

    Attributes
    ----------
    encoder : keras.Model
        From images, shape (n, 784), to a pair of shape (n, z_dim) each: the mean, and what
        softplus turns into the standard deviation.
    decoder : keras.Model
        From z, shape (n, z_dim), to the logits of the pixels, shape (n, 784).
    noise : keras.random.SeedGenerator
        Its state, one of the model's variables, is all that the noise of training depends on.
    """

    def __init__(self, seed: int = 0, z_dim: int = 10, hidden: int = 200, **kwargs: Any) -> None:
        # In mixed precision the layers cast for themselves; the target pixels stay float32.
        super().__init__(autocast=False, **kwargs)
        self.seed, self.z_dim, self.hidden = seed, z_dim, hidden
        # PyTorch takes no seed of more than 31 bits.
        states = np.random.SeedSequence(seed).generate_state(8) >> 1
        *seeds, noise_seed = (int(state) for state in states)
        initializers = (keras.initializers.GlorotUniform(seed=s) for s in seeds)

        def dense(units: int, name: str, activation: str | None = None) -> keras.layers.Layer:
            return keras.layers.Dense(
                units, activation, kernel_initializer=next(initializers), name=name
            )

        images = keras.Input((PIXELS,), name="images")
        h = dense(hidden, "encode_1", "relu")(images)
        h = dense(hidden, "encode_2", "relu")(h)
        heads = [dense(z_dim, "mean")(h), dense(z_dim, "deviation")(h)]
        self.encoder = keras.Model(images, heads, name="encoder")

        z = keras.Input((z_dim,), name="z")
        h = dense(hidden, "decode_1", "relu")(z)
        h = dense(hidden, "decode_2", "relu")(h)
        self.decoder = keras.Model(z, dense(PIXELS, "logits")(h), name="decoder")

        self.noise = keras.random.SeedGenerator(noise_seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the logits of the pixels, shape (n, 784), and add the loss of these images."""
        images = ops.cast(inputs, "float32")
        mean, raw = (ops.cast(head, "float32") for head in self.encoder(images))
        z = mean
        if training:
            z = mean + ops.softplus(raw) * keras.random.normal(ops.shape(mean), seed=self.noise)
        logits = ops.cast(self.decoder(z), "float32")
        loss = ops.mean(kl_divergence(mean, raw) + cross_entropy(images, logits))
        self.add_loss(loss)
        return logits

    def get_config(self) -> dict[str, Any]:
        config = {"seed": self.seed, "z_dim": self.z_dim, "hidden": self.hidden}
        return {**super().get_config(), **config}


def kl_divergence(mean: Any, raw: Any) -> Any:
    """KL(N(mean, softplus(raw)²) || N(0, I)) in nats, from shape (n, z_dim) to shape (n,).

    Stays finite where softplus(raw) underflows: there its logarithm is `raw` itself.
    """
    variance = ops.square(ops.softplus(raw))
    log_deviation = ops.log(ops.softplus(ops.maximum(raw, -20.0))) + ops.minimum(raw + 20.0, 0.0)
    return 0.5 * ops.sum(ops.square(mean) + variance - 1.0 - 2.0 * log_deviation, axis=-1)


def cross_entropy(images: Any, logits: Any) -> Any:
    """Binary cross-entropy in nats summed over the pixels, from shape (n, 784) to shape (n,)."""
    return ops.sum(ops.binary_crossentropy(images, logits, from_logits=True), axis=-1)


def build_vae(seed: int = 0, z_dim: int = 10, hidden: int = 200) -> VAE:
    """Build the paper's model with all its variables, ready for ``model.compile(optimizer)``.

    Parameters
    ----------
    seed : int
        Determines the initial weights and the noise of training.
    z_dim, hidden : int
        The number of latent dimensions and of units in each hidden layer; the paper's by default.

    Returns
    -------
    VAE
        Uncompiled, 401,204 trainable parameters at the paper's sizes.

    Raises
    ------
    ValueError
        If `seed` is negative, or `z_dim` or `hidden` is not positive.
    """
    if seed < 0:
        raise ValueError(f"seed has to be 0 or more, not {seed}")
    for name, size in (("z_dim", z_dim), ("hidden", hidden)):
        if size < 1:
            raise ValueError(f"{name} has to be at least 1, not {size}")
    model = VAE(seed, z_dim, hidden, name="vae")
    model.build((None, PIXELS))
    return model


def encode(model: VAE, images: np.ndarray) -> np.ndarray:
    """Return the mean of q(z|x) for images of shape (n, 784): float32, shape (n, z_dim)."""
    return _by_parts(lambda part: model.encoder(part)[0], images)


def reconstruct(model: VAE, images: np.ndarray) -> np.ndarray:
    """Encode and decode images with z = mean, without noise.

    Parameters
    ----------
    model : VAE
    images : ndarray, shape (n, 784)
        Grey values in [0, 1].

    Returns
    -------
    ndarray of float32, shape (n, 784)
        The expected grey values.
    """
    return _by_parts(lambda part: ops.sigmoid(model.decoder(model.encoder(part)[0])), images)


def score(model: VAE, images: np.ndarray) -> np.ndarray:
    """Return the paper's NLL of each image in nats, with z = mean: from (n, 784) to shape (n,)."""

    def nll(part: np.ndarray) -> Any:
        mean, raw = model.encoder(part)
        return kl_divergence(mean, raw) + cross_entropy(part, model.decoder(mean))

    return _by_parts(nll, images)


def generate(model: VAE, number: int, seed: int = 0) -> np.ndarray:
    """Decode `number` draws of z from N(0, I).

    The draws come from NumPy: the model's own random state is not touched, and the same `seed`
    gives the same z to every model.

    Returns
    -------
    ndarray of float32, shape (number, 784)
        The expected grey values.

    Raises
    ------
    ValueError
        If `number` is not positive.
    """
    if number < 1:
        raise ValueError(f"number has to be at least 1 image, not {number}")
    z = np.random.default_rng(seed).standard_normal((number, model.z_dim), dtype=np.float32)
    return _by_parts(lambda part: ops.sigmoid(model.decoder(part)), z)


def _by_parts(function: Any, rows: np.ndarray) -> np.ndarray:
    starts = range(0, len(rows), ROWS_AT_ONCE)
    parts = [function(np.asarray(rows[s : s + ROWS_AT_ONCE], np.float32)) for s in starts]
    return np.concatenate([ops.convert_to_numpy(part) for part in parts]).astype(np.float32)
