"""How searches use many workers: the table and the picture of a simulation.

    python -m tests.benchmarks.scaling

It writes docs/scaling.md and docs/scaling.png. Run with ``nox -s bench-scaling``. It fails where
the race is slower than the barrier, or lets workers wait while it has legs left.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

from lrsearch import DigitSearch
from tests.benchmarks.workers import (
    EPOCHS,
    EXPONENT,
    FIRST_LEGS,
    KINDS,
    SECONDS,
    Found,
    Outcome,
    measure,
)

WORKERS = (1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000)
SEEDS = 5
AIM_WORKERS, AIM_IDLE = 64, 0.10


def table(found: Found) -> str:
    """The means over seeds as a Markdown table.

    Examples
    --------
    >>> slow, fast = Outcome(7200.0, 0.5, 0.4, 100, 0.002), Outcome(3600.0, 0.1, 0.05, 90, 0.002)
    >>> print(table({("barrier", 4): [slow], ("race", 4): [fast]}))
    | workers | barrier: hours | waiting | idle | race: hours | waiting | idle | epochs | faster |
    | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
    | 4 | 2.00 | 40 % | 50 % | 1.00 | 5 % | 10 % | 90 | 2.0 |
    """
    names = "workers", "barrier: hours", "waiting", "idle", "race: hours", "waiting", "idle"
    lines = ["| " + " | ".join((*names, "epochs", "faster")) + " |", "| ---: " * 9 + "|"]
    for workers in sorted({count for _, count in found}):
        cells = [f"{workers}"]
        for kind in KINDS:
            outcomes = found[kind, workers]
            cells.append(f"{mean(outcomes, 'seconds') / 3600:.2f}")
            cells += [percent(mean(outcomes, name)) for name in ("waiting", "idle")]
        slow, fast = (mean(found[kind, workers], "seconds") for kind in KINDS)
        cells += [f"{mean(found['race', workers], 'epochs'):.0f}", f"{slow / fast:.1f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def mean(outcomes: list[Outcome], name: str) -> float:
    return statistics.fmean(getattr(outcome, name) for outcome in outcomes)


def aims(found: Found) -> list[tuple[str, bool]]:
    """Each aim as measured, and whether it is met."""
    counts = sorted({count for _, count in found})
    at = max((count for count in counts if count <= AIM_WORKERS), default=counts[0])
    waiting, idle = (mean(found["race", at], name) for name in ("waiting", "idle"))
    slower = [
        count
        for count in counts
        if mean(found["race", count], "seconds") > mean(found["barrier", count], "seconds")
    ]
    with_ = f"slower with {', '.join(map(str, slower))} workers" if slower else "it never was"
    aim = f"with {at} workers the race is idle at most {percent(AIM_IDLE)} of the time"
    return [
        (f"The race is never slower than the barrier: {with_}.", not slower),
        (f"Until its last leg, {aim}: {percent(waiting)}.", waiting <= AIM_IDLE),
        (f"To its end, {aim}: {percent(idle)}.", idle <= AIM_IDLE),
    ]


def plot(found: Found, path: Path) -> None:
    """Time to the final rate, and the share of time idle, against workers."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2, sharex=True, figsize=(7, 6.5), layout="constrained")
    counts = sorted({count for _, count in found})
    styles = {"barrier": ("#b45309", "s", "barrier (the paper)"), "race": ("#1d4ed8", "o", "race")}
    for name, (color, marker, label) in styles.items():
        for axes, field, scale in ((above, "seconds", 3600), (below, "idle", 0.01)):
            values = [[getattr(o, field) / scale for o in found[name, count]] for count in counts]
            axes.plot(counts, list(map(statistics.fmean, values)), color=color, marker=marker,
                      markersize=5, label=label)  # fmt: skip
            axes.fill_between(counts, list(map(min, values)), list(map(max, values)), color=color,
                              alpha=0.15, linewidth=0)  # fmt: skip
    above.set(yscale="log", ylabel="hours to the final rate")
    low, high = above.get_ylim()
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if low <= tick <= high]
    above.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    above.minorticks_off()
    below.set(xscale="log", xlabel="workers", ylabel="worker time idle (%)", ylim=(0, 100))
    values = [mean(found["race", count], "waiting") * 100 for count in counts]
    below.plot(counts, values, color="#1d4ed8", linestyle="--", label="race, until its last leg")
    below.legend(handles=below.get_lines()[-1:], frameon=False, loc="upper left")
    below.axhline(100 * AIM_IDLE, color="#6b7280", linestyle=":", linewidth=1)
    below.annotate("aim with 64 workers", (counts[0], 100 * AIM_IDLE), xytext=(0, 4),
                   textcoords="offset points", color="#6b7280", fontsize=8)  # fmt: skip
    shown = [count for count in counts if count in (1, 4, 16, 64, 250, 1000)]
    below.set_xticks(shown, list(map(str, shown)))
    below.minorticks_off()
    for axes in (above, below):
        axes.grid(color="#e5e7eb")
        axes.spines[["top", "right"]].set_visible(False)
    above.legend(frameon=False)
    figure.savefig(path, dpi=150)


TEXT = """# Many workers

The time until the final rate is known, and the share of the workers' time that is idle, simulated
with the real searches. An epoch takes {seconds:g} s in the mean, drawn from a Pareto distribution
with the exponent {exponent:g}; a full training has {epochs} epochs. Means of {seeds} seeds.
`nox -s bench-scaling` makes this page.

- *barrier*: `DigitSearch.paper()`, {barrier} epochs at the most. A round waits for its slowest
  trial, and has at most 30 trials to hand out.
- *race*: `DigitRace` with a budget of as many epochs, or of {first} first legs a worker where that
  is more. "epochs" is what it used, "faster" how many times faster it was.

"idle" is the share of the workers' time, until the rate is final, in which they had nothing to do;
"waiting" is that share until the last leg was handed out. After that, workers can be given back:
what remains is the time of the slowest leg.

![Time to the final rate, and share of time idle, against workers](scaling.png)

{table}

{aims}
"""


def page(found: Found, seeds: int) -> str:
    """The page for people."""
    judged = [f"- {'Met' if met else 'Missed'}. {text}" for text, met in aims(found)]
    return TEXT.format(
        seconds=SECONDS, exponent=EXPONENT, epochs=EPOCHS, seeds=seeds, first=FIRST_LEGS,
        barrier=DigitSearch.paper(epochs=EPOCHS).most_epochs, table=table(found),
        aims="The aims, as measured:\n\n" + "\n".join(judged),
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    options: Any = parser.parse_args(arguments)
    found = measure(tuple(options.workers), options.seeds)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "scaling.md").write_text(page(found, options.seeds), encoding="utf-8")
    plot(found, options.out / "scaling.png")
    print(page(found, options.seeds))
    never_slower, no_waiting, _ = (met for _, met in aims(found))
    return 0 if never_slower and no_waiting else 1


if __name__ == "__main__":
    sys.exit(main())
