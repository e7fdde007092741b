"""One table of trials: each view shows the same facts under the same names."""

import csv
import html.parser
import io

import pytest
from rich.console import Console

import lrsearch
from lrsearch import results
from lrsearch.results.page import page
from lrsearch.results.table import TRIAL_COLUMNS
from lrsearch.study import read_status
from lrsearch.testing import run


class Cells(html.parser.HTMLParser):
    """The rows of a page's table of trials, its heads first."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.sortable = [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.sortable = "data-sortable" in dict(attributes)
        elif self.sortable and tag == "tr":
            self.rows.append([])
        elif self.sortable and tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.sortable = self.sortable and tag != "table"

    def handle_data(self, data):
        if self.sortable and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def as_records(rows):
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def as_texts(records):
    """Records of CSV as people read them."""
    return [
        {
            name: value if name == "rate" or "." not in value else results.value_text(float(value))
            for name, value in record.items()
        }
        for record in records
    ]


@pytest.fixture
def study(tmp_path):
    """A study whose first trial was released after two of its three epochs, and trained again."""
    with lrsearch.Study(tmp_path / "s.db", lrsearch.DigitSearch(digits=1, epochs=3)) as made:
        trial = made.ask()
        made.report(trial, 9.0)
        made.report(trial, 8.0)
        made.release(trial)
        for trial in made:
            made.tell(trial, [1 + trial.rate / 3, 1 + trial.rate / 4, 1 + trial.rate / 5], 0.125)
    return made


def csv_of_a_run(study, folder):
    results.write_run(folder, study)
    return list(csv.DictReader((folder / "trials.csv").open()))


def shown_on_the_page(study):
    rows = Cells(page(study)).rows
    return as_records([[name.replace(" ", "_") for name in rows[0]], *rows[1:]])


def shown_on_a_terminal(study):
    from lrsearch.cli.status import table

    console = Console(file=io.StringIO(), width=200, color_system=None)
    found = read_status(study.path)
    console.print(table(found, limit=len(found.rows)))
    lines = console.file.getvalue().splitlines()
    head = next(index for index, line in enumerate(lines) if line.startswith("trial"))
    rows = [line.split() for line in lines[head:]]
    assert rows[0].pop() == "worker"
    return sorted(as_records(rows), key=lambda record: int(record["trial"]))


def test_a_trial_that_was_released_once_has_the_same_facts_in_every_view(study, tmp_path):
    told = list(csv.DictReader(io.StringIO(study.to_csv())))
    assert (told[0]["epochs"], told[0]["spent"]) == ("3", "5")
    assert list(told[0]) == [
        "trial", "round", "place", "rate", "init", "state", "epochs", "spent", "score",
        "standard_error",
    ]  # fmt: skip
    assert csv_of_a_run(study, tmp_path) == told
    assert shown_on_the_page(study) == as_texts(told)
    on_a_terminal = shown_on_a_terminal(study)
    assert on_a_terminal[0]["epochs"] == "3/3"
    for record, other in zip(on_a_terminal, as_texts(told), strict=True):
        record["epochs"] = record["epochs"].partition("/")[0]
        assert record == {name: other[name] for name in record}


def test_a_data_frame_has_the_same_facts_as_numbers(study):
    told = list(csv.DictReader(io.StringIO(study.to_csv())))
    frame = study.to_dataframe()
    assert list(frame.columns) == list(told[0])
    assert [str(lrsearch.Rate(rate)) for rate in frame["rate"]] == [row["rate"] for row in told]
    for name in ("trial", "epochs", "spent"):
        assert frame[name].tolist() == [int(row[name]) for row in told]
    scores = [float(row["score"] or "nan") for row in told]
    assert frame["score"].tolist() == pytest.approx(scores, nan_ok=True)


def test_a_search_without_a_trial_is_a_frame_without_rows():
    frame = lrsearch.GridSearch(["0.1"], epochs=1).to_dataframe()
    assert len(frame) == 0
    assert [*frame.columns] == [column.name for column in TRIAL_COLUMNS]


def test_every_view_has_every_column_but_those_that_it_leaves_out(study, tmp_path):
    names = [column.name for column in TRIAL_COLUMNS]
    assert list(csv_of_a_run(study, tmp_path)[0]) == names
    assert list(shown_on_the_page(study)[0]) == names
    shown = list(shown_on_a_terminal(study)[0])
    assert shown == [name for name in names if name not in ("place", "standard_error")]


def test_the_table_of_rounds_marks_what_was_kept(paper):
    text = results.rounds_text(paper)
    assert "round 3, digit 3" in text
    assert [line.split() for line in text.splitlines() if "*" in line] == [
        ["*", "0.002", "238.97"], ["*", "0.001", "236"], ["*", "0.0007", "234.72"],
        ["*", "0.0004", "234.93"], ["*", "0.00041", "234.48"], ["*", "0.00038", "234.67"],
    ]  # fmt: skip


def test_each_round_of_a_search_that_measures_anew_shows_its_own_score(paper):
    shown = [dict(results.round_scores(paper, round)) for round in paper.rounds]
    assert [scores[0.0007] for scores in shown[1:]] == [234.72, 235.75]


def test_a_rate_that_was_not_measured_again_shows_its_earlier_score():
    search = run(lrsearch.DigitSearch(digits=2, epochs=2))
    for round in search.rounds:
        assert [rate for rate, _ in results.round_scores(search, round)] == round.rates


def test_diverged_rates_are_called_so():
    search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
    search.tell(search.ask(), float("nan"))
    assert "diverged" in results.rounds_text(search)
