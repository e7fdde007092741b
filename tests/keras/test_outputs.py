"""What a run leaves in its folder."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from matplotlib import pyplot

import lrsearch
from lrsearch_keras import LRExplorerCallback
from tests.keras.tasks import data, decades, fit, line, network, scores

ROOT = Path(__file__).parents[2]


def test_the_folder_holds_tables_weights_predictions_and_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "first"
    x, _ = data()
    model = network()
    explorer = LRExplorerCallback(decades(), directory=folder, x_test=x[:5], verbose=0)
    fit(model, explorer)
    names = {path.name for path in folder.iterdir()}
    expected = {"best.weights.h5", "best_predictions.csv", "summary.json", "trials.csv"}
    assert expected <= names
    assert not [name for name in names if name.startswith(".")]
    assert list(folder.glob("*.png"))
    assert len((folder / "trials.csv").read_text().splitlines()) == 3
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["rate"] == str(explorer.rate)
    assert summary["best"] == {**explorer.best._asdict(), "rate": str(explorer.best.rate)}
    assert summary["monitor"] == "val_loss"
    assert summary["epochs"] == 6


def test_plot_draws_both_phases_once_there_are_scores() -> None:
    explorer = LRExplorerCallback(decades(), verbose=0)
    with pytest.raises(RuntimeError, match="before the training begins"):
        explorer.plot()
    assert repr(explorer) == "<LRExplorerCallback: no training yet>"
    fit(network(), explorer)
    assert repr(explorer).startswith(f"<LRExplorerCallback: 6 of 6 epochs, rate {explorer.rate}, ")
    axes = explorer.plot()
    assert [ax.get_xlabel() for ax in axes] == ["learning rate", "", "epoch"]
    assert axes[0].get_ylabel() == "val_loss (lower is better)"
    pyplot.close(axes[0].figure)


def test_weights_and_predictions_are_those_of_the_best_epoch(tmp_path: Path) -> None:
    x, _ = data()
    model = network()
    fit(model, LRExplorerCallback(decades(), directory=tmp_path, x_test=x[:5], verbose=0))
    other = network()
    other.load_weights(tmp_path / "best.weights.h5")
    assert all(
        np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True)
    )
    with (tmp_path / "best_predictions.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["index", "prediction_0"]
    told = np.array([float(row[1]) for row in rows[1:]])
    assert told == pytest.approx(model.predict(x[:5], verbose=0)[:, 0], rel=1e-5)


def test_outputs_do_not_change_the_training(tmp_path: Path) -> None:
    class Noise(keras.layers.Layer):
        """Draws in inference too."""

        def __init__(self) -> None:
            super().__init__()
            self.noise = keras.random.SeedGenerator(3)

        def call(self, x: Any) -> Any:
            return x + 0.1 * keras.random.normal(keras.ops.shape(x), seed=self.noise)

    def run(**outputs: Any) -> list[float | None]:
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4,)), Noise(), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        explorer = LRExplorerCallback(decades(epochs=4), exploit=False, verbose=0, **outputs)
        fit(model, explorer, epochs=8)
        return scores(explorer, 0)

    assert run(directory=tmp_path, x_test=data()[0]) == run()


def test_predictions_come_from_the_users_function_where_one_is_given(tmp_path: Path) -> None:
    def predict(model: Any, x: np.ndarray) -> np.ndarray:
        return np.zeros((len(x), 2, 2))

    explorer = LRExplorerCallback(
        decades(), directory=tmp_path, x_test=data()[0][:2], predict=predict, verbose=0
    )
    fit(line(), explorer, epochs=5)
    assert (tmp_path / "best_predictions.csv").read_text().splitlines()[1] == "0,0.0,0.0,0.0,0.0"


def test_a_model_with_several_outputs_needs_a_function(tmp_path: Path) -> None:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)])
    model.compile("sgd", ["mse", "mse"])
    x, y = data()
    explorer = LRExplorerCallback(decades(), directory=tmp_path, x_test=x, verbose=0)
    with pytest.raises(ValueError, match="2 outputs: pass predict=function"):
        model.fit(x, [y, y], epochs=5, validation_data=(x, [y, y]), verbose=0, callbacks=[explorer])


def test_a_folder_of_another_run_is_refused_before_training(tmp_path: Path) -> None:
    fit(line(), LRExplorerCallback(decades(), directory=tmp_path, verbose=0), epochs=5)
    (tmp_path / "run.json").unlink()
    before = (tmp_path / "summary.json").read_bytes()
    model = line()
    weights = model.get_weights()
    explorer = LRExplorerCallback(decades(), directory=tmp_path, verbose=0)
    with pytest.raises(FileExistsError, match=r"holds another run .* pass another directory"):
        fit(model, explorer, epochs=5)
    assert explorer.search.trials == ()
    assert (tmp_path / "summary.json").read_bytes() == before
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


def test_files_of_other_kinds_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    fit(line(), LRExplorerCallback(decades(), directory=tmp_path, verbose=0), epochs=5)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_refused_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    explorer = LRExplorerCallback(decades(), directory=tmp_path / "file" / "run", verbose=0)
    with pytest.raises(OSError, match=r"cannot be written to .* pass another directory"):
        fit(line(), explorer, epochs=5)


def test_a_folder_that_is_not_writable_is_refused_before_training() -> None:
    folder = "/proc/self/fdinfo"  # not even root may write there
    with pytest.raises(OSError, match="cannot be written to"):
        fit(line(), LRExplorerCallback(decades(), directory=folder, verbose=0), epochs=5)


def test_a_folder_that_goes_away_is_a_warning_and_the_training_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    class Remove(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            shutil.rmtree(folder)

    explorer = LRExplorerCallback(decades(), directory=folder, verbose=0)
    with pytest.warns(RuntimeWarning, match="could not be written, training goes on"):
        fit(line(), explorer, epochs=6, callbacks=[Remove()])
    assert len(explorer.history) == 6


def test_a_picture_that_cannot_be_drawn_is_a_warning_and_the_training_goes_on(
    tmp_path: Path,
) -> None:
    """Whatever the tables of a run raise: here matplotlib, for a style that is wrong."""
    matplotlib = pytest.importorskip("matplotlib")
    explorer = LRExplorerCallback(decades(), directory=tmp_path, verbose=0)
    with matplotlib.rc_context():
        matplotlib.rcParams._set("figure.dpi", "not a number")
        with pytest.warns(RuntimeWarning, match="picture .* could not be written, training goes"):
            fit(line(), explorer, epochs=6)
    assert len(explorer.history) == 6
    assert (tmp_path / "trials.csv").exists()


def test_a_package_that_is_not_installed_writes_its_folder_too(tmp_path: Path) -> None:
    """On the path alone, its version is known."""
    script = (
        "import sys, importlib.metadata as metadata\n"
        "whole = metadata.distribution\n"
        "def distribution(name):\n"
        "    if name == 'lrsearch': raise metadata.PackageNotFoundError(name)\n"
        "    return whole(name)\n"
        "metadata.distribution = distribution\n"
        "from tests.keras.tasks import decades, fit, line\n"
        "from lrsearch_keras import LRExplorerCallback\n"
        "fit(line(), LRExplorerCallback(decades(), directory=sys.argv[1], verbose=0), epochs=6)\n"
    )
    paths = os.pathsep.join([str(ROOT), str(ROOT / "adapters")])
    subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths}, check=True, cwd=ROOT, capture_output=True,
    )  # fmt: skip
    assert json.loads((tmp_path / "summary.json").read_text())["lrsearch"] == lrsearch.__version__


def test_what_the_folder_needs_is_checked_at_once() -> None:
    with pytest.raises(ValueError, match="x_test needs a directory"):
        LRExplorerCallback(x_test=data()[0])
    with pytest.raises(ValueError, match="predict has to be a function"):
        LRExplorerCallback(predict=lambda model, x: x)
