"""The monitored score: its direction, its value in the logs, and whether it can come at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import keras

from lrsearch import Direction
from lrsearch.training import direction_of_name

__all__ = ["Validation", "check_mode", "direction", "score_in"]

_MODES: dict[str, Direction] = {"min": "minimize", "max": "maximize"}


def direction(
    monitor: str, mode: Literal["auto", "min", "max"], model: keras.Model, search: Any
) -> Direction:
    """Whether a smaller or a larger score is better.

    Parameters
    ----------
    monitor : str
        The score's name in the logs.
    mode : {"auto", "min", "max"}
        "auto" goes by the direction of the model's metric of that name, then by the name itself,
        then by the search's direction.
    model : keras.Model
        Compiled.
    search : Search or None
        The user's search, whose direction has to agree.

    Raises
    ------
    ValueError
        If nothing tells, or if the search says otherwise.

    Examples
    --------
    >>> direction("val_accuracy", "auto", keras.Model(), None)
    'maximize'
    """
    told = None if search is None else search.direction
    name = monitor.removeprefix("val_")
    found = _MODES[mode] if mode != "auto" else _from_metric(name, model) or direction_of_name(name)
    if found is None:
        found = told
    if found is None:
        raise ValueError(
            f"whether a smaller or a larger {monitor!r} is better cannot be told from its name: "
            'pass mode="min" or mode="max" to LRExplorerCallback'
        )
    if told is not None and told != found:
        other = "max" if told == "maximize" else "min"
        raise ValueError(
            f"monitor={monitor!r} with mode={mode!r} is to {found}, and the search is to {told}: "
            f'build the search with direction="{found}", or pass mode="{other}"'
        )
    return found


def check_mode(mode: Any) -> None:
    """Raise where a mode is none.

    Examples
    --------
    >>> check_mode("up")
    Traceback (most recent call last):
    ValueError: mode has to be "auto", "min" or "max", got 'up'
    """
    if mode != "auto" and mode not in _MODES:
        raise ValueError(f'mode has to be "auto", "min" or "max", got {mode!r}')


def score_in(logs: Mapping[str, Any], monitor: str) -> float | None:
    """The monitored score; None for an epoch that was not validated.

    Raises
    ------
    ValueError
        If the logs have other results but not this one.

    Examples
    --------
    >>> score_in({"loss": 0.5, "val_loss": 0.7}, "val_loss")
    0.7
    >>> score_in({"loss": 0.5}, "val_loss") is None
    True
    """
    if monitor in logs:
        return float(logs[monitor])
    if monitor.startswith("val_") and not any(name.startswith("val_") for name in logs):
        return None
    names = ", ".join(sorted(logs))
    raise ValueError(
        f"the logs have no {monitor!r}, they have {names}: pass one of these as monitor to "
        "LRExplorerCallback, or compile the model with the metric"
    )


class Validation:
    """Whether an epoch of a fit is validated: listened to, and asked for where it is needed.

    Keras asks the model whether to validate an epoch only where there is something to validate
    on. Where Keras does not ask, the logs of skipped epochs and of a fit without validation data
    look the same, and an epoch that `validation_freq` skips stays skipped.
    """

    def __init__(self) -> None:
        self._asked: bool | None = None

    def begin(self, model: Any, needed: bool) -> None:
        """Listen during the epoch that begins; where it is needed, have it validated."""
        self.end(model)
        ask = getattr(model, "_should_eval", None)
        if ask is None:
            return

        def listening(epoch: int, validation_freq: Any) -> bool:
            self._asked = True
            vars(model).pop("_should_eval", None)
            return bool(ask(epoch, validation_freq)) or needed

        self._asked = False
        object.__setattr__(model, "_should_eval", listening)

    def check(self, model: Any, monitor: str) -> None:
        """Raise where the epoch that has ended had nothing to validate on."""
        if self.end(model) is False:
            raise ValueError(
                f"there is no validation data to have {monitor!r} from: pass "
                "validation_data=(x, y) or validation_split=0.1 to fit"
            )

    def end(self, model: Any) -> bool | None:
        """Whether there is validation data; None where it cannot be told. Listens no more."""
        asked, self._asked = self._asked, None
        if asked is not None:
            vars(model).pop("_should_eval", None)
        return asked


def _from_metric(name: str, model: keras.Model) -> Direction | None:
    for metric in model.metrics:
        for one in (metric, *getattr(metric, "metrics", ())):
            if one.name == name and getattr(one, "_direction", None) is not None:
                return "maximize" if one._direction == "up" else "minimize"
    return None
