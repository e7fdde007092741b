"""Play the strategies, print the table, write every task and the plot."""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np

from .contenders import Contender, named, seeded
from .tables import Table, read_all


def play(
    contenders: dict[str, Contender], tables: list[Table], budgets: list[int], seeds: int
) -> list[tuple[str, str, int, int, float | None, float]]:
    """Rows of contender, table, seed, budget in trainings, rate, regret."""
    rows = []
    for name, contender in contenders.items():
        begun = time.perf_counter()
        for table in tables:
            for seed in range(seeds if seeded(name) else 1):
                for budget in budgets:
                    rate = contender(table, budget * table.epochs, seed)
                    rows.append((name, table.name, seed, budget, rate, table.regret(rate)))
        print(f"{name}: {time.perf_counter() - begun:.1f} s", flush=True)
    return rows


def summary(rows: list[tuple[str, str, int, int, float | None, float]]) -> str:
    """Mean and median regret over tasks, a line a contender and a column a budget.

    A random contender's regret on a task is its mean over seeds.
    """
    budgets = sorted({row[3] for row in rows})
    lines = [f"{'mean/median regret':26}" + "".join(f"{b:>16}" for b in budgets)]
    for name in dict.fromkeys(row[0] for row in rows):
        cells = [regrets(rows, name, budget) for budget in budgets]
        texts = [f"{np.mean(cell):.4f}/{np.median(cell):.4f}" for cell in cells]
        lines.append(f"{name:26}" + "".join(f"{text:>16}" for text in texts))
    return "\n".join(lines)


def regrets(
    rows: list[tuple[str, str, int, int, float | None, float]], name: str, budget: int
) -> list[float]:
    """A contender's regret on each task, over seeds."""
    by_task: dict[str, list[float]] = {}
    for row in rows:
        if row[0] == name and row[3] == budget:
            by_task.setdefault(row[1], []).append(row[5])
    return [float(np.mean(values)) for values in by_task.values()]


def draw(rows: list[tuple[str, str, int, int, float | None, float]], path: Path) -> None:
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
            values = [max(1e-4, average(regrets(rows, name, budget))) for budget in budgets]
            own = name == "DigitRace"
            style = "--" if name.startswith("Optuna") else ":" if "grid" in name else "-"
            axis.plot(
                budgets, values, style, marker="o", markersize=4, label=name,
                color="black" if own else colours(index % 20), linewidth=3 if own else 1.5,
            )  # fmt: skip
        axis.set(xscale="log", yscale="log", xlabel="budget in full trainings", title=title)
        axis.set_xticks(budgets, [str(budget) for budget in budgets])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    tasks = len({row[1] for row in rows})
    axes[0].set_ylabel(
        f"regret over {tasks} task{'s' if tasks > 1 else ''} (0.0001 and less drawn at 0.0001)"
    )
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(prog="strategies", description=__doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, help="of *.csv.gz; by default the own table"
    )
    parser.add_argument("--out", type=Path, default=Path("build/strategies"))
    parser.add_argument("--budgets", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--seeds", type=int, default=5, help="of the random contenders")
    parser.add_argument("--only", nargs="+", help="parts of contenders' names")
    options = parser.parse_args()
    rows = play(named(options.only), read_all(options.folder), options.budgets, options.seeds)
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "regrets.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["contender", "task", "seed", "budget", "rate", "regret"])
        writer.writerows(rows)
    text = summary(rows)
    (options.out / "summary.txt").write_text(text + "\n", encoding="utf-8")
    draw(rows, options.out / "regrets.png")
    print(text)


if __name__ == "__main__":
    main()
