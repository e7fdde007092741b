"""The auto-encoder in PyTorch is the one in Keras: equal weights give equal scores."""

import keras
import numpy as np
import pytest
import torch

from examples.fashion_mnist_vae import model as in_keras
from examples.fashion_mnist_vae import torch_model as in_torch


@pytest.fixture
def pair():
    """A model in each framework, with the weights of Keras's."""
    ours, other = in_torch.build_vae(), in_keras.build_vae(seed=3)
    values = {v.path: keras.ops.convert_to_numpy(v) for v in other.trainable_variables}
    layers = {
        "encode_1": ours.encoder[0], "encode_2": ours.encoder[2], "mean": ours.mean,
        "deviation": ours.deviation, "decode_1": ours.decoder[0], "decode_2": ours.decoder[2],
        "logits": ours.decoder[4],
    }  # fmt: skip
    with torch.no_grad():
        for name, layer in layers.items():
            layer.weight.copy_(torch.tensor(values[f"{name}/kernel"].T))
            layer.bias.copy_(torch.tensor(values[f"{name}/bias"]))
    return ours, other


def test_scores_means_and_images_are_equal(pair):
    ours, other = pair
    images = np.random.default_rng(0).uniform(size=(77, 784)).astype("float32")
    for name in ("score", "encode", "reconstruct"):
        one, two = (getattr(m, name)(v, images) for m, v in ((in_torch, ours), (in_keras, other)))
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-4)
    drawn = [m.generate(v, 5, seed=1) for m, v in ((in_torch, ours), (in_keras, other))]
    np.testing.assert_allclose(*drawn, atol=1e-4)


def test_weights_are_drawn_alike():
    ours, other = in_torch.build_vae(seed=1), in_keras.build_vae(seed=1)
    assert sum(p.numel() for p in ours.parameters()) == 401_204
    kernels = [keras.ops.convert_to_numpy(v) for v in other.trainable_variables if v.ndim == 2]
    for weight, kernel in zip([p for p in ours.parameters() if p.ndim == 2], kernels, strict=True):
        if weight.shape == kernel.T.shape and weight.numel() > 1000:
            assert weight.std().item() == pytest.approx(kernel.std(), rel=0.05)
    assert all(not p.any() for p in ours.parameters() if p.ndim == 1)
    torch.manual_seed(5)
    again = in_torch.build_vae(seed=1)
    assert all(
        torch.equal(*pair) for pair in zip(ours.parameters(), again.parameters(), strict=True)
    )
    assert torch.initial_seed() == 5


def test_z_is_drawn_in_training_only_and_extremes_stay_finite():
    model = in_torch.build_vae()
    images = torch.rand(4, 784)
    model.eval()
    assert torch.equal(model(images), model(images))
    model.train()
    assert not torch.equal(model(images), model(images))
    for size in (1e4, -1e4):
        raw = torch.full((2, 10), size)
        expected = 10 * (size**2 / 2 - 0.5 - np.log(size) if size > 0 else -0.5 - size)
        np.testing.assert_allclose(in_torch.kl_divergence(torch.zeros(2, 10), raw), expected, 1e-5)
