"""The commands of `lrsearch`, as typer runs them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import lrsearch
from lrsearch.cli.command_line import PLACEHOLDERS, CommandLine, ProgramError
from lrsearch.cli.evidence import evidence
from lrsearch.cli.options import SearchOptions, takes_search_options
from lrsearch.cli.scores import DEFAULT_PATTERN, PrintedScores
from lrsearch.cli.terminal import EXIT_CODES, NO_RATE, errors_as_sentences, require_other, say
from lrsearch.cli.words import epochs as _epochs
from lrsearch.cli.workers import ProgramWorkers
from lrsearch.search import Search
from lrsearch.study import Study, read_status

__all__ = ["app"]

app = typer.Typer(
    help=f"Find a learning rate, digit by digit, for any program.\n{EXIT_CODES}",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
StudyPath = Annotated[Path, typer.Argument(metavar="STUDY", help="The study's file.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"lrsearch {lrsearch.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """What comes before a command."""


_WORDS = "\n".join(f"- `{{{name}}}` {what}" for name, what in PLACEHOLDERS.items())


@app.command(
    context_settings={"allow_interspersed_args": False},
    help=f"""
Run a program for one rate after the other, and recommend a rate.

Example:

    lrsearch run --study s.db --epochs 20 -- python train.py --lr {{rate}} --epochs {{epochs}}

The program comes last, with its arguments. It prints a line `score: 0.25` after each epoch, to
standard output. A single one stands for the whole run. Several, but fewer than its epochs, mean
that it has ended early: only these are charged. It is started directly, with no shell; in its
arguments stand for

{_WORDS}

With `{{save_to}}` and `{{resume_from}}`, a trial can go on where it was left; `{{resume_from}}` is
empty where training starts anew. What was saved counts only once the run has ended well.

