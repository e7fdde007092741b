"""The yardstick: its tables, its contenders, and what it prints."""

import gzip
import statistics

import numpy as np
import pytest

from tests.benchmarks.strategies.__main__ import play, summary
from tests.benchmarks.strategies.contenders import CONTENDERS, Trainer, named
from tests.benchmarks.strategies.tables import OWN, Table, read, read_all


def written(path, rows, header="rate,seed,epoch,score"):
    with gzip.open(path, "wt") as file:
        file.write("\n".join([header, *rows]))
    return path


def small():
    return Table("small", [1e-3, 1e-2, 1e-1], np.array([[4, 3], [2, 1], [3, np.nan]]), 5)


def test_the_own_table_is_complete():
    table = read(OWN)
    assert table.epochs == 40
    assert table.scores.shape == (36, 40)
    assert read_all(None)[0].name == table.name


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


def test_a_table_with_a_hole_is_an_error_that_names_it(tmp_path):
    path = written(tmp_path / "a-sgd.csv.gz", ["0.1,1,1,3", "0.1,1,2,2", "0.01,1,2,2"])
    with pytest.raises(ValueError, match=r"a-sgd.csv.gz has no score for rate 0.01, epoch 1"):
        read(path)


def test_a_table_without_a_column_is_an_error_that_names_it(tmp_path):
    path = written(tmp_path / "a-sgd.csv.gz", ["0.1,1,1"], "rate,seed,epoch")
    with pytest.raises(ValueError, match="no column score"):
        read(path)


def test_a_folder_without_tables_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no learning-curve table"):
        read_all(tmp_path)


def test_the_seed_that_covers_most_rates_counts(tmp_path):
    path = written(tmp_path / "a-sgd.csv.gz", ["0.1,1,1,3", "0.1,2,1,9", "0.01,1,1,2"])
    assert read(path).scores.tolist() == [[2], [3]]


def test_training_stops_at_a_divergence_and_at_the_budget():
    trainer = Trainer(small(), 3)
    assert len(trainer.train(1e-1, 0, 2)) == 2
    assert trainer.train(1e-2, 0, 2) == [2]
    assert trainer.left == 0


@pytest.mark.parametrize("name", [n for n in CONTENDERS if not n.startswith("Optuna")])
def test_each_contender_recommends_a_rate_within_its_budget(name):
    table = read(OWN)
    rows = play({name: CONTENDERS[name]}, [table], [1, 16], seeds=1)
    assert len(rows) == 2
    assert rows[1][5] < 0.7
    assert name in summary(rows)


@pytest.mark.parametrize("name", [n for n in CONTENDERS if n.startswith("Optuna")])
def test_optuna_s_contenders_play_where_it_is_installed(name):
    pytest.importorskip("optuna")
    if name == "Optuna GP":
        pytest.importorskip("torch")
    rows = play({name: CONTENDERS[name]}, [read(OWN)], [2], seeds=1)
    assert 0 <= rows[0][5] <= 1


def test_contenders_are_named_by_a_part():
    assert list(named(["race"])) == ["DigitRace"]
    with pytest.raises(ValueError, match="no contender"):
        named(["simulated annealing"])


def test_the_race_is_no_worse_than_half_of_the_grids_on_the_own_table():
    table = read(OWN)
    rows = play(named(["grid of", "race"]), [table], [2, 4], seeds=1)
    for budget in (2, 4):
        regrets = {row[0]: row[5] for row in rows if row[3] == budget}
        race = regrets.pop("DigitRace")
        assert race <= statistics.median(regrets.values())
