"""The command `lrsearch evidence`: what a sweep's scores say, whoever ran it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lrsearch.cli.sweeps import TrainedSweep, files_of, trainings_of
from lrsearch.cli.terminal import NO_RATE, errors_as_sentences, require_other, say
from lrsearch.escaping import visible

__all__ = ["evidence"]


def evidence(
    sweep: Annotated[
        str,
        typer.Argument(
            metavar="SWEEP",
            help="A CSV file, a folder of Ray results, or an Optuna storage (URL or file).",
        ),
    ],
    rate: Annotated[
        str, typer.Option(metavar="NAME", help="The column or parameter of the learning rate.")
    ],
    score: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The column or metric of the score; not for Optuna."),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The column of the random seed, or what a run starts from."
        ),
    ] = None,
    study: Annotated[
        str | None, typer.Option(metavar="NAME", help="The Optuna study, where there are several.")
    ] = None,
    maximize: Annotated[bool, typer.Option("--maximize", help="A larger score is better.")] = False,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The page; the picture lies beside it."
        ),
    ] = Path("evidence.html"),
) -> None:
    """Say what the scores of any sweep tell about the learning rate.

    One line for each training: its rate, its score and, if known, its seed. Prints which rates
    cannot be told apart from the best, how many digits are real, and what another would take;
    writes a page, and a picture where matplotlib is installed.

    Example: lrsearch evidence sweep.csv --rate lr --score val_loss --init seed
    """
    from lrsearch.results import figures, write_figures, write_html

    pictures = [output.with_suffix(kind) for kind in (".png", ".svg")]
    if output in pictures:
        raise typer.BadParameter(
            f"{visible(output)} is the name of the picture, which lies beside the page: give the "
            f"page another, such as {visible(output.with_suffix('.html'))}"
        )
    for written in (output, *pictures):
        require_other(written, *files_of(sweep))
    with errors_as_sentences():
        trainings, known = trainings_of(sweep, rate, score, init, study)
        direction = "maximize" if maximize else known or "minimize"
        judged = TrainedSweep(sweep, trainings, direction)
        found = judged.evidence()
        if found is None:
            say(f"{sweep}: no rate above 0 has a finite score")
            raise typer.Exit(NO_RATE)
        typer.echo(found.sentence)
        more = found.next_digit()
        if more is not None:
            typer.echo(more.sentence)
        name = score or "value"
        write_html(output, judged, name=name, title=f"Evidence of {Path(sweep).name}")
        say(f"{output}: the page")
        try:
            drawn = figures(judged, name=name)["round_1"]
        except ImportError as error:
            say(f"no picture: {error}")
            return
        made = write_figures(output.parent, {output.stem: drawn})
        say(f"{' and '.join(map(str, made))}: the picture")
