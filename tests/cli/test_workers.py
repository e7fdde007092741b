"""The command runs real programs for the trials of a study."""

import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lrsearch
from lrsearch.cli.workers import _LegScores
from lrsearch.study import Study
from tests.cli.running import BEHAVE, GRID, PROGRAMS, lrsearch_command, opened

pytest.importorskip("typer")


def test_it_searches_a_real_training_script(command, tmp_path):
    program = [
        sys.executable, PROGRAMS / "train_digits.py", "--lr", "{rate}", "--epochs={epochs}",
        "--seed", "{init}",
    ]  # fmt: skip
    result = command(
        "run", "--study", "s.db", "--first", "1,0.1,0.01", "--digits", "0", "--epochs", "2",
        "--", *program,
    )  # fmt: skip
    with opened(tmp_path) as study:
        assert result.stdout == f"{study.rate}\n"
        assert study.done
        assert all(len(record.scores) == 2 for record in study.trials)
        assert 0.1 < study.best.score < 1
        assert study.spent == 2 * len(study.trials)
        scores = study.trials[0].scores
    output = (tmp_path / "s.db.d" / "trial-00000" / "leg-000" / "output.txt").read_text()
    assert output == "".join(f"score: {score}\n" for score in scores.values())
    assert command("best", "s.db").stdout == result.stdout


def test_it_searches_a_program_that_is_not_python(command, tmp_path):
    result = command(
        "run", "--study", "s.db", *GRID, "--", PROGRAMS / "train.sh", "{rate}", "{epochs}"
    )
    assert result.stdout == "0.01\n"
    with opened(tmp_path) as study:
        assert study.trials[1].scores == pytest.approx({1: 1, 2: 1 / 2, 3: 1 / 3}, rel=1e-5)


def test_scores_come_from_a_file_of_json_lines(command, tmp_path):
    program = [
        sys.executable, PROGRAMS / "train_digits.py", "--lr", "{rate}", "--epochs", "{epochs}",
        "--scores", "{scores}",
    ]  # fmt: skip
    command("run", "--study", "s.db", "--grid", "0.1", "--epochs", "3", "--", *program)
    with opened(tmp_path) as study:
        assert list(study.trials[0].scores) == [1, 2, 3]


def test_scores_are_found_by_a_regular_expression(command, tmp_path):
    command(
        "run", "--study", "s.db", *GRID, "--score-regex", r"val_loss=(\S+)",
        "--", *BEHAVE, "val_loss",
    )  # fmt: skip
    with opened(tmp_path) as study:
        assert len(study.trials[0].scores) == 3


def test_one_score_stands_for_the_whole_leg(command, tmp_path):
    command("run", "--study", "s.db", *GRID, "--", *BEHAVE, "one score")
    with opened(tmp_path) as study:
        assert study.spent == 9
        assert study.trials[0].scores == {3: 1.0}


def test_fewer_scores_than_epochs_end_the_leg_early(command, tmp_path):
    program = ["sh", "-c", "echo score: 3; echo score: 2; echo score: 1  # {rate}"]
    command("run", "--study", "s.db", "--grid", "0.1,0.01", "--epochs", "5", "--", *program)
    with opened(tmp_path) as study:
        assert [record.scores for record in study.trials] == [{1: 3, 2: 2, 3: 1}] * 2
        assert {record.state for record in study.trials} == {"stopped"}
        assert study.spent == 6


def test_a_search_that_drops_trials_gets_scores_while_they_train(tmp_path):
    class Dropping(lrsearch.GridSearch):
        def _drops(self, record):
            return record.epoch == 2

    class Live:
        search = Dropping(["0.1"], epochs=5)
        report, tell = search.report, search.tell

    scores = _LegScores(Live, Live.search.ask())
    assert [scores.take(1.0), scores.take(0.5)] == [True, False]
    assert Live.search.trials[0].state == "stopped"


def test_what_a_removed_study_left_is_no_score(command, tmp_path):
    shell = ["sh", "-c"]
    both = "echo 0.5 > {scores}; echo old > {save_to}  # {rate} {epochs}"
    command("run", "--study", "s.db", "--grid", "0.1", "--epochs", "1", "--", *shell, both)
    (tmp_path / "s.db").unlink()
    for program, message in (
        (": {scores} {rate}", "ended without a score"),
        ("echo 1 > {scores}; : {save_to} {resume_from} {rate}", "saved nothing"),
    ):
        result = command(
            "run", "--study", "s.db", "--grid", "0.1", "--epochs", "1", "--", *shell, program,
            status=1,
        )  # fmt: skip
        assert message in result.stderr
        (tmp_path / "s.db").unlink()


