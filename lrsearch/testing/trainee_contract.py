"""The contract tests that every trainee has to pass.

Derive a class from `TraineeContract` in a test module::

    class TestMyTrainee(lrsearch.testing.TraineeContract):
        def make(self):
            return MyTrainee(...)

        def train(self, trainee):
            ...  # one epoch, which draws what random numbers it likes

        def validate(self, trainee):
            return ...
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrsearch.searches import DigitRace, GridSearch
from lrsearch.training import Explorer, State, Trainee, read_state, write_state

__all__ = ["Quadratic", "TraineeContract"]


class Quadratic(Trainee):
    """A trainee for tests and examples: noisy gradient descent on a quadratic, with momentum.

    Examples
    --------
    >>> trainee = Quadratic()
    >>> before = trainee.loss()
    >>> trainee.train()
    >>> trainee.loss() < before
    True
    """

    def __init__(self, steps: int = 5, noise: float = 0.1) -> None:
        self.rate = 0.01
        self.steps = steps
        self.noise = noise
        self.weights_now = np.full(4, 2.0)
        self.momentum = np.zeros(4)
        self.generator = np.array([1])

    def train(self) -> None:
        """One epoch."""
        for _ in range(self.steps):
            drawn = np.random.default_rng(self.generator).normal(size=4)
            self.generator = self.generator + 1
            gradient = self.weights_now * [1.0, 2.0, 3.0, 4.0] + self.noise * drawn
            self.momentum = 0.5 * self.momentum + gradient
            self.weights_now = self.weights_now - self.rate * self.momentum

    def loss(self) -> float:
        """The validation score."""
        return float((self.weights_now**2).sum())

    def take(self) -> State:
        return State([self.weights_now.copy()], [self.momentum.copy()], [self.generator.copy()])

    def put(self, state: State) -> None:
        if state.model:
            self.weights_now = np.array(state.model[0])
        if state.optimizer:
            self.momentum = np.array(state.optimizer[0])
        if state.generators:
            self.generator = np.array(state.generators[0])

    def initial(self, init: int, first: State) -> State:
        if init == 0:
            return first
        drawn = np.random.default_rng(init).uniform(1, 3, 4)
        return State([drawn], self.new_optimizer(), [np.array([1000 * init])])

    def new_optimizer(self) -> list[Any]:
        return [np.zeros(4)]


class TraineeContract(ABC):
    """The contract, as tests."""

    @abstractmethod
    def make(self) -> Any:
        """A new trainee, the same at each call; its optimizer has made no step."""

    @abstractmethod
    def train(self, trainee: Any) -> None:
        """Train one epoch, of at least two steps."""

    @abstractmethod
    def validate(self, trainee: Any) -> float:
        """The validation score, which is exact for exact weights."""

    rates = (0.01, 0.0001)
    """Two rates that can be trained with, and that lead to different scores."""

    def scores(self, trainee: Any, epochs: int = 3) -> list[float]:
        """Train, and validate after each epoch."""
        found = []
        for _ in range(epochs):
            self.train(trainee)
            found.append(self.validate(trainee))
        return found

    def test_a_state_that_is_put_back_trains_as_it_did_before(self) -> None:
        trainee = self.make()
        self.train(trainee)
        state = trainee.take()
        first = self.scores(trainee)
        trainee.put(state)
        assert self.scores(trainee) == first
        trainee.put(state)
        assert self.scores(trainee) == first

    def test_a_state_serves_another_trainee_of_the_same_make(self) -> None:
        trainee, other = self.make(), self.make()
        self.train(trainee)
        state = trainee.take()
        scores = self.scores(trainee)
        other.put(state)  # after these, as generators may be the process's own
        other.rate = trainee.rate
        assert self.scores(other) == scores

    def test_training_does_not_write_to_a_state(self) -> None:
        trainee = self.make()
        state = trainee.take()
        before = _copied(state)
        self.scores(trainee)
        assert _equal(state, before)
        trainee.put(state)
        self.scores(trainee)
        assert _equal(state, before)

    def test_an_empty_part_of_a_state_is_left_as_it_is(self) -> None:
        trainee = self.make()
        first = trainee.take()
        self.scores(trainee)
        trained = trainee.take()
        trainee.put(State(first.model))
        now = trainee.take()
        assert _equal(State(now.model), State(first.model))
        assert _equal(State((), now.optimizer), State((), trained.optimizer))

    def test_equal_inits_are_equal_and_others_differ(self) -> None:
        trainee = self.make()
        first = trainee.take()
        assert _equal(trainee.initial(0, first), first)
        one, again, two = (trainee.initial(init, first) for init in (1, 1, 2))
        assert _equal(one, again)
        assert not _equal(State(one.model), State(two.model))
        assert not _equal(State(one.model), State(first.model))
        trainee.put(one)
        scores = self.scores(trainee)
        trainee.put(trainee.initial(1, first))
        assert self.scores(trainee) == scores

    def test_an_init_leaves_the_trainee_as_it_is(self) -> None:
        trainee = self.make()
        first = trainee.take()
        trainee.initial(3, first)
        assert _equal(trainee.take(), first)

    def test_a_new_optimizer_is_that_of_the_beginning(self) -> None:
        trainee = self.make()
        first = trainee.take()
        scores = self.scores(trainee)
        optimizer = trainee.new_optimizer()
        trainee.put(first._replace(optimizer=optimizer))
        assert self.scores(trainee) == scores

    def test_the_rate_acts_and_can_be_read_back(self) -> None:
        trainee = self.make()
        first = trainee.take()
        found = []
        for rate in (*self.rates, self.rates[0]):
            trainee.put(first)
            trainee.rate = rate
            assert math.isclose(trainee.rate, rate, rel_tol=1e-6)
            found.append(self.scores(trainee))
        assert found[0] == found[2] != found[1]

    def test_the_weights_are_the_models_part_of_the_state(self) -> None:
        trainee = self.make()
        self.train(trainee)
        assert _equal(State(trainee.weights()), State(trainee.take().model))

    def test_weights_come_back_from_a_file(self, tmp_path: Path) -> None:
        trainee = self.make()
        self.train(trainee)
        score = self.validate(trainee)
        path = tmp_path / trainee.weights_file
        trainee.write_weights(path)
        self.scores(trainee)
        trainee.read_weights(path)
        assert math.isclose(self.validate(trainee), score, rel_tol=1e-6)

    def test_weights_for_which_the_disk_has_no_room_are_an_oserror(self, tmp_path: Path) -> None:
        resource = pytest.importorskip("resource", reason="limits files to no bytes")
        trainee = self.make()
        self.train(trainee)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            with pytest.raises(OSError, match=r"File too large|os error"):
                trainee.write_weights(tmp_path / trainee.weights_file)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    def test_a_state_comes_back_from_a_file_without_a_pickle(self, tmp_path: Path) -> None:
        trainee = self.make()
        self.train(trainee)
        write_state(tmp_path / "state.npz", trainee.take(), {"epoch": 1})
        scores = self.scores(trainee)
        state, notes = read_state(tmp_path / "state.npz", "put it back") or (None, {})
        assert notes == {"epoch": 1}
        other = self.make()
        other.put(state)
        other.rate = trainee.rate
        assert self.scores(other) == scores

    def test_an_average_is_part_of_the_state_and_swaps_with_the_weights(self) -> None:
        trainee = self.make()
        if not trainee.keep_average():
            trainee.swap_average()
            trainee.drop_average()
            return
        self.train(trainee)
        live, score = trainee.weights(), self.validate(trainee)
        state = trainee.take()
        trainee.swap_average()
        average, averaged = trainee.weights(), self.validate(trainee)
        assert not _equal(State(average), State(live))
        trainee.swap_average()
        assert _equal(State(trainee.weights()), State(live))
        assert self.validate(trainee) == score
        self.scores(trainee)
        trainee.put(state)
        trainee.swap_average()
        assert self.validate(trainee) == averaged
        trainee.swap_average()
        trainee.drop_average()
        assert _equal(State(trainee.weights()), State(live))

    def test_an_average_begins_anew_with_a_new_optimizer(self) -> None:
        trainee = self.make()
        if not trainee.keep_average():
            return
        first = trainee.take()
        found = []
        for _ in range(2):
            trainee.put(first._replace(optimizer=trainee.new_optimizer()))
            self.scores(trainee)
            trainee.swap_average()
            found.append(self.validate(trainee))
            trainee.swap_average()
        assert found[0] == found[1]

    def test_what_it_is_is_json_and_the_same_for_the_same(self) -> None:
        trainee = self.make()
        known, _ = json.loads(json.dumps([trainee.identity(), trainee.notes()]))
        self.train(trainee)
        assert trainee.identity() == known == self.make().identity()

    def test_both_phases_of_a_training_end_with_the_best_weights(self) -> None:
        trainee = self.make()
        search = GridSearch(self.rates, epochs=2)
        explorer = Explorer(trainee, 8, search, verbose=0)
        for _ in explorer:
            self.train(trainee)
            explorer.report(self.validate(trainee))
        assert [epoch.phase for epoch in explorer.history] == ["explore"] * 4 + ["exploit"] * 4
        assert explorer.best is not None
        assert explorer.best_score == min(epoch.score or 0.0 for epoch in explorer.history)
        assert math.isclose(self.validate(trainee), explorer.best_score, rel_tol=1e-6)

    def test_trials_that_pause_are_as_those_that_do_not(self) -> None:
        """Each of the race's trials has the scores of a whole training at its rate."""
        trainee = self.make()
        first = trainee.take()
        race = DigitRace(24, 6, first=self.rates)
        explorer = Explorer(trainee, race.budget, race, False, average=False, verbose=0)
        for _ in explorer:
            self.train(trainee)
            explorer.report(self.validate(trainee))
        longest = max(race.trials, key=lambda record: record.epoch)
        assert longest.legs > 1
        trainee.put(first)
        trainee.rate = float(longest.rate)
        assert self.scores(trainee, longest.epoch) == list(longest.scores.values())


def _copied(state: State) -> State:
    return State(*([np.array(array) for array in part] for part in state))


def _equal(one: State, other: State) -> bool:
    return all(
        len(part) == len(parts)
        and all(
            np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(part, parts, strict=True)
        )
        for part, parts in zip(one, other, strict=True)
    )
