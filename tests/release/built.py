"""What was built is what an index and a packager need: ``nox -s release`` says where it lies."""

import email
import os
import re
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DIST = Path(os.environ["LRSEARCH_DIST"])
VERSION = re.search('__version__ = "(.*)"', (ROOT / "lrsearch/version.py").read_text())[1]


@pytest.fixture(scope="module")
def wheel():
    with zipfile.ZipFile(DIST / f"lrsearch-{VERSION}-py3-none-any.whl") as opened:
        yield opened


@pytest.fixture(scope="module")
def metadata(wheel):
    text = wheel.read(f"lrsearch-{VERSION}.dist-info/METADATA").decode()
    return email.message_from_string(text)


def test_the_wheel_has_the_packages_with_their_types_and_nothing_else(wheel):
    names = wheel.namelist()
    packages = {name.partition("/")[0] for name in names}
    adapters = {path.name for path in (ROOT / "adapters").iterdir() if path.is_dir()}
    assert packages == {"lrsearch", f"lrsearch-{VERSION}.dist-info", *adapters}
    assert {f"{name}/py.typed" for name in {"lrsearch", *adapters}} <= set(names)
    assert {"lrsearch/results/page.css", "lrsearch/results/page.js"} <= set(names)


def test_the_sdist_has_docs_and_tests():
    with tarfile.open(DIST / f"lrsearch-{VERSION}.tar.gz") as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {
        "docs/conf.py", "docs/index.md", "docs/figures/race.svg", "docs/_static/site.css",
        "tests/conftest.py", "tests/paper_log.py", "conftest.py", "noxfile.py", "LICENSE",
        "README.md", "README.ja.md", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff",
        "examples/keras_fit.py",
    } <= names  # fmt: skip
    assert not [name for name in names if "_build" in name or "__pycache__" in name]


def test_the_page_of_an_index_refers_to_nothing_that_is_not_there(metadata):
    text = metadata.get_payload()
    assert text.startswith("# lrsearch")
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", text) == []
    assert "<!--" not in text
    assert "invisible" not in text


def test_a_classifier_for_each_python_that_the_wheel_is_tried_with(metadata):
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(metadata.get_all("Classifier")))
    tried = re.search(r"^PYTHONS = \((.*)\)", (ROOT / "noxfile.py").read_text(), re.M)[1]
    assert named == re.findall(r"3\.\d+", tried)
    assert metadata["Requires-Python"] == f">={named[0]}"


def test_installing_it_brings_numpy_alone(metadata):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    always = [need for need in metadata.get_all("Requires-Dist") if "extra ==" not in need]
    assert always == project["dependencies"] == ["numpy>=2"]
    assert metadata["Author"]
    assert metadata["License-Expression"] == "MIT"
