"""Methods that ask for no rate, from optax, at the settings that their authors recommend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.benchmarks.compare.by_step import Shape, constant, cosine, warmed

__all__ = ["METHODS", "Method"]


class Method(NamedTuple):
    """A method that asks for no rate.

    Attributes
    ----------
    title : str
        For people.
    transform : callable
        ``transform(rate, decay, normalised)`` is optax's, its rate times a schedule's factor,
        with so much weight decay, for a model with or without layers of normalisation by batches.
    shape : Shape
        The schedule of its rate, in parts of what the method finds.
    peak : float
        The rate that is passed to it: 1 where it finds the rate itself.
    anytime : bool
        Whether one training serves all lengths.
    decay : callable or None
        The average's decay at a step, where the authors recommend an average of their own.
    measure_again : bool
        Whether statistics of normalisation are measured again at the weights that are validated.
    """

    title: str
    transform: Callable[[Any, float, bool], Any]
    shape: Shape
    peak: float = 1.0
    anytime: bool = False
    decay: Callable[[Any], Any] | None = None
    measure_again: bool = False

    def optimizer(self, model: Any) -> _Optimizer:
        """For a model: what `Loop` trains it by."""
        return _Optimizer(self, model)


class _Optimizer:
    """A method as pure functions."""

    def __init__(self, method: Method, model: Any) -> None:
        decay = float(getattr(model.optimizer, "weight_decay", None) or 0.0)
        normalised = any("BatchNormalization" in type(part).__name__ for part in model.layers)
        self.make = lambda rate: method.transform(rate, decay, normalised)

    def init(self, trainable: Any) -> Any:
        return self.make(1.0).init(trainable)

    def step(self, gradients: Any, state: Any, trainable: Any, rate: Any) -> tuple[Any, Any]:
        import optax

        updates, state = self.make(rate).update(gradients, state, trainable)
        return optax.apply_updates(trainable, updates), state

    def shown(self, state: Any, trainable: Any) -> Any:
        from optax import contrib

        if isinstance(state, contrib.ScheduleFreeState):
            return contrib.schedule_free_eval_params(state, trainable)
        return trainable


def _prodigy(rate: Any, decay: float, normalised: bool) -> Any:
    from optax import contrib

    return contrib.prodigy(rate, weight_decay=decay)


def _d_adaptation(rate: Any, decay: float, normalised: bool) -> Any:
    from optax import contrib

    return contrib.dadapt_adamw(rate, weight_decay=decay)


def _schedule_free(rate: Any, decay: float, normalised: bool) -> Any:
    from optax import contrib

    return contrib.schedule_free_adamw(rate, weight_decay=decay)


def _dog(rate: Any, decay: float, normalised: bool) -> Any:
    from optax import contrib

    return contrib.dog(rate, ("heuristic", 1e-4 if normalised else 1e-6))


METHODS = {
    # K. Mishchenko and A. Defazio 2023, arXiv:2306.06101: a rate of 1, cosine annealing.
    "prodigy": Method("Prodigy, cosine", _prodigy, cosine),
    # A. Defazio and K. Mishchenko 2023, arXiv:2301.07733: a rate of 1, the usual schedule.
    "d-adaptation": Method("D-Adaptation (AdamW), cosine", _d_adaptation, cosine),
    # A. Defazio et al. 2024, arXiv:2405.15682: 0.0025, no schedule but a warm-up (an epoch);
    # statistics of normalisation are measured again at the weights that are validated.
    "schedule-free": Method(
        "schedule-free AdamW", _schedule_free, warmed, 0.0025, anytime=True, measure_again=True
    ),
    # M. Ivgi, O. Hinder and Y. Carmon 2023, arXiv:2302.12022: reps_rel 1e-6, 1e-4 with
    # normalisation by batches, and the polynomial average with gamma = 8.
    "dog": Method("DoG, its average", _dog, constant, anytime=True,
                  decay=lambda step: 1 - 9 / (step + 8)),
}  # fmt: skip
