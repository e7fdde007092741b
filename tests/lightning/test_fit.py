"""Both phases in one fit: what it trains and keeps, and what it says of mistakes."""

import os

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.strategies import ModelParallelStrategy

from lrsearch import GridSearch, Rate
from lrsearch_torch import Explorer
from lrsearch_torch.lightning import LRExplorerCallback
from tests.lightning.tasks import Module, fit, loaders, rates, score, trainer
from tests.script import Script
from tests.two_ranks import outcomes


def explored(*callbacks, search=None, module=None, ckpt_path=None, fitting=None, **options):
    search = rates() if search is None else search
    explorer = LRExplorerCallback(search, verbose=0, **options)
    module = fit(explorer, *callbacks, module=module, ckpt_path=ckpt_path, **(fitting or {}))
    return explorer, module


def scores(explorer, trial):
    return [epoch.score for epoch in explorer.history if epoch.trial == trial]


class Seen(Callback):
    """The rate of each batch."""

    def __init__(self):
        self.rates = []

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        self.rates.append(optimizer.param_groups[0]["lr"])


def test_it_explores_then_exploits_and_ends_with_the_best_weights():
    explorer, module = explored()
    assert [e.phase for e in explorer.history] == ["explore"] * 6 + ["exploit"] * 6
    assert explorer.rate == Rate("0.03")
    assert explorer.best_score == min(epoch.score for epoch in explorer.history)
    assert score(module) == pytest.approx(explorer.best_score, rel=1e-6)
    assert explorer.evidence.rate == explorer.rate


def test_without_arguments_the_epochs_are_shared_out():
    explorer = LRExplorerCallback(verbose=0)
    module = fit(explorer, max_epochs=30)
    phases = [epoch.phase for epoch in explorer.history]
    assert phases.count("explore") == 10
    assert phases.count("exploit") == 20
    assert score(module) == pytest.approx(explorer.best_score, rel=1e-6)


@pytest.mark.parametrize("options", [{}, {"num_workers": 1}])
def test_trials_of_one_rate_and_init_repeat_each_other(options):
    """Also the fit's first epoch, whose loader Lightning begins before anything else."""
    explorer = LRExplorerCallback(Script([("0.03", 0)] * 2, [(0, 2), (1, 2)]), False, verbose=0)
    trainer(explorer, max_epochs=4).fit(Module(), *loaders(**options))
    assert scores(explorer, 0) == scores(explorer, 1)


def test_the_fit_is_that_of_a_plain_loop():
    """The same history as that of an Explorer in a loop, on the same data and draws."""
    explorer, _ = explored()
    module = Module()
    train, validation = loaders()
    plain = Explorer(module, module.configure_optimizers(), 12, rates(), verbose=0)
    optimizer = plain.trainee.optimizers[0]
    for _ in plain:
        module.train()
        for batch in train:
            optimizer.zero_grad()
            module.loss(batch).backward()
            optimizer.step()
        module.eval()
        plain.report(lambda: torch.stack([module.loss(batch) for batch in validation]).mean())
    assert [e._replace(score=None) for e in explorer.history] == [
        e._replace(score=None) for e in plain.history
    ]
    np.testing.assert_allclose(
        [e.score for e in explorer.history], [e.score for e in plain.history], rtol=1e-6
    )


def test_in_the_second_phase_the_rate_moves_with_every_step():
    seen = Seen()
    explored(seen)
    explore, exploit = seen.rates[:24], seen.rates[24:]
    assert explore == [0.03] * 8 + [0.001] * 4 + [0.03] * 8 + [0.001] * 4
    assert len(set(exploit)) > 12


def test_several_validations_an_epoch_and_several_epochs_a_validation():
    explorer, _ = explored(fitting={"max_epochs": 24, "check_val_every_n_epoch": 2})
    assert len(explorer.history) == 12
    steps = {"max_steps": 24, "val_check_interval": 2, "check_val_every_n_epoch": None}
    explorer, module = explored(fitting={"max_epochs": -1, **steps})
    assert len(explorer.history) == 12
    assert score(module) == pytest.approx(explorer.best_score, rel=1e-6)


