"""Study files that somebody made with care: whatever is in them, their checksums fit."""

import contextlib
import json
import operator
import sqlite3
from functools import reduce

from lrsearch.study.events import chained, checksum
from lrsearch.study.tables import COLUMNS, SLOTS, Row, row_checksum


@contextlib.contextmanager
def crafted(path):
    """What a study's file holds, to be altered in the block; its checksums fit afterwards."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        fetched = connection.execute("SELECT key, text FROM study").fetchall()
        content = {key: json.loads(text) for key, text in fetched}
        query = "SELECT number, time, event FROM events ORDER BY number"
        content["events"] = [list(row) for row in connection.execute(query)]
        query = f"SELECT {COLUMNS} FROM trials ORDER BY number"
        content["trials"] = [list(row) for row in connection.execute(query)]
        content["claims"] = [list(row) for row in connection.execute("SELECT * FROM claims")]
        yield content
        events, trials, claims = (content.pop(name) for name in ("events", "trials", "claims"))
        sums = chained(events, 0)
        rows = [(*row, row_checksum(Row(*row))) for row in trials]
        if isinstance(content["state"], dict):
            digest = reduce(operator.xor, (row[-1] for row in rows), 0)
            known = {"chain": sums[-1] if sums else 0, "digest": digest}
            content["state"] |= {k: v for k, v in known.items() if k in content["state"]}
        connection.execute("BEGIN")
        for table in ("study", "events", "trials", "claims"):
            connection.execute(f"DELETE FROM {table}")
        for key, value in content.items():
            text = value.decode() if isinstance(value, bytes) else json.dumps(value)
            connection.execute(
                "INSERT INTO study VALUES (?, ?, ?)", (key, text, checksum(key + text))
            )
        connection.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?)",
            [(*row, known) for row, known in zip(events, sums, strict=True)],
        )
        connection.executemany(f"INSERT INTO trials VALUES ({SLOTS})", rows)
        connection.executemany("INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?)", claims)
        connection.execute("COMMIT")
