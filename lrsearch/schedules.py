"""Learning rate schedules: pure functions of the epoch.

Epochs are counted from 0, as Keras counts them, so that a schedule serves
``keras.callbacks.LearningRateScheduler`` as it stands.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from lrsearch.checks import at_least
from lrsearch.rate import Rate

__all__ = ["Constant", "CosineAnnealing", "CosineWarmRestarts", "Schedule", "schedule_from_config"]


@dataclass(frozen=True)
class Schedule:
    """What every schedule has: it is called with an epoch and returns a rate."""

    _kinds: ClassVar[dict[str, type[Schedule]]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        Schedule._kinds[cls.__name__] = cls

    def __call__(self, epoch: int) -> float:
        """The rate of an epoch, counted from 0."""
        raise TypeError("Schedule is a base: use Constant, CosineAnnealing or CosineWarmRestarts")

    def config(self) -> dict[str, Any]:
        """The schedule as a JSON object, for `schedule_from_config`."""
        fields = {k: str(v) if isinstance(v, Rate) else v for k, v in asdict(self).items()}
        return {"schedule": type(self).__name__, **fields}


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate at every epoch.

    Parameters
    ----------
    rate : rate
        A factor of 1 in `Exploit`, whose rates it multiplies.

    Examples
    --------
    >>> Constant("0.001")(7)
    Rate('0.001')
    """

    rate: Any = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", Rate(self.rate))

    def __call__(self, epoch: int) -> float:
        return self.rate  # type: ignore[no-any-return]


@dataclass(frozen=True)
class CosineAnnealing(Schedule):
    """Linear warm-up, then half a cosine from the peak down to zero.

    ``progress = clip((epoch - warmup) / (epochs - warmup), 0, 1)`` and
    ``rate = peak * (1 + cos(pi * progress)) / 2 * min(1, (epoch + 1) / warmup)``, as the paper
    has it beside its table 6.

    Parameters
    ----------
    peak : rate
        The highest rate.
    epochs : int
        The length T of the schedule.
    warmup : int
        Epochs of linear warm-up; 0 for none.

    Examples
    --------
    >>> schedule = CosineAnnealing("0.001", epochs=100, warmup=5)
    >>> [round(schedule(epoch), 6) for epoch in (0, 4, 52, 99)]
    [0.0002, 0.001, 0.000508, 0.0]
    """

    peak: Any
    epochs: int
    warmup: int = 5

    def __post_init__(self) -> None:
        object.__setattr__(self, "peak", Rate(self.peak))
        object.__setattr__(self, "epochs", at_least(1, "epochs", self.epochs))
        object.__setattr__(self, "warmup", at_least(0, "warmup", self.warmup))
        if self.warmup >= self.epochs:
            raise ValueError(
                f"warmup has to be at least 0 and below the {self.epochs} epochs, got {self.warmup}"
            )

    def __call__(self, epoch: int) -> float:
        progress = min(1.0, max(0.0, (epoch - self.warmup) / (self.epochs - self.warmup)))
        warm = min(1.0, (epoch + 1) / self.warmup) if self.warmup else 1.0
        return float(self.peak) * (1 + math.cos(math.pi * progress)) / 2 * warm


@dataclass(frozen=True)
class CosineWarmRestarts(Schedule):
    """Cosine annealing that starts again from the peak after each period (SGDR, equation 5).

    Parameters
    ----------
    peak : rate
        The highest rate.
    period : int
        Epochs until the first restart.
    factor : int
        What each period is longer than the one before.
    low : rate
        The lowest rate.

    References
    ----------
    I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017,
    arXiv:1608.03983.

    Examples
    --------
    >>> schedule = CosineWarmRestarts("0.01", period=10, factor=2)
    >>> [round(schedule(epoch), 4) for epoch in (0, 5, 10, 20, 30)]
    [0.01, 0.005, 0.01, 0.005, 0.01]
    """

    peak: Any
    period: int
    factor: int = 1
    low: Any = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "peak", Rate(self.peak))
        object.__setattr__(self, "low", Rate(self.low))
        object.__setattr__(self, "period", at_least(1, "period", self.period))
        object.__setattr__(self, "factor", at_least(1, "factor", self.factor))
        if self.low > self.peak:
            raise ValueError(f"low has to be at most the peak {self.peak}, got {self.low}")

    def __call__(self, epoch: int) -> float:
        length, since = self.period, epoch
        if self.factor == 1:
            since %= length
        else:
            while since >= length:
                since -= length
                length *= self.factor
        cosine = (1 + math.cos(math.pi * since / length)) / 2
        return float(self.low) + (float(self.peak) - float(self.low)) * cosine


def schedule_from_config(config: dict[str, Any]) -> Schedule:
    """Rebuild a schedule from `Schedule.config`.

    Raises
    ------
    ValueError
        If the configuration names no schedule.

    Examples
    --------
    >>> schedule_from_config({"schedule": "Constant", "rate": "0.001"})
    Constant(rate=Rate('0.001'))
    """
    fields = dict(config)
    kind = Schedule._kinds.get(str(fields.pop("schedule", None)))
    if kind is None:
        raise ValueError(f"no schedule is called {config.get('schedule')!r}")
    return kind(**fields)
