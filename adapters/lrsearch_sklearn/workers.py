"""Workers beside those that scikit-learn's own search holds meanwhile."""

from __future__ import annotations

import copy
from typing import Any

from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel

__all__ = ["parallel"]


def parallel(n_jobs: int | None, pre_dispatch: Any) -> Parallel:
    """A `Parallel` for one call, of the kind that is active.

    It has a backend of its own: within ``joblib.parallel_backend`` one that is shared would be
    ended with the call, under the search that still uses it.

    Examples
    --------
    >>> from sklearn.utils.parallel import delayed
    >>> parallel(1, "all")(delayed(abs)(number) for number in (-1, 2))
    [1, 2]
    """
    backend = copy.copy(get_active_backend()[0])
    return Parallel(n_jobs=n_jobs, pre_dispatch=pre_dispatch, backend=backend)
