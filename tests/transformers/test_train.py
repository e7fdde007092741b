"""Both phases in one train(): what it trains and keeps, and what it says of mistakes."""

import pytest
import torch
from transformers import EarlyStoppingCallback, GPT2LMHeadModel, Trainer, TrainerCallback

from lrsearch import GridSearch, Rate
from lrsearch_torch.transformers import LRExplorerCallback
from tests.script import Script
from tests.transformers.tasks import TRAIN, VALIDATION, arguments, model, rates, score, trainer
from tests.two_ranks import outcomes


def explored(folder, *callbacks, search=None, training=None, **options):
    """The callback and the trainer, after three epochs of 12 evaluations."""
    search = rates() if search is None else search
    explorer = LRExplorerCallback(search, verbose=0, **options)
    trained = trainer(folder, explorer, *callbacks, **(training or {}))
    trained.train()
    return explorer, trained


class Seen(TrainerCallback):
    """The rate of each step, and what the Trainer's scheduler says after it."""

    def __init__(self):
        self.rates, self.logged = [], []

    def on_optimizer_step(self, args, state, control, optimizer=None, **_):
        self.rates.append(optimizer.param_groups[0]["lr"])

    def on_step_end(self, args, state, control, lr_scheduler=None, **_):
        self.logged.append(lr_scheduler.get_last_lr()[0])


def test_three_epochs_are_explored_and_exploited_and_end_with_the_best_weights(tmp_path):
    explorer, trained = explored(tmp_path)
    assert [e.phase for e in explorer.history] == ["explore"] * 6 + ["exploit"] * 6
    assert trained.state.global_step == 24
    assert explorer.rate == Rate("0.01")
    assert explorer.best_score == min(epoch.score for epoch in explorer.history)
    assert score(trained) == pytest.approx(explorer.best_score, rel=1e-6)
    assert explorer.evidence.rate == explorer.rate


def test_without_arguments_the_evaluations_are_shared_out(tmp_path):
    explorer = LRExplorerCallback(verbose=0)
    trained = trainer(tmp_path, explorer, num_train_epochs=4, eval_steps=1)
    trained.train()
    phases = [epoch.phase for epoch in explorer.history]
    assert phases.count("explore") == 10
    assert phases.count("exploit") == 22
    assert score(trained) == pytest.approx(explorer.best_score, rel=1e-6)


def test_an_epoch_of_the_data_may_be_what_is_evaluated(tmp_path):
    training = {"eval_strategy": "epoch", "num_train_epochs": 9, "logging_strategy": "epoch"}
    explorer, trained = explored(tmp_path, training=training)
    assert len(explorer.history) == 9
    assert trained.state.global_step == 72
    assert score(trained) == pytest.approx(explorer.best_score, rel=1e-6)


def test_max_steps_say_how_many_evaluations_there_are(tmp_path):
    explorer, trained = explored(tmp_path, training={"max_steps": 19})
    assert len(explorer.history) == 9
    assert trained.state.global_step == 18


def test_trials_of_one_rate_and_init_repeat_each_other_on_the_same_data(tmp_path):
    """With dropout; an epoch is one of the data, in order."""
    search = Script([("0.01", 0)] * 2, [(0, 2), (1, 2)])
    training = {"eval_strategy": "epoch", "num_train_epochs": 4, "gradient_accumulation_steps": 3}
    training["train_sampling_strategy"] = "sequential"
    explorer, _ = explored(tmp_path, search=search, exploit=False, training=training)
    scores = [[e.score for e in explorer.history if e.trial == trial] for trial in (0, 1)]
    assert scores[0] == scores[1]


def test_the_rate_moves_with_every_step_and_the_trainers_scheduler_says_what_it_is(tmp_path):
    seen = Seen()
    explored(tmp_path, seen)
    assert seen.rates[:12] == [0.01] * 4 + [0.0001] * 2 + [0.01] * 4 + [0.0001] * 2
    assert len(set(seen.rates[12:])) == 12
    assert seen.logged == seen.rates


def test_a_schedule_of_the_trainers_is_said_not_to_be_used(tmp_path):
    training = {"lr_scheduler_type": "cosine", "warmup_steps": 4}
    seen = Seen()
    with pytest.warns(RuntimeWarning, match="'cosine' and warmup_steps=4 are not used: LRExplorer"):
        explored(tmp_path, seen, training=training)
    assert seen.rates[:4] == [0.01] * 4


