"""Both phases inside one ``Trainer.train`` of Hugging Face Transformers."""

from __future__ import annotations

import sys
from typing import Any

try:
    from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
except ImportError as error:
    raise ImportError(
        "lrsearch_torch.transformers needs Transformers and Accelerate: pip install "
        '"lrsearch[transformers]"'
    ) from error

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from lrsearch.training import Entrance, warn
from lrsearch_torch.callback import ExplorerCallback

__all__ = ["LRExplorerCallback"]


class LRExplorerCallback(ExplorerCallback, TrainerCallback):
    """Find the learning rate and train with it, in one ``Trainer.train``.

    ::

        arguments = TrainingArguments("output", num_train_epochs=3, eval_strategy="steps",
                                      eval_steps=50, save_steps=50)
        explorer = LRExplorerCallback(directory="output/run")
        Trainer(model, arguments, train_dataset=..., eval_dataset=..., callbacks=[explorer]).train()

    The evaluations of the training are shared out between the search and the second phase, as
    `lrsearch.Explorer` does it with epochs: an epoch of its is what lies between two evaluations,
    ``eval_steps`` steps, or an epoch of the data with ``eval_strategy="epoch"``. So a fine-tuning
    of three epochs that is evaluated a hundred times is explored in; the data go on from one trial
    to the next. Evaluations see a running average of the weights, and so do the checkpoints that
    are saved with them. At the end the model has the best weights of the whole training.

    The Trainer's own scheduler is kept from the rate; it logs what the rate is. With a `directory`
    a training that was killed goes on there when the same script is started again: with
    ``train(resume_from_checkpoint=True)`` the Trainer's counters and data go on from its last
    checkpoint, without it they begin anew. A checkpoint alone does not hold the search; let
    `save_steps` be `eval_steps`, and the two are at the same evaluation.

    Parameters
    ----------
    search, exploit, initial, start, seed, directory, predict, average, states
        As for `lrsearch_torch.Explorer`, in evaluations for epochs.
    monitor : str
        The score's name among the metrics of an evaluation; by default ``eval_loss``.
    direction : {"minimize", "maximize"}, optional
        Whether a smaller or a larger score is better; by default the search's, or as the name of
        the score tells.
    verbose : int
        0 shows nothing. Evaluations are shown where the Trainer shows no progress bar.

    Attributes
    ----------
    search, exploit, rate, peak, evidence, history, best, best_score
        As those of `lrsearch.Explorer`.

    Raises
    ------
    ValueError
        When training begins: if nothing is evaluated, the model is sharded by DeepSpeed or FSDP,
        the scheduler is not one of the Trainer's that multiply the rate, or the checkpoint is not
        of the run in the folder. After the first evaluation: if it does not have the score.
    RuntimeError
        If a second training is given the same callback.
    """

    entrance = Entrance(
        name="LRExplorerCallback",
        training="the training",
        taker="TrainingArguments (num_train_epochs or max_steps over eval_steps)",
        usual_rate="TrainingArguments has",
        left="Another callback did that, most likely EarlyStoppingCallback: leave it out, the "
        "search ends bad trials itself",
    )
    usual_monitor = "eval_loss"

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: Any = None,
        optimizer: Any = None,
        lr_scheduler: Any = None,
        **_: Any,
    ) -> None:
        """Check what can be checked before training."""
        _check(args)
        steps, epochs = _evaluations(args, state)
        _keep_from_the_rate(lr_scheduler, optimizer, args, state.max_steps)
        self._results: dict[str, float] = {}
        self._awaited = False
        explorer = self.start(
            model,
            [getattr(optimizer, "optimizer", optimizer)],
            epochs,
            scaler=getattr(optimizer, "scaler", None),
            live=args.disable_tqdm,
            about={"steps": steps},
        )
        if state.global_step > 0:
            self._check_checkpoint(state, len(explorer.history), steps)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Begin an epoch where none is in hand; where there is none, nothing is trained."""
        if self._results:
            self.end_epoch(self._results)
            self._results = {}
        if not self.begin_epoch() and self.explorer is not None:
            self.explorer.own.rate = 0.0
            control.should_training_stop = True

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Evaluate the average of the weights."""
        if control.should_evaluate:
            self._awaited = True
            self.show_average()

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """As after a step."""
        self.on_step_end(args, state, control)

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Report the epoch's score, which may be that of one of several data sets.

        Evaluations that others call for, between those of the Trainer, are not the epoch's.
        """
        if self.explorer is None or not self.in_hand or not self._awaited:
            return
        self._results |= metrics or {}
        if self.monitor in self._results:
            over = self.end_epoch(self._results)
            self._results, self._awaited = {}, False
            control.should_training_stop |= over

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Put the best weights back, and write the run's tables and pictures."""
        if self.explorer is not None:
            if self._results:
                self.end_epoch(self._results)
            self.explorer.end()

    def _check_checkpoint(self, state: TrainerState, epochs: int, steps: int) -> None:
        if self.directory is None:
            raise ValueError(
                "a checkpoint of the Trainer does not hold the search: pass LRExplorerCallback the "
                "directory= of the run that wrote it, or train without it to begin anew"
            )
        known = state.global_step // steps
        if epochs < known:
            raise ValueError(
                f"the checkpoint was written after {known} evaluations, and the run in "
                f"{self.directory} has {epochs}: pass the directory= of the run that wrote it"
            )


