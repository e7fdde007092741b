"""The comparison's table, and that it goes on where it was interrupted."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.benchmarks import measured
from tests.benchmarks.compare import __main__ as compare
from tests.benchmarks.compare.rows import Row, Size, rows
from tests.benchmarks.compare.runs import Outcome
from tests.benchmarks.compare.table import best_within, table

SIZE = Size("tiny", None, 10, inits=2)


def outcome(*scores: float, before: float = 0.0) -> dict[str, Any]:
    return Outcome(list(scores), 3.0, "0.001", before)._asdict()


def test_a_cell_is_the_best_score_within_so_many_epochs() -> None:
    run = outcome(5.0, 3.0, 4.0, 2.0)
    assert best_within(run, 2) == 3.0
    assert best_within(run, 4) == 2.0
    assert best_within(run, 20) is None


def test_epochs_spent_before_the_first_score_count() -> None:
    run = outcome(5.0, 3.0, 4.0, 2.0, before=1.5)
    assert best_within(run, 4) == 3.0
    assert best_within(run, 2) is None


def test_scores_that_miss_the_goal_are_marked() -> None:
    text = table("A task", {"one": [outcome(236.0)], "other": [outcome(234.0)]}, [1], 235.0)
    lines = text.splitlines()
    assert "236.00 ± 0.00 ✗" in next(line for line in lines if line.startswith("| one"))
    assert "✗" not in next(line for line in lines if line.startswith("| other"))


@pytest.mark.parametrize("task", ["vae", "fashion_sgd"])
def test_the_rows_of_the_paper_and_their_rivals_are_all_there(task: str) -> None:
    names = [row.name for row in rows(SimpleNamespace(name=task, usual="0.001"), SIZE, True)]
    assert len(set(names)) == len(names)
    for part in ("cosine", "warm restarts", "default", "ReduceLROnPlateau",
                 "range test", "grid", "random", "TPE", "GP", "paper's explorer",
                 "LRExplorerCallback()"):  # fmt: skip
        assert any(part in name for name in names), part
    for part in ("0.00041", "forgotten"):
        assert any(part in name for name in names) == (task == "vae"), part


def test_an_interrupted_comparison_goes_on_with_the_next_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []
    broken = True

    def row(name: str) -> Row:
        def train(runs: Any) -> list[Outcome]:
            if broken and name == "second":
                raise KeyboardInterrupt
            trained.append(name)
            return [Outcome([2.0, 1.0], 1.5, "0.1")]

        return Row(name, train)

    task = SimpleNamespace(title="A task", goal=None)
    monkeypatch.setattr(compare, "load_task", lambda name, images: task)
    monkeypatch.setattr(compare, "Runs", lambda task, inits: None)
    monkeypatch.setattr(
        compare, "rows", lambda task, size, forget: [row(n) for n in ("first", "second", "third")]
    )
    with pytest.raises(KeyboardInterrupt):
        compare.measure("task", SIZE, tmp_path, False)
    broken = False
    compare.measure("task", SIZE, tmp_path, False)
    assert trained == ["first", "second", "third"]
    path = tmp_path / "compare-tiny-task.json.gz"
    stored = measured.read(path)
    assert list(stored["rows"]) == trained
    assert "third" in (tmp_path / "compare-tiny-task.md").read_text()
    assert (tmp_path / "compare-tiny-task.png").exists()
    measured.write(path, {**stored, "task": "Another task"})
    with pytest.raises(SystemExit, match="another comparison"):
        compare.measure("task", SIZE, tmp_path, False)