def test_a_written_score_beyond_all_floats_is_an_error(command):
    program = [sys.executable, "-c", "open('{scores}', 'w').write(str(10**400)) # {rate}"]
    result = command("run", "--study", "s.db", *GRID, "--", *program, status=1)
    assert "has to fit a float" in result.stderr


def test_the_double_dash_may_be_left_out(command):
    program = ["sh", "-c", 'echo "score: $2"', "--epochs", "{epochs}", "{rate}"]
    result = command("run", "--study", "s.db", "--grid", "0.1,0.01", *program)
    assert result.stdout == "0.01\n"


def test_the_score_can_be_maximized(command):
    result = command(
        "run", "--study", "s.db", *GRID, "--direction", "maximize", "--", *BEHAVE, "well"
    )
    assert result.stdout in ("0.1\n", "0.001\n")


def test_several_workers_run_several_programs(command, tmp_path):
    command(
        "run", "--study", "s.db", "--digits", "1", "--epochs", "2", "--workers", "3",
        "--", *BEHAVE, "well",
    )  # fmt: skip
    with opened(tmp_path) as study:
        assert study.done
        assert study.rate == 0.01
        assert len(study.events) == len(study.trials) * 2


def test_a_race_goes_on_from_checkpoints(command, tmp_path):
    command(
        "run", "--study", "s.db", "--budget", "120", "--max-epochs", "9", "--",
        *BEHAVE, "well", "{resume_from}", "{save_to}",
    )  # fmt: skip
    with opened(tmp_path) as study:
        assert study.spent <= 120
        assert 0.001 < study.rate < 0.1
        resumed = [record for record in study.trials if record.legs > 1]
        assert resumed
        for record in resumed:
            distance = math.log10(record.rate / 0.01) ** 2
            for epoch, score in record.scores.items():
                assert score == pytest.approx(distance + 1 / epoch)
        kept = list((tmp_path / "s.db.d" / f"trial-{resumed[0].number:05}").glob("*/checkpoint"))
        assert len(kept) == 1


def test_a_checkpoint_counts_only_after_its_tell(command, tmp_path):
    path = tmp_path / "s.db"
    with Study(path, lrsearch.DigitRace(budget=120, max_epochs=9)) as study:
        while (trial := study.ask()).start_epoch == 0:
            folder = tmp_path / "s.db.d" / f"trial-{trial.number:05}" / f"leg-{trial.leg:03}"
            folder.mkdir(parents=True)
            (folder / "checkpoint").write_text(str(trial.stop_epoch))
            study.tell(trial, [abs(float(trial.rate) - 0.01) + 1] * trial.epochs)
        unfinished = tmp_path / "s.db.d" / f"trial-{trial.number:05}" / f"leg-{trial.leg:03}"
        unfinished.mkdir(parents=True)
        (unfinished / "checkpoint").write_text("1000000")
    command("run", "--study", "s.db", "--", *BEHAVE, "well", "{resume_from}", "{save_to}")
    with opened(tmp_path) as study:
        assert study.trials[trial.number].scores[trial.stop_epoch] < 900
        distance = math.log10(trial.rate / 0.01) ** 2
        last = study.trials[trial.number].scores[trial.stop_epoch]
        assert last == pytest.approx(distance + 1 / trial.stop_epoch)


def test_without_checkpoints_every_leg_starts_anew(command, tmp_path):
    command("run", "--study", "s.db", "--budget", "120", "--max-epochs", "9", "--", *BEHAVE, "well")
    with opened(tmp_path) as study:
        assert {event[1] for event in study.events if event[0] == "ask"} == {False}


# Programs that are no good


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (["python", "train.py", "--lr", "{rte}"], r"\{rte\} is no placeholder.*\{rate\}"),
        (["python", "train.py"], r"no \{rate\}"),
        (["python", "{rate}", "{resume_from}"], r"needs \{save_to\}"),
        (["no-such-program", "{rate}"], "no-such-program cannot be started"),
    ],
)
def test_a_command_that_cannot_work_is_refused_before_anything_runs(
    command, tmp_path, program, message
):
    result = command("run", "--study", "s.db", *GRID, "--", *program, status=1)
    assert re.search(message, result.stderr)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "options", [["--budget", "100", "--max-epochs", "9"], ["--paper"], ["--grid", "0.1,0"]]
)
def test_a_program_has_to_be_told_its_epochs_where_they_differ(command, tmp_path, options):
    fixed = ["python", "train.py", "{rate}"]
    result = command("run", "--study", "s.db", *options, "--", *fixed, status=2)
    assert "{epochs} or {stop_epoch}" in " ".join(result.stderr.replace("│", " ").split())
    assert not list(tmp_path.iterdir())


