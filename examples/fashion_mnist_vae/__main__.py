"""The paper's task, both phases in one ``model.fit`` of Keras, or in one loop of PyTorch.

    python -m examples.fashion_mnist_vae                    # minutes, on 2 CPU cores
    python -m examples.fashion_mnist_vae --framework torch  # the same in PyTorch
    python -m examples.fashion_mnist_vae --paper            # the full run: a GPU, or a weekend

A variational auto-encoder learns Fashion-MNIST. The explorer finds its learning rate from decades,
digit by digit, then trains on with what it found. Everything lands in one run folder.
"""

from __future__ import annotations

import argparse
import time
from datetime import datetime
from importlib import import_module
from pathlib import Path

QUICK = {"train": 10_000, "epochs": 5, "digits": 2, "keep": 2, "exploit_epochs": 40}
PAPER = {"train": 50_000, "epochs": 50, "digits": 3, "keep": 2, "exploit_epochs": 1_000}


def main(arguments: argparse.Namespace) -> None:
    from examples.fashion_mnist_vae.data import load_images
    from examples.fashion_mnist_vae.pictures import save_sheet

    vae = import_module(f"examples.fashion_mnist_vae.with_{arguments.framework}")
    begun = time.monotonic()
    images = load_images(arguments.data_dir, train=arguments.train)
    print(f"Images: {images.source}")
    print(
        f"{len(images.train):,} to train on, {len(images.validation):,} for validation, "
        f"{len(images.test):,} to test with."
    )
    if not arguments.paper:
        print("The paper's full run: --paper, which is " + flags(PAPER) + " with its own rules")

    search, exploit = plan(arguments)
    epochs = search.most_epochs + arguments.exploit_epochs
    folder = arguments.run_dir or Path("runs") / f"{datetime.now():vae-%Y%m%d-%H%M%S}"
    model, explorer = vae.explored(images, epochs, search, exploit, arguments.seed, folder)
    test = float(vae.score(model, images.test).mean())
    save_sheet(
        folder / "images.png",
        images.test[:12],
        vae.reconstruct(model, images.test[:12]),
        vae.generate(model, 24),
        title=f"Rate {explorer.rate}: test NLL {test:.2f}",
    )
    minutes = (time.monotonic() - begun) / 60
    print(
        f"rate {explorer.rate}, validation NLL {explorer.best_score:.2f}, test NLL {test:.2f}, "
        f"{len(explorer.history)} epochs in {minutes:.1f} minutes"
    )
    print(last_words(explorer, test, arguments.framework, folder))


NEXT = {
    "keras": "model.fit(..., epochs=200, callbacks=[LRExplorerCallback()])  # lrsearch_keras",
    "torch": "for epoch in Explorer(model, optimizer, epochs=100): ...  # lrsearch_torch",
}


def last_words(explorer, test: float, framework: str, folder: Path) -> str:
    """What was found, and what to do with it, for someone who knows nothing of all this."""
    found = explorer.evidence
    alike = f"any rate from {found.low} to {found.high} would have done as well"
    if found.low == found.high:
        alike = "no other rate that was tried does as well"
    rounds = folder / "rounds.png"
    return f"""
WHAT WAS FOUND
  The learning rate to train this model with is {explorer.rate}; as far as the scores can tell,
  {alike}.
  Trained with it, the model describes images that it has never seen at a cost of {test:.2f}
  each (the NLL: smaller is better). Pictures of what it has learned: {folder}/images.png
  Which rates were tried, and how they did: {rounds if rounds.exists() else folder / "round_1.png"}
WHAT TO DO NEXT
  Let it find the rate of a model of your own, in one line:
    {NEXT[framework]}
  README.md shows it for other frameworks; all numbers of this run are in {folder}/"""


def plan(arguments: argparse.Namespace):
    """The two phases that the flags ask for."""
    import lrsearch

    settings = {
        "digits": arguments.digits,
        "keep": arguments.keep,
        "epochs": arguments.epochs,
    }
    if arguments.paper:
        search = lrsearch.DigitSearch.paper(**settings)
        phase_2 = lrsearch.Exploit.paper
    else:
        search = lrsearch.DigitSearch(**settings)
        phase_2 = lrsearch.Exploit

    def exploit(search, epochs_left):
        return phase_2(search.kept, min(arguments.exploit_epochs, epochs_left))

    return search, exploit


def flags(settings: dict[str, int]) -> str:
    """Settings as they would be typed."""
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in settings.items())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m examples.fashion_mnist_vae",
        description="Find the learning rate of the paper's auto-encoder, and train it.",
        epilog=f"By default: {flags(QUICK)}. With --paper: {flags(PAPER)}.",
    )
    parser.add_argument(
        "--framework", choices=["keras", "torch"], default="keras", help="what trains it"
    )
    parser.add_argument("--paper", action="store_true", help="the paper's full run, to the letter")
    parser.add_argument("--data-dir", type=Path, help="a folder with the four IDX files")
    parser.add_argument("--run-dir", type=Path, help="a new folder for the results")
    parser.add_argument("--train", type=int, help="images to train on")
    parser.add_argument("--epochs", type=int, help="epochs a rate")
    parser.add_argument("--digits", type=int, help="digits to search")
    parser.add_argument("--keep", type=int, help="rates kept in each round")
    parser.add_argument("--exploit-epochs", type=int, help="epochs of the second phase at the most")
    parser.add_argument("--seed", type=int, default=0, help="of the first weights")
    parser.set_defaults(**QUICK)
    if parser.parse_known_args()[0].paper:
        parser.set_defaults(**PAPER)
    return parser.parse_args()


if __name__ == "__main__":
    main(parse())
