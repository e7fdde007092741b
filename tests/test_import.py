"""What importing the package loads, and what it offers."""

import json
import subprocess
import sys

import lrsearch


def loaded(script):
    """The modules that a script leaves loaded, beyond those of NumPy."""
    script = (
        "import sys, json, numpy; before = set(sys.modules)\n"
        f"{script}\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_a_search_loads_no_room_that_it_does_not_need():
    script = "import lrsearch; search = lrsearch.DigitRace(20, 4); search.tell(search.ask(), 0.5)"
    modules = loaded(script)
    others = {name.partition(".")[0] for name in modules} - {*sys.stdlib_module_names, "numpy"}
    assert others == {"lrsearch"}
    assert not [name for name in modules if name.startswith(("lrsearch.study", "lrsearch.train"))]
    assert "sqlite3" not in modules


def test_each_public_name_is_there_and_rooms_are_modules():
    script = (
        "import lrsearch\n"
        "assert all(hasattr(lrsearch, name) for name in lrsearch.__all__)\n"
        "assert set(lrsearch.__all__) <= set(dir(lrsearch))\n"
        "lrsearch.study.Study, lrsearch.training.Explorer, lrsearch.results.rounds_text\n"
        "lrsearch.evidence.Evidence, lrsearch.exploit.Exploit, lrsearch.searches.DigitSearch\n"
        "assert not hasattr(lrsearch, 'nothing')"
    )
    assert "lrsearch.study" in loaded(script)


def test_report_is_a_function_and_results_is_the_module():
    assert type(lrsearch.report) is type(lambda: None)
    assert type(lrsearch.results) is type(json)
    assert lrsearch.results.rounds_text
