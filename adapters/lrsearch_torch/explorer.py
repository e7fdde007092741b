"""Both phases in any PyTorch loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import torch
from torch import nn
from torch.optim import Optimizer

import lrsearch
from lrsearch import Direction, Epoch, Exploit
from lrsearch.training import LOOP, Entrance, warn
from lrsearch_torch.checks import check_no_scheduler, check_rate
from lrsearch_torch.ranks import Ranks
from lrsearch_torch.scores import score_of
from lrsearch_torch.state import Copying
from lrsearch_torch.trainee import TorchTrainee

__all__ = ["Explorer"]

_NO_STEP = (
    "the optimizer made no step in the first epoch, so that its rate moves nothing: is it the one "
    "that the loop trains with? Pass that one to Explorer, and call its step()"
)


class Explorer(lrsearch.Explorer):
    """Find the learning rate and train with it, in one PyTorch loop.

    ::

        explorer = Explorer(model, optimizer, epochs=100, directory="run")
        for epoch in explorer:                       # was: for epoch in range(100)
            train_one_epoch(model, loader, optimizer)
            explorer.report(validate)

    As `lrsearch.Explorer` does, it shares the epochs out between the search and the second phase,
    and at the end the model holds the best weights. In the second phase the rate moves with every
    step of the first optimizer, without a further line: how many steps an epoch has is learnt
    from the epoch before.

    Report a function that validates and returns the score: it is called with a running average of
    the weights in their place. Where a number is reported, it is the score of the weights as they
    are, and the training goes without an average.

    Gradients that were accumulated without a step are dropped when an epoch begins.

    Parameters
    ----------
    model : nn.Module
        What is trained; it may be compiled, or wrapped in `DistributedDataParallel`.
    optimizer : Optimizer or sequence of Optimizer
        What trains it. One rate moves all groups of all optimizers, by their ratios to the first.
    epochs : int
        Epochs of the whole training, both phases.
    search, exploit, direction, start, directory, name, verbose, live, about, entrance
        As for `lrsearch.Explorer`. The best weights are in the folder's ``best.safetensors``.
    scaler : torch.amp.GradScaler, optional
        The gradient scaler, where there is one.
    initial : {"same", "fresh"} or callable
        "same": trials start from the weights that the model has when the loop begins. "fresh":
        every trial but the first draws new ones, by its modules' ``reset_parameters()``; what no
        optimizer trains stays as it is. A callable, ``initial(init)``, returns the model, or its
        ``state_dict()``, for each init.
    seed : int
        What draws of weights depend on, beside their number.
    predict : callable, optional
        ``predict()`` returns an array, shape (examples, ...), after every best epoch so far, for
        the folder's ``best_predictions.csv``. The generators are afterwards where they were.
    average : bool
        Whether a function that is reported finds the running average in the model.
    states : {"host", "device"}
        Where copies of the state are kept: in the host's memory, or where the tensors are.
    generators : sequence of torch.Generator
        Generators of the loop's own, of a shuffling DataLoader, say: their states are put back,
        as those of Python, NumPy, PyTorch and CUDA are.

    Raises
    ------
    TypeError, ValueError
        If there is no model, no rate, an LRScheduler beside this, or what is trained is not in
        the model; as for `lrsearch.Explorer` otherwise.

    Examples
    --------
    >>> x = torch.linspace(-1, 1, 64)[:, None]
    >>> model = nn.Linear(1, 1)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    >>> search = lrsearch.GridSearch(["0.1", "0.01"], epochs=2)
    >>> explorer = Explorer(model, optimizer, 8, search, verbose=0)
    >>> for epoch in explorer:
    ...     for part in x.split(16):
    ...         optimizer.zero_grad()
    ...         (model(part) - 3 * part).square().mean().backward()
    ...         optimizer.step()
    ...     explorer.report(lambda: (model(x) - 3 * x).square().mean())
    >>> explorer.rate, len(explorer.history)
    (Rate('0.1'), 8)
    """

    own: TorchTrainee
    """The trainee of this process; among several processes, `trainee` is that of all of them."""

    def __new__(cls, *_: Any, **__: Any) -> Explorer:
        """The explorer of this process: of several, rank 0 leads and all others follow."""
        if cls is Explorer and Ranks.are_several():
            from lrsearch_torch.following import Follower
            from lrsearch_torch.leading import Leader

            cls = Follower if torch.distributed.get_rank() else Leader
        return super().__new__(cls)

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer | Sequence[Optimizer],
        epochs: int,
        search: Any = None,
        exploit: Exploit | Callable[[Any, int], Exploit | None] | Literal[False] | None = None,
        *,
        scaler: Any = None,
        direction: Direction | None = None,
        initial: Literal["same", "fresh"] | Callable[[int], Any] = "same",
        start: Literal["initial", "best"] = "initial",
        seed: int = 0,
        directory: str | os.PathLike[str] | None = None,
        predict: Callable[[], Any] | None = None,
        average: bool = True,
        states: Copying = "host",
        generators: Sequence[torch.Generator] = (),
        name: str = "score",
        verbose: int = 1,
        live: bool = True,
        about: Mapping[str, Any] | None = None,
        entrance: Entrance = LOOP,
    ) -> None:
        self.own = TorchTrainee(
            model, optimizer, scaler=scaler, initial=initial, seed=seed, states=states,
            generators=generators,
        )  # fmt: skip
        super().__init__(
            self._entrust(self.own),
            epochs,
            search,
            exploit,
            direction=direction,
            initial=initial,
            start=start,
            directory=directory,
            predict=None if predict is None else self.own.leaving_generators(predict),
            average=average,
            name=name,
            verbose=verbose,
            live=live,
            about={"seed": seed, **(about or {})},
            entrance=entrance,
        )
        self._hook: Any = None
        self._rate = self.own.rate
        self._steps = 0

    def begin(self) -> Epoch | None:
        with self.restoring():
            check_rate(self.own.rate, self._rate)
            for optimizer in self.own.optimizers:
                check_no_scheduler(optimizer)
        epoch = super().begin()
        if epoch is not None:
            self._count_steps()
        return epoch

    def report(self, score: Any) -> None:
        """Take the score of the epoch in hand, which is over; its weights are kept if the best.

        Parameters
        ----------
        score : number, tensor of one element, callable or None
            As for `lrsearch.Explorer.report`; a function may return a tensor, too.

        Raises
        ------
        RuntimeError
            If no epoch has begun.
        ValueError
            If a tensor has several elements, or the rate was set by something else.
        """
        with self.restoring():
            self.own.check()
            check_rate(self.own.rate, self._rate)
            if not self._steps and not self.history:
                warn(_NO_STEP)
            given = (lambda: score_of(score())) if callable(score) else score_of(score)
        super().report(given)

    def end(self) -> None:
        super().end()
        self._let_go()

    def restore(self) -> None:
        super().restore()
        self._let_go()

    def _entrust(self, own: TorchTrainee) -> Any:
        """The trainee that the phases are about."""
        return own

    def _count_steps(self) -> None:
        self._rate, self._steps = self.own.rate, 0
        if self._hook is None:
            self._hook = self.own.optimizers[0].register_step_pre_hook(self._before_step)

    def _before_step(self, *_: Any) -> None:
        rate = self.begin_batch(self._steps)
        self._steps += 1
        self._rate = self._rate if rate is None else rate

    def _let_go(self) -> None:
        self._rate = self.own.rate
        if self._hook is not None:
            self._hook.remove()
            self._hook = None
