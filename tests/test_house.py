"""What is said of the repository itself: its sessions, and its pictures."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def sessions():
    """The sessions of the noxfile by name, with their docstrings."""
    for node in ast.parse((ROOT / "noxfile.py").read_text()).body:
        if isinstance(node, ast.FunctionDef):
            marks = [ast.unparse(mark) for mark in node.decorator_list]
            for mark in marks:
                if mark.startswith("nox.session"):
                    named = re.search(r"name='(.*)'", mark)
                    yield named[1] if named else node.name, ast.get_docstring(node)


def test_nox_l_is_a_table_of_contents():
    told = dict(sessions())
    assert len(told) > 15
    for name, line in told.items():
        assert line, name
        assert len(line.splitlines()) == 1, name


def test_contributing_is_one_page_and_names_sessions_that_there_are():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert len(text.split()) < 700
    named = {n for line in re.findall(r"nox -s ([a-z -]+?)(?: --.*)?`", text) for n in line.split()}
    assert {"tests", "lint", "types", "docs", "release"} <= named <= set(dict(sessions()))


def test_the_pictures_of_readme_and_site_are_drawn_from_what_is_stored(tmp_path):
    pytest.importorskip("matplotlib")
    command = [sys.executable, "-m", "docs.figures", str(tmp_path)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    kept = ROOT / "docs" / "figures"
    assert {p.name for p in tmp_path.iterdir()} == {p.name for p in kept.iterdir()}
    for path in tmp_path.glob("*.svg"):
        drawn, stored = (re.findall(r"<text[^>]*>([^<]*)", p.read_text())
                         for p in (path, kept / path.name))  # fmt: skip
        assert drawn == stored
        assert len(drawn) > 10
