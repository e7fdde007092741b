"""A search that is durable and shared: its events in a SQLite file, whoever works on it.

`study` is the search of a file, for one worker or many; `status` how it stands, read without a
replay. Below them: `stored` (a search where its events bring it), `store` (what is in the file,
checked), `sqlite` (transactions and patience), `claims` and `lease` (who holds which trial),
`mirror` (a second copy of the file).
"""

from lrsearch.study.status import Status, read_status
from lrsearch.study.study import Study, StudyError
from lrsearch.study.tables import Claim, Row

__all__ = ["Claim", "Row", "Status", "Study", "StudyError", "read_status"]
