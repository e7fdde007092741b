"""A run that is killed goes on where it was, with at most the epoch in progress lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lrsearch import DigitRace, Exploit
from lrsearch.study import StudyError
from lrsearch_keras import LRExplorerCallback
from tests.keras.tasks import data, decades, fit, line, network

ROOT = Path(__file__).parents[2]
KILLS = 20 if os.environ.get("LRSEARCH_TORTURE") == "1" else 3


class Killed(BaseException):
    """Stands for the end of the process."""


class Kill(keras.callbacks.Callback):
    """Raises after or before so many epochs, as abruptly as one process can."""

    def __init__(self, epoch: int, where: str) -> None:
        super().__init__()
        self.epoch, self.where = epoch, where

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch and self.where == "begin":
            raise Killed

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.where == "batch":
            self.epoch -= 1
            if self.epoch == 0:
                raise Killed

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch and self.where == "end":
            raise Killed


def race(folder: Path | None, **changes: Any) -> LRExplorerCallback:
    settings: dict[str, Any] = {"directory": folder, "verbose": 0, **changes}
    return LRExplorerCallback(
        DigitRace(12, 4), lambda search, left: Exploit([search.rate], left, patience=None),
        **settings,
    )  # fmt: skip


def outcome(explorer: LRExplorerCallback) -> list[Any]:
    return [epoch._replace(score=None) for epoch in explorer.history]


def run(folder: Path | None, *callbacks: Any, **changes: Any) -> LRExplorerCallback:
    explorer = race(folder, **changes)
    fit(network(), explorer, epochs=18, callbacks=list(callbacks))
    return explorer


@pytest.mark.parametrize("initial", ["same", "fresh"])
@pytest.mark.parametrize(
    ("epoch", "where"), [(0, "begin"), (2, "begin"), (25, "batch"), (7, "end"), (14, "end")]
)
def test_a_run_goes_on_as_if_it_had_not_been_ended(
    tmp_path: Path, epoch: int, where: str, initial: Any
) -> None:
    """Equal trials, rates and scores; epochs that were over are not trained again."""
    whole = run(None, initial=initial)
    with pytest.raises(Killed):
        run(tmp_path, Kill(epoch, where), initial=initial)
    over = len((tmp_path / "history.jsonl").read_text().splitlines()) if epoch else 0
    seen: list[int] = []
    note = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(epoch))
    resumed = run(tmp_path, note, initial=initial)
    assert seen == list(range(over, 18))
    assert outcome(resumed) == outcome(whole)
    scores = [[e.score for e in one.history] for one in (resumed, whole)]
    np.testing.assert_allclose(*scores, rtol=1e-4)
    assert resumed.rate == whole.rate
    assert resumed.search.events[-1] == whole.search.events[-1]


def test_a_run_that_is_over_is_not_trained_again(tmp_path: Path) -> None:
    first = run(tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    x, y = data()
    model = network()
    again = race(tmp_path)
    fit(model, again, epochs=18)
    assert outcome(again) == outcome(first)
    assert again.best_score == first.best_score
    assert again.exploit.history == first.exploit.history
    assert json.loads((tmp_path / "summary.json").read_text()) == summary
    assert model.evaluate(x[48:], y[48:], verbose=0) == pytest.approx(first.best_score, rel=1e-4)
    assert float(model.optimizer.learning_rate) == pytest.approx(float(first.rate))


def test_a_folder_of_another_model_data_size_or_search_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run(tmp_path, Kill(3, "end"))
    with pytest.raises(ValueError, match=r"optimizer was .* Pass another directory"):
        fit(line(), race(tmp_path), epochs=18)
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    other.compile("adam", "mse")
    with pytest.raises(ValueError, match=r"variables was .* Pass another directory"):
        fit(other, race(tmp_path), epochs=18)
    with pytest.raises(ValueError, match="steps was 3, is 2"):
        fit(network(), race(tmp_path), epochs=18, batch_size=24)
    with pytest.raises(ValueError, match="epochs was 18, is 20"):
        fit(network(), race(tmp_path), epochs=20)
    with pytest.raises(StudyError, match="another configuration"):
        fit(network(), LRExplorerCallback(decades(), directory=tmp_path, verbose=0), epochs=18)
    assert len(run(tmp_path).history) == 18


def test_a_damaged_state_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run(tmp_path, Kill(3, "end"))
    (tmp_path / "last.npz").write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(ValueError, match=r"last\.npz is damaged"):
        run(tmp_path)


def test_nothing_is_pickled(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run(tmp_path, Kill(7, "end"))
    for path in [*tmp_path.glob("*.npz"), *tmp_path.glob("trials/*.npz")]:
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays.files)


def test_killed_at_random_moments_at_most_the_epoch_in_progress_is_lost(tmp_path: Path) -> None:
    """SIGKILL, again and again; LRSEARCH_TORTURE=1 makes it twenty times."""
    draws = random.Random(20 if KILLS > 3 else time.time_ns())
    whole = tmp_path / "whole"
    started(whole, tmp_path / "whole.json").wait()
    expected = json.loads((tmp_path / "whole.json").read_text())

    folder, kills, seen = tmp_path / "run", 0, 0
    while kills < KILLS:
        process = started(folder, tmp_path / "run.json")
        before = epochs(folder)
        while epochs(folder) == before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(draws.uniform(0, 0.12))
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            break
        kills += 1
        seen = check_nothing_is_lost(folder, seen)
    assert kills == KILLS
    assert started(folder, tmp_path / "run.json").wait() == 0
    found = json.loads((tmp_path / "run.json").read_text())
    check_nothing_is_lost(folder, seen)
    strip = [[fields[:-1] for fields in one["history"]] for one in (found, expected)]
    assert strip[0] == strip[1]
    assert found["rate"] == expected["rate"]
    assert found["score"] == pytest.approx(found["best"], rel=1e-4)
    scores = [[fields[-1] for fields in one["history"]] for one in (found, expected)]
    np.testing.assert_allclose(*scores, rtol=1e-4)


def started(folder: Path, out: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    script = str(ROOT / "tests" / "keras" / "killed_run.py")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "adapters")])
    return subprocess.Popen(
        [sys.executable, script, str(folder), str(out)],
        env={**os.environ, "PYTHONPATH": paths},
        stderr=subprocess.DEVNULL,
    )


def epochs(folder: Path) -> int:
    path = folder / "seen.txt"
    return len(path.read_text().splitlines()) if path.exists() else 0


def check_nothing_is_lost(folder: Path, before: int) -> int:
    """No epoch that had ended was trained again, by whichever process."""
    ended = [int(line.split()[1]) for line in (folder / "seen.txt").read_text().splitlines()]
    assert len(ended) == len(set(ended)), ended
    assert len(ended) >= before
    return len(ended)
