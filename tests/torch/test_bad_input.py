"""Each mistake says what to do, and the best weights come back."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import nn

from lrsearch import GridSearch
from lrsearch_torch import Explorer
from tests.torch.tasks import adamw, explored, grid, network, train, validate


def test_what_no_optimizer_has_is_warned_of_and_stays_as_it_is() -> None:
    model = network()
    before = model.layers[4].weight.clone()
    optimizer = torch.optim.SGD(model.layers[:2].parameters(), lr=0.01)
    with pytest.warns(
        RuntimeWarning, match=r"no optimizer has .*layers.4.weight, .* they stay"
    ) as w:
        explored(model, optimizer)
    assert w[0].filename == __file__.replace("test_bad_input", "tasks")
    assert torch.equal(model.layers[4].weight, before)


def test_an_optimizer_that_the_loop_never_steps_is_warned_of() -> None:
    model = network()
    other = torch.optim.SGD(model.parameters(), lr=0.01)
    explorer = Explorer(model, adamw(model), 6, grid(), verbose=0)
    epochs = iter(explorer)
    next(epochs)
    train(model, other)
    with pytest.warns(RuntimeWarning, match="made no step in the first epoch") as w:
        explorer.report(lambda: validate(model))
    assert w[0].filename == __file__
    epochs.close()


def test_what_the_model_does_not_have_but_the_optimizer_trains() -> None:
    model, loss = network(), nn.Linear(3, 2)
    optimizer = torch.optim.SGD([*model.parameters(), *loss.parameters()], lr=0.01)
    with pytest.raises(ValueError, match=r"trains 2 parameters .*\(2, 3\).*ModuleList\(\[model, l"):
        Explorer(model, optimizer, 8)
    Explorer(nn.ModuleList([model, loss]), optimizer, 8, grid(), verbose=0)


@pytest.mark.parametrize("phase", [1, 6])
@pytest.mark.parametrize("where", ["model", "optimizer"])
def test_parameters_that_are_added_between_epochs(phase: int, where: str) -> None:
    model = network()
    optimizer = adamw(model)
    explorer = Explorer(model, optimizer, 8, grid(), verbose=0)

    def run() -> None:
        for _ in explorer:
            train(model, optimizer)
            if len(explorer.history) == phase and where == "model":
                model.added = nn.Linear(2, 2)
            elif len(explorer.history) == phase:
                optimizer.add_param_group({"params": [torch.zeros(3, requires_grad=True)]})
            explorer.report(lambda: validate(model))

    with pytest.raises(
        ValueError, match=r"parameters were added .*\(.*\): give .* before the Explorer"
    ):
        run()
    assert validate(model) == explorer.best_score


def test_an_optimizer_without_a_rate() -> None:
    class Own(torch.optim.Optimizer):
        def __init__(self, parameters: Any) -> None:
            super().__init__(parameters, {"speed": 0.1})

    model = network()
    with pytest.raises(ValueError, match=r"Own has no learning rate .* 'lr' has to be a number"):
        Explorer(model, Own(model.parameters()), 8)
    with pytest.raises(ValueError, match="first group's learning rate is 0"):
        Explorer(model, adamw(model, 0.0), 8)
    with pytest.raises(
        TypeError, match=r"optimizer has to be a torch.optim.Optimizer .* generator"
    ):
        Explorer(model, model.parameters(), 8)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"model has to be a torch.nn.Module, got AdamW"):
        Explorer(adamw(model), adamw(model), 8)  # type: ignore[arg-type]


def test_a_model_whose_parameters_have_no_shape_yet() -> None:
    model = nn.LazyLinear(3)
    with pytest.raises(ValueError, match="no shape yet: call the model on one batch before"):
        Explorer(model, adamw(model), 8)


def scheduled(optimizer: Any) -> Any:
    return torch.optim.lr_scheduler.StepLR(optimizer, 1)


def test_an_lr_scheduler_on_the_same_optimizer() -> None:
    model = network()
    optimizer = adamw(model)
    explorer = Explorer(model, optimizer, 8, grid(), verbose=0)
    kept = scheduled(optimizer)
    message = (
        r"an LRScheduler sets the rate of AdamW, and so does Explorer: leave .* exploit=Exploit"
    )
    with pytest.raises(ValueError, match=message):
        next(iter(explorer))
    with pytest.raises(ValueError, match=message):
        Explorer(model, kept.optimizer, 8)


@pytest.mark.parametrize("before", [True, False])
def test_a_rate_that_something_else_has_set(before: bool) -> None:
    model = network()
    optimizer = adamw(model)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    explorer = Explorer(model, optimizer, 8, grid(), verbose=0)

    def run() -> None:
        for _ in explorer:
            train(model, optimizer)
            score = validate(model)
            if before:
                plateau.step(1.0)
            explorer.report(score)
            plateau.step(1.0)

    with pytest.raises(ValueError, match=r"the rate was set to 0.1, .* has set 0.01, an LRSched"):
        run()


def test_reported_twice_or_never() -> None:
    model = network()
    optimizer = adamw(model)
    explorer = Explorer(model, optimizer, 8, grid(), verbose=0)

    def never() -> None:
        for _ in explorer:
            train(model, optimizer)

    with pytest.raises(ValueError, match=r"epoch 1 was not reported: call explorer.report\(score"):
        never()

    explorer = Explorer(model, optimizer, 8, grid(), verbose=0)

    def twice() -> None:
        for _ in explorer:
            train(model, optimizer)
            explorer.report(1.0)
            explorer.report(1.0)

    with pytest.raises(RuntimeError, match="no epoch is in hand: call report"):
        twice()


@pytest.mark.parametrize("by_function", [False, True])
def test_scores_that_are_tensors(by_function: bool, recwarn: Any) -> None:
    model = network()
    optimizer = adamw(model)
    explorer = Explorer(model, optimizer, 8, grid(), verbose=0)
    given = iter([torch.ones(1, 1, requires_grad=True) / 2, torch.tensor(0.25), torch.ones(3)])

    def run() -> None:
        for _ in explorer:
            train(model, optimizer)
            score = next(given)
            explorer.report((lambda: score) if by_function else score)  # noqa: B023

    with pytest.raises(ValueError, match=r"one number, got a tensor of shape \(3,\): report its m"):
        run()
    assert [epoch.score for epoch in explorer.history] == [0.5, 0.25]
    assert not recwarn.list


def test_too_few_epochs() -> None:
    model = network()
    with pytest.raises(ValueError, match="epochs has to be at least 1, got 0"):
        Explorer(model, adamw(model), 0)
    with pytest.raises(ValueError, match=r"needs at least 4 epochs, .* has 3: .* to Explorer"):
        Explorer(model, adamw(model), 3, grid())


def test_a_folder_of_another_model_optimizer_or_seed(tmp_path: Any) -> None:
    def left(model: Any, optimizer: Any, **options: Any) -> None:
        explorer = Explorer(
            model, optimizer, 8, GridSearch(["0.1"], epochs=2), directory=tmp_path, verbose=0,
            **options,
        )  # fmt: skip
        for _ in explorer:
            train(model, optimizer)
            explorer.report(lambda: validate(model))
            break

    model = network()
    left(model, adamw(model))
    other = network()
    other.layers[3] = nn.Dropout(0.5)
    with pytest.raises(ValueError, match=r'model.layers.3 was "Dropout\(p=0.2.*is "Dropout\(p=0.5'):
        left(other, adamw(other))
    with pytest.raises(ValueError, match=r"groups.0.weight_decay was 0.01, is 0.1"):
        left(model, torch.optim.AdamW(model.parameters(), weight_decay=0.1))
    with pytest.raises(ValueError, match="seed was 0, is 1"):
        left(model, adamw(model), seed=1)
    for optimizer in (torch.optim.AdamW(model.parameters(), lr=0.3), adamw(torch.compile(model))):
        left(model, optimizer)


def test_a_model_in_shards() -> None:
    """As FSDP makes them; it would not be whole on rank 0."""
    code = (
        "import torch, torch.distributed as dist\n"
        "from torch.distributed.fsdp import fully_shard\n"
        "from lrsearch_torch import Explorer\n"
        "dist.init_process_group('gloo', store=dist.HashStore(), rank=0, world_size=1)\n"
        "mesh = dist.init_device_mesh('cpu', (1,))\n"
        "model = fully_shard(torch.nn.Linear(4, 4), mesh=mesh)\n"
        "try:\n"
        "    Explorer(model, torch.optim.Adam(model.parameters()), 8)\n"
        "except ValueError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.startswith("the model's parameters are shards (FSDP"), done.stderr


def test_options_that_are_none() -> None:
    model = network()
    with pytest.raises(ValueError, match='states has to be "host" or "device", got \'disk\''):
        Explorer(model, adamw(model), 8, states="disk")  # type: ignore[arg-type]


def test_modules_that_cannot_be_drawn_anew() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))
            self.layers = network().layers

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.scale * self.layers(x)

    model = Own()
    message = r"Own \(the model\) has parameters of its own and no reset_parameters\(\)"
    with pytest.raises(ValueError, match=message):
        explored(model, initial="fresh")