def test_one_epoch_is_named_as_one(command):
    result = command(
        "run", "--study", "s.db", "--grid", "0.1", "--epochs", "1", "--",
        "sh", "-c", "echo score: 1; echo score: 2 # {rate}", status=1,
    )  # fmt: skip
    assert "has 1 epoch to train" in result.stderr


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("silent", "without a score.*I trained well, but keep it to myself"),
        ("too many", "3 epochs to train, the program gave more"),
    ],
)
def test_a_program_that_gives_no_fitting_scores_is_an_error_that_shows_why(
    command, tmp_path, how, message
):
    result = command("run", "--study", "s.db", *GRID, "--", *BEHAVE, how, status=1)
    assert re.search(message, result.stderr, re.DOTALL)
    with opened(tmp_path) as study:
        assert study.out == ()
        assert study.trials[0].state == "released"


def test_a_program_that_saves_nothing_is_an_error(command):
    result = command(
        "run", "--study", "s.db", *GRID, "--",
        *BEHAVE, "forget", "{resume_from}", "{save_to}", status=1,
    )  # fmt: skip
    assert "saved nothing at" in result.stderr


def test_a_trial_that_fails_is_tried_again_and_then_counts_as_diverged(command, tmp_path):
    result = command(
        "run", "--study", "s.db", "--grid", "10,0.1,0.01", "--epochs", "2", "--retries", "2",
        "--", *BEHAVE, "crash above 1",
    )  # fmt: skip
    assert result.stdout == "0.01\n"
    assert result.stderr.count("is tried again") == 2
    assert "counts as diverged" in result.stderr
    with opened(tmp_path) as study:
        assert study.trials[0].state == "diverged"
        assert study.trials[0].legs == 3
    for leg in range(3):
        output = tmp_path / "s.db.d" / "trial-00000" / f"leg-{leg:03}" / "output.txt"
        assert "no such layer" in output.read_text()


def test_a_trial_that_fails_once_is_not_lost(command, tmp_path):
    result = command("run", "--study", "s.db", *GRID, "--", *BEHAVE, "crash once")
    assert result.stdout == "0.01\n"
    with opened(tmp_path) as study:
        assert {record.state for record in study.trials} == {"complete"}


def test_a_program_that_only_fails_ends_the_run(command):
    result = command(
        "run", "--study", "s.db", "--digits", "1", "--retries", "0", "--", *BEHAVE, "crash",
        status=1,
    )  # fmt: skip
    assert "4 trials failed and none has a score" in result.stderr
    assert "no such layer" in result.stderr


@pytest.mark.parametrize("options", [GRID, ["--digits", "0", "--epochs", "3"]])
def test_a_program_that_only_failed_has_marked_no_rate(command, tmp_path, options):
    wrong = [sys.executable, "wrong.py", "{rate}", "{epochs}"]
    result = command("run", "--study", "s.db", *options, "--workers", "2", "--", *wrong, status=1)
    assert "failed and none has a score" in result.stderr
    with opened(tmp_path) as study:
        assert {record.state for record in study.trials} == {"released"}
    result = command("run", "--study", "s.db", *options, "--", *BEHAVE, "well")
    assert result.stdout == "0.01\n"
    with opened(tmp_path) as study:
        assert {record.state for record in study.trials} == {"complete"}


def test_a_program_that_takes_too_long_is_ended_with_all_that_it_started(command, tmp_path):
    begun = time.monotonic()
    result = command(
        "run", "--study", "s.db", "--grid", "10,0.1", "--epochs", "1", "--retries", "0",
        "--timeout", "2", "--", *BEHAVE, "hang above 1",
    )  # fmt: skip
    assert time.monotonic() - begun < 30
    assert "took more than 2 s" in result.stderr
    assert result.stdout == "0.1\n"
    assert not running("sleep 600")


def running(text):
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if text in line and f"/{os.getpid()}/" not in str(entry):
            found.append(line)
    return found


