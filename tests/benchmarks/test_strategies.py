"""The yardstick: its tables, its contenders, and what it prints."""

import collections
import gzip
import math

import numpy as np
import pytest

from tests.benchmarks.strategies.__main__ import (
    BUDGETS,
    HINDSIGHT,
    main,
    play,
    read_rows,
    regrets,
    summary,
)
from tests.benchmarks.strategies.contenders import CONTENDERS, GRIDS, Ledger, Trainer, race, seeds
from tests.benchmarks.strategies.peers import PEERS, named
from tests.benchmarks.strategies.tables import OWN, Table, coarse, read, read_all


def written(path, rows, header="rate,seed,epoch,score"):
    with gzip.open(path, "wt") as file:
        file.write("\n".join([header, *rows]))
    return path


def small():
    return Table("small", [1e-3, 1e-2, 1e-1], np.array([[4, 3], [2, 1], [3, np.nan]]), 5)


def digits():
    return read(OWN / "digits_mlp-momentum.csv.gz")[0]


def test_the_own_tables_are_complete():
    assert digits().scores.shape == (36, 40)
    tasks = collections.Counter(table.name.partition("#")[0] for table in read_all(None))
    assert tasks.pop("digits_mlp-momentum") == 1
    assert set(tasks.values()) == {3}
    for table in read_all(None):
        assert len(table.scores) in (30, 36)
        assert 0 <= table.regret(table.optimum) < 0.05


def test_scores_between_two_rates_are_interpolated_in_the_logarithm():
    table = small()
    assert table.curve(10**-2.5) == pytest.approx([3, 2])
    assert table.curve(1e-3) == pytest.approx([4, 3])


def test_where_a_neighbour_diverged_the_nearer_one_counts():
    table = small()
    assert table.curve(10**-1.9)[1] == 1
    assert np.isnan(table.curve(10**-1.1)[1])


def test_beyond_the_rates_measured_nothing_is_learnt_or_nothing_changes():
    table = small()
    assert table.curve(1e-6).tolist() == [5, 5]
    assert table.curve(10.0)[0] == 3


def test_regret_is_0_at_the_best_rate_and_1_for_the_untrained_model():
    table = small()
    assert table.regret(1e-2) == 0
    assert table.regret(1e-6) == table.regret(None) == 1
    assert table.regret(1e-1) == 0.5


def test_a_hundred_rows_show_a_table_in_steps_and_with_noise():
    table = digits()
    shown, again, other = coarse(table, 1), coarse(table, 1), coarse(table, 2)
    parts = (shown.curve(0.01) - table.best) / (table.untrained - table.best)
    assert parts * 100 == pytest.approx(np.round(parts * 100))
    assert shown.curve(0.01).tolist() == again.curve(0.01).tolist() != other.curve(0.01).tolist()
    assert 0 < np.std(shown.curve(0.01) - table.curve(0.01)) < 0.2
    assert shown.regret(table.optimum) >= 0


def test_a_table_with_a_hole_is_an_error_that_names_it(tmp_path):
    path = written(tmp_path / "a-sgd.csv.gz", ["0.1,1,1,3", "0.1,1,2,2", "0.01,1,2,2"])
    with pytest.raises(ValueError, match=r"a-sgd#1 has no score for rate 0.01, epoch 1"):
        read(path)


def test_a_table_without_a_column_is_an_error_that_names_it(tmp_path):
    path = written(tmp_path / "a-sgd.csv.gz", ["0.1,1,1"], "rate,seed,epoch")
    with pytest.raises(ValueError, match="no column score"):
        read(path)


def test_a_folder_without_tables_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no learning-curve table"):
        read_all(tmp_path)


def test_seeds_that_cover_fewer_rates_do_not_count(tmp_path):
    path = written(tmp_path / "a-sgd.csv.gz", ["0.1,1,1,3", "0.1,2,1,9", "0.01,1,1,2"])
    assert [table.scores.tolist() for table in read(path)] == [[[2], [3]]]


def test_each_init_is_a_table_of_its_task(tmp_path):
    rows = ["0.1,0,1,3", "0.01,0,1,2", "0.1,1,1,4", "0.01,1,1,5"]
    tables = read(written(tmp_path / "a-sgd.csv.gz", rows))
    assert [table.name for table in tables] == ["a-sgd#0", "a-sgd#1"]
    assert [table.optimum for table in tables] == pytest.approx([0.01, 0.1])
    assert [table.name for table in read_all(tmp_path, 1)] == ["a-sgd#0"]


def test_training_stops_at_a_divergence_and_at_the_budget():
    trainer = Trainer(small(), 3)
    assert len(trainer.train(1e-1, 0, 2)) == 2
    assert trainer.train(1e-2, 0, 2) == [2]
    assert trainer.left == 0


def test_one_run_tells_what_would_have_been_recommended_at_each_budget():
    ledger = Ledger(small(), 5)
    assert ledger.train(1e-3, 2) == 3
    assert ledger.train(1e-2, 1) == 2
    assert ledger.train(1e-1, 2) == ledger.train(1e-1, 2) == math.inf
    assert ledger.left == 0
    assert ledger.rates([1, 2, 3, 4, 5, 9]) == [1e-3, 1e-3, 1e-2, 1e-2, 1e-2, 1e-2]


