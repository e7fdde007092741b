"""Every package that is shipped says that its types are there."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]


@pytest.mark.parametrize("package", BUILD["targets"]["wheel"]["packages"])
def test_a_package_of_the_wheel_has_its_marker_of_types(package):
    assert (ROOT / package / "py.typed").is_file()
