"""LRSearchCV side by side with scikit-learn's searches: ``python compare_sklearn.py --help``.

Five data sets and three estimators; every search is given the same estimator, folds and seed, and
the same largest number of iterations. Iterations are what the estimators report in ``n_iter_``,
summed over all fits but the last one on all data. Each row is stored as it is measured, in
``tests/benchmarks/measured/sklearn.json.gz``; at the end ``docs/sklearn.md`` is written of all.
"""

import argparse
import math
import platform
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
    make_classification,
)
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import lrsearch
from lrsearch.files import write_text
from lrsearch_sklearn import LRSearchCV
from tests.benchmarks import measured

DOCS = Path(__file__).parents[2] / "docs"
RATES = [float(rate) for rate in lrsearch.grid()]
SEED = 0
GRID, OURS, RESUMED = "GridSearchCV", "LRSearchCV", "LRSearchCV, resume"

PAGE = """# LRSearchCV beside scikit-learn's searches

Every search has the same estimator, folds and seed, and at most the same iterations for one
training. GridSearchCV tries 10 to 1e-6 in steps of 1-2-5 (22 rates); RandomizedSearchCV and
HalvingRandomSearchCV draw 22 from that range; both halving searches use all of their resources
(`min_resources="exhaust"`); LRSearchCV races on its default budget, which was settled on these
same pairs: less than half of what the halving searches spend on a fold. Columns of the data are
scaled; scores are accuracy, for diabetes R². *Iterations* are what the estimators report in
`n_iter_`, summed over folds and fits; MLP and SGD stop by themselves where they do not get better.
*Below the best* is the mean difference over folds to the best of scikit-learn's four searches, with
its paired standard error; where it is negative, the row is above. The aim: at most one standard
error below, with half of the best one's iterations. The best of four searches on one set of folds
is partly luck, and so is the count below. LRSearchCV recommends full trainings only, of which a
race has one or few to choose from: with a budget of 5 full trainings it was 8 of 15 pairs (0.31 of
the iterations in the median), with 7 it was 9 (0.46). With `truncated=True`, where a training of
fewer iterations may be recommended as well, it was 12 (0.22): an early stopping that the user has
to ask for by name.

{ours}

{resumed} Its legs go on by `partial_fit`, every epoch is scored, and only the full training by
`fit` can be chosen.

Measured with {versions}, by `tests/benchmarks/compare_sklearn.py`;
`tests/benchmarks/measured/sklearn.json.gz` has the scores of each fold. Seconds of the wall clock
depend on what else the machine did, those of the CPU less so.

{table}
"""


def data(name):
    """A data set, its columns scaled, and whether its target is numeric."""
    if name == "make_classification":
        X, y = make_classification(
            1000, 20, n_informative=8, n_classes=3, flip_y=0.05, random_state=SEED
        )
    else:
        load = {
            "digits": load_digits,
            "breast_cancer": load_breast_cancer,
            "diabetes": load_diabetes,
            "wine": load_wine,
        }[name]
        X, y = load(return_X_y=True)
    numeric = name == "diabetes"
    return StandardScaler().fit_transform(X), (y - y.mean()) / y.std() if numeric else y, numeric


DATA = ("digits", "breast_cancer", "diabetes", "wine", "make_classification")


def estimators(numeric):
    """Each estimator with its rate's name and the iterations of a full training."""
    mlp = MLPRegressor if numeric else MLPClassifier
    sgd = SGDRegressor if numeric else SGDClassifier
    trees = HistGradientBoostingRegressor if numeric else HistGradientBoostingClassifier
    return {
        "MLP": (mlp(hidden_layer_sizes=(16,), random_state=SEED), "learning_rate_init", 100),
        "SGD": (sgd(learning_rate="constant", random_state=SEED), "eta0", 100),
        "HistGradientBoosting": (trees(max_leaf_nodes=8, random_state=SEED), "learning_rate", 50),
    }


class Counted:
    """The estimator's own score, counting fits and iterations."""

    def __init__(self):
        self.iterations = []

    def __call__(self, estimator, X, y):
        self.iterations.append(estimator.n_iter_)
        return estimator.score(X, y)


def searches(estimator, param, most, **options):
    """All searches, by name."""
    grid = {param: RATES}
    drawn = {param: loguniform(RATES[-1], RATES[0])}
    full = clone(estimator).set_params(max_iter=most)
    halving = {
        "resource": "max_iter",
        "max_resources": most,
        "min_resources": "exhaust",
        "random_state": SEED,
        "return_train_score": False,
        **options,
    }
    race = {"resource": "max_iter", "max_resource": most, **options}
    found = {
        GRID: GridSearchCV(full, grid, **options),
        "RandomizedSearchCV": RandomizedSearchCV(
            full, drawn, n_iter=len(RATES), random_state=SEED, **options
        ),
        "HalvingGridSearchCV": HalvingGridSearchCV(estimator, grid, **halving),
        "HalvingRandomSearchCV": HalvingRandomSearchCV(
            estimator, drawn, n_candidates=len(RATES), **halving
        ),
        OURS: LRSearchCV(estimator, param, **race),
    }
    if hasattr(estimator, "partial_fit"):
        found[RESUMED] = LRSearchCV(estimator, param, resume=True, **race)
    return found


