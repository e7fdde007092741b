"""The paper's model: its score, its size, its randomness, on every backend."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from examples.fashion_mnist_vae import model as vae

ROOT = Path(vae.__file__).parents[2]


@pytest.fixture
def images():
    """Blurred discs, between 0 and 1, with something to learn in them."""
    return discs(300)


def discs(number):
    rng = np.random.default_rng(0)
    x, y, size = rng.uniform(8, 20, number), rng.uniform(8, 20, number), rng.uniform(3, 8, number)
    rows, columns = np.mgrid[:28, :28]
    distance = np.hypot(rows - y[:, None, None], columns - x[:, None, None])
    return (1 / (1 + np.exp(distance - size[:, None, None]))).reshape(number, 784).astype("float32")


def compiled(seed=0, rate=0.001, **options):
    model = vae.build_vae(seed=seed)
    model.compile(keras.optimizers.Adam(rate), **options)
    return model


def expected_nll(model, images):
    """The paper's NLL in NumPy and float64, written without the module under test."""
    values = {v.path: np.float64(keras.ops.convert_to_numpy(v)) for v in model.trainable_variables}

    def dense(name, inputs):
        return inputs @ values[f"{name}/kernel"] + values[f"{name}/bias"]

    def relu(inputs):
        return np.maximum(inputs, 0)

    images = np.float64(images)
    h = relu(dense("encode_2", relu(dense("encode_1", images))))
    mean, deviation = dense("mean", h), np.log1p(np.exp(dense("deviation", h)))
    h = relu(dense("decode_2", relu(dense("decode_1", mean))))
    p = 1 / (1 + np.exp(-dense("logits", h)))
    kl = (mean**2 + deviation**2 - 1).sum(axis=1) / 2 - np.log(deviation).sum(axis=1)
    entropy = -(images * np.log(p) + (1 - images) * np.log(1 - p)).sum(axis=1)
    return np.mean(kl + entropy)


def test_val_loss_is_the_papers_nll_over_batches_of_unequal_size(images):
    model = compiled()
    held_out = images[:77]  # two batches of 32 and one of 13
    history = model.fit(
        images, images, batch_size=32, epochs=3, validation_data=(held_out, held_out), verbose=0
    )
    expected = expected_nll(model, held_out)
    assert history.history["val_loss"][-1] == pytest.approx(expected, rel=1e-6)
    assert model.evaluate(held_out, verbose=0) == pytest.approx(expected, rel=1e-6)
    assert model.evaluate(held_out, batch_size=10, verbose=0) == pytest.approx(expected, rel=1e-6)


def test_an_untrained_model_scores_about_784_times_ln_2(images):
    assert compiled().evaluate(images, verbose=0) == pytest.approx(784 * np.log(2), rel=0.01)


def test_training_lowers_the_score(images):
    history = compiled().fit(images, epochs=8, validation_data=(images, None), verbose=0)
    scores = history.history["val_loss"]
    assert scores[-1] < 0.6 * scores[0]
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_y_may_be_given_or_left_out(images):
    def scores(*y):
        model = compiled()
        return model.fit(images, *y, shuffle=False, epochs=2, verbose=0).history["loss"]

    assert scores() == scores(images)


def test_the_sizes_are_the_papers():
    model = vae.build_vae()
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == 401_204
    kernels = [v.shape for v in model.trainable_variables if v.path.endswith("kernel")]
    assert kernels == [
        (784, 200),
        (200, 200),
        (200, 10),
        (200, 10),
        (10, 200),
        (200, 200),
        (200, 784),
    ]


def test_other_sizes_can_be_asked_for():
    model = vae.build_vae(z_dim=2, hidden=16)
    assert vae.encode(model, np.zeros((3, 784))).shape == (3, 2)
    assert model.count_params() == 2 * (784 * 16 + 16 * 16) + 3 * 2 * 16 + 4 * 16 + 2 * 2 + 784


