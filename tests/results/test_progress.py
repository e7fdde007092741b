"""The live display of a search."""

import io

from rich.console import Console

from lrsearch.results.progress import Progress


def test_where_output_is_no_terminal_each_trial_is_a_line():
    out = io.StringIO()
    with Progress(4, Console(file=out, width=40)) as progress:
        for trial in (0, 1):
            for epoch in (1, 2):
                progress.update(trial=trial, rate="0.1", epoch=epoch, epochs=2, score=1.5)
        progress.message("over [so] far")
    lines = out.getvalue().splitlines()
    assert lines == [
        "2/4 epochs · trial 0 · rate 0.1 · epoch 2/2 · score 1.5",
        "4/4 epochs · trial 1 · rate 0.1 · epoch 2/2 · score 1.5",
        "over [so] far",
    ]


def test_on_a_terminal_the_display_is_live_and_shows_the_time_left():
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True, color_system=None)
    with Progress(3, console) as progress:
        progress.update(phase="explore", round=2, rate="0.004", score=9.0, best=8.0)
    text = out.getvalue()
    assert "explore · round 2 · rate 0.004 · score 9 · best 8" in text
    assert "1/3 epochs" in text
    assert "left" in text
