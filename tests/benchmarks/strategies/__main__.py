"""Play the strategies, print the table, write every task and the plot."""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from .contenders import GRIDS, Contender, seeds
from .peers import named
from .tables import Table, read_all

Row = tuple[str, str, int, float, "float | None", float]
"""Contender, table, seed, budget in trainings, rate, regret."""

LEAST = 10
"""Epochs of the smallest budget: what a race needs."""
BUDGETS = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8]
HEADER = ["contender", "task", "seed", "budget", "rate", "regret"]
HINDSIGHT = "best halving grid in hindsight"


def play(
    contenders: dict[str, Contender], tables: list[Table], budgets: list[float], drawn: int
) -> list[Row]:
    """Each contender's rows; a budget is of `LEAST` epochs or more."""
    rows = []
    for name, contender in contenders.items():
        begun = time.perf_counter()
        for table in tables:
            epochs = [max(LEAST, round(budget * table.epochs)) for budget in budgets]
            for seed in range(seeds(name, drawn)):
                for budget, rate in zip(budgets, contender(table, epochs, seed), strict=True):
                    rows.append((name, table.name, seed, budget, rate, table.regret(rate)))
        print(f"{name}: {time.perf_counter() - begun:.1f} s", flush=True)
    return rows


def read_rows(path: Path) -> list[Row]:
    """The rows that another environment has played."""
    with open(path, newline="") as file:
        return [
            (name, task, int(seed), float(budget), float(rate) if rate else None, float(regret))
            for name, task, seed, budget, rate, regret in list(csv.reader(file))[1:]
        ]


def summary(rows: list[Row]) -> str:
    """Mean and median regret over tasks, a Markdown line a contender and a column a budget.

    The halving grids share a line, the least of their means and of their medians.
    """
    budgets = sorted({row[3] for row in rows})
    shown = [str(Fraction(budget)) for budget in budgets]
    lines = [
        "| mean/median regret | " + " | ".join(shown) + " |",
        "| --- " * (len(shown) + 1) + "|",
    ]
    names = list(dict.fromkeys(row[0] for row in rows))
    for name in [*names, HINDSIGHT] if GRIDS.keys() & set(names) else names:
        cells = [
            f"{_over(rows, name, budget, np.mean):.4f}/{_over(rows, name, budget, np.median):.4f}"
            for budget in budgets
        ]
        if name not in GRIDS:
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _over(rows: list[Row], name: str, budget: float, average: Callable[..., Any]) -> float:
    if name != HINDSIGHT:
        return float(average(regrets(rows, name, budget)))
    played = {row[0] for row in rows} & GRIDS.keys()
    return min(float(average(regrets(rows, grid, budget))) for grid in played)


def regrets(rows: list[Row], name: str, budget: float) -> list[float]:
    """A contender's regret on each task, over seeds and over the task's inits."""
    by_task: dict[str, list[float]] = {}
    for row in rows:
        if row[0] == name and row[3] == budget:
            by_task.setdefault(row[1].partition("#")[0], []).append(row[5])
    return [float(np.mean(values)) for values in by_task.values()]


def draw(rows: list[Row], path: Path) -> None:
    """Mean and median regret against budget."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    budgets = sorted({row[3] for row in rows})
    figure, axes = plt.subplots(1, 2, figsize=(12, 5.2), sharey=True, layout="constrained")
    names = list(dict.fromkeys(row[0] for row in rows))
    colours = plt.get_cmap("tab20")
    for axis, (title, average) in zip(
        axes, {"mean": np.mean, "median": np.median}.items(), strict=True
    ):
        for index, name in enumerate(names):
            values = [max(1e-4, _over(rows, name, budget, average)) for budget in budgets]
            own = name.startswith("DigitRace")
            style = "--" if name.startswith("Optuna") else ":" if "prior" in name else "-"
            axis.plot(
                budgets, values, style, marker="o", markersize=4, label=name,
                color="black" if own else colours(index % 20), linewidth=3 if own else 1.5,
            )  # fmt: skip
        axis.set(xscale="log", yscale="log", xlabel="budget in full trainings", title=title)
        axis.set_xticks(budgets, [str(Fraction(budget)) for budget in budgets])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    tasks = len({row[1].partition("#")[0] for row in rows})
    axes[0].set_ylabel(
        f"regret over {tasks} task{'s' if tasks > 1 else ''} (0.0001 and less drawn at 0.0001)"
    )
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(prog="strategies", description=__doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, help="of *.csv.gz; by default the own tables"
    )
    parser.add_argument("--out", type=Path, default=Path("build/strategies"))
    parser.add_argument(
        "--budgets", type=lambda text: float(Fraction(text)), nargs="+", default=BUDGETS
    )
    parser.add_argument("--seeds", type=int, default=5, help="of the random contenders")
    parser.add_argument("--inits", type=int, help="of each task, at the most; by default all")
    parser.add_argument("--only", nargs="+", help="parts of contenders' or peers' names")
    parser.add_argument(
        "--beside", nargs="*", type=Path, default=[], help="regrets.csv of other environments"
    )
    options = parser.parse_args()
    rows = [row for path in options.beside for row in read_rows(path)]
    tables = read_all(options.folder, options.inits)
    rows += play(named(options.only), tables, options.budgets, options.seeds)
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "regrets.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)
    text = summary(rows)
    (options.out / "summary.txt").write_text(text + "\n", encoding="utf-8")
    draw(rows, options.out / "regrets.png")
    print(text)


if __name__ == "__main__":
    main()
