"""A study's file may come from anywhere: it is read, or refused in a sentence.

LRSEARCH_TORTURE=1 puts every value into every place.
"""

import io
import itertools
import os
import random
import shutil

import pytest
from rich.console import Console

import lrsearch
from lrsearch.cli.status import table
from lrsearch.results import write_html
from lrsearch.study import Study, StudyError, read_status
from tests.study.crafting import crafted
from tests.study.searches import small

TORTURE = bool(os.environ.get("LRSEARCH_TORTURE"))
VALUES = [
    None, True, -1, 99, 10**30, 0.5, float("nan"), float("inf"), "", "x", "[/red]", "\x1b[2J\ud800",
    [], [[]], {}, {"a": 1},
]  # fmt: skip
IN_SQL = [-1, 99, 2**62, 0.5, float("inf"), "", "x", "[/red]\x1b[2J", b"\xff", b""]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A study with a trial of each state, one of them in another worker's hand."""
    path = tmp_path_factory.mktemp("sound") / "vae.db"
    copy = path.with_name("copy.db")
    with Study(path, small(repeats=2)) as study:
        study.tell(study.ask(), [0.5, 0.25], 0.1)
        study.tell(study.ask(), float("nan"))
        study.release(study.ask())
        study.report(study.ask(), 0.75)
        study.ask()
        copy.write_bytes(study._store.snapshot())
    return copy


@pytest.fixture
def path(sound, tmp_path):
    return copied(sound, tmp_path / "vae.db")


def copied(source, path):
    for log in ("-wal", "-shm"):
        path.with_name(path.name + log).unlink(missing_ok=True)
    shutil.copyfile(source, path)
    return path


def looked_at(path):
    """The errors of all that shows a file; nothing else than a sentence may be raised."""
    return [error for use in (_status, _page, _worked_on) for error in [_error(use, path)] if error]


def _error(use, path):
    try:
        use(path)
    except StudyError as error:
        if str(path) in str(error) and str(error).replace("\n", "").isprintable():
            return error
        raise
    return None


def _status(path):
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    console.print(table(read_status(path), 20))
    shown = console.file.getvalue()
    assert "\x1b[2J" not in shown
    shown.encode()


def _page(path):
    with Study.open(path, readonly=True) as study:
        write_html(path.with_name("page.html"), study)
        study.to_csv(scores=True)
        repr(study)
    assert "\x1b" not in path.with_name("page.html").read_text()


def _worked_on(path):
    with Study.open(path) as study:
        trial = study.ask()
        if trial is not None:
            study.tell(trial, 0.5)


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (("state", "summary", "best"), 99, "its state is not one of a study"),
        (("state",), [], "its state is no JSON object"),
        (("state",), {"events": 1}, "its state is not one of a study"),
        (("state", "time"), 10**18, "its state is not one of a study"),
        (("config",), ["GridSearch"], "its config is no JSON object"),
        (("config", "direction"), "sideways", "its configuration has no direction"),
        (("config",), {"search": "GridSearch"}, "its configuration has no direction"),
        (("origin",), {"id": 3}, "its origin is not one of a study"),
    ],
)
def test_status_says_what_is_not_as_it_was_written(path, where, value, message):
    with crafted(path) as content:
        *ways, last = where
        inside = content
        for way in ways:
            inside = inside[way]
        inside[last] = value
    with pytest.raises(StudyError, match=rf"vae\.db: the study is damaged: {message}"):
        read_status(path)
    looked_at(path)


def places(content):
    """Every place of a nested content, as a path of keys."""
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        yield (key,)
        if isinstance(value, (dict, list)):
            yield from ((key, *rest) for rest in places(value))


def some(wheres, values):
    """Each value at each place; some of these cases, unless there is time for all."""
    cases = list(itertools.product(wheres, values))
    return cases if TORTURE else random.Random(0).sample(cases, 80)


def test_whatever_stands_in_a_files_json_it_is_read_or_refused(sound, path):
    with crafted(path) as content:
        whole = [place for place in places(content) if place[0] in ("config", "state", "origin")]
    outcomes = []
    for place, value in some(whole, VALUES):
        if value == 10**30 and place[0] == "config":
            continue  # so many trials need more memory than there is
        copied(sound, path)
        with crafted(path) as content:
            inside = content
            for key in place[:-1]:
                inside = inside[key]
            inside[place[-1]] = value
        outcomes.append(bool(looked_at(path)))
    assert any(outcomes)
    assert not all(outcomes)


def test_whatever_stands_in_a_files_tables_it_is_read_or_refused(sound, path):
    with crafted(path) as content:
        whole = [
            (name, row, column)
            for name in ("events", "trials", "claims")
            for row in ([1, -1] if name == "events" else [0, -1])
            for column in range(len(content[name][0]))
        ]
    outcomes = []
    for (name, row, column), value in some(whole, IN_SQL):
        if column == 0 and (name == "events" or type(value) is not int):
            continue  # a primary key holds nothing else
        copied(sound, path)
        with crafted(path) as content:
            content[name][row][column] = value
        outcomes.append(bool(looked_at(path)))
    assert any(outcomes)
    assert not all(outcomes)


@pytest.mark.parametrize(
    "event", ["[", "7", "[]", "{}", '["tell"]', '["tell",[],0,1,null]', "[" * 10**5, '["sing",0,0]']
)
def test_an_event_that_is_none_is_refused(path, event):
    with crafted(path) as content:
        content["events"][1][2] = event
    assert len(looked_at(path)) == 2


def test_a_configuration_nested_beyond_measure_is_refused(path):
    with crafted(path) as content:
        content["config"] = b"[" * 10**5
    assert len(looked_at(path)) == 3


def test_what_a_file_says_of_itself_acts_on_no_terminal(path):
    with crafted(path) as content:
        content["state"]["summary"] |= {"reason": "\x1b]52;c;cm0=\x07", "rate": "\x1b[2J"}
        content["trials"][0][1] = "[blink]\x1b]0;title\x07"
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    console.print(table(read_status(path), 20))
    shown = console.file.getvalue()
    assert "\x1b]" not in shown
    assert "\x1b[2J" not in shown
    assert r"done: \x1b]52;c;cm0=\x07 · recommended rate \x1b[2J" in shown
    assert r"[blink]\x1b]0;title\x07" in shown


def test_an_error_that_quotes_a_file_acts_on_no_terminal(path):
    with crafted(path) as content:
        content["config"]["search"] = "\x1b[2JOracle"
    with pytest.raises(StudyError, match=r"\\x1b\[2JOracle") as caught:
        Study.open(path)
    assert "\x1b" not in str(caught.value)
    with crafted(path) as content:
        content["config"] |= {"search": "GridSearch", "\x1b[2Jepochs": 3}
    with pytest.raises(StudyError) as caught:
        Study(path, lrsearch.GridSearch(["0.1"]))
    assert "\x1b" not in str(caught.value)
