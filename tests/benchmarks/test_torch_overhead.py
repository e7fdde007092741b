"""What the PyTorch loop costs: the share of its hooks, and the ratio to a loop by hand."""

import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

SHARE = 0.02
RATIO = 1.05
IMAGES = 50_000  # as many as the paper trains on
EPOCHS = 6


def timed(explorer: Any) -> list[float]:
    """Have the seconds of each call of the explorer noted, without those of the validation."""
    seconds: list[float] = []

    def timing(owner: Any, name: str) -> None:
        hook = getattr(owner, name)

        def run(*arguments: Any) -> Any:
            begin = time.perf_counter()
            value = hook(*arguments)
            seconds.append(time.perf_counter() - begin)
            return value

        setattr(owner, name, run)

    for owner, names in (
        (explorer, ("begin", "report", "end", "_before_step")),
        (explorer.own, ("_after_step",)),
    ):
        for name in names:
            timing(owner, name)
    return seconds


@pytest.mark.parametrize("keeps", [False, True], ids=["in memory", "with a folder"])
def test_the_hooks_take_at_most_two_percent_and_the_loop_is_as_fast_as_by_hand(
    benchmark: Any, tmp_path: Any, keeps: bool
) -> None:
    from examples.fashion_mnist_vae.torch_model import build_vae
    from examples.fashion_mnist_vae.with_torch import train_one_epoch
    from lrsearch import DigitSearch
    from lrsearch_torch import Explorer

    torch.set_num_threads(1)
    x = torch.rand(IMAGES, 784)
    held_out = torch.rand(1_000, 784)

    def made() -> tuple[Any, Any, Callable[[], float]]:
        model = build_vae()
        optimizer = torch.optim.Adam(model.parameters())

        @torch.no_grad()
        def validate() -> float:
            model.eval()
            return float(model(held_out).mean())

        return model, optimizer, validate

    model, optimizer, validate = made()
    search = DigitSearch(["0.001", "0.0001"], digits=0, epochs=1, extend=0)
    folder = tmp_path / "run" if keeps else None
    explorer = Explorer(model, optimizer, EPOCHS, search, verbose=0, directory=folder)
    seconds = timed(explorer)
    validating: list[float] = []

    def validated() -> float:
        begin = time.perf_counter()
        score = validate()
        validating.append(time.perf_counter() - begin)
        return score

    other, by_hand, validate_other = made()
    loops: dict[str, list[float]] = {"explorer": [], "by hand": []}
    inside = [0.0]

    def loop() -> None:
        begin = time.perf_counter()
        for _ in explorer:
            train_one_epoch(model, optimizer, x)
            explorer.report(validated)
            middle = time.perf_counter()
            loops["explorer"].append(middle - begin)
            inside.append(sum(seconds) - sum(validating))
            train_one_epoch(other, by_hand, x)
            validate_other()
            begin = time.perf_counter()
            loops["by hand"].append(begin - middle)

    benchmark.pedantic(loop, rounds=1)
    assert len(explorer.history) == EPOCHS
    epoch = statistics.median(loops["explorer"])
    share = statistics.median(later - now for now, later in itertools.pairwise(inside)) / epoch
    once = sum(seconds) - sum(validating) - share * epoch * EPOCHS  # pictures, mostly
    ratio = statistics.median(
        ours / theirs for ours, theirs in zip(loops["explorer"], loops["by hand"], strict=True)
    )
    benchmark.extra_info.update(share=share, ratio=ratio, once=once)
    print(
        f"\n{share:.2%} of {epoch:.2f} s an epoch inside the hooks, {once:.2f} s once, "
        f"{ratio:.3f} of the time by hand"
    )
    assert share <= SHARE
    assert ratio <= RATIO