def test_checkpoints_are_of_what_was_evaluated(tmp_path):
    training = {"save_strategy": "best", "metric_for_best_model": "loss"}
    explorer, trained = explored(tmp_path, training=training)
    assert trained.state.best_metric == pytest.approx(explorer.best_score, rel=1e-6)
    loaded = Trainer(
        GPT2LMHeadModel.from_pretrained(trained.state.best_model_checkpoint),
        arguments(tmp_path), eval_dataset=VALIDATION,
    )  # fmt: skip
    assert score(loaded) == pytest.approx(explorer.best_score, rel=1e-6)


def test_one_of_several_evaluated_sets_has_the_score(tmp_path):
    sets = {"first": VALIDATION, "second": TRAIN}
    for monitor in ("eval_first_loss", "eval_second_loss"):
        explorer, trained = explored(tmp_path, monitor=monitor, training={"evaluated": sets})
        assert len(explorer.history) == 12
        logged = [log[monitor] for log in trained.state.log_history if monitor in log]
        assert [epoch.score for epoch in explorer.history] == pytest.approx(logged, rel=1e-3)


class Raise(TrainerCallback):
    def on_step_end(self, args, state, control, **_):
        if state.global_step == 15:
            raise OSError("the disk is gone")


def test_a_training_that_raises_is_restored_by_a_word(tmp_path):
    explorer = LRExplorerCallback(rates(), verbose=0)
    trained = trainer(tmp_path, explorer, Raise())
    with pytest.raises(OSError, match="the disk is gone"):
        trained.train()
    explorer.restore()
    assert len(explorer.history) == 7
    assert score(trained) == pytest.approx(explorer.best_score, rel=1e-6)


def test_a_training_that_another_callback_stops_says_so(tmp_path):
    stopping = EarlyStoppingCallback(1, 10)
    training = {
        "metric_for_best_model": "loss", "load_best_model_at_end": True, "save_strategy": "steps",
        "save_steps": 2,
    }  # fmt: skip
    with pytest.warns(RuntimeWarning, match=r"of its 12 epochs, .* most likely EarlyStopping"):
        explored(tmp_path, stopping, training=training)


# Bad input


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"eval_strategy": "no"}, r"eval_strategy='no' does not say .* pass TrainingArguments\("),
        ({"eval_delay": 2}, "eval_delay=2 leaves the first epochs without a score: pass"),
        ({"lr_scheduler_type": "reduce_lr_on_plateau"}, "ReduceLROnPlateau sets the rate, and so"),
    ],
)
def test_what_cannot_be_explored_in_is_said_before_training(tmp_path, training, message):
    seen = Seen()
    with pytest.raises(ValueError, match=message):
        explored(tmp_path, seen, training=training)
    assert seen.rates == []


def test_a_scheduler_of_the_users_is_refused(tmp_path):
    net = model()
    optimizer = torch.optim.AdamW(net.parameters())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    trained = Trainer(
        net, arguments(tmp_path), train_dataset=TRAIN, eval_dataset=VALIDATION,
        optimizers=(optimizer, scheduler), callbacks=[LRExplorerCallback(verbose=0)],
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"StepLR sets the rate, .* leave lr_scheduler_type"):
        trained.train()


@pytest.mark.parametrize(("sharding", "name"), [("deepspeed", "DeepSpeed"), ("fsdp", "FSDP")])
def test_sharded_models_are_refused(tmp_path, sharding, name):
    explorer = LRExplorerCallback(verbose=0)
    trained = trainer(tmp_path, explorer)
    setattr(trained.args, sharding, {"stage": 2})
    with pytest.raises(ValueError, match=f"{name} keeps the weights in shards"):
        trained.train()


def test_too_few_evaluations_are_told_so_before_training(tmp_path):
    seen, search = Seen(), GridSearch(["0.01", "0.001"], epochs=2)
    with pytest.raises(ValueError, match=r"needs at least .* the training has 1: .* eval_steps"):
        explored(tmp_path, seen, search=search, training={"eval_steps": 24})
    assert seen.rates == []


def test_a_score_that_is_not_evaluated_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"has no 'eval_accuracy', it has .*eval_loss"):
        explored(tmp_path, monitor="eval_accuracy", direction="minimize")


def test_a_second_training_needs_a_new_callback(tmp_path):
    _, trained = explored(tmp_path)
    with pytest.raises(RuntimeError, match="has had its training: make a new one"):
        trained.train()


def test_two_ranks_have_one_history_and_the_same_best_weights(tmp_path):
    one, other = outcomes("tests.transformers.two_ranks", tmp_path)
    assert one == other
    assert len(one["history"]) == 4
    assert one["rate"] == "0.01"
    assert one["score"] == pytest.approx(one["best"], rel=1e-5)
