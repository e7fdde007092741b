"""Both phases in a PyTorch loop: what it trains, sets, keeps and puts back."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_model
from torch import nn

from lrsearch import CosineAnnealing, DigitRace, Exploit, GridSearch, Rate
from lrsearch_torch import Explorer
from tests.script import Script
from tests.torch.tasks import X, Y, adamw, explored, grid, network, step, train, validate


def scores(explorer: Explorer, trial: int) -> list[float | None]:
    """A trial's scores, epoch by epoch."""
    return [epoch.score for epoch in explorer.history if epoch.trial == trial]


def test_the_loop_of_the_documentation() -> None:
    model = network()
    optimizer = adamw(model)
    explorer = Explorer(model, optimizer, epochs=40, verbose=0)
    for epoch in explorer:
        assert optimizer.param_groups[0]["lr"] == float(epoch.rate)
        train(model, optimizer)
        explorer.report(lambda: validate(model))
    assert isinstance(explorer.search, DigitRace)
    assert len(explorer.history) == 40
    assert validate(model) == explorer.best_score
    assert explorer.best_score == min(epoch.score or 9.0 for epoch in explorer.history)
    assert explorer.evidence is not None
    safer = f"{explorer.evidence.rate} is a safer choice than {explorer.rate}, well inside"
    assert explorer.evidence.rate == explorer.rate or safer in explorer.evidence.sentence
    assert optimizer.param_groups[0]["lr"] == pytest.approx(float(explorer.peak or 0) / 100)
    assert not optimizer.state
    assert [axes.get_xlabel() for axes in explorer.plot()] == ["learning rate", "", "epoch"]


def test_in_the_second_phase_the_rate_moves_by_the_step_and_all_groups_by_their_ratios() -> None:
    model = network()
    layers = model.layers
    optimizers = [
        torch.optim.SGD(
            [
                {"params": layers[0].parameters()},
                {"params": layers[1].parameters(), "lr": 0.001},
            ],
            lr=0.01,
        ),
        torch.optim.Adam(layers[4].parameters(), lr=torch.tensor(0.02)),
    ]
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    schedule = CosineAnnealing(1, 4, warmup=1)
    explorer = Explorer(model, optimizers, 8, grid(), Exploit(["0.1"], 4, schedule), verbose=0)
    rates = []
    for _ in explorer:
        for rows in torch.arange(64).split(16):
            step(model, optimizers, rows)
            rates.append([float(group["lr"]) for group in groups])
        explorer.report(validate(model))
    first = [rate for rate, _, _ in rates]
    assert first[:16] == [0.1] * 8 + [0.01] * 8
    assert first[16:] == [pytest.approx(0.1 * schedule.at(n / 4, 1 / 4)) for n in range(16)]
    for rate, second, third in rates:
        assert (second, third) == (pytest.approx(rate / 10), pytest.approx(rate * 2))


def accumulated(model: nn.Module, optimizer: Any) -> None:
    """A step after every three of four parts: the last gradient waits for a step."""
    model.train()
    for number, rows in enumerate(torch.randperm(64).split(16)):
        nn.functional.mse_loss(model(X[rows]), Y[rows]).backward()
        if number == 2:
            optimizer.step()
            optimizer.zero_grad()


def in_bfloat16(model: nn.Module, optimizer: Any) -> None:
    model.train()
    for rows in torch.randperm(64).split(16):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = nn.functional.mse_loss(model(X[rows]).float(), Y[rows])
        loss.backward()
        optimizer.step()


LONG = os.environ.get("LRSEARCH_TORTURE") == "1"
BACKENDS = [None, "aot_eager", *(["inductor"] if LONG else [])]
"""What compiles; inductor takes its time."""


@pytest.mark.parametrize("loop", [train, accumulated, in_bfloat16])
@pytest.mark.parametrize("backend", BACKENDS)
def test_two_trials_of_one_rate_and_init_have_identical_scores(
    loop: Any, backend: str | None
) -> None:
    """With dropout, batch statistics, AdamW, and an order that is drawn; one of them pauses."""
    search = Script(
        [("0.01", 0), ("0.1", 0), ("0.01", 0)], [(0, 1), (1, 2), (0, 3), (2, 3), (1, 3)]
    )
    model: Any = network()
    optimizer = adamw(model)
    trained = torch.compile(model, backend=backend) if backend else model
    explorer = Explorer(trained, optimizer, 9, search, False, verbose=0)
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    for epoch in explorer:
        loop(trained, optimizer)
        explorer.report(lambda: validate(trained))
        if epoch.epoch == 1 and epoch.trial == 0:
            counted = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    assert len(scores(explorer, 0)) == 3
    assert scores(explorer, 0) == scores(explorer, 2) != scores(explorer, 1)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == counted
    assert (counted > 0) is (backend is not None)


def test_a_gradient_scaler_starts_each_trial_anew() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=3)
    explorer = Explorer(model, optimizer, 8, grid(), scaler=scaler, verbose=0)
    before = []
    for epoch in explorer:
        before.append((epoch.trial, scaler.get_scale()))
        for rows in torch.arange(64).split(16):
            optimizer.zero_grad()
            scaler.scale(nn.functional.mse_loss(model(X[rows]), Y[rows])).backward()
            scaler.step(optimizer)
            scaler.update()
        explorer.report(validate(model))
    assert before[:5] == [(0, 4.0), (0, 8.0), (1, 4.0), (1, 8.0), (-1, 4.0)]


