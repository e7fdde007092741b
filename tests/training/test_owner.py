"""A run folder has one owner: a second run in it is refused at once, and told who has it."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lrsearch.training.owner import Owner
from tests.training.numpy_run import outcome, started, trained

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("without_pictures")


def after_epochs(folder, count, pause=0.02):
    """A process that has so many epochs behind it."""
    process = started(folder, pause)
    for _ in range(count):
        assert process.stdout.readline(), process.stderr.read()
    return process


def test_the_same_script_started_twice_trains_once(tmp_path):
    """As by a scheduler's double: both at once, and one later."""
    folder = tmp_path / "run"
    first, second = started(folder, 0.02), started(folder, 0.02)
    for process in (first, second):
        process.stdout.readline()
    third = started(folder)
    ended = [(process, *process.communicate()) for process in (first, second, third)]
    (process, told, _), *refused = sorted(ended, key=lambda one: one[0].returncode)
    assert [one[0].returncode for one in refused] == [1, 1]
    for _, _, error in refused:
        message = error.splitlines()[-1]
        assert f"the run folder {folder} is in use by process {process.pid} on " in message
        assert message.endswith("wait for it, or end it, or pass another directory to Explorer")
    assert json.loads(told.splitlines()[-1]) == json.loads(json.dumps(outcome(trained(None))))
    assert len((folder / "history.jsonl").read_text().splitlines()) == 40


def test_an_owner_that_was_killed_is_no_obstacle(tmp_path):
    process = after_epochs(tmp_path, 5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (tmp_path / "run-owner.json").exists()
    assert outcome(trained(tmp_path)) == outcome(trained(None))
    assert not (tmp_path / "run-owner.json").exists()


def test_a_child_that_outlives_its_parent_does_not_hold_the_folder(tmp_path):
    owner = Owner(tmp_path, "")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    owner.unlock()
    code = "import sys; from pathlib import Path; from lrsearch.training.owner import Owner\n"
    code += "Owner(Path(sys.argv[1]), '')"
    try:
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=ROOT)
    finally:
        os.close(write)
        os.waitpid(child, 0)


def test_a_script_that_was_interrupted_may_try_again_in_the_same_process(tmp_path):
    interrupted = trained(tmp_path, stop=5)
    assert outcome(trained(tmp_path)) == outcome(trained(None))
    assert interrupted.history


def test_a_thread_that_trains_is_not_joined_by_another(tmp_path):
    kept, trained_some, go_on = [], threading.Event(), threading.Event()

    def train():
        kept.append(trained(tmp_path, stop=3))
        trained_some.set()
        go_on.wait()

    thread = threading.Thread(target=train, name="first")
    thread.start()
    trained_some.wait()
    with pytest.raises(BlockingIOError, match="in use by thread 'first' of this process: wait"):
        trained(tmp_path)
    go_on.set()
    thread.join()
    assert outcome(trained(tmp_path)) == outcome(trained(None))


def test_nobody_is_refused_where_the_file_says_nothing_of_a_living_owner(tmp_path):
    (tmp_path / "run-owner.json").write_text('{"process": "\\u001b[2J", "machine": 3}')
    Owner(tmp_path, "").release()
    assert list(tmp_path.iterdir()) == []


def test_what_killed_processes_left_half_written_is_removed(tmp_path):
    trained(tmp_path, stop=5)
    code = (
        "import os, signal, sys; from lrsearch.files import replacing\n"
        "with replacing(sys.argv[1] + '/best_weights.npz') as temporary:\n"
        "    temporary.write_bytes(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    for _ in range(3):
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
    assert len(list(tmp_path.glob(".*"))) == 3
    assert outcome(trained(tmp_path)) == outcome(trained(None))
    assert not list(tmp_path.glob(".*"))
