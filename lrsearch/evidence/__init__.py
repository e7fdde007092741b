"""What the scores can tell apart: the interval about the best rate, and how many digits that is.

`sweep` gathers the trainings of each rate and sets failures aside, `fits` has polynomials and
quantiles, `intervals` finds where the optimum may lie, all pure functions of arrays; `evidence`
and `sentences` say it to people, and `next_digit` what another digit would cost. Learning curves
are read in `curves`.
"""

from lrsearch.evidence.curves import Curve, curve, finals, promises, scatter
from lrsearch.evidence.evidence import Evidence
from lrsearch.evidence.next_digit import NextDigit

__all__ = ["Curve", "Evidence", "NextDigit", "curve", "finals", "promises", "scatter"]
