"""Programs that print too much, fill the disk or outlive their runner; patterns without an end."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

from lrsearch.cli.runner import last_lines, run_program
from lrsearch.cli.scores import PrintedScores, WrittenScores
from tests.cli.running import GRID, lrsearch_command, opened
from tests.cli.test_workers import SLOW, running, start_slow

pytest.importorskip("typer")

ENDLESS = r"score: ((?:a|aa)+)$"
PRINTS_IT = [sys.executable, "-c", "print('score: ' + 100 * 'a' + '!'); print({rate})"]


def test_a_pattern_without_an_end_is_named(command):
    run = ["run", "--study", "s.db", *GRID, "--score-regex", ENDLESS, "--", *PRINTS_IT]
    result = command(*run, status=1)
    assert re.search(r"--score-regex takes more than 2 s.*'score: aaa", result.stderr)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_pattern_without_an_end_holds_up_no_signal(tmp_path, how):
    run = ["run", "--study", "s.db", *GRID, "--score-regex", ENDLESS, "--"]
    lines = (
        "import time\nfor _ in range(100): print('score: ' + 30 * 'a' + '!', flush=True)  # {rate}"
    )
    program = [sys.executable, "-c", lines.replace("30", "28") + "\ntime.sleep(600)"]
    process = subprocess.Popen(
        lrsearch_command(*run, *program), cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    while not list(tmp_path.glob("s.db.d/*/*/output.txt")):
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in errors


def test_a_pattern_that_takes_its_time_holds_up_no_timeout(tmp_path):
    def found(line):
        time.sleep(0.3)

    printed = PrintedScores()
    printed.found = found
    outcome = run_program(
        [sys.executable, "-c", "for _ in range(200): print('line')"],
        tmp_path / "log", lambda score: True, printed=printed, timeout=1.0,
    )  # fmt: skip
    assert outcome.ending == "timed out"


def read_through(tmp_path, program, **options):
    scores = []
    outcome = run_program(
        [sys.executable, "-c", program],
        tmp_path / "log",
        lambda score: not scores.append(score),
        printed=PrintedScores(),
        **options,
    )
    assert outcome.ending == "ended"
    return scores


def test_a_long_line_costs_as_much_as_it_is_long_and_no_memory(tmp_path):
    program = (
        "import sys\n"
        "print('score: 1')\n"
        "for _ in range(64): sys.stdout.write(2**20 * 'x')\n"
        "print()\n"
        "print('score: 2')"
    )
    tracemalloc.start()
    scores = read_through(tmp_path, program)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert scores == [1, 2]
    assert most < 16 * 2**20
    assert (tmp_path / "log").stat().st_size == 64 * 2**20 + 19
    assert last_lines(tmp_path / "log").endswith("score: 2")


def test_lines_that_nobody_takes_need_no_memory(tmp_path):
    program = "import sys\nsys.stdout.write(2**18 * '\\n')\nprint('score: 3')"
    tracemalloc.start()
    scores = read_through(tmp_path, program)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert scores == [3]
    assert most < 8 * 2**20


def test_a_long_line_of_the_programs_own_file_is_an_error(command):
    program = "open('{scores}', 'w').write(' ' * 2**21 + '1')  # {rate}"
    result = command("run", "--study", "s.db", *GRID, "--", sys.executable, "-c", program, status=1)
    assert "wrote one of more than 1048576 bytes" in result.stderr


def test_many_lines_of_the_programs_own_file_are_read(tmp_path):
    path = tmp_path / "scores"
    path.write_text("".join(f"{number}\n" for number in range(300_000)) + "7")
    scores = WrittenScores(path)
    assert scores.new() == list(range(300_000))
    assert scores.new(finished=True) == [7]
    assert scores.new(finished=True) == []


@pytest.mark.skipif(sys.platform == "win32", reason="files have no limit there")
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_disk_that_is_full_ends_the_run_which_goes_on_when_there_is_room(tmp_path, stream):
    talk = f"import sys; print('score: 1', flush=True); sys.{stream}.write(4 * 2**20 * 'x')"
    program = [sys.executable, "-c", f"{talk}; print(); print('score: 2')  # {{rate}}"]
    run = lrsearch_command("run", "--study", "s.db", *GRID, "--", *program)

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * 2**20, 2 * 2**20))

    result = subprocess.run(
        run, cwd=tmp_path, preexec_fn=limited, capture_output=True, text=True, timeout=120
    )
    assert "Traceback" not in result.stderr
    assert re.fullmatch(r"lrsearch: \S*output\.txt: File too large\n", result.stderr)
    assert result.returncode == 1
    with opened(tmp_path) as study:
        assert study.out == ()
        assert {record.state for record in study.trials} == {"released"}
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    with opened(tmp_path) as study:
        assert study.done


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_programs_end_with_a_runner_that_is_killed(tmp_path):
    process, logs = start_slow(tmp_path, SLOW)
    pids = [re.search(r"working as (\d+)", log.read_text())[1] for log in logs]
    process.kill()
    process.communicate()
    wait_until(lambda: not any(map(alive, pids)))


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_what_a_program_has_started_ends_with_a_runner_that_is_killed(tmp_path):
    child = "sleep 6543 & echo score: 1; wait  # {rate} {epochs}"
    process = subprocess.Popen(
        lrsearch_command("run", "--study", "s.db", *GRID, "--", "sh", "-c", child), cwd=tmp_path
    )
    wait_until(lambda: running("sleep 6543") and list(tmp_path.glob("s.db.d/*/*/output.txt")))
    wait_until(lambda: "score" in next(tmp_path.glob("s.db.d/*/*/output.txt")).read_text())
    process.kill()
    process.wait()
    wait_until(lambda: not running("sleep 6543"))


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
@pytest.mark.parametrize("apart", ["", "setsid "])
def test_what_a_program_leaves_behind_printing_holds_nothing_up(command, tmp_path, apart):
    noise = f"{apart}sh -c 'echo $$ > noise; while :; do echo x; done' &"
    wait = "while ! test -s noise; do :; done"
    program = f'{noise} {wait}; echo "score: 0.5"; exit 0  # {{rate}}'
    command("run", "--study", "s.db", "--grid", "0.1", "--epochs", "3", "--", "sh", "-c", program)
    with opened(tmp_path) as study:
        assert [record.score for record in study.trials] == [0.5]
    wait_until(lambda: not alive(int((tmp_path / "noise").read_text())))


def test_what_a_program_has_printed_before_its_end_is_read_whole(tmp_path):
    program = (
        "import os, sys\n"
        "import subprocess\n"
        "sys.stdout.write(600_000 * 'line of output\\n')\n"
        "print('score: 4', flush=True)\n"
        "subprocess.Popen(['sh', '-c', 'while :; do echo x; done'])"
    )
    assert read_through(tmp_path, program) == [4]


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(holds):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
