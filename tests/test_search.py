"""What the contract suite cannot ask of every strategy."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lrsearch
from lrsearch import DigitSearch, GridSearch, Rate


def test_importing_it_brings_in_numpy_and_the_standard_library_only():
    code = (
        "import sys, lrsearch; "
        "roots = {name.partition('.')[0] for name in sys.modules}; "
        "print(sorted(roots - set(sys.stdlib_module_names)))"
    )
    found = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    modules = set(eval(found.stdout))  # a list of names
    assert {name for name in modules if not name.startswith("_")} <= {"lrsearch", "numpy"}


def test_the_inner_loop_is_one_line():
    search = GridSearch(["0.1", "0.01"], epochs=3)
    for trial in search:
        while search.report(trial, 1 / trial.rate):
            pass
    assert search.rate == 0.1
    assert search.spent == 6


def test_report_says_why_a_leg_has_ended():
    race = lrsearch.DigitRace(budget=20, max_epochs=2)
    assert [race.report(race.ask(), 1.0) for _ in range(2)] == ["paused"] * 2
    search = GridSearch(["0.3", "0.2"], epochs=2)
    assert search.report(search.ask(), math.inf) == "diverged"
    trial = search.ask()
    assert [search.report(trial, 0.5) for _ in range(2)] == ["going on", "complete"]


class Impatient(GridSearch):
    def _drops(self, record):
        return record.epoch == 2


def test_a_search_that_ends_legs_early_says_so():
    search = Impatient(["0.1"], epochs=9)
    trial = search.ask()
    assert search.report(trial, 0.5)
    assert not search.report(trial, 0.5)
    assert search.trials[0].state == "stopped"
    assert search.stops_early
    assert not GridSearch().stops_early


def test_a_search_says_why_its_legs_differ_in_length():
    assert GridSearch(["0.1", "0.01"], epochs=5).uneven is None
    assert GridSearch(["0.1", "0"], epochs=1).uneven is None
    assert GridSearch(["0.1", "0"], epochs=5).uneven == "rate 0 gets 1 epoch"
    assert DigitSearch.paper().uneven == "rate 0 gets 1 epoch"
    assert "different lengths" in lrsearch.DigitRace(20, 5).uneven


def test_the_trials_are_a_sequence_that_cannot_be_changed_and_keeps_up():
    search = GridSearch(["0.3", "0.2", "0.1"], epochs=1)
    trials = search.trials
    assert trials == () == search.trials[:]
    for trial in search:
        search.tell(trial, 0.5)
        assert trials[trial.number].score == trials[-1].score == 0.5
    assert [record.rate for record in trials] == [0.3, 0.2, 0.1]
    assert trials[:2] == tuple(trials)[:2]
    assert trials != ()
    with pytest.raises(TypeError):
        trials[0] = None


def test_a_trial_told_by_another_process_counts_by_its_number_and_leg():
    import pickle

    search = GridSearch(["0.1"], epochs=1)
    trial = pickle.loads(pickle.dumps(search.ask()))
    search.tell(trial, 0.5)
    assert search.done


def test_a_told_trial_that_is_no_trial_is_a_type_error():
    search = GridSearch(["0.1"], epochs=1)
    search.ask()
    with pytest.raises(TypeError, match="Trial"):
        search.tell(0, 0.5)


def test_a_late_divergence_takes_the_lead_away():
    search = GridSearch(["0.3", "0.2", "0.1"], epochs=2)
    leader, second, third = (search.ask() for _ in range(3))
    search.tell(second, 2.0)
    search.tell(third, 3.0)
    search.report(leader, 1.0)
    assert search.best.rate == 0.3
    search.report(leader, math.nan)
    assert search.best.rate == 0.2


def test_released_epochs_stay_spent_and_their_scores_stand_until_measured_again():
    search = GridSearch(["0.1"], epochs=3)
    trial = search.ask()
    search.report(trial, 0.5)
    search.report(trial, 0.4)
    search.release(trial)
    assert search.trials[0].scores == {1: 0.5, 2: 0.4}
    again = search.ask()
    assert again.leg == trial.leg + 1
    search.tell(again, [0.6, 0.5, 0.45])
    assert search.spent == 2 + 3
    assert search.trials[0].score == 0.45


def test_a_score_measured_again_takes_the_place_of_the_one_before():
    search = GridSearch(["0.2", "0.1"], epochs=2)
    trial, other = search.ask(), search.ask()
    search.report(trial, 0.1)
    search.release(trial)
    search.tell(other, [0.4, 0.3])
    search.tell(search.ask(), [0.7, 0.6])
    assert search.trials[0].score == 0.6
    assert search.best.rate == search.rate == 0.1


@pytest.mark.parametrize("epoch", [1.5, 2.0, True, "1"])
def test_an_epoch_is_a_whole_number(epoch):
    search = GridSearch(["0.1"], epochs=3)
    with pytest.raises(TypeError, match="epoch"):
        search.report(search.ask(), 0.5, epoch)


def test_numpy_integers_and_booleans_leave_a_log_that_is_json():
    search = GridSearch(["0.1"], epochs=3)
    search.report(search.ask(resume=np.True_), np.float32(0.5), np.int64(2))
    assert json.loads(json.dumps(search.events)) == [["ask", True], ["report", 0, 0, 0.5, 2]]


def test_complex_scores_are_refused_and_numbers_beyond_floats_have_diverged():
    search = GridSearch(["0.1"], epochs=1)
    trial = search.ask()
    with pytest.raises(TypeError, match="number"):
        search.tell(trial, np.complex128(1 + 2j))
    search.tell(trial, 10**400)
    assert search.trials[0].state == "diverged"


def test_another_searchs_trial_is_not_skipped_in_silence():
    search, other = GridSearch(["0.1"], epochs=1), GridSearch(["0.2"], epochs=1)
    search.tell(search.ask(), 0.5)
    with pytest.raises(KeyError, match=r"0\.1"):
        search.tell(other.ask(), 0.5, skip_if_told=True)


def test_a_list_of_rates_is_no_string():
    for make in (GridSearch, lambda first: lrsearch.DigitRace(10, 5, first=first)):
        with pytest.raises(TypeError, match="'321'"):
            make("321")


def test_released_legs_come_back_in_the_order_of_their_numbers():
    search = GridSearch(["0.3", "0.2", "0.1"], epochs=1)
    trials = [search.ask() for _ in range(3)]
    for trial in reversed(trials):
        search.release(trial)
    assert [search.ask().number for _ in range(3)] == [0, 1, 2]


def test_a_log_that_does_not_fit_is_refused():
    search = GridSearch(["0.1"], epochs=1)
    for event, message in [
        (["tell", 0, 0, 0.5, None], "not out"),
        (["rewind", 0, 0], "not out"),
    ]:
        with pytest.raises(ValueError, match=message):
            search.replay([event])
    search.replay([["ask", True]])
    with pytest.raises(ValueError, match="none to hand out"):
        search.replay([["ask", True]])
    with pytest.raises(ValueError, match="unknown event"):
        search.replay([["rewind", 0, 0]])


def test_a_direction_that_is_none_is_refused():
    with pytest.raises(ValueError, match="'down'"):
        GridSearch(direction="down")


# The module-level functions


@pytest.fixture
def _fresh_default():
    yield
    lrsearch.use()


@pytest.mark.usefixtures("_fresh_default")
def test_the_module_level_functions_act_on_one_hidden_search():
    search = lrsearch.use(DigitSearch(["0.2", "0.1"], 1, epochs=2, extend=0))
    trial = lrsearch.ask()
    assert lrsearch.report(trial, 0.5)
    assert not lrsearch.report(trial, 0.4)
    lrsearch.tell(lrsearch.ask(), [0.9, 0.8])
    assert lrsearch.ask() is None
    assert lrsearch.best().rate == 0.2
    assert search.done


@pytest.mark.usefixtures("_fresh_default")
def test_the_module_level_report_says_why_a_leg_has_ended():
    lrsearch.use(GridSearch(["0.1"], epochs=1))
    assert lrsearch.report(lrsearch.ask(), 0.5) is lrsearch.LegState.COMPLETE


@pytest.mark.usefixtures("_fresh_default")
def test_without_use_the_hidden_search_starts_from_decades():
    lrsearch.use()
    assert lrsearch.ask().rate == Rate(10)
    assert lrsearch.best() is None


# Rebuilding


def test_a_configuration_that_names_no_search_is_refused():
    with pytest.raises(ValueError, match="'Nothing'"):
        lrsearch.from_config({"search": "Nothing"})
    with pytest.raises(ValueError, match="None"):
        lrsearch.from_config({})


@pytest.mark.parametrize("name", ["DECADES", "grid", "RoundSearch", "os.system", "tests.coin"])
def test_a_configuration_that_names_something_else_imports_nothing(name):
    with pytest.raises(ValueError, match=f"no search is called {name!r}"):
        lrsearch.from_config({"search": name})


def test_our_own_searches_are_known_in_a_checkout_that_is_not_installed(tmp_path):
    for package in Path(np.__file__).parents[1].glob("numpy*"):
        if package.suffix != ".dist-info":
            (tmp_path / package.name).symlink_to(package)
    code = (
        "import sys; from importlib.metadata import distributions\n"
        f"sys.path[:0] = [{str(Path(lrsearch.__file__).parents[1])!r}, {str(tmp_path)!r}]\n"
        "import lrsearch\n"
        "config = lrsearch.DigitRace(20, 5).config()\n"
        "print(len(list(distributions())), lrsearch.from_config(config).budget)"
    )
    found = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert found.stdout == "0 20\n", found.stderr


def test_parameters_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="does not fit GridSearch"):
        lrsearch.from_config({"search": "GridSearch", "colour": "blue"})


def test_another_package_registers_its_search_by_an_entry_point(tmp_path):
    (tmp_path / "coin.py").write_text(
        "from lrsearch import GridSearch\n"
        "class CoinSearch(GridSearch):\n"
        "    def config(self):\n"
        "        return super().config() | {'search': 'CoinSearch'}\n"
    )
    info = tmp_path / "coin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: coin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lrsearch.searches]\nCoinSearch = coin:CoinSearch\n")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import lrsearch\n"
        "search = lrsearch.from_config({'search': 'CoinSearch', 'rates': ['0.1']})\n"
        "print(type(search).__name__, search.ask().rate)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True
    )
    assert found.stdout.split() == ["CoinSearch", "0.1"], found.stderr