def test_generators_of_python_numpy_and_the_loaders_own_are_put_back() -> None:
    own = torch.Generator().manual_seed(3)
    search = Script([("0.01", 0), ("0.01", 0)], [(0, 2), (1, 2)])
    model = network()
    explorer = Explorer(
        model, adamw(model), 4, search, False, generators=[own], verbose=0,
        predict=lambda: np.random.rand(3) + torch.rand(3, generator=own).numpy(),  # noqa: NPY002
    )  # fmt: skip
    drawn = []
    for _ in explorer:
        numbers = [random.random(), *np.random.rand(2)]  # noqa: NPY002
        numbers += torch.rand(2, generator=own).tolist()
        drawn.append(numbers)
        explorer.report(sum(numbers))
    assert drawn[:2] == drawn[2:]
    assert drawn[0] != drawn[1]


def test_each_trial_has_an_init_of_its_own_where_it_is_fresh_and_what_is_frozen_stays() -> None:
    model = network()
    model.layers[0].weight.requires_grad_(False)
    trained = [p for p in model.parameters() if p.requires_grad]
    frozen = model.layers[0].weight.clone()
    search = GridSearch(["0.01", "0.010000001"], epochs=1)
    optimizer = torch.optim.AdamW(trained, lr=0.01)
    explorer = Explorer(model, optimizer, 2, search, False, initial="fresh", verbose=0)
    weights = []
    for _ in explorer:
        weights.append(model.layers[4].weight.detach().clone())
        train(model, optimizer)
        explorer.report(lambda: validate(model))
        assert torch.equal(model.layers[0].weight, frozen)
    assert not torch.equal(weights[0], weights[1])
    assert weights[1].abs().max() <= 0.25, "as nn.Linear draws them"


def test_a_function_of_the_init_may_give_the_weights() -> None:
    def initial(init: int) -> nn.Module:
        torch.manual_seed(100 + init)
        return type(network())()

    explorer = explored(initial=initial, search=Script([("0.01", 3)], [(0, 1)]), exploit=False)
    model = initial(3)
    own = explored(model, search=Script([("0.01", 0)], [(0, 1)]), exploit=False)
    assert explorer.history[0].score == pytest.approx(own.history[0].score, rel=0.5)
    with pytest.raises(ValueError, match=r"initial\(0\) has to return a model like this one"):
        explored(initial=lambda init: nn.Linear(8, 1))


def test_the_best_weights_are_in_the_folder_for_everyone(tmp_path: Any) -> None:
    model = network()
    explorer = explored(
        model, directory=tmp_path, predict=lambda: model.eval()(X[64:]).detach().numpy()
    )
    other = network()
    load_model(other, tmp_path / "best.safetensors")
    assert validate(other) == explorer.best_score
    assert len((tmp_path / "best_predictions.csv").read_text().splitlines()) == 33
    assert json.loads((tmp_path / "summary.json").read_text())["epochs"] == 8


def test_reported_as_a_number_the_weights_are_those_that_are_trained() -> None:
    """The score is of the weights as they are, and so are the best ones."""
    model = network()
    number = explored(model, number=True)
    assert validate(model) == number.best_score
    assert number.history == explored(average=False).history
    assert [e.score for e in number.history] != [e.score for e in explored().history]


@pytest.mark.parametrize("states", ["host", "device"])
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, ZeroDivisionError, None])
def test_a_loop_that_is_left_has_the_best_weights_and_goes_on_where_it_was(
    tmp_path: Any, interrupt: Any, states: Any
) -> None:
    def leave(at: int) -> None:
        model = network()
        optimizer = adamw(model)
        explorer = Explorer(
            model, optimizer, 12, grid(), directory=tmp_path, states=states, verbose=0
        )
        try:
            for _ in explorer:
                train(model, optimizer)
                if len(explorer.history) == at and interrupt is None:
                    break
                if len(explorer.history) == at:
                    raise interrupt
                explorer.report(lambda: validate(model))
        except (KeyboardInterrupt, ZeroDivisionError):
            assert interrupt is not None
        assert validate(model) == explorer.best_score
        assert json.loads((tmp_path / "summary.json").read_text())["epochs"] == at
        assert not optimizer._optimizer_step_pre_hooks
        assert not optimizer._optimizer_step_post_hooks

    whole = explored(epochs=12)
    for at in (1, 6):
        leave(at)
    for _ in range(2):
        model = network()
        resumed = explored(model, epochs=12, directory=tmp_path)
        assert resumed.history == whole.history
        assert validate(model) == whole.best_score
    for path in [*tmp_path.glob("*.npz"), *tmp_path.glob("trials/*.npz")]:
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays.files)


def test_a_race_is_as_it_would_be_without_pauses() -> None:
    explorer = explored(search=DigitRace(40, 10), epochs=40, exploit=False)
    record = max(explorer.search.trials, key=lambda record: record.legs)
    assert record.legs > 2
    script = Script([(str(record.rate), 0)], [(0, record.epoch)])
    alone = explored(search=script, epochs=record.epoch, exploit=False)
    assert scores(alone, 0) == list(record.scores.values())
    assert explorer.rate == Rate(str(explorer.rate))