Output and checkpoints are kept in the folder STUDY.d. Ctrl-C ends the programs and leaves a study
that the same command goes on with. The recommended rate is printed at the end.
{EXIT_CODES}""",
)
@takes_search_options
def run(
    command: Annotated[
        list[str],
        typer.Argument(metavar="PROGRAM", help="The program and its arguments, after --."),
    ],
    study: Annotated[
        Path, typer.Option(metavar="FILE", help="The study's file; made if it does not exist.")
    ],
    options: SearchOptions,
    workers: Annotated[int, typer.Option(metavar="N", min=1, help="Runs at a time.")] = 1,
    score_regex: Annotated[
        str, typer.Option(metavar="REGEX", help="Finds a score in a line; one group, the number.")
    ] = DEFAULT_PATTERN,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="A run that takes longer has failed.")
    ] = None,
    patience: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="A run that takes longer is ended, and its trial goes back; for all workers.",
        ),
    ] = None,
    retries: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, help="New tries after a failure; then the trial has diverged."
        ),
    ] = 1,
    mirror: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A second copy of the study, on a mounted drive, say."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No line for each trial.")] = False,
) -> None:
    for name, seconds in (("--timeout", timeout), ("--patience", patience)):
        if seconds is not None and not seconds > 0:
            raise typer.BadParameter(f"{name} has to be above 0, got {seconds}")
    require_other(mirror, study)
    with errors_as_sentences():
        line = CommandLine(command)
        printed = PrintedScores(score_regex)
        program = line.arguments[0]
        if "{" not in program and shutil.which(program) is None:
            raise ProgramError(f"{program} cannot be started: there is no such program")
        settings = {
            "mirror": mirror,
            "patience": patience,
            "program": {"command": line.arguments, "score_regex": score_regex},
        }
        with _opened(study, options, line, settings) as opened:
            if opened.trials:
                are = "is" if opened.spent == 1 else "are"
                say(f"going on with {study}: {_epochs(opened.spent)} {are} spent")
            message = _silent if quiet else say
            ProgramWorkers(opened, line, printed, workers, timeout, retries, message).run()
            _recommend(opened)


def _opened(
    path: Path, options: SearchOptions, line: CommandLine, settings: dict[str, Any]
) -> Study:
    mirror = settings["mirror"]
    exists = path.exists() or (mirror is not None and mirror.exists())
    if not exists:
        search = options.search()
        _require_epochs(line, search)
        return Study(path, search, **settings)
    with Study.open(path, mirror=mirror) as study:
        _require_epochs(line, study.search)
        given = options.search(study.config()) if options.given else None
    return Study(path, given, **settings)


def _require_epochs(line: CommandLine, search: Search) -> None:
    if search.uneven is not None and not line.follows_epochs:
        raise typer.BadParameter(
            "the program's arguments need {epochs} or {stop_epoch}, so that it trains as long as "
            f"it is asked to: {search.uneven}"
        )


@app.command()
def status(
    study: StudyPath,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Keep the table live until the study is done.")
    ] = False,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="With --watch: between two looks.")
    ] = 2.0,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=0, help="Trials to show.")
    ] = 20,
) -> None:
    """Show how a study stands: the trials in hand, then the best. Disturbs no worker.

    Example: lrsearch status s.db --watch
    """
    from lrsearch.cli.status import show, watch_until_done

    with errors_as_sentences():
        if watch:
            watch_until_done(study, interval, limit)
        else:
            show(read_status(study), limit)


@app.command()
def best(study: StudyPath) -> None:
    """Print the recommended rate alone, for scripts; exit code 3 where there is none yet.

    Example: python train.py --lr $(lrsearch best s.db)
    """
    with errors_as_sentences(), Study.open(study, readonly=True) as opened:
        _recommend(opened)


@app.command()
def report(
    study: StudyPath,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The page to write.")
    ] = Path("report.html"),
    name: Annotated[str, typer.Option(metavar="TEXT", help="What the score is called.")] = "score",
) -> None:
    """Write a page of figures and tables, one file that needs no network.

    Example: lrsearch report s.db -o report.html
    """
    from lrsearch.results import write_html

    require_other(output, study)
    with errors_as_sentences(), Study.open(study, readonly=True) as opened:
        write_html(output, opened, name=name, title=study.name)
        typer.echo(output)


@app.command()
def export(
    study: StudyPath,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, which is the default.")] = True,
    scores: Annotated[
        bool, typer.Option("--scores", help="A line for each score, not for each trial.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="By default standard output."),
    ] = None,
) -> None:
    """Print the trials as CSV.

    Example: lrsearch export s.db --csv > trials.csv
    """
    require_other(output, study)
    with errors_as_sentences(), Study.open(study, readonly=True) as opened:
        text = opened.to_csv(output, scores=scores)
        if text is not None:
            sys.stdout.write(text)


@app.command("show-rates")
@takes_search_options
def show_rates(options: SearchOptions) -> None:
    """Print the rates that a search would try first, and say how many epochs it may take.

    The options are those of `run`. Example: lrsearch show-rates --digits 2 --epochs 20
    """
    search = options.search()
    shown: dict[str, None] = {}
    first = getattr(search, "opening", getattr(search, "first", None))
    while (trial := search.ask()) is not None and trial.round == 1:
        shown[str(trial.rate)] = None
        if first is not None and len(shown) == len(first):
            break  # a race hands out further rates before these are told
    for rate in shown:
        typer.echo(rate)
    most = search.most_epochs
    typer.echo("no limit of epochs is known" if most is None else f"at most {_epochs(most)} in all")


app.command()(evidence)


def _recommend(study: Study) -> None:
    rate = study.rate
    if rate is None:
        say(f"{study.path}: no rate can be recommended{f': {study.reason}' if study.done else ''}")
        raise typer.Exit(NO_RATE)
    evidence = study.evidence()
    if evidence is not None:
        say(evidence.sentence)
    typer.echo(rate)


def _silent(text: str) -> None:
    """Say nothing."""
