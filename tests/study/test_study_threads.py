"""A study is read while other threads report."""

import concurrent.futures
import os
import sys
import threading
import time

import pytest

import lrsearch
from lrsearch.results.page import page
from lrsearch.study import Study


@pytest.fixture
def often():
    """Threads take turns far more often than they would."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


READS = {
    "rate": lambda study: study.rate,
    "evidence": lambda study: study.evidence(),
    "page": page,
    "csv": lambda study: study.to_csv(scores=True),
    "trials": lambda study: [dict(record.scores) for record in study.trials],
    "rounds": lambda study: [list(round.rates) for round in study.rounds],
}


@pytest.mark.parametrize("how", ["evidence", "page"])
def test_what_is_read_is_of_one_moment(path, monkeypatch, how):
    reading, of = threading.Event(), lrsearch.Evidence.of

    def slowly(records, *rest):
        scores = iter(records[0].scores)
        next(scores)
        reading.set()
        time.sleep(0.3)
        list(scores)
        return of(records, *rest)

    with Study(path, lrsearch.GridSearch(["0.1", "0.01"], epochs=5)) as study:
        trial = study.ask()
        study.report(trial, 0.5)
        monkeypatch.setattr(lrsearch.Evidence, "of", slowly)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            shown = pool.submit(READS[how], study)
            reading.wait()
            study.report(trial, 0.25)
            assert shown.result() is not None
        assert len(study.trials[0].scores) == 2


@pytest.mark.skipif(not os.environ.get("LRSEARCH_TORTURE"), reason="takes its time")
@pytest.mark.parametrize("how", READS)
def test_reading_while_others_report_reads_one_moment(path, often, how):
    rates = [str(1 + n / 1000) for n in range(8)]
    with Study(path, lrsearch.GridSearch(rates, epochs=12)) as study:
        errors, over = [], threading.Event()

        def read():
            while not over.is_set():
                try:
                    READS[how](study)
                except Exception as error:
                    errors.append(error)
                    over.set()

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        for trial in study:
            for epoch in range(trial.epochs):
                study.report(trial, 1 / (epoch + trial.rate))
            if over.is_set():
                break
        over.set()
        for reader in readers:
            reader.join()
        assert errors == []
