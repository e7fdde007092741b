"""The pictures of README and site, from scores that are in the repository: ``nox -s figures``."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

import lrsearch
from examples.numpy_explorer import Digits
from lrsearch.results import charts, png
from tests.benchmarks import measured
from tests.benchmarks.strategies import tables
from tests.demo_log import replayed_demo, searched_real
from tests.paper_log import replayed_paper

FOLDER = Path(__file__).parent / "figures"
BLUE, ORANGE = "#0072b2", "#d55e00"


def rounds() -> Figure:
    """The demo's three rounds side by side, for the README."""
    search = replayed_demo()
    drawn = Figure(figsize=(15, 4.2), layout="constrained")
    made = [chart for chart in charts.charts_of(search, name="NLL") if chart.key[-1].isdigit()]
    for axes, chart in zip(drawn.subplots(1, len(made)), made, strict=True):
        png.plot(chart, axes)
    return drawn


def digits() -> Figure:
    """The paper's own log, digit by digit."""
    return _chart(charts.search_chart(replayed_paper(), "NLL"))


def race() -> Figure:
    """A race on a measured table: a classifier of five classes, RMSprop."""
    (path,) = tables.OWN.glob("classes_mlp-rmsprop.csv.gz")
    table = tables.read(path)[0]
    search = lrsearch.DigitRace(budget=2 * table.epochs, max_epochs=table.epochs)
    for trial in search.iterate(resume=True):
        search.tell(trial, table.curve(float(trial.rate))[trial.start_epoch : trial.stop_epoch])
    return _chart(charts.search_chart(search, "validation loss"))


def evidence() -> Figure:
    """What the demo's scores cannot tell apart."""
    judged = searched_real().evidence()
    return _chart(charts.evidence_chart(judged, "NLL"))


def average() -> Figure:
    """The paper's auto-encoder by a constant rate, validated with and without the average."""
    rows = measured.read(measured.FOLDER / "averages-vae.json.gz")
    drawn = Figure(figsize=(7.2, 4.0), layout="constrained")
    axes = drawn.add_subplot()
    for rate, colour in (("0.003", ORANGE), ("0.001", BLUE)):
        raw, averaged = np.mean(rows[f"constant {rate}"], axis=0)
        epochs = range(1, len(raw) + 1)
        axes.plot(epochs, raw, "--", color=colour, label=f"rate {rate}, weights as they are")
        axes.plot(epochs, averaged, color=colour, label=f"rate {rate}, their average")
    low = math.floor(min(line.get_ydata().min() for line in axes.lines))
    axes.set(xlabel="epoch", ylabel="NLL (lower is better)", ylim=(low, low + 30))
    axes.set_title("The same trainings, validated in two ways", loc="left", fontsize=11)
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return drawn


def two_phases() -> Figure:
    """One training of 60 epochs, search included: scikit-learn's digits, NumPy, momentum."""
    network = Digits()
    explorer = lrsearch.Explorer(network, 60, verbose=0)
    for _ in explorer:
        network.train_one_epoch()
        explorer.report(network.validate())
    drawn = Figure(figsize=(7.2, 5.2), layout="constrained")
    score, rate = drawn.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    for phase, colour, line in (("explore", ORANGE, "none"), ("exploit", BLUE, "-")):
        epochs = [(n, e) for n, e in enumerate(explorer.history, 1) if e.phase == phase]
        numbers = [number for number, _ in epochs]
        style = {"color": colour, "marker": ".", "linestyle": line, "label": phase}
        score.plot(numbers, [epoch.score for _, epoch in epochs], **style)
        rate.plot(numbers, [epoch.rate for _, epoch in epochs], **style)
    score.set(ylabel="validation loss", ylim=(0.2, 2.4))
    score.set_title("60 epochs in all: a race finds the rate, the others anneal from it",
                    loc="left", fontsize=11)  # fmt: skip
    rate.set(xlabel="epoch", ylabel="learning rate", yscale="log", ylim=(1e-7, 30))
    for axes in (score, rate):
        axes.grid(alpha=0.25, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    score.legend(frameon=False)
    return drawn


def _chart(chart: Any) -> Figure:
    return png.figure(chart)


DRAWN: dict[str, Callable[[], Figure]] = {
    "rounds": rounds, "digits": digits, "race": race, "evidence": evidence, "average": average,
    "two_phases": two_phases,
}  # fmt: skip


def draw(folder: Path) -> Iterator[Path]:
    """Write all of them, as SVG for the site; the README's also as PNG, for indexes."""
    for name, function in DRAWN.items():
        made = function()
        kinds = ("svg", "png") if name == "rounds" else ("svg",)
        for kind in kinds:
            path = folder / f"{name}.{kind}"
            with rc_context({"svg.hashsalt": "lrsearch", "svg.fonttype": "none"}):
                options = {"metadata": {"Date": None}} if kind == "svg" else {"dpi": 110}
                made.savefig(path, facecolor="white", **options)
            yield path


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    target.mkdir(parents=True, exist_ok=True)
    for path in draw(target):
        print(path)
