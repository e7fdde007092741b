"""A disk that fills does not end a training, and what it cost is said."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.training.numpy_run import outcome, trained

ROOT = Path(__file__).parents[2]
RUNS = 250 if os.environ.get("LRSEARCH_TORTURE") == "1" else 8


def test_a_full_disk_does_not_end_a_training(tmp_path):
    """Its folder is gone on with when there is room again, or says that it cannot be."""
    script = ROOT / "tests" / "training" / "full_disk.py"
    told = subprocess.run(
        [sys.executable, str(script), str(tmp_path), "1", str(RUNS)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "adapters")])},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    expected = json.loads(json.dumps(outcome(trained(None))))
    cases = [json.loads(line) for line in told.stdout.splitlines()]
    assert len(cases) == RUNS
    explored = [epoch.phase for epoch in trained(None).history].count("explore")
    whole = 0
    for at, until, room, (found, warned), (later, said) in cases:
        case = (at, until, room)
        assert found == expected, case
        # The search's study is the one large file; once that is whole, others are of 1,500 bytes.
        lacking = any("could not be written" in text for text in warned)
        if room != 1500 or at < explored:
            assert lacking is (room < 1500 or at < explored), case
        assert lacking or later == expected, case
        if later == expected:
            whole += 1
        elif later is None:
            assert str(tmp_path) in said[0], (case, said)
            assert "pass another directory" in said[0], (case, said)
        else:
            assert any(str(tmp_path) in text for text in said), (case, said)
    assert whole > RUNS / 3