@pytest.mark.parametrize(
    ("argument", "value"), [("seed", -1), ("z_dim", 0), ("hidden", 0), ("hidden", -3)]
)
def test_a_size_or_seed_that_cannot_be_is_an_error(argument, value):
    with pytest.raises(ValueError, match=rf"{argument} has to be .*{value}"):
        vae.build_vae(**{argument: value})


def outputs(model, images, **options):
    return keras.ops.convert_to_numpy(model(images, **options))


def test_z_is_drawn_in_training_only(images):
    model = vae.build_vae()
    np.testing.assert_array_equal(outputs(model, images), outputs(model, images, training=False))
    drawn = outputs(model, images, training=True)
    assert np.abs(drawn - outputs(model, images)).max() > 0.01
    assert np.abs(drawn - outputs(model, images, training=True)).max() > 0.01


def test_validation_leaves_the_random_state_alone(images):
    model = compiled()
    before = keras.ops.convert_to_numpy(model.noise.state)
    model.evaluate(images, verbose=0)
    vae.generate(model, 5)
    vae.reconstruct(model, images)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model.noise.state), before)
    model.fit(images, verbose=0)
    assert (keras.ops.convert_to_numpy(model.noise.state) != before).any()


def test_the_random_state_is_one_of_the_models_variables():
    model = vae.build_vae()
    assert any(variable is model.noise.state for variable in model.variables)


def test_putting_every_variable_back_repeats_the_training_exactly(images):
    model = compiled()
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    start = [keras.ops.convert_to_numpy(v).copy() for v in variables]
    runs = []
    for _ in range(2):
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        runs.append(model.fit(images, shuffle=False, epochs=2, verbose=0).history["loss"])
    assert runs[0] == runs[1]


def test_the_same_seed_repeats_exactly_and_another_does_not(images):
    first, again, other = (
        compiled(seed).fit(
            images, shuffle=False, epochs=2, validation_data=(images, None), verbose=0
        )
        for seed in (1, 1, 2)
    )
    assert first.history == again.history
    assert first.history != other.history


def test_no_two_layers_start_with_the_same_numbers():
    first_values = [
        float(keras.ops.convert_to_numpy(v)[0, 0] / np.sqrt(6 / sum(v.shape)))
        for v in vae.build_vae().trainable_variables
        if v.path.endswith("kernel")
    ]
    assert len({round(value, 5) for value in first_values}) == len(first_values)


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_the_score_stays_finite_for_extreme_outputs(size):
    raw = np.full((2, 10), size, "float32")
    kl = keras.ops.convert_to_numpy(vae.kl_divergence(np.zeros((2, 10), "float32"), raw))
    expected = 10 * (size**2 / 2 - 0.5 - np.log(size) if size > 0 else -0.5 - size)
    np.testing.assert_allclose(kl, expected, rtol=1e-5)

    pixels = np.array([[0.0, 1.0, 0.25]], "float32")
    logits = np.full((1, 3), size, "float32")
    entropy = keras.ops.convert_to_numpy(vae.cross_entropy(pixels, logits))
    np.testing.assert_allclose(entropy, 1.75e4 if size > 0 else 1.25e4, rtol=1e-6)


def test_the_divergence_agrees_with_its_definition_where_that_can_be_computed():
    raw = np.linspace(-30, 10, 81)
    mean = np.linspace(-2, 3, 81)
    deviation = np.log1p(np.exp(raw))
    expected = (mean**2 + deviation**2 - 1) / 2 - np.log(deviation)
    kl = vae.kl_divergence(mean[:, None].astype("float32"), raw[:, None].astype("float32"))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(kl), expected, rtol=1e-5, atol=1e-6)


def test_the_weights_survive_a_file(tmp_path, images):
    model = compiled()
    model.fit(images, verbose=0)
    model.save_weights(tmp_path / "best.weights.h5")
    other = vae.build_vae(seed=9)
    other.load_weights(tmp_path / "best.weights.h5")
    np.testing.assert_array_equal(outputs(other, images), outputs(model, images))


