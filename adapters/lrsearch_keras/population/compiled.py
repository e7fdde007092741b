"""A Keras model's whole epochs as compiled programs, for one member or many (JAX backend)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from lrsearch import State
from lrsearch.checks import at_least
from lrsearch.training.average import early_span
from lrsearch_keras.population.batches import batches, length, on_device, rows_of
from lrsearch_keras.population.memory import bytes_a_member, free_bytes, members_that_fit
from lrsearch_keras.population.tracing import UNFIT, check_compiled, explained, explanation
from lrsearch_keras.state import Average
from lrsearch_keras.state.average import moved
from lrsearch_keras.state.snapshot import inner

__all__ = ["CompiledTrainer", "Member"]

_TRAINED = "be trained on these data"
_VALIDATED = "be validated on validation_data"


class Member(NamedTuple):
    """All that training changes in one member of a population, on the device.

    Attributes
    ----------
    trainable, non_trainable, optimizer : list of jax.Array
        In the order of the model's and the optimizer's variables.
    """

    trainable: list[Any]
    non_trainable: list[Any]
    optimizer: list[Any]


class CompiledTrainer:
    """Train members of a population for one epoch at a time, each epoch one compiled call.

    The steps are those of Keras's JAX trainer, ``model.train_step``, looped by ``lax.scan``;
    the epoch's validation is part of the program. What ``fit`` would do, this does: the last,
    smaller batch is trained on, and the scores are the metrics' results over all examples.

    Where `size` is 1, members are trained one after the other by a program for one: that is the
    fastest way on a CPU. Otherwise ``vmap`` trains `size` members side by side; fewer are padded,
    so that one program serves them all.

    Parameters
    ----------
    model : keras.Model
        Compiled. Its own variables are left as they are.
    x, y, sample_weight : array, list of numbers or nest of them, shape (examples, ...)
        What to train on. They are copied to the device once, and shared by all members.
    validation_data : tuple (x, y) or (x, y, sample_weight), or None
        What to validate on after each epoch.
    batch_size : int
        Examples a step.
    validation_batch_size : int
        Examples a validation step.
    shuffle : bool
        Whether the order of the examples is drawn for each epoch, by `seed`, the init and the
        epoch: members of the same init see the same order.
    seed : int
        What the orders depend on beside the init and the epoch.
    size : int or None
        Members side by side. None: 1 on a CPU, elsewhere as many as memory allows, 30 at the most
        (and 1 where the device does not tell what memory it has).
    average : bool
        Whether to validate with the running average of a member's weights over an epoch's steps,
        which is kept among the optimizer's variables; `drop_average` leaves the optimizer as it
        came.
    training_metrics : bool
        Whether the logs have the metrics of training too; without them an epoch is faster.

    Raises
    ------
    RuntimeError
        If Keras runs on another backend than JAX.
    TypeError
        If data are no arrays, or a number no whole one.
    ValueError
        If a number is below 1, the data do not fit together or do not fit the model, or the model
        cannot be traced.

    Examples
    --------
    ::

        import keras
        import numpy as np
        from lrsearch_keras import put_state, take
        from lrsearch_keras.population import CompiledTrainer

        x = np.random.default_rng(0).normal(size=(64, 4))
        y = x.sum(axis=1, keepdims=True)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("adam", "mse")

        trainer = CompiledTrainer(model, x, y, validation_data=(x, y))
        member = trainer.member(take(model))
        for epoch in range(1, 11):
            (member,), (logs,) = trainer.epoch([member], [0.01], [(0, epoch)])
        put_state(model, trainer.state(member))
        logs["val_loss"]
    """

    def __init__(
        self,
        model: keras.Model,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        validation_data: Any = None,
        batch_size: int = 32,
        validation_batch_size: int = 1000,
        shuffle: bool = True,
        seed: int = 0,
        size: int | None = 1,
        average: bool = False,
        training_metrics: bool = True,
    ) -> None:
        check_compiled(model)
        import jax

        self.model = model
        self.training_metrics = training_metrics
        self.shuffle = shuffle
        self.seed = seed
        self.batch_size = at_least(1, "batch_size", batch_size)
        self.validation_batch_size = at_least(1, "validation_batch_size", validation_batch_size)
        wanted = None if size is None else at_least(1, "size", size)
        self.data, self.examples = on_device((x, y, sample_weight))
        self.validation = None
        if validation_data is not None:
            self.validation, _ = on_device(validation_data, "validation_data")
        self._build()
        self._average = None
        if average and Average.possible(model):
            self._average = Average(model, self.steps)
        self._alone = jax.jit(self._epoch, donate_argnums=0)
        self._together = jax.jit(self._epochs, donate_argnums=0)
        self._score = jax.jit(self._validated)
        try:
            self._check_traced()
            self.size = self._room() if wanted is None else wanted
        except BaseException:
            self.drop_average()
            raise

    def member(self, state: State) -> Member:
        """A member that begins with this state."""
        model = dict(zip(map(id, self.model.variables), state.model, strict=True))
        return Member(
            [_placed(v, model[id(v)]) for v in self.model.trainable_variables],
            [_placed(v, model[id(v)]) for v in self.model.non_trainable_variables],
            list(map(_placed, self.model.optimizer.variables, state.optimizer)),
        )

    def state(self, member: Member) -> State:
        """A member's state, copied to the computer's main memory, as `take` would."""
        model = self.model
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        arrays = [*member.trainable, *member.non_trainable]
        by_id = dict(zip(map(id, variables), arrays, strict=True))
        return State(
            [_host(by_id[id(v)]) for v in model.variables],
            [_host(array) for array in member.optimizer],
        )

    def averaged(self, member: Member) -> Member:
        """The member with the average of its weights, as it was validated."""
        if self._average is None:
            return member
        return member._replace(
            trainable=[member.optimizer[place] for place in self._average.places]
        )

    def without_average(self, member: Member) -> State:
        """The member's state, as the model's optimizer has it once averages are dropped."""
        state = self.state(member)
        averages = set() if self._average is None else set(self._average.places)
        return state._replace(
            optimizer=[v for place, v in enumerate(state.optimizer) if place not in averages]
        )

    @property
    def averages(self) -> bool:
        """Whether averages are kept."""
        return self._average is not None

    def drop_average(self) -> None:
        """Keep no averages any more; members of before are used up."""
        if self._average is not None:
            self._average.drop()
            self._average = None

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return -(-self.examples // self.batch_size)

    def epoch(
        self,
        members: Sequence[Member],
        rates: Sequence[float] | Sequence[Sequence[float]],
        at: Sequence[tuple[int, int]],
    ) -> tuple[list[Member], list[dict[str, float]]]:
        """Train each member for one epoch, and validate it.

        Parameters
        ----------
        members : sequence of Member
            At most `size` of them where `size` is above 1. They are used up.
        rates : sequence of float, or array of shape (members, steps)
            The rate of each, for the epoch or step by step.
        at : sequence of tuple (init, epoch)
            Where each member is, the epoch counted from 1: what its order is drawn by.

        Returns
        -------
        members : list of Member
            After the epoch.
        logs : list of dict
            The results of each as ``fit`` names them, those of validation with ``val_``.
        """
        orders = [self._order(*place) for place in at]
        moving = [np.broadcast_to(np.float32(rate), self.steps) for rate in rates]
        if self.size == 1:
            ended = [
                self._alone(member, rate, self.data, self.validation, *order)
                for member, rate, order in zip(members, moving, orders, strict=True)
            ]
        else:
            given, missing = len(members), self.size - len(members)
            if missing < 0:
                raise ValueError(f"the population has {self.size} members, got {given}")
            spare = [Member(*([a.copy() for a in part] for part in members[0]))
                     for _ in range(missing)]  # fmt: skip
            rows, rest = zip(*orders, *[orders[0]] * missing, strict=True)
            rate = np.array(moving + [moving[0]] * missing)
            ended = self._together(
                (*members, *spare), rate, self.data, self.validation, np.stack(rows), np.stack(rest)
            )[:given]
        logs = [{name: float(value) for name, value in results.items()} for _, results in ended]
        return [member for member, _ in ended], logs

    def with_optimizer(self, member: Member, optimizer: Sequence[np.ndarray]) -> Member:
        """The member with its optimizer in this state."""
        variables = self.model.optimizer.variables
        return member._replace(optimizer=list(map(_placed, variables, optimizer)))

    def validate(self, member: Member, data: Any) -> dict[str, float]:
        """A member's results on other data, (x, y) or (x, y, sample_weight)."""
        placed, _ = on_device(data, "data")
        logs, _ = self._score(member.trainable, member.non_trainable, placed)
        return {name: float(value) for name, value in logs.items()}

    def bytes_a_member(self) -> float:
        """Bytes that one member takes while it is trained; the program for one is compiled."""
        start, order = self._start(), self._order(0, 1)
        own = sum(array.nbytes for array in keras.tree.flatten((start[0], order)))
        return bytes_a_member(self._alone.lower(*start, self.validation, *order).compile(), own)

    @property
    def programs(self) -> int:
        """How many programs were compiled for training."""
        return int(self._alone._cache_size() + self._together._cache_size())

    # What is compiled -------------------------------------------------------------------------

    def _epochs(
        self, members: Any, rates: Any, data: Any, validation: Any, rows: Any, rest: Any
    ) -> list[tuple[Member, dict[str, Any]]]:
        import jax
        import jax.numpy as jnp

        stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *members)
        ended = jax.vmap(self._epoch, (0, 0, None, None, 0, 0))(
            stacked, rates, data, validation, rows, rest
        )
        return [jax.tree.map(lambda a, i=i: a[i], ended) for i in range(len(members))]

    def _epoch(
        self, member: Member, rates: Any, data: Any, validation: Any, rows: Any, rest: Any
    ) -> tuple[Member, dict[str, Any]]:
        import jax

        place = self._rate_place

        def step(state: Any, given: Any) -> tuple[Any, None]:
            number, rate, batch = given
            state[2][place] = rate.astype(state[2][place].dtype)
            whole = state if self.training_metrics else (*state, self._metrics)
            _, whole = self.model.train_step(whole, rows_of(data, batch))
            after = tuple(map(list, whole[: len(state)]))
            self._take_in(after, number + 1)
            return after, None

        state = tuple(map(list, member))
        if self.training_metrics:
            state = (*state, self._metrics)
        if len(rows):
            state, _ = jax.lax.scan(step, state, (np.arange(len(rows)), rates[: len(rows)], rows))
        if len(rest):
            state, _ = step(state, (np.int32(len(rows)), rates[-1], rest))
        trainable, non_trainable, optimizer = state[:3]
        logs = self._results(state[3]) if self.training_metrics else {}
        if validation is not None:
            shown = self.averaged(Member(trainable, non_trainable, optimizer)).trainable
            results, non_trainable = self._validated(shown, non_trainable, validation)
            logs |= {f"val_{name}": value for name, value in results.items()}
        return Member(trainable, non_trainable, optimizer), logs

    def _take_in(self, state: Any, steps: Any) -> None:
        """Take the weights into their average after so many steps of the epoch, if it is due."""
        if self._average is None:
            return
        import jax
        import jax.numpy as jnp

        every, horizon, places = self._average.every, self._average.horizon, self._average.places
        last = self.steps % every or every
        since = jnp.where(steps == self.steps, last, every)
        span = early_span(state[2][self._iterations_place], since)
        share = jnp.minimum(1.0, since / jnp.minimum(span, horizon))
        due = (steps % every == 0) | (steps == self.steps)
        averages = jax.lax.cond(
            due, lambda averages: moved(averages, state[0], share), list,
            [state[2][at] for at in places],
        )  # fmt: skip
        for at, average in zip(places, averages, strict=True):
            state[2][at] = average

    def _validated(
        self, trainable: Any, non_trainable: Any, data: Any
    ) -> tuple[dict[str, Any], Any]:
        import jax

        def step(state: Any, batch: Any) -> tuple[Any, None]:
            whole = (trainable, *state)
            _, (_, others, metrics) = self.model.test_step(whole, rows_of(data, batch))
            return (list(others), list(metrics)), None

        rows, rest = batches(np.arange(length(data)), self.validation_batch_size)
        state = (list(non_trainable), self._metrics)
        if len(rows):
            state, _ = jax.lax.scan(step, state, rows)
        if len(rest):
            state, _ = step(state, rest)
        others, metrics = state
        return self._results(metrics), others

    def _results(self, metrics: Any) -> dict[str, Any]:
        mapping = list(zip(self.model.metrics_variables, metrics, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return dict(self.model.get_metrics_result())

    # Before it --------------------------------------------------------------------------------

    def _build(self) -> None:
        model = self.model
        batch = rows_of(self.data, np.arange(min(self.batch_size, self.examples)))
        with explained(model, _TRAINED, self.data):
            model._symbolic_build(data_batch=batch)
        model.optimizer.build(model.trainable_variables)
        model.reset_metrics()
        import jax.numpy as jnp

        self._metrics = [jnp.array(variable.value) for variable in model.metrics_variables]
        rate = model.optimizer.learning_rate
        iterations = inner(model.optimizer)._iterations
        self._rate_place, self._iterations_place = (
            [v is variable for v in model.optimizer.variables].index(True)
            for variable in (rate, iterations)
        )

    def _check_traced(self) -> None:
        start, order = self._start(), self._order(0, 1)
        try:
            self._alone.eval_shape(*start, self.validation, *order)
        except UNFIT as error:
            with explained(self.model, _TRAINED, self.data):
                self._alone.eval_shape(*start, None, *order)
            raise explanation(self.model, _VALIDATED, self.validation, error) from error

    def _room(self) -> int:
        (device,) = keras.tree.flatten(self.data)[0].devices()
        if device.platform == "cpu":
            return 1
        return members_that_fit(free_bytes(device), self.bytes_a_member())

    def _start(self) -> tuple[Member, Any, Any]:
        model = self.model
        variables = model.trainable_variables, model.non_trainable_variables
        values = [[v.value for v in part] for part in (*variables, model.optimizer.variables)]
        return Member(*values), np.zeros(self.steps, np.float32), self.data

    def _order(self, init: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        order = np.arange(self.examples)
        if self.shuffle:
            order = np.random.default_rng([self.seed, init, epoch]).permutation(self.examples)
        return batches(order, self.batch_size)


def _placed(variable: Any, value: Any) -> Any:
    import jax.numpy as jnp

    return jnp.array(value, dtype=variable.value.dtype)


def _host(array: Any) -> np.ndarray:
    value = np.array(array)
    return value.astype(np.float32) if value.dtype.kind == "V" else value
