"""The page is one file that needs nothing else, and works in a real browser."""

import html.parser
import itertools
import math
import re

import pytest

import lrsearch
from lrsearch.results.page import page, write_html
from lrsearch.study.study import Study
from tests.browser import in_scheme, of_width, started

NASTY = '</script><img src=x onerror="document.title=1">&"\'<'


def searched(**changes):
    search = lrsearch.DigitSearch(**{"digits": 1, "epochs": 3, **changes})
    for trial in search:
        if trial.rate > 1:
            search.tell(trial, math.nan)
        else:
            score = 2 + math.log10(trial.rate / 0.0004) ** 2
            search.tell(trial, [score + 3, score + 1, score], 0.125)
    return search


def phase():
    exploit = lrsearch.Exploit(["0.0004", "0.0003"], budget=9, patience=1)
    for score in (3.0, 2.0, 2.5, 1.5, None, 1.75, 1.25, math.nan, 1.0):
        exploit.tell(exploit.ask(), score)
    return exploit


class Parsed(html.parser.HTMLParser):
    """Which elements a page has, what they refer to, and its text."""

    VOID = ("meta", "circle", "rect", "line", "path")

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.text, self.open = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href", "onerror")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_is_well_formed_and_refers_to_nothing_outside():
    text = page(searched(), phase())
    parsed = Parsed(text)
    assert parsed.links == []
    assert not re.search(r"https?:|@import|url\((?!#)", text)


def test_the_rate_and_the_evidence_stand_on_top():
    search = searched()
    text = "".join(Parsed(page(search)).text)
    assert text.index(str(search.rate)) < text.index(search.evidence().sentence)
    assert text.index(search.evidence().sentence) < text.index("against rate")


def test_each_round_is_drawn_with_its_interval_and_as_its_inverse():
    search = searched()
    text = page(search, name="NLL")
    evidence = search.evidence()
    for round in search.rounds:
        digit = f", digit {round.digit}" if round.digit else ""
        assert f"Round {round.number}{digit}: NLL against rate" in text
        assert f"Round {round.number}{digit}: 1/NLL against rate" in text
    assert f"{evidence.low} to {evidence.high}: not to be told apart" in text
    assert text.count('class="ring"') == 1 + 2 * sum(search.rate in r.rates for r in search.rounds)
    assert "×<title>rate 10: diverged</title>" in text


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_scores_that_are_not_positive_have_no_inverse(direction):
    search = lrsearch.GridSearch(["0.1", "0.01", "0.001"], epochs=1, direction=direction)
    for trial, score in zip(search, [-1.0, 0.0, 2.0], strict=False):
        search.tell(trial, score)
    assert "1/score" not in page(search)


def test_all_that_came_from_a_user_is_escaped():
    search = searched()
    exploit = phase()
    exploit._reason = search._reason = NASTY
    text = page(search, exploit, name=NASTY, title=NASTY)
    plain = page(searched(), phase(), name="n", title="t")
    assert sorted(set(Parsed(text).tags)) == sorted(set(Parsed(plain).tags))
    assert Parsed(text).tags == Parsed(plain).tags
    assert Parsed(text).links == []
    assert NASTY not in text


def test_a_search_without_scores_has_a_page():
    text = page(lrsearch.DigitSearch())
    assert "no rate yet" in text
    assert "No score is in yet" in text


def test_a_search_whose_trials_all_diverged_has_a_page():
    search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
    for trial in search:
        search.tell(trial, math.nan)
    text = page(search)
    assert "no rate yet" not in text
    assert search.reason in text


def test_one_trial_one_epoch_one_rate_is_drawn():
    search = lrsearch.GridSearch(["0.001"], epochs=2)
    search.tell(search.ask(), [0.0, 0.0])
    assert "<circle" in page(search)