def measure(name, search, param, X, y, count):
    """One row of the table."""
    count.iterations.clear()
    begun, cpu = time.perf_counter(), time.process_time()
    search.fit(X, y)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    best, results, splits = search.best_index_, search.cv_results_, search.n_splits_
    iterations = sum(count.iterations)
    if name == RESUMED:  # a score for each epoch of each fold, then those of full trainings
        epochs = search.search_.spent * splits
        iterations = epochs + sum(count.iterations[epochs:])
    return {
        "search": name,
        "folds": [float(results[f"split{fold}_test_score"][best]) for fold in range(splits)],
        "score": float(results["mean_test_score"][best]),
        "rate": float(f"{search.best_params_[param]:.3g}"),
        "fits": len(results["params"]) * splits,
        "iterations": int(iterations),
        "seconds": seconds,
        "cpu_seconds": cpu,
    }


def compared(rows):
    """The rows of one pair, each against the best of scikit-learn's own searches."""
    best = max((row for row in rows if "LRSearchCV" not in row["search"]), key=lambda r: r["score"])
    for row in rows:
        difference = np.subtract(row["folds"], best["folds"])
        error = float(difference.std(ddof=1) / math.sqrt(len(difference)))
        within = bool(difference.mean() >= -error - 1e-9)
        share = row["iterations"] / best["iterations"]
        yield {
            **row,
            "best": row is best,
            "below_best": float(-difference.mean()),
            "paired_error": error,
            "within": within,
            "share": share,
        }


def table(pairs):
    """The rows of all pairs as Markdown."""
    lines = [
        "| data | estimator | search | score | below the best | fits | iterations | "
        "of the best's | seconds | CPU | rate |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for key, rows in pairs.items():
        data_name, estimator = key.split(" / ")
        for row in compared(rows):
            name = f"**{row['search']}**" if row["search"] == OURS else row["search"]
            below = f"{row['below_best']:.4f} ± {row['paired_error']:.4f}"
            shown = "the best" if row["best"] else below
            lines.append(
                f"| {data_name} | {estimator} | {name} | {row['score']:.4f} | {shown} | "
                f"{row['fits']} | {row['iterations']} | {row['share']:.2f} | "
                f"{row['seconds']:.1f} | {row['cpu_seconds']:.1f} | {row['rate']:g} |"
            )
    return "\n".join(lines)


def verdict(pairs, name):
    """How often a search reaches the aim."""
    found = {key: [r for r in compared(rows) if r["search"] == name] for key, rows in pairs.items()}
    rows = {key: row[0] for key, row in found.items() if row}
    short = [key for key, row in rows.items() if not row["within"]]
    long = [f"{key} ({row['share']:.2f})" for key, row in rows.items() if row["share"] > 0.5]
    shares = [row["share"] for row in rows.values()]
    text = (
        f"{name}: within one standard error of the best, or above it, on {len(rows) - len(short)} "
        f"of {len(rows)} pairs; at half of its iterations or fewer on {len(rows) - len(long)} "
        f"(median {np.median(shares):.2f})."
    )
    if short:
        text += f" Further below: {', '.join(short)}."
    if long:
        text += f" More than half: {', '.join(long)}."
    return text


def page(pairs):
    """The whole of docs/sklearn.md."""
    return PAGE.format(
        versions=f"lrsearch {version('lrsearch')}, scikit-learn {version('scikit-learn')}, "
        f"Python {platform.python_version()}, one thread",
        ours=verdict(pairs, OURS),
        resumed=verdict(pairs, RESUMED),
        table=table(pairs),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="measure anew what is stored")
    parser.add_argument("--ours", action="store_true", help="measure LRSearchCV's rows anew")
    parser.add_argument("--out", type=Path, default=DOCS, help="the folder to write to")
    parser.add_argument("--data", nargs="*", choices=DATA, default=DATA)
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    stored = measured.FOLDER / "sklearn.json.gz"
    pairs = {} if options.fresh else measured.read(stored) or {}
    warnings.simplefilter("ignore")  # of estimators that did not converge, as most do not
    with threadpool_limits(1):
        for name in options.data:
            X, y, numeric = data(name)
            splitter = KFold if numeric else StratifiedKFold
            cv = splitter(3 if name == "digits" else 5, shuffle=True, random_state=SEED)
            for kind, (estimator, param, most) in estimators(numeric).items():
                key, count = f"{name} / {kind}", Counted()
                known = {row["search"]: row for row in pairs.get(key, ())}
                if options.ours:
                    known = {title: row for title, row in known.items() if OURS not in title}
                rows = []
                for title, search in searches(
                    estimator, param, most, cv=cv, scoring=count, refit=False
                ).items():
                    if title not in known:
                        known[title] = measure(title, search, param, X, y, count)
                        shown = {k: v for k, v in known[title].items() if k != "folds"}
                        print(key, shown, flush=True)
                    rows.append(known[title])
                pairs[key] = rows
                measured.write(stored, pairs)
    write_text(options.out / "sklearn.md", page(pairs))
    print(verdict(pairs, OURS), verdict(pairs, RESUMED), sep="\n")


if __name__ == "__main__":
    main()
