"""The options that say what to search with."""

import re
from dataclasses import fields

import pytest

import lrsearch

pytest.importorskip("typer")


def test_show_rates_tells_the_first_list_of_a_race_alone(command):
    lines = command("show-rates", "--budget", "100", "--max-epochs", "9").stdout.splitlines()
    assert sorted(map(float, lines[:-1])) == sorted(map(float, lrsearch.DECADES))
    assert lines[-1] == "at most 100 epochs in all"


def test_show_rates_begins_at_the_prior_of_a_race(command):
    lines = command(
        "show-rates", "--budget", "100", "--max-epochs", "9", "--prior", "0.003"
    ).stdout.splitlines()
    assert lines == ["0.003", "0.001", "0.01", "1e-6", "at most 100 epochs in all"]


def test_show_rates_tells_the_first_rates_and_the_most_epochs(command):
    lines = command("show-rates", "--digits", "2", "--epochs", "20").stdout.splitlines()
    assert lines[:3] == ["10", "1", "0.1"]
    search = lrsearch.DigitSearch(digits=2, epochs=20)
    assert lines[-1] == f"at most {search.most_epochs} epochs in all"
    paper = command("show-rates", "--paper").stdout.splitlines()
    assert paper[0] == "0.009"
    assert paper[-1] == "at most 3451 epochs in all"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--grid", "0.1,x"], "'x'"),
        (["--grid", "0.1", "--keep", "2"], "--keep does not go with --grid"),
        (["--max-epochs", "5"], "--max-epochs does not go with"),
        (["--budget", "500"], "--budget needs --max-epochs"),
        (["--digits", "many"], "--digits has to be"),
        (["--epochs", "0"], "epochs has to be at least 1, got 0"),
        (["--direction", "up"], "minimize"),
        (["--budget", "50", "--max-epochs", "5", "--prior", "100"], "prior has to lie within"),
        (["--epochs", "5", "--prior", "0.1"], "--prior does not go with"),
    ],
)
def test_options_that_do_not_fit_are_wrong_usage(command, options, message):
    result = command("show-rates", *options, status=2)
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_run_and_show_rates_take_the_same_options(command):
    from lrsearch.cli.options import SearchOptions

    def names(text):
        return set(re.findall(r"--[a-z-]+", text))

    own = {"--study", "--workers", "--score-regex", "--timeout", "--retries", "--mirror", "--quiet"}
    offered = names(command("show-rates", "--help").stdout)
    assert {"--" + field.name.replace("_", "-") for field in fields(SearchOptions)} <= offered
    assert offered <= names(command("run", "--help").stdout) - own