def test_a_checkpoint_after_a_validation_is_of_what_was_validated(tmp_path):
    best = ModelCheckpoint(tmp_path, monitor="val_loss")
    explorer, _ = explored(best, fitting={"enable_checkpointing": True})
    assert best.best_model_score.item() == pytest.approx(explorer.best_score, rel=1e-6)
    loaded = Module.load_from_checkpoint(best.best_model_path)
    assert score(loaded) == pytest.approx(explorer.best_score, rel=1e-6)


def test_gradients_that_were_accumulated_and_led_to_no_step_are_dropped():
    accumulating = {"accumulate_grad_batches": 3, "max_epochs": 6}
    explorer, _ = explored(exploit=False, fitting=accumulating)
    assert scores(explorer, 0) == scores(explorer, 2)


class Raise(Callback):
    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if trainer.current_epoch == 7:
            raise OSError("the disk is gone")


def test_a_fit_that_raises_leaves_the_best_weights():
    module = Module()
    explorer = LRExplorerCallback(rates(), verbose=0)
    with pytest.raises(OSError, match="the disk is gone"):
        fit(explorer, Raise(), module=module)
    assert len(explorer.history) == 7
    assert score(module) == pytest.approx(explorer.best_score, rel=1e-6)


def test_a_fit_that_another_callback_stops_says_so():
    stopping = EarlyStopping("val_loss", patience=1, min_delta=10)
    with pytest.warns(RuntimeWarning, match=r"of its 12 epochs, .* likely EarlyStopping"):
        explored(stopping)


# Bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"val_check_interval": 0.5}, r"val_check_interval=0.5.*max_epochs=100"),
        ({"max_epochs": -1, "max_steps": 9}, r"cannot be told before it: .*max_steps=9\. Pass"),
        ({"limit_val_batches": 0}, "nothing is validated, .* define validation_step"),
    ],
)
def test_a_fit_that_cannot_be_explored_in_is_told_so_before_training(options, message):
    seen = Seen()
    with pytest.raises(ValueError, match=message):
        explored(seen, fitting=options)
    assert seen.rates == []


def test_too_few_epochs_are_told_so_before_training():
    search = GridSearch(["0.03", "0.001"], epochs=2)
    with pytest.raises(ValueError, match=r"needs at least .* epochs, and the fit has 1: pass at"):
        explored(search=search, fitting={"max_epochs": 1})


def test_a_scheduler_is_refused():
    with pytest.raises(ValueError, match=r"configure_optimizers\(\) returns ConstantLR, .* alone"):
        explored(module=Module(schedule=True))


def test_a_score_that_is_not_logged_is_named():
    with pytest.raises(ValueError, match="has no 'val_acc', it has val_loss: pass one of these"):
        explored(monitor="val_acc")


def test_a_score_whose_name_does_not_tell_its_direction_is_asked_for():
    explorer = LRExplorerCallback(monitor="wer", verbose=0)
    with pytest.raises(ValueError, match=r"'wer' is better .* pass direction="):
        fit(explorer)


def test_a_second_fit_needs_a_new_callback():
    explorer, module = explored()
    with pytest.raises(RuntimeError, match="has had its training: make a new one"):
        fit(explorer, module=module)


@pytest.fixture
def process_group():
    """Left as it came: neither a group nor its environment stays for other tests."""
    before = dict(os.environ)
    yield
    torch.distributed.destroy_process_group()
    os.environ.clear()
    os.environ.update(before)


def test_a_strategy_that_shards_the_model_is_refused(process_group):
    with pytest.raises(ValueError, match=r"ParallelStrategy shards the model, .* pass Trainer"):
        explored(fitting={"strategy": ModelParallelStrategy(), "devices": 1})


def test_two_ranks_have_one_history_and_the_same_best_weights(tmp_path):
    one, other = outcomes("tests.lightning.two_ranks", tmp_path)
    assert one == other
    assert len(one["history"]) == 4
    assert one["rate"] == "0.03"
    assert one["score"] == pytest.approx(one["best"], rel=1e-5)