def start_slow(tmp_path, arguments):
    """Start lrsearch on slow programs; the process, and its programs' output when both print."""
    process = subprocess.Popen(
        lrsearch_command(*arguments),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        logs = list(tmp_path.glob("s.db.d/*/*/output.txt"))
        if len(logs) == 2 and all("score" in log.read_text() for log in logs):
            return process, logs
        time.sleep(0.05)
    raise TimeoutError


SLOW = [
    "run", "--study", "s.db", "--grid", "0.1,0.01,0.001", "--epochs", "30", "--workers", "2",
    "--", *BEHAVE, "slow",
]  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_a_run_that_was_killed_goes_on_with_the_same_command(command, tmp_path):
    process, _ = start_slow(tmp_path, SLOW)
    process.kill()
    process.communicate()
    (tmp_path / "hurry").touch()
    assert command(*SLOW).stdout == "0.01\n"
    with opened(tmp_path) as study:
        assert [record.legs for record in study.trials] == [2, 2, 1]


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_programs_and_the_same_command_goes_on(command, tmp_path, number):
    process, logs = start_slow(tmp_path, SLOW)
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert output == ""
    assert "Traceback" not in errors
    assert "goes on" in errors
    for log in logs:
        (pid,) = set(re.findall(r"working as (\d+)", log.read_text()))
        assert not Path(f"/proc/{pid}").exists()
    with opened(tmp_path) as study:
        assert study.out == ()
        spent = study.spent
    (tmp_path / "hurry").touch()
    result = command(*SLOW)
    assert f"going on with s.db: {spent} epochs are spent" in result.stderr
    assert result.stdout == "0.01\n"


def test_another_configuration_is_refused(command):
    command("run", "--study", "s.db", *GRID, "--", *BEHAVE, "well")
    result = command(
        "run", "--study", "s.db", "--grid", "0.1", "--epochs", "3", "--", *BEHAVE, "well", status=1
    )
    assert 'stored ["0.1", "0.01", "0.001"], given ["0.1"]' in result.stderr


@pytest.mark.parametrize(
    ("options", "status"), [(["--grid", "0.5"], 1), (["--grid", "0.5", "--budget", "9"], 2)]
)
def test_a_command_that_is_refused_has_changed_nothing(command, tmp_path, options, status):
    Study(tmp_path / "s.db", lrsearch.GridSearch(["0.1"], epochs=3), program="mine").close()
    before = (tmp_path / "s.db").read_bytes()
    other = [*options, "--patience", "3", "--", "true", "{rate}"]
    command("run", "--study", "s.db", *other, status=status)
    assert (tmp_path / "s.db").read_bytes() == before


def test_random_rates_without_a_seed_go_on_with_the_stored_one(command, tmp_path):
    arguments = ["run", "--study", "s.db", "--random", "3", "--epochs", "1"]
    command(*arguments, "--", *BEHAVE, "well")
    assert command(*arguments, "--", *BEHAVE, "well").stdout


def test_the_scores_of_two_programs_do_not_mix(command, tmp_path):
    other = ["sh", "-c", "echo score: 1000  # {rate} {epochs}"]
    command("run", "--study", "s.db", *GRID, "--", *BEHAVE, "crash", status=1)
    command("run", "--study", "s.db", "--grid", "0.1", "--", *BEHAVE, "well", status=1)
    command("run", "--study", "s.db", *GRID, "--", *BEHAVE, "well")
    with opened(tmp_path) as study:
        before = study.to_csv()
    result = command("run", "--study", "s.db", "--", *other, status=1)
    assert re.search(
        r"scores are those of another program:\n +program +stored .*given", result.stderr
    )
    assert "echo score: 1000" in result.stderr
    regex = ["--score-regex", r"loss=(\S+)"]
    command("run", "--study", "s.db", *regex, "--", *BEHAVE, "well", status=1)
    command("run", "--study", "s.db", "--", *BEHAVE, "well")
    with opened(tmp_path) as study:
        assert study.to_csv() == before


def test_a_run_beyond_the_patience_is_ended_and_its_trial_goes_back(command, tmp_path):
    program = (
        "import os, sys, time; os.path.exists('hung') or open('hung', 'w') and time.sleep(600)"
    )
    program += "; print('score: 1')  # {rate}"
    result = command(
        "run", "--study", "s.db", "--grid", "0.1", "--epochs", "1", "--patience", "2",
        "--", sys.executable, "-c", program,
    )  # fmt: skip
    assert re.search("took more than 2 s and goes back|went back to the pool", result.stderr)
    with opened(tmp_path) as study:
        assert study.patience == 2
        assert study.trials[0].score == 1
        assert study.trials[0].legs == 2