def test_a_trial_goes_on_where_it_was_paused():
    ledger = Ledger(small(), 2)
    assert [ledger.train(1e-3, stop) for stop in (1, 2)] == [4, 3]
    assert ledger.left == 0


def test_while_all_have_diverged_no_rate_is_recommended():
    ledger = Ledger(Table("bad", [1e-3, 1e-2], np.full((2, 2), np.nan), 5), 1)
    ledger.train(1e-2, 1)
    assert ledger.rates([1]) == [None]


def test_what_other_environments_have_played_is_shown_beside(tmp_path, monkeypatch, capsys):
    other, own = tmp_path / "other", tmp_path / "own"
    written(tmp_path / "a-sgd.csv.gz", ["0.1,0,1,1", "0.01,0,1,2", "1e-6,0,1,9"])
    common = ["strategies", str(tmp_path), "--budgets", "1", "2"]
    monkeypatch.setattr("sys.argv", [*common, "--only", "grid of 8", "--out", str(other)])
    main()
    rows = str(other / "regrets.csv")
    arguments = [*common, "--only", "DigitRace", "--out", str(own), "--beside", rows]
    monkeypatch.setattr("sys.argv", arguments)
    main()
    shown = capsys.readouterr().out
    assert shown.rstrip().splitlines()[-1].startswith(f"| {HINDSIGHT} |")
    assert "| DigitRace, wrong prior |" in shown
    assert {row[0] for row in read_rows(own / "regrets.csv")} > {row[0] for row in read_rows(rows)}


@pytest.mark.parametrize("name", [n for n in CONTENDERS if not n.startswith("Optuna")])
def test_each_contender_recommends_a_rate_within_its_budget(name):
    rows = play({name: CONTENDERS[name]}, [digits()], [1, 16], drawn=1)
    assert len(rows) == 2 * seeds(name, 1)
    assert rows[-1][5] < 0.7
    assert (HINDSIGHT if name in GRIDS else f"| {name} |") in summary(rows)


@pytest.mark.parametrize("name", [n for n in CONTENDERS if n.startswith("Optuna")])
def test_optuna_s_contenders_play_where_it_is_installed(name):
    pytest.importorskip("optuna")
    if name == "Optuna GP":
        pytest.importorskip("torch")
    rows = play({name: CONTENDERS[name]}, [digits()], [2], drawn=1)
    assert 0 <= rows[0][5] <= 1


def test_contenders_are_named_by_a_part():
    assert list(named(["digitsearch"])) == ["DigitSearch"]
    assert all(list(named([name])) == [name] for name in PEERS)
    assert named(None).keys() == CONTENDERS.keys()
    with pytest.raises(ValueError, match="no contender"):
        named(["simulated annealing"])


def test_the_best_grid_in_hindsight_shares_a_line():
    played = list(GRIDS)[:2], ((0.1, 0.2, 0.6), (0.0, 0.3, 0.9))
    rows = [
        (name, task, 0, 1, 0.1, regret)
        for name, lost in zip(*played, strict=True)
        for task, regret in zip("abc", lost, strict=True)
    ]
    assert summary(rows).splitlines()[2:] == [f"| {HINDSIGHT} | 0.3000/0.2000 |"]


def test_a_right_prior_is_within_a_decade_and_a_wrong_one_three_off():
    table = digits()
    assert seeds("DigitRace", 9) == 1
    assert seeds("Optuna TPE", 9) == seeds("KerasTuner Hyperband", 9) == 9
    assert seeds("DigitRace, right prior", 9) == seeds("NePS priorband, right prior", 9) == 5
    assert seeds("DigitRace, wrong prior", 9) == 2
    for offset in (-1, 0, 1, -3):
        prior = race(table, 40, offset).prior
        assert abs(math.log10(prior / table.optimum) - offset) < 0.2


@pytest.fixture(scope="module")
def rows():
    """The race and every grid on the tables that are shipped."""
    played = (*GRIDS, "DigitRace", "DigitRace, wrong prior")
    return play({name: CONTENDERS[name] for name in played}, read_all(None), BUDGETS, drawn=1)


@pytest.mark.parametrize("budget", BUDGETS)
def test_no_grid_is_ahead_of_the_race_in_the_mean_even_in_hindsight(rows, budget):
    grids = [np.mean(regrets(rows, grid, budget)) for grid in GRIDS]
    assert np.mean(regrets(rows, "DigitRace", budget)) <= min(grids) + 0.001


@pytest.mark.parametrize("budget", [1 / 4, 1 / 2, 2, 4, 8])
def test_nor_in_the_median_but_at_an_eighth_and_at_one(rows, budget):
    grids = [np.median(regrets(rows, grid, budget)) for grid in GRIDS]
    assert np.median(regrets(rows, "DigitRace", budget)) <= min(grids) + 0.001


def test_a_prior_three_decades_off_costs_little_at_a_quarter(rows):
    cost = np.mean(regrets(rows, "DigitRace, wrong prior", 1 / 4))
    assert cost - np.mean(regrets(rows, "DigitRace", 1 / 4)) <= 0.01
