"""Both phases inside one ``Trainer.fit`` of Lightning."""

from __future__ import annotations

from typing import Any

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
    from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy
except ImportError as error:
    raise ImportError(
        'lrsearch_torch.lightning needs Lightning: pip install "lrsearch[lightning]"'
    ) from error

from lrsearch import State
from lrsearch.training import Entrance
from lrsearch_torch.callback import ExplorerCallback

__all__ = ["LRExplorerCallback"]


class LRExplorerCallback(ExplorerCallback, Callback):
    """Find the learning rate and train with it, in one ``Trainer.fit``.

    ::

        trainer = Trainer(max_epochs=100, callbacks=[LRExplorerCallback(directory="run")])
        trainer.fit(model, train_loader, validation_loader)

    The epochs of the fit are shared out between the search and the second phase, as
    `lrsearch.Explorer` does it. An epoch is what lies between two validations: an epoch of
    Lightning's, or several with ``check_val_every_n_epoch``; with ``max_steps`` and
    ``check_val_every_n_epoch=None`` so many batches as ``val_check_interval`` says. It is validated
    with a running average of the weights, and decided when its validation is over. At the end the
    module holds the best weights of the whole fit.

    Put it first in the list: callbacks that come after it, and ModelCheckpoint, see after a
    validation what was validated. With a `directory`, a fit that was killed goes on there when
    the same script is started again: with ``fit(..., ckpt_path="last")`` Lightning's own counters,
    loggers and callbacks go on too, without it they begin anew. What is lost is the epoch in
    progress. A checkpoint alone does not hold the search.

    Parameters
    ----------
    search, exploit, initial, start, seed, directory, predict, average, states
        As for `lrsearch_torch.Explorer`.
    monitor : str
        The score's name among what the module logs in validation; by default ``val_loss``.
    direction : {"minimize", "maximize"}, optional
        Whether a smaller or a larger score is better; by default the search's, or as the name of
        the score tells.
    verbose : int
        0 shows nothing. Epochs are shown where Lightning shows no progress bar.

    Attributes
    ----------
    search, exploit, rate, peak, evidence, history, best, best_score
        As those of `lrsearch.Explorer`.

    Raises
    ------
    ValueError
        By the fit, before training: if an LRScheduler is configured, nothing is validated, the
        strategy shards the model, or the checkpoint is not of the run in the folder. By the first
        validation: if the score is not logged.
    RuntimeError
        If a second fit is given the same callback.
    """

    entrance = Entrance(
        name="LRExplorerCallback",
        training="the fit",
        taker="Trainer(max_epochs=...)",
        left="Another callback did that, most likely EarlyStopping, or a limit of the Trainer's: "
        "leave it out, the search ends bad trials itself",
    )
    usual_monitor = "val_loss"

    _checkpoint: dict[str, Any] | None = None
    _begun: State | None = None

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Check that the strategy leaves the model whole."""
        if stage == "fit" and not isinstance(trainer.strategy, (SingleDeviceStrategy, DDPStrategy)):
            raise ValueError(
                f"{type(trainer.strategy).__name__} shards the model, or hides it, and its states "
                'cannot be copied here: pass Trainer(strategy="ddp") or "auto"'
            )

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check what can be checked, and begin the first epoch before its data are drawn."""
        _check(trainer)
        explorer = self.start(
            pl_module,
            trainer.optimizers,
            _epochs(trainer),
            scaler=getattr(trainer.precision_plugin, "scaler", None),
            live=trainer.progress_bar_callback is None,
        )
        if trainer.ckpt_path is not None:
            self._check_checkpoint(len(explorer.history))
        if not self.begin_epoch():
            trainer.should_stop = True
            explorer.end()
        elif trainer.ckpt_path is not None:
            self._begun = explorer.own.take()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Undo what Lightning has read from a checkpoint meanwhile, but for its counters."""
        if self.explorer is not None and self._begun is not None:
            self.explorer.own.put(self._begun._replace(generators=()))
            self._begun = None

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin an epoch before its data are drawn."""
        self.begin_epoch()

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Begin an epoch within one of Lightning's."""
        self.begin_epoch()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Validate with the average of the weights."""
        if not trainer.sanity_checking:
            self.show_average()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report the epoch's score."""
        if not trainer.sanity_checking and self.end_epoch(trainer.callback_metrics):
            trainer.should_stop = True

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Put the best weights back, and write the run's tables and pictures."""
        if self.explorer is not None:
            self.explorer.end()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Put the best weights back."""
        self.restore()

    def state_dict(self) -> dict[str, Any]:
        """Where the run is: its folder has all else."""
        return {"epochs": len(self.history), "in_hand": self.in_hand}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take note of where the run was when a checkpoint was written."""
        self._checkpoint = state_dict

    def _check_checkpoint(self, epochs: int) -> None:
        known = self._checkpoint
        if known is None:
            raise ValueError(
                "the checkpoint was written without LRExplorerCallback: load its weights into the "
                "module instead, LightningModule.load_from_checkpoint(...), and fit without "
                "ckpt_path"
            )
        if known["in_hand"]:
            raise ValueError(
                "the checkpoint was written in the middle of an epoch: pass ckpt_path= of one that "
                "was written after a validation, or none: the directory goes on by itself"
            )
        if self.directory is None:
            raise ValueError(
                "a checkpoint does not hold the search: pass LRExplorerCallback the directory= of "
                "the run that wrote it, or fit without ckpt_path to begin anew"
            )
        if epochs < known["epochs"]:
            raise ValueError(
                f"the checkpoint was written after {known['epochs']} epochs, and the run in "
                f"{self.directory} has {epochs}: pass the directory= of the run that wrote it"
            )


def _check(trainer: Trainer) -> None:
    if trainer.lr_scheduler_configs:
        name = type(trainer.lr_scheduler_configs[0].scheduler).__name__
        raise ValueError(
            f"configure_optimizers() returns {name}, which sets the rate, and so does "
            "LRExplorerCallback: return the optimizer alone, or give the schedule to the second "
            "phase, exploit=Exploit(..., schedule=...)"
        )
    if not trainer.enable_validation:
        raise ValueError(
            "nothing is validated, so no rate has a score: define validation_step() and pass "
            "val_dataloaders to fit"
        )


def _epochs(trainer: Trainer) -> int:
    """How many validations the fit will have."""
    every, interval = trainer.check_val_every_n_epoch, trainer.val_check_interval
    if every is not None and interval == 1.0 and (trainer.max_epochs or 0) > 0:
        return trainer.max_epochs // every
    if every is None and isinstance(interval, int) and trainer.max_steps > 0:
        return trainer.max_steps * trainer.accumulate_grad_batches // interval
    raise ValueError(
        f"how often the fit validates cannot be told before it: val_check_interval={interval}, "
        f"check_val_every_n_epoch={every}, max_epochs={trainer.max_epochs}, "
        f"max_steps={trainer.max_steps}. Pass Trainer(max_epochs=100) to go by epochs, or "
        "Trainer(max_steps=10000, val_check_interval=250, check_val_every_n_epoch=None) to go by "
        "250 batches"
    )
