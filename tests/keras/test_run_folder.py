"""A run folder that is another run's, or damaged, is told apart before anything is trained."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest

from lrsearch import Exploit, StudyError
from lrsearch_keras import LRExplorerCallback
from tests.keras.killing import killed, race, run
from tests.keras.tasks import data, decades, fit, line, network


@pytest.fixture(scope="module")
def exploring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was killed in its first phase. Copy it to go on with it."""
    folder: Path = tmp_path_factory.mktemp("exploring") / "run"
    killed(folder, 7)
    return folder


@pytest.fixture(scope="module")
def exploiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that was killed in its second phase."""
    folder: Path = tmp_path_factory.mktemp("exploiting") / "run"
    killed(folder, 14)
    return folder


@pytest.fixture
def folder(exploiting: Path, tmp_path: Path) -> Path:
    """A copy of the latter."""
    return Path(shutil.copytree(exploiting, tmp_path / "run"))


@pytest.fixture(scope="module")
def worsening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that was killed in a second phase which is worse than the first."""
    folder: Path = tmp_path_factory.mktemp("worsening") / "run"
    killed(folder, 14, exploit=worse)
    return folder


def worse(search: Any, left: int) -> Exploit:
    return Exploit(["1.0"], left, patience=None)


def with_activation(activation: str) -> keras.Model:
    """As `network`, with another layer built before."""
    keras.layers.Dense(1)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.25),
            keras.layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    return model


def wider() -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


MODELS: dict[str, Callable[[], keras.Model]] = {
    r"optimizer was \"Adam\", is \"SGD\"": line,
    r"variables was \[\[4, 8\].*, is \[\[4, 1\], \[1\]\]": wider,
    r"activation was \"relu\", is \"tanh\"": lambda: with_activation("tanh"),
    r"loss was \"mse\", is \"mae\"": lambda: network(loss="mae"),
    r"beta_1 was 0.9, is 0.5": lambda: network(keras.optimizers.Adam(beta_1=0.5)),
}


@pytest.mark.parametrize("message", MODELS)
def test_another_model_is_told_apart(exploring: Path, message: str) -> None:
    with pytest.raises(ValueError, match=message + r".*\. Pass another directory"):
        fit(MODELS[message](), race(exploring), epochs=18)


@pytest.mark.parametrize(
    ("message", "changes"),
    [
        ("steps was 3, is 2", {"batch_size": 24}),
        ("epochs was 18, is 20", {"epochs": 20}),
    ],
)
def test_other_data_or_epochs_are_told_apart(exploring: Path, message: str, changes: Any) -> None:
    with pytest.raises(ValueError, match=message):
        fit(network(), race(exploring), **{"epochs": 18, **changes})


@pytest.mark.parametrize(
    ("message", "changes"),
    [
        ('initial was "same", is "fresh"', {"initial": "fresh"}),
        ("seed was 0, is 5", {"seed": 5}),
        ('start was "initial", is "best"', {"start": "best"}),
        ('exploit was "a function", is false', {"exploit": False}),
    ],
)
def test_other_options_are_told_apart(exploring: Path, message: str, changes: Any) -> None:
    with pytest.raises(ValueError, match=message):
        run(exploring, **changes)


@pytest.mark.parametrize(
    ("message", "exploit"),
    [
        (
            r'second_phase.rates was \[".*"\], is \["0.25"\]',
            lambda search, left: Exploit([0.25], left),
        ),
        ("second_phase.budget was 6, is 5", lambda search, left: Exploit([search.rate], 5)),
        ("second_phase was .*, is null", lambda search, left: None),
    ],
)
def test_another_second_phase_is_told_apart(folder: Path, message: str, exploit: Any) -> None:
    with pytest.raises(ValueError, match=message):
        run(folder, exploit=exploit)


def test_another_second_phase_is_told_apart_before_it_begins(tmp_path: Path) -> None:
    killed(tmp_path, 2, exploit=Exploit(["0.05"], 5))
    message = r'exploit.rates was \["0.05"\], is \["0.5"\]; exploit.budget was 5, is 6'
    with pytest.raises(ValueError, match=message):
        run(tmp_path, exploit=Exploit(["0.5"], 6))


