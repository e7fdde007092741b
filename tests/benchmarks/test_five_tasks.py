"""The comparison on five tasks: its loop is Keras's training, its tables read what is stored."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import measured
from tests.benchmarks.compare import by_step, five_table
from tests.benchmarks.compare.plans import Plan, peaks_at

PLAN = Plan("tiny", 64, (2, 4, 8), ("0.001", "0.01", "0.1"))


def training(scores: list[float], averages: list[float] | None = None) -> dict[str, Any]:
    averages = scores if averages is None else averages
    return {"scores": scores, "averages": averages, "test": 5.0, "test_average": 4.0,
            "rate": "0.001", "seconds": 1.0, "before": 0.0}  # fmt: skip


def results(tmp_path: Path, **trainings: list[dict[str, Any]]) -> five_table.Results:
    path = tmp_path / "five-tiny-task.json.gz"
    keyed = {name.replace("_in_", " ").replace("_at_", " 0."): t for name, t in trainings.items()}
    measured.write(path, {"task": "a task, tiny", "inits": 1, "trainings": keyed})
    return five_table.Results(path, PLAN, "0.001")


def row(name: str, kind: str = "scores") -> five_table.Row:
    return next(r for r in five_table.ROWS if (r.name, r.kind) == (name, kind))


def test_the_best_peak_in_hindsight_is_chosen_by_the_mean_and_for_the_average_by_its_own(
    tmp_path: Path,
) -> None:
    found = results(
        tmp_path,
        cosine_in_2_at_001=[training([3.0, 2.0], [2.0, 1.8]), training([3.0, 2.0], [2.0, 1.8])],
        cosine_in_2_at_01=[training([3.0, 1.0], [3.0, 1.0]), training([9.0, 9.0], [2.0, 2.0])],
    )
    assert found.case(row("best"), 2).mean == 2.0
    assert found.case(row("best", "averages"), 2).mean == 1.5
    assert found.ratio(row("best", "averages"), 2) == 0.75


def test_a_training_without_an_end_is_read_off_at_each_length_and_others_are_not(
    tmp_path: Path,
) -> None:
    long = [training([5.0, 4.0, 3.0, 2.0, 2.0, 2.0, 2.0, 1.0])]
    found = results(tmp_path, constant_in_8=long, linear_in_8=long)
    assert [found.case(row("constant"), n).mean for n in PLAN.lengths] == [4.0, 2.0, 1.0]
    assert math.isnan(found.case(row("constant"), 4).tests[0])
    assert found.case(row("linear"), 4) is None


def test_what_has_to_hold_is_said_where_it_does_not(tmp_path: Path) -> None:
    found = results(
        tmp_path, cosine_in_2_at_001=[training([3.0, 2.0])], ours_in_2=[training([3.0, 2.5])]
    )
    text = five_table.claims([found])
    assert "2: 2.5 against 2" in text
    assert "BEHIND" in text
    assert "4: not measured" in text


def test_longer_trainings_try_what_may_be_best_and_the_default() -> None:
    trainings = {
        f"cosine 2 {peak}": [training([score])]
        for peak, score in zip(PLAN.peaks, (3.0, 2.0, 1.0), strict=True)
    }
    assert peaks_at(PLAN, 2, {}, "0.01") == ["0.01", "0.001", "0.1"]
    assert peaks_at(PLAN, 4, trainings, "0.001") == ["0.001", "0.01", "0.1"]
    trainings["cosine 2 0.001"] = [training([0.5])]
    assert peaks_at(PLAN, 4, trainings, "0.001") == ["0.001"]


@pytest.mark.parametrize("shape", [by_step.cosine, by_step.linear, by_step.one_cycle])
def test_a_schedule_moves_with_every_step_up_to_its_peak_and_down_to_nothing(
    shape: by_step.Shape,
) -> None:
    moved = np.concatenate([by_step.rates(shape, 0.1, 20, e, 50) for e in range(20)])
    assert moved[0] < 0.01
    assert moved[-1] < 0.001
    assert moved.max() == pytest.approx(0.1, rel=0.02)
    assert (np.diff(moved) != 0).all()


BY_KERAS = """
import numpy as np
from tests.benchmarks.compare.loop import Loop
from tests.benchmarks.compare.ours import explored
from tests.benchmarks.compare.tasks import load_task

task = load_task("table_rmsprop", 140)
rates = np.linspace(0.001, 0.01, 5)
loop = Loop(task)
weights, scores = loop.epoch(loop.start(3), rates, 3, 1)

model = task.build(3)
average = None
order = np.random.default_rng((0, 3, 1)).permutation(140)
for number, rows in enumerate(np.split(order, range(32, 140, 32))):
    model.optimizer.learning_rate = rates[number]
    model.train_on_batch(*(part[rows] for part in task.train))
    now = [np.array(v) for v in model.trainable_variables]
    share = 1 / min(5, (number + 4) / 4)
    average = [a + share * (w - a) for a, w in zip(average or now, now, strict=True)]
raw = model.evaluate(*task.validation, verbose=0)[0]
for variable, value in zip(model.trainable_variables, average, strict=True):
    variable.assign(value)
np.testing.assert_allclose(scores, (raw, model.evaluate(*task.validation, verbose=0)[0]), rtol=1e-4)
ours = explored(loop, 20)[0]
assert len(ours.averages) == 20, ours
assert ours.test < 1.8, ours
"""


def test_the_loop_takes_the_steps_of_keras_and_keeps_its_average_and_explores_in_it() -> None:
    pytest.importorskip("jax")
    root = Path(__file__).parents[2]
    env = {**os.environ, "KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", BY_KERAS], env=env, cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
