"""A training that is killed goes on where it was, with at most the epoch in progress lost."""

import os
import shutil

import pytest
from transformers import TrainerCallback

from lrsearch import DigitRace
from lrsearch_torch.transformers import LRExplorerCallback
from tests.killed import kill_again_and_again
from tests.transformers.killed_run import last, run
from tests.transformers.tasks import score, trainer

KILLS = 20 if os.environ.get("LRSEARCH_TORTURE") == "1" else 1


class Stopped(BaseException):
    """Stands for the end of the process."""


class Stop(TrainerCallback):
    """Raises after a step, or after a checkpoint, as abruptly as one process can."""

    def __init__(self, step, saved=False):
        self.step, self.saved = step, saved

    def on_step_end(self, args, state, control, **_):
        if not self.saved and state.global_step == self.step:
            raise Stopped

    def on_save(self, args, state, control, **_):
        if self.saved and state.global_step == self.step:
            raise Stopped


class Seen(TrainerCallback):
    """The Trainer's own counter at each step."""

    def __init__(self):
        self.steps = []

    def on_step_begin(self, args, state, control, **_):
        self.steps.append(state.global_step)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A training that is not killed."""
    explorer, trained = run(tmp_path_factory.mktemp("whole"))
    assert score(trained) == pytest.approx(explorer.best_score, rel=1e-6)
    return explorer


def test_a_killed_training_goes_on_with_the_same_history(whole, tmp_path):
    kill_again_and_again("tests.transformers.killed_run", tmp_path, KILLS)
    explorer, trained = run(tmp_path)
    assert explorer.history == whole.history
    assert explorer.rate == whole.rate
    assert score(trained) == pytest.approx(whole.best_score, rel=1e-6)


@pytest.mark.parametrize("step", [5, 137])
def test_the_counters_go_on_from_the_checkpoint_and_the_run_from_its_folder(whole, tmp_path, step):
    with pytest.raises(Stopped):
        run(tmp_path, Stop(step))
    seen = Seen()
    explorer, _ = run(tmp_path, seen)
    assert explorer.history == whole.history
    assert seen.steps == list(range(step - step % 8, 24 * 8))


def test_shuffled_data_go_on_in_their_order_from_a_checkpoint(tmp_path):
    shuffled = {
        "train_sampling_strategy": "random", "eval_strategy": "steps", "eval_steps": 3,
        "save_strategy": "steps", "save_steps": 3, "num_train_epochs": 9,
    }  # fmt: skip
    whole, _ = run(tmp_path / "whole", **shuffled)
    with pytest.raises(Stopped):
        run(tmp_path / "killed", Stop(21, saved=True), **shuffled)
    explorer, _ = run(tmp_path / "killed", **shuffled)
    assert len(explorer.history) == 24
    assert explorer.history == whole.history


def test_without_a_checkpoint_the_run_goes_on_and_the_counters_begin_anew(whole, tmp_path):
    with pytest.raises(Stopped):
        run(tmp_path, Stop(61))
    seen = Seen()
    explorer, _ = run(tmp_path, seen, resume=False)
    assert explorer.history == whole.history
    assert seen.steps[0] == 0


def test_a_run_that_is_over_trains_nothing_and_gives_its_best_weights(whole, tmp_path):
    shutil.copytree(whole.directory.parent, tmp_path / "copy")
    for resume in (False, True):
        explorer, trained = run(tmp_path / "copy", resume=resume)
        assert explorer.history == whole.history
        assert score(trained) == pytest.approx(whole.best_score, rel=1e-6)


# Bad input


def test_a_checkpoint_needs_the_folder_of_its_run(whole, tmp_path):
    checkpoint = last(whole.directory.parent)

    def resume(**options):
        explorer = LRExplorerCallback(DigitRace(12, 4), verbose=0, **options)
        trained = trainer(tmp_path, explorer, eval_strategy="epoch", num_train_epochs=24)
        trained.train(resume_from_checkpoint=checkpoint)

    with pytest.raises(ValueError, match="does not hold the search: pass LRExplorerCallback the"):
        resume()
    with pytest.raises(ValueError, match=r"after 24 evaluations, and the run in .* has 0: pass"):
        resume(directory=tmp_path / "other")