def test_another_search_is_told_apart(exploring: Path) -> None:
    with pytest.raises(StudyError, match="another configuration"):
        run(exploring, search=decades())


def test_the_same_model_is_known_by_other_numbers_at_another_rate(folder: Path) -> None:
    model = with_activation("relu")
    model.optimizer.learning_rate = 0.5
    fit(model, race(folder), epochs=18)
    assert json.loads((folder / "run.json").read_text())["over"]


def test_a_folder_that_knows_less_is_gone_on_with(tmp_path: Path) -> None:
    """As those of an earlier version, which kept neither averages nor checksums."""
    folder = tmp_path / "run"
    killed(folder, 14, average=False)
    known = ("monitor", "direction", "epochs", "steps", "optimizer", "begun_at", "variables")
    about = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({name: about[name] for name in known}))
    (folder / "checksums.json").unlink()
    assert len(run(folder).history) == 18


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("run.json", "put a copy of it back"),
        ("history.jsonl", "put a copy of it back"),
        ("last.npz", "put a copy of it back"),
        ("first.npz", "remove it to go on with init 0 as the model is now"),
        ("exploit.npz", "remove it to go on without"),
        ("best.weights.h5", "put a copy of it back, or .* remove it"),
        ("trials/000003.npz", "remove it to have its trial trained again"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(
    worsening: Path, tmp_path: Path, name: str, remedy: str
) -> None:
    """Nothing is trained, or changed in the folder; what may be removed can be done without."""
    folder = Path(shutil.copytree(worsening, tmp_path / "run"))
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"PK\x03\x04 half a file\n" * 20)
    kept = [*folder.rglob("*.npz"), folder / "run.json", folder / "history.jsonl"]
    before = {file: file.read_bytes() for file in kept}
    with pytest.raises(ValueError, match=rf"{name} is damaged \(.*: {remedy}.* another directory"):
        run(folder, exploit=worse)
    assert all(file.read_bytes() == content for file, content in before.items())
    if "remove" in remedy:
        path.unlink()
        assert len(run(folder, exploit=worse).history) == 18


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("history.jsonl", "history.jsonl lacks 15 of the run's 15 epochs"),
        ("last.npz", "last.npz lacks the state after the run's 15 epochs"),
        ("study.db*", "its search knows 0 of them: its study .* is missing"),
        ("run.json", r"cannot be gone on with: pass another directory"),
    ],
)
def test_a_missing_file_is_an_error_rather_than_another_run(
    folder: Path, name: str, message: str
) -> None:
    for path in folder.glob(name):
        path.unlink()
    with pytest.raises((ValueError, FileExistsError), match=message):
        run(folder)


def test_missing_best_weights_are_warned_of_or_refused_where_the_run_is_over(
    worsening: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(worsening, tmp_path / "run"))
    weights = folder / "best.weights.h5"
    weights.unlink()
    model = network()
    explorer = race(folder, exploit=worse)
    with pytest.warns(RuntimeWarning, match="lacks the best weights so far"):
        fit(model, explorer, epochs=18)
    x, y = data()
    assert model.evaluate(x[48:], y[48:], verbose=0) == pytest.approx(explorer.best_score, rel=1e-4)
    weights.unlink()
    with pytest.raises(ValueError, match="lacks the best weights so far, and its run is over"):
        run(folder, exploit=worse)


def test_warnings_point_at_the_line_that_called_fit(tmp_path: Path) -> None:
    x, y = data()
    explorer = LRExplorerCallback(decades(), directory=tmp_path, verbose=0)

    def break_folder(epoch: int, logs: Any) -> None:
        if epoch == 2:
            shutil.rmtree(tmp_path)

    broken = keras.callbacks.LambdaCallback(on_epoch_begin=break_folder)
    with pytest.warns(RuntimeWarning, match="could not be written") as record:
        line().fit(x, y, epochs=5, validation_split=0.25, verbose=0, callbacks=[explorer, broken])
    found = [w for w in record if issubclass(w.category, RuntimeWarning)]
    assert {w.filename for w in found} == {__file__}
