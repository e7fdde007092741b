"""LRSearchCV: a search of the learning rate beside GridSearchCV."""

from __future__ import annotations

import os
import warnings
from math import ceil, isfinite
from numbers import Integral
from typing import Any, ClassVar

import joblib
import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted, indexable

from lrsearch import DECADES, Search
from lrsearch_sklearn import checks, options
from lrsearch_sklearn.candidates import filled
from lrsearch_sklearn.epochs import CountingScorer
from lrsearch_sklearn.evaluation import Evaluation, Fit, HeldSplits, refitting
from lrsearch_sklearn.exploring import Exploration
from lrsearch_sklearn.folds import complete
from lrsearch_sklearn.plotting import plot_search
from lrsearch_sklearn.searches import as_search, evidence_of, new_search
from lrsearch_sklearn.session import Session

__all__ = ["LRSearchCV"]


class LRSearchCV(BaseSearchCV):
    """Search one positive number, digit by digit, by cross-validation.

    Used as `sklearn.model_selection.GridSearchCV`, with the name of a parameter in the place of a
    grid. Each round of rates is evaluated together, so that `n_jobs` works on folds and
    candidates; the search is told each mean score and, as its standard error, the spread of the
    folds.

    Parameters
    ----------
    estimator : estimator
        With a ``score`` method, or else `scoring` has to be given.
    param : str
        The parameter to search, a positive number: ``"learning_rate_init"``, ``"eta0"``, ``"C"``,
        ``"mlp__learning_rate_init"`` in a pipeline.
    search : Search, optional
        Any strategy of lrsearch, each of whose values is trained on all folds. It is rebuilt from
        its configuration at each fit, to maximise, and stays as it is. By default a
        `lrsearch.GapSearch`, whose values are trained on one fold first, and on others while they
        are not behind the best one on the same folds.
    param_grid : dict or list of dict, optional
        Other parameters, as for GridSearchCV; a value that is no list is fixed. Each point of the
        grid gets a search (and a budget) of its own; by default, what is behind another point's
        best on a fold is trained on no other.
    resource : str, optional
        The estimator's parameter that counts its epochs, such as ``"max_iter"``. The default search
        then begins with short trainings, a sixteenth of a full one, which rule out decades. With
        `budget`, `resume` or `truncated` it is a `lrsearch.DigitRace`: every leg trains from the
        start and is charged in full; one that would be the same as a shorter one, which has stopped
        by itself in every fold, is not trained again.
    max_resource : int, optional
        Epochs of a full training; by default what the estimator has.
    budget : int, optional
        A race's epochs, on each fold, the full training of the rate that is found among them; with
        `resume` or `truncated` by default 3.5 full trainings and 10 epochs more.
    resume : bool
        With `resource`: go on by ``partial_fit`` where a trial's last leg ended, instead of
        training from the start. Every epoch is scored; at the end the rates recommended and best
        are trained in full by ``fit``, and the better one is chosen.
    truncated : bool
        With `resource`: recommend a training of fewer epochs where it scores more than the full
        ones. Otherwise `best_params_` always has the full resource.
    scoring, n_jobs, refit, cv, verbose, pre_dispatch, error_score, return_train_score
        As for GridSearchCV. With several scores the one that `refit` names leads the search, or
        else the first. `cv` has to yield the same splits at each call. With ``verbose=1`` there is
        a progress bar, where rich is installed, and from 2 on what scikit-learn prints as well.
    directory : path, optional
        Made if need be. It gets ``best_estimator.skops`` after each best candidate so far (if
        `refit`), each candidate's scores, a study from which a killed fit goes on, and at the end
        tables and a page, ``search.html``.
    X_test : array-like, optional
        With `directory`: examples to predict, in ``best_predictions.csv``, after each best
        candidate so far.

    Attributes
    ----------
    rate_ : lrsearch.Rate
        The rate found, an exact decimal: the one of `best_params_`, whatever chose it.
    evidence_ : lrsearch.Evidence or None
        Which rates the scores cannot tell apart from `rate_`, and how many digits they support.
        Where the scores speak for another rate (`rate_` lies at the edge of a cliff, or `refit`
        chose it against them), the sentence says so.
    search_ : Search
        The finished search; of a grid, the best point's.
    searches_ : list of Search
        One for each point of `param_grid`.
    cv_results_ : dict of arrays, shape (n_candidates,)
        As GridSearchCV's, with the columns ``round``, ``digit``, ``trial`` and ``folds``, on how
        many a candidate was trained, and with a resource ``n_resources``. A candidate that was not
        trained on all folds has nan for those, and for its mean what its folds promise, in a
        comparison with the best one on the same folds.
    best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, refit_time_, \
multimetric_, classes_, n_features_in_, feature_names_in_
        As GridSearchCV's. The best candidate was trained with the estimator's own `resource` and
        `random_state` (where a search trained the rate it recommends with others only, it is
        trained so at the end). Without a resource, it is the best at the rate that the search
        recommends.

    Raises
    ------
    ValueError
        From fit, if `param` is no parameter of the estimator or not a positive number, `resource`
        not an integer, the splits change between calls, no fit goes well, or no candidate has a
        finite score.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = LRSearchCV(Ridge(), "alpha", cv=5).fit(X, y)
    >>> search.rate_, float(round(search.best_score_, 3))
    (Rate('0.000024'), 0.482)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseSearchCV._parameter_constraints,
        "param": [str],
        "search": [Search, None],
        "param_grid": [dict, list, tuple, None],
        "resource": [str, None],
        "max_resource": [Interval(Integral, 0, None, closed="neither"), None],
        "budget": [Interval(Integral, 0, None, closed="neither"), None],
        "resume": ["boolean"],
        "truncated": ["boolean"],
        "directory": [str, os.PathLike, None],
        "X_test": "no_validation",
    }

    def __init__(
        self,
        estimator: Any,
        param: str,
        *,
        search: Search | None = None,
        param_grid: Any = None,
        resource: str | None = None,
        max_resource: int | None = None,
        budget: int | None = None,
        resume: bool = False,
        truncated: bool = False,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        error_score: Any = np.nan,
        return_train_score: bool = False,
        directory: str | os.PathLike[str] | None = None,
        X_test: Any = None,
    ) -> None:
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param = param
        self.search = search
        self.param_grid = param_grid
        self.resource = resource
        self.max_resource = max_resource
        self.budget = budget
        self.resume = resume
        self.truncated = truncated
        self.directory = directory
        self.X_test = X_test

    def fit(self, X: Any, y: Any = None, **params: Any) -> LRSearchCV:
        """Search, and fit the best estimator on all data.

        Parameters
        ----------
        X : array-like, shape (n_samples, ...)
            Training examples.
        y : array-like, shape (n_samples,) or (n_samples, n_outputs), optional
            Targets.
        **params
            Passed to the estimator's ``fit``, the scorer and the splitter, as by GridSearchCV.

        Returns
        -------
        self
        """
        self._fit = Fit(X, y)
        try:
            super().fit(X, y, **params)
            if isinstance(self.scorer_, CountingScorer):
                scorer = self.scorer_.__wrapped__
                self.scorer_ = getattr(scorer, "_scorers", scorer)
            self._describe_best()
            if self._fit.folder is not None and self.refit:
                self._fit.folder.write_best(self.best_estimator_)
        finally:
            fit = self.__dict__.pop("_fit")
            fit.close()
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Without what only a fit that is going on knows: its open study stays in its process."""
        return {name: value for name, value in super().__getstate__().items() if name != "_fit"}

    # What scikit-learn's fit calls, in this order ---------------------------------------------

    def _get_scorers(self) -> Any:
        scorers, refit_metric = super()._get_scorers()
        counts = hasattr(self, "_fit") and self.resource is not None and not self.resume
        return CountingScorer(scorers, self.resource) if counts else scorers, refit_metric

    def _get_routed_params_for_fit(self, params: dict[str, Any]) -> Any:
        self._fit.routed = super()._get_routed_params_for_fit(params)
        return self._fit.routed

    def _run_search(self, evaluate_candidates: Any, *, callback_ctx: Any = None) -> None:
        fit = self._fit
        self._prepare(fit)
        fit.folder = options.folder(self, fit)
        workers = joblib.effective_n_jobs(self.n_jobs)
        searches = options.studies(fit)
        at_once = ceil(workers / max(1, fit.n_splits))
        exploration = Exploration(self, fit.points, searches, fit.most, at_once)
        evaluate = Evaluation(self, evaluate_candidates, fit, callback_ctx)
        refit = refitting(self.estimator, fit.X, fit.y, fit.routed.estimator.fit)
        with options.progress(self, fit, searches) as progress:
            Session(
                exploration,
                fit.n_splits,
                evaluate,
                options.continued(self, fit),
                fit.folder,
                refit if self.refit else None,
                workers,
                progress,
                evaluate.on_folds if exploration.by_default else None,
            ).run()
        evaluate.close()
        self._conclude(exploration)

    def _prepare(self, fit: Fit) -> None:
        """Check what is given, and build the searches."""
        fit.X, fit.y = indexable(fit.X, fit.y)
        cv = getattr(self, "_checked_cv_orig", None)  # scikit-learn before 1.9 does not keep it
        if cv is None:
            cv = check_cv(self.cv, fit.y, classifier=is_classifier(self.estimator))
        checks.check_constant_splits(cv)
        fit.splits = HeldSplits(cv)
        fit.n_splits = cv.get_n_splits(fit.X, fit.y, **fit.routed.splitter.split)
        searched = [self.param] if self.resource is None else [self.param, self.resource]
        fit.points = checks.grid_points(self.param_grid, searched)
        checks.check_options(self)
        if self.resource is not None:
            fit.most = checks.check_resource(
                self.estimator, self.resource, self.max_resource, [self.param]
            )
        fit.searches = [new_search(self, fit.most) for _ in fit.points]
        first = [rate for round in fit.searches[0].rounds for rate in round.rates]
        for point in fit.points:
            checks.check_param(self.estimator, self.param, [*first, *DECADES], point)

    def _format_results(
        self, candidate_params: Any, n_splits: int, out: Any, more_results: Any = None
    ) -> dict[str, Any]:
        """Take the folds' results as they come; the whole is formatted once, at the end."""
        self._fit.outs = out
        return self._fit.results

    def _select_best_index(self, refit: Any, refit_metric: str, results: dict[str, Any]) -> int:
        if callable(refit):
            return int(super()._select_best_index(refit, refit_metric, results))
        exploration: Exploration = self._fit.exploration
        return exploration.chosen(results[f"mean_test_{refit_metric}"])

    def _conclude(self, exploration: Exploration) -> None:
        fit = self._fit
        fit.exploration = exploration
        rows = list(exploration.rows.values())
        with warnings.catch_warnings():
            if all(row.partial or isfinite(exploration.mean(row)) for row in rows):
                warnings.filterwarnings("ignore", "One or more of the")  # nan: not trained there
            results = super()._format_results(
                [row.candidate.params for row in rows],
                fit.n_splits,
                filled(rows, exploration.error_score, self.return_train_score),
                exploration.columns(),
            )
        promises = {index: row.promise[0] for index, row in enumerate(rows) if row.promise}
        complete(results, promises, exploration.metric or "score")
        fit.results.update(results)
        self.searches_ = [as_search(search) for search in exploration.searches]

    def _describe_best(self) -> None:
        """Say of the best candidate, whatever has chosen it, its search, its rate, its evidence."""
        exploration: Exploration = self._fit.exploration
        rows = list(exploration.rows.values())
        if self.refit or not self.multimetric_:
            best = self.best_index_
        else:
            best = exploration.chosen([exploration.mean(row) for row in rows])
        candidate = rows[best].candidate
        self.search_ = self.searches_[candidate.point]
        self.rate_ = candidate.trial.rate
        self.evidence_ = evidence_of(self.search_, self.rate_)
        if self._fit.folder is not None:
            self._fit.folder.write_report(self.search_)

    # After the fit ----------------------------------------------------------------------------

    def plot(self, ax: Any = None) -> Any:
        """Draw each rate's mean score, its standard error and the evidence's interval.

        Colours are rounds, in a race epochs. The matplotlib Axes is returned.

        Raises
        ------
        NotFittedError, ImportError
            Before the fit, and if matplotlib is not installed.
        """
        check_is_fitted(self, "search_")
        return plot_search(self.search_, self.param, ax)

    def to_dataframe(self) -> Any:
        """`cv_results_` as a pandas DataFrame, the best rank first.

        Raises
        ------
        NotFittedError, ImportError
            Before the fit, and if pandas is not installed.
        """
        check_is_fitted(self, "search_")
        try:
            import pandas
        except ImportError as error:
            raise ImportError("to_dataframe() needs pandas: pip install pandas") from error
        table = pandas.DataFrame(self.cv_results_)
        rank = next(name for name in table.columns if name.startswith("rank_test_"))
        if isinstance(self.refit, str):
            rank = f"rank_test_{self.refit}"
        return table.sort_values(rank, kind="stable", ignore_index=True)