def test_the_model_survives_a_file(tmp_path, images):
    model = compiled()
    model.fit(images, verbose=0)
    model.save(tmp_path / "model.keras")
    other = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(outputs(other, images), outputs(model, images))


def test_mixed_precision_trains_to_about_the_same_score(images):
    before = keras.config.dtype_policy()
    exact = compiled().fit(images, shuffle=False, epochs=4, verbose=0).history["loss"]
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = compiled().fit(images, shuffle=False, epochs=4, verbose=0).history["loss"]
    finally:
        keras.config.set_dtype_policy(before)
    assert mixed == pytest.approx(exact, rel=0.02)


def test_reconstructions_resemble_the_images(images):
    model = compiled(rate=0.003)
    untrained = np.abs(vae.reconstruct(model, images) - images).mean()
    model.fit(images, epochs=20, verbose=0)
    reconstructed = vae.reconstruct(model, images)
    assert reconstructed.shape == images.shape
    assert reconstructed.dtype == np.float32
    assert np.abs(reconstructed - images).mean() < 0.2 * untrained
    np.testing.assert_allclose(
        reconstructed, 1 / (1 + np.exp(-np.float64(outputs(model, images)))), atol=1e-5
    )


def test_many_images_are_reconstructed_as_few_are(images, monkeypatch):
    model = vae.build_vae()
    whole, means = vae.reconstruct(model, images), vae.encode(model, images)
    monkeypatch.setattr(vae, "ROWS_AT_ONCE", 64)
    np.testing.assert_allclose(vae.reconstruct(model, images), whole, atol=1e-6)
    np.testing.assert_allclose(vae.encode(model, images), means, atol=1e-6)


def test_generated_images_depend_on_the_seed_alone():
    model = vae.build_vae()
    first, again, other = (vae.generate(model, 6, seed) for seed in (1, 1, 2))
    assert first.shape == (6, 784)
    assert first.min() >= 0
    assert first.max() <= 1
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    with pytest.raises(ValueError, match="number has to be at least 1"):
        vae.generate(model, 0)


ON_ANOTHER_BACKEND = """
import sys
import keras, numpy as np
from examples.fashion_mnist_vae import model as vae
images = np.load(sys.argv[1])
model = vae.build_vae(seed=4)
model.compile(keras.optimizers.Adam(0.001))
fit = lambda m: m.fit(
    images, images, epochs=2, shuffle=False, validation_data=(images[:77], images[:77]), verbose=0
).history
history = fit(model)
again = vae.build_vae(seed=4)
again.compile(keras.optimizers.Adam(0.001))
assert keras.backend.backend() == sys.argv[3]
assert fit(again) == history
assert history["val_loss"][1] < history["val_loss"][0]
for seed in range(8):
    vae.build_vae(seed, hidden=2)
assert vae.generate(model, 3).shape == vae.reconstruct(model, images[:3]).shape == (3, 784)
values = {v.path: keras.ops.convert_to_numpy(v) for v in model.trainable_variables}
np.savez(sys.argv[2], val_loss=history["val_loss"][-1], **values)
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_the_score_is_the_papers_on_every_backend(backend, images, tmp_path):
    np.save(tmp_path / "images.npy", images)
    paths = [str(tmp_path / "images.npy"), str(tmp_path / "values.npz")]
    subprocess.run(
        [sys.executable, "-c", ON_ANOTHER_BACKEND, *paths, backend],
        env={**os.environ, "KERAS_BACKEND": backend},
        cwd=ROOT,
        check=True,
    )
    model = vae.build_vae()
    with np.load(paths[1]) as values:
        for variable in model.trainable_variables:
            variable.assign(values[variable.path])
        expected = expected_nll(model, images[:77])
        assert float(values["val_loss"]) == pytest.approx(expected, rel=1e-6)
