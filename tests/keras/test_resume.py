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

from lrsearch import DigitRace, Exploit, Study
from lrsearch_keras import LRExplorerCallback
from tests.keras.killing import Kill, Killed, killed, outcome, race, run
from tests.keras.tasks import data, decades, fit, line, network
from tests.script import Script

ROOT = Path(__file__).parents[2]
KILLS = 20 if os.environ.get("LRSEARCH_TORTURE") == "1" else 3


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
    assert float(model.optimizer.learning_rate) == pytest.approx(first.peak / 100)


def test_a_resumed_display_counts_on(tmp_path: Path, capfd: Any) -> None:
    killed(tmp_path, 7)
    capfd.readouterr()
    run(tmp_path, verbose=1)
    lines = [text for text in capfd.readouterr().err.splitlines() if "/18 epochs" in text]
    counts = [int(text.partition("/")[0]) for text in lines]
    assert counts[0] > 8
    assert counts == sorted(counts)
    assert counts[-1] == 18


def test_a_run_that_is_over_says_so_once_and_trains_nothing(
    tmp_path: Path, capsys: Any, recwarn: Any
) -> None:
    """Also where the epochs were over before the search was, which was warned of then."""
    for verbose in (0, 1):
        recwarn.clear()
        explorer = LRExplorerCallback(DigitRace(40, 20), directory=tmp_path, verbose=verbose)
        history = fit(line(), explorer, epochs=9, verbose=2)
    said = capsys.readouterr().out
    assert said.count("is over, all 9 epochs were trained before: the model has its best") == 1
    assert history.history == {}
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)]


class Late(keras.Model):
    """Built by its first batch."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.out = keras.layers.Dense(4), keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.out(self.hidden(x))


def test_a_run_that_is_over_serves_a_model_that_only_a_batch_would_build(tmp_path: Path) -> None:
    for _ in range(2):
        keras.utils.set_random_seed(0)
        model = Late()
        model.compile("adam", "mse")
        explorer = LRExplorerCallback(decades(), directory=tmp_path, verbose=0)
        fit(model, explorer, epochs=6)
    assert len(explorer.history) == 6
    x, y = data()
    assert model.evaluate(x[48:], y[48:], verbose=0) == pytest.approx(explorer.best_score, rel=1e-4)


def told() -> DigitRace:
    """A race whose first trial was trained elsewhere."""
    search = DigitRace(12, 4)
    search.tell(search.ask(), 9.0)
    return search


def test_what_a_search_was_told_before_the_run_stands(tmp_path: Path) -> None:
    whole = run(None, search=told())
    killed(tmp_path, 5, search=told())
    resumed = run(tmp_path, search=told())
    assert outcome(resumed) == outcome(whole)
    assert resumed.search.events == whole.search.events


def test_a_search_that_was_told_other_things_than_the_run_is_refused(tmp_path: Path) -> None:
    killed(tmp_path, 5)
    with pytest.raises(ValueError, match=r"was told other things .* pass a new search"):
        run(tmp_path, search=told())


@pytest.mark.parametrize("restored", [True, False])
def test_the_same_cell_run_again_after_ctrl_c_goes_on(tmp_path: Path, restored: bool) -> None:
    """The same search and second phase, interrupted in the middle of an epoch of either."""

    def cell(*callbacks: Any) -> LRExplorerCallback:
        explorer = race(tmp_path, search, exploit=exploit)
        try:
            fit(network(), explorer, epochs=18, callbacks=list(callbacks))
        except KeyboardInterrupt:
            if restored:
                explorer.restore()
        return explorer

    def phase() -> Exploit:
        return Exploit(["0.03"], 6, patience=None)

    whole = run(None, exploit=phase())
    search, exploit = DigitRace(12, 4), phase()
    for batch in (20, 25):
        cell(Kill(batch, "batch", KeyboardInterrupt))
    resumed = cell()
    assert outcome(resumed) == outcome(whole)
    scores = [[e.score for e in one.history] for one in (resumed, whole)]
    np.testing.assert_allclose(*scores, rtol=1e-4)
    assert search.events == whole.search.events
    assert search.out == ()


def test_a_search_that_cannot_be_rebuilt_is_said_not_to_be_gone_on_with(tmp_path: Path) -> None:
    """Its results are kept, and a second start refuses rather than mix two runs."""

    def script() -> Script:
        return Script([("0.1", 0), ("0.01", 0)], [(0, 3), (1, 3)])

    with pytest.warns(RuntimeWarning, match=r"Script cannot be rebuilt .* Register"):
        killed(tmp_path, 4, search=script())
    assert (tmp_path / "best.weights.h5").exists()
    with pytest.raises(FileExistsError, match="cannot be gone on with: pass another directory"):
        run(tmp_path, search=script())
    with pytest.warns(RuntimeWarning, match="Register"):
        assert len(run(tmp_path / "new", search=script()).history) == 18


def test_a_study_goes_on_after_ctrl_c(tmp_path: Path) -> None:
    """The trial in hand goes back to the study's pool; the run's epochs are not trained again."""
    with Study(tmp_path / "race.db", DigitRace(12, 4)) as study:
        explorer = race(tmp_path / "run", study)
        with pytest.raises(KeyboardInterrupt):
            fit(
                network(),
                explorer,
                epochs=18,
                callbacks=[Kill(20, "batch", KeyboardInterrupt)],
            )
        explorer.restore()
        assert study.out == ()
        resumed = run(tmp_path / "run", search=study)
        assert len(resumed.history) == 18
        assert study.done


def test_nothing_is_pickled(tmp_path: Path) -> None:
    killed(tmp_path, 7)
    for path in [*tmp_path.glob("*.npz"), *tmp_path.glob("trials/*.npz")]:
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays.files)


@pytest.mark.parametrize("kind", ["race", "default", "study"])
def test_killed_at_random_moments_at_most_the_epoch_in_progress_is_lost(
    tmp_path: Path, kind: str
) -> None:
    """SIGKILL, again and again; LRSEARCH_TORTURE=1 makes it twenty times.

    Of a study of the caller's, whose lost trials go back to its pool, a leg may be trained again.
    """
    kills = KILLS if kind == "race" else 1
    draws = random.Random(20 if KILLS > 3 else time.time_ns())
    whole = tmp_path / "whole"
    assert started(kind, whole, tmp_path / "whole.json").wait() == 0
    expected = json.loads((tmp_path / "whole.json").read_text())

    folder, count, seen = tmp_path / "run", 0, 0
    while count < kills:
        process = started(kind, folder, tmp_path / "run.json")
        before = epochs(folder)
        while epochs(folder) == before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(draws.uniform(0, 0.12))
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            break
        count += 1
        seen = check_nothing_is_lost(folder, seen)
    assert count == kills
    assert started(kind, folder, tmp_path / "run.json").wait() == 0
    found = json.loads((tmp_path / "run.json").read_text())
    check_nothing_is_lost(folder, seen)
    assert len(found["history"]) == len(expected["history"])
    assert found["score"] == pytest.approx(found["best"], rel=1e-4)
    if kind == "study":
        return
    strip = [[fields[:-1] for fields in one["history"]] for one in (found, expected)]
    assert strip[0] == strip[1]
    assert found["rate"] == expected["rate"]
    scores = [[fields[-1] for fields in one["history"]] for one in (found, expected)]
    np.testing.assert_allclose(*scores, rtol=1e-4)


def started(kind: str, folder: Path, out: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    script = str(ROOT / "tests" / "keras" / "killed_run.py")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "adapters")])
    return subprocess.Popen(
        [sys.executable, script, kind, str(folder), str(out)],
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
