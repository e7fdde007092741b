"""What the scores can tell apart: the interval about the best rate, and how many digits that is.

Learning curves are read in `curves`, intervals found in `intervals`, both pure functions of
arrays; `evidence` says it to people.
"""

from lrsearch.evidence.curves import Curve, curve, finals, gain, promises, scatter
from lrsearch.evidence.evidence import Evidence

__all__ = ["Curve", "Evidence", "curve", "finals", "gain", "promises", "scatter"]
