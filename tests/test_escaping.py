"""Text out of files acts on no terminal and on no spreadsheet."""

import csv

import pytest

from lrsearch.escaping import spreadsheet_cell, visible
from lrsearch.files import write_csv


@pytest.mark.parametrize(
    "text",
    [
        "\x1b]0;title\x07", "\x1b]52;c;cm0=\x07", "\x1b[2J", "\x9b2J", "\x07", "\x7f", "a\rb",
        "\u202etxt.exe", "\u2028", "\udcff",
    ],
)  # fmt: skip
def test_what_a_terminal_acts_on_is_shown_as_an_escape(text):
    shown = visible(text)
    assert shown.isprintable()
    assert shown.startswith(("\\", "a\\"))
    shown.encode()


def test_text_for_people_stays_as_it_is():
    assert visible("0.01 · größer, 学習率") == "0.01 · größer, 学習率"
    assert visible("one\ntwo\x1b", keep="\n") == "one\ntwo\\x1b"


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_of_a_csv_file_is_a_formula(tmp_path, text):
    write_csv(tmp_path / "t.csv", ["label"], [[text], ["-1e-3"], [-2.5], [None], ["cat"]])
    with (tmp_path / "t.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row or [""]]
    assert cells == ["label", "'" + text, "-1e-3", "-2.5", "", "cat"]
    assert spreadsheet_cell(spreadsheet_cell(text)) == "'" + text


def test_a_carriage_return_begins_no_row(tmp_path):
    write_csv(tmp_path / "t.csv", ["label"], [["cat\r=1+1"]])
    with (tmp_path / "t.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["label"], ["cat\n=1+1"]]
