import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_example_finds_a_rate(tmp_path):
    command = [sys.executable, "examples/ray_tune.py", "--budget", "12", "--max-epochs", "4"]
    finished = subprocess.run(
        [*command, "--folder", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert "\nrate " in finished.stdout