def test_a_study_has_a_page_and_the_file_is_written_whole(tmp_path):
    with Study(tmp_path / "s.db", lrsearch.GridSearch(["0.1", "0.01"], epochs=1)) as study:
        study.tell(study.ask(), 0.25)
        write_html(tmp_path / "page.html", study)
    assert [entry.name for entry in tmp_path.glob("*.html")] == ["page.html"]
    assert "0.25" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_long_table_leaves_out_the_worst():
    search = lrsearch.RandomSearch(2100, digits=6, epochs=1, seed=1)
    for trial in search:
        search.tell(trial, float(trial.number))
    text = page(search)
    assert "The 100 worst are left out" in text
    assert text.count("<tr") < 2100
    assert len(text) < 2_000_000


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with started(tmp_path_factory.mktemp("profile")) as driven:
        yield driven


@pytest.fixture
def shown(browser, tmp_path):
    """The page of a search with both phases, in the browser."""
    search = searched()
    write_html(tmp_path / "page.html", search, phase(), name="NLL", title=NASTY)
    browser.get((tmp_path / "page.html").as_uri())
    return browser


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_mark_stands_out_from_its_card_in_light_and_dark(shown, mode):
    in_scheme(shown, mode)
    ratios = shown.execute_script("""
        const brush = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
        const light = colour => {
            brush.fillStyle = colour;
            brush.fillRect(0, 0, 1, 1);
            const parts = Array.from(brush.getImageData(0, 0, 1, 1).data).slice(0, 3)
                .map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
            return .2126 * parts[0] + .7152 * parts[1] + .0722 * parts[2];
        };
        const card = light(getComputedStyle(document.querySelector("figure")).backgroundColor);
        return Array.from(document.querySelectorAll("svg .dot, svg .line:not([style=''])"))
            .map(mark => light(getComputedStyle(mark).stroke))
            .map(mark => (Math.max(mark, card) + .05) / (Math.min(mark, card) + .05));""")
    assert len(ratios) > 20
    assert min(ratios) > 2


def column(browser, number):
    return browser.execute_script(
        "return Array.from(document.querySelectorAll('table[data-sortable] tbody tr'),"
        f"row => row.cells[{number}].textContent)"
    )


def test_the_page_renders_without_an_error(shown):
    assert shown.title == NASTY
    assert shown.get_log("browser") == []
    for chart in shown.find_elements("css selector", "svg"):
        assert chart.size["height"] > 150
        assert chart.find_elements("css selector", "circle, polyline")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_window(shown, width):
    of_width(shown, width)
    shown.refresh()
    assert shown.execute_script("return document.documentElement.scrollWidth") <= width
    rate = shown.find_element("css selector", ".rate")
    assert rate.rect["x"] + rate.rect["width"] <= width
    smallest = shown.execute_script(
        "return Math.min(...Array.from(document.querySelectorAll('svg .tick'),"
        "text => text.getBoundingClientRect().height))"
    )
    assert smallest >= 8


def test_the_table_sorts_by_a_click_on_a_head(shown):
    heads = shown.find_elements("css selector", "table[data-sortable] th")
    buttons = shown.find_elements("css selector", "table[data-sortable] th button")
    names = [button.text for button in buttons]
    rate, score, state = names.index("rate"), names.index("score"), names.index("state")
    before = column(shown, rate)
    buttons[rate].click()
    assert column(shown, rate) == sorted(before, key=float)
    assert column(shown, rate) != before
    assert heads[rate].get_attribute("aria-sort") == "ascending"
    buttons[rate].click()
    assert column(shown, rate) == sorted(before, key=float, reverse=True)
    assert heads[rate].get_attribute("aria-sort") == "descending"
    for _ in range(2):
        buttons[score].click()
        assert column(shown, score)[-1] == ""
    assert heads[rate].get_attribute("aria-sort") == "none"
    buttons[state].click()
    states = column(shown, state)
    assert [key for key, _ in itertools.groupby(states)] == sorted(set(states))


def test_the_table_sorts_by_the_keyboard(shown):
    buttons = shown.find_elements("css selector", "table[data-sortable] th button")
    rate = [button.text for button in buttons].index("rate")
    buttons[rate].send_keys("\n")
    assert column(shown, rate) == sorted(column(shown, rate), key=float)
