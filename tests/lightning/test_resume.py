"""A fit that is killed goes on where it was, with at most the epoch in progress lost."""

import os
import shutil

import pytest
import torch
from lightning.pytorch import Callback

from lrsearch import DigitRace
from lrsearch_torch.lightning import LRExplorerCallback
from tests.killed import kill_again_and_again
from tests.lightning.killed_run import run
from tests.lightning.tasks import Module, fit, loaders, score, trainer

KILLS = 20 if os.environ.get("LRSEARCH_TORTURE") == "1" else 1


class Stopped(BaseException):
    """Stands for the end of the process."""


class Stop(Callback):
    """Raises in a batch of the fit, as abruptly as one process can."""

    def __init__(self, batch):
        self.batch = batch

    def on_train_batch_end(self, *_):
        self.batch -= 1
        if self.batch == 0:
            raise Stopped


class Seen(Callback):
    """Lightning's own counter at each epoch."""

    def __init__(self):
        self.epochs = []

    def on_train_epoch_start(self, trainer, pl_module):
        self.epochs.append(trainer.current_epoch)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A fit that is not killed."""
    explorer, module = run(tmp_path_factory.mktemp("whole"))
    assert score(module) == pytest.approx(explorer.best_score, rel=1e-6)
    return explorer


def test_a_killed_fit_goes_on_with_the_same_history(whole, tmp_path):
    kill_again_and_again("tests.lightning.killed_run", tmp_path, KILLS)
    explorer, module = run(tmp_path)
    assert explorer.history == whole.history
    assert explorer.rate == whole.rate
    assert score(module) == pytest.approx(whole.best_score, rel=1e-6)


@pytest.mark.parametrize(("batch", "every"), [(2, 1), (31, 5), (70, 1)])
def test_the_counters_go_on_from_the_checkpoint_and_the_run_from_its_folder(
    whole, tmp_path, batch, every
):
    with pytest.raises(Stopped):
        run(tmp_path, Stop(batch), every=every)
    seen = Seen()
    explorer, _ = run(tmp_path, seen, every=every)
    assert explorer.history == whole.history
    over = (batch - 1) // 4
    assert seen.epochs[0] == over - over % every
    assert len(seen.epochs) == 24 - over


def test_without_a_checkpoint_the_run_goes_on_and_the_counters_begin_anew(whole, tmp_path):
    with pytest.raises(Stopped):
        run(tmp_path, Stop(31))
    seen = Seen()
    explorer, _ = run(tmp_path, seen, ckpt_path=None)
    assert explorer.history == whole.history
    assert seen.epochs[0] == 0


def test_a_run_that_is_over_trains_nothing_and_gives_its_best_weights(whole, tmp_path):
    shutil.copytree(whole.directory.parent, tmp_path / "copy")
    for ckpt_path in (None, "last"):
        seen = Seen()
        explorer, module = run(tmp_path / "copy", seen, ckpt_path=ckpt_path)
        assert seen.epochs == []
        assert explorer.history == whole.history
        assert score(module) == pytest.approx(whole.best_score, rel=1e-6)


# Bad input


def last(folder):
    return folder / "checkpoints" / "last.ckpt"


def resume(ckpt_path, **options):
    explorer = LRExplorerCallback(DigitRace(12, 4), verbose=0, **options)
    fit(explorer, max_epochs=24, ckpt_path=ckpt_path)


def test_a_checkpoint_needs_the_folder_of_its_run(whole, tmp_path):
    checkpoint = last(whole.directory.parent)
    with pytest.raises(ValueError, match="a checkpoint does not hold the search: pass"):
        resume(checkpoint)
    with pytest.raises(ValueError, match=r"written after 24 epochs, and the run .* has 0: pass"):
        resume(checkpoint, directory=tmp_path / "other")


def test_a_checkpoint_of_another_fit_or_of_the_middle_of_an_epoch_is_refused(tmp_path):
    plain = trainer(max_epochs=1)
    plain.fit(Module(), *loaders())
    plain.save_checkpoint(tmp_path / "plain.ckpt")
    with pytest.raises(ValueError, match=r"written without LRExplorerCallback: load its weights"):
        resume(tmp_path / "plain.ckpt", directory=tmp_path / "run")

    class Save(Callback):
        def on_train_batch_end(self, trainer, *_):
            trainer.save_checkpoint(tmp_path / "middle.ckpt")

    explorer = LRExplorerCallback(DigitRace(12, 4), directory=tmp_path / "run", verbose=0)
    with pytest.raises(Stopped):
        fit(explorer, Save(), Stop(6), max_epochs=24)
    with pytest.raises(ValueError, match=r"in the middle of an epoch: pass ckpt_path= of one"):
        resume(tmp_path / "middle.ckpt", directory=tmp_path / "run")


def test_nothing_is_pickled_in_the_folder(whole):
    assert torch.load(last(whole.directory.parent), weights_only=True)["callbacks"]
    assert not list(whole.directory.rglob("*.p*kl*"))