def _check(args: TrainingArguments) -> None:
    sharding = "DeepSpeed" if args.deepspeed or args.deepspeed_plugin else "FSDP"
    if args.deepspeed or args.deepspeed_plugin or args.fsdp:
        raise ValueError(
            f"{sharding} keeps the weights in shards, and their states cannot be copied here: "
            f"train without {sharding}, in one process or with torchrun's data parallelism, or "
            "search by lrsearch.DigitRace in trainings of their own"
        )
    if args.eval_delay:
        raise ValueError(
            f"eval_delay={args.eval_delay} leaves the first epochs without a score: pass "
            "eval_delay=0"
        )


def _evaluations(args: TrainingArguments, state: TrainerState) -> tuple[int, int]:
    """Steps between two evaluations, and how many evaluations there will be."""
    if args.eval_strategy == "steps":
        return state.eval_steps, state.max_steps // state.eval_steps
    if args.eval_strategy == "epoch" and state.num_train_epochs < sys.maxsize:
        return -(-state.max_steps // state.num_train_epochs), state.num_train_epochs
    raise ValueError(
        f"eval_strategy={str(args.eval_strategy.value)!r} does not say after how many steps there "
        'is a score: pass TrainingArguments(eval_strategy="steps", eval_steps=50), say, and an '
        "eval_dataset"
    )


class _Exactly(float):
    """A factor that any rate times is the factor itself."""

    def __rmul__(self, rate: float) -> float:
        return float(self)


def _keep_from_the_rate(
    scheduler: Any, optimizer: Optimizer, args: TrainingArguments, steps: int
) -> None:
    """Have the Trainer's scheduler take over the rate that there is, rather than set one."""
    if not isinstance(scheduler, LambdaLR):
        raise ValueError(
            f"{type(scheduler).__name__} sets the rate, and so does LRExplorerCallback: leave "
            "lr_scheduler_type and the scheduler of optimizers=(...) out, or give the schedule to "
            "the second phase, exploit=Exploit(..., schedule=...)"
        )
    if args.lr_scheduler_type != "linear" or args.get_warmup_steps(steps):
        warn(
            f"lr_scheduler_type={str(args.lr_scheduler_type.value)!r} and warmup_steps="
            f"{args.warmup_steps} are not used: LRExplorerCallback sets the rate. A schedule for "
            "the second phase is given by exploit=Exploit(..., schedule=...)"
        )
    groups = range(len(optimizer.param_groups))
    for group in optimizer.param_groups:
        group["lr"] = group.pop("initial_lr", group["lr"])
    scheduler.lr_lambdas = [
        lambda _, place=place: _Exactly(optimizer.param_groups[place]["lr"]) for place in groups
    ]
