"""All doctests of the core, with what is installed: NumPy alone, where this is run for a release.

A module or an example that needs an extra has to say so by an ImportError that names it.
"""

import doctest
import importlib
import pkgutil
import sys

import lrsearch

EXTRAS = {"lrsearch.cli", "lrsearch.testing"}
"""Rooms that cannot be entered without an extra."""


class Runner(doctest.DocTestRunner):
    """Counts what stopped at an extra that is missing, and leaves the rest of such a test out."""

    def __init__(self):
        super().__init__(verbose=False, optionflags=doctest.ELLIPSIS)
        self.stopped, self.missing = None, 0

    def report_unexpected_exception(self, out, test, example, exc_info):
        error = exc_info[1]
        if isinstance(error, ImportError) and ("pip install" in str(error) or error.name == "rich"):
            self.stopped = test
        if self.stopped is test:
            self.missing += 1
        else:
            super().report_unexpected_exception(out, test, example, exc_info)

    def report_failure(self, out, test, example, got):
        if self.stopped is test:
            self.missing += 1
        else:
            super().report_failure(out, test, example, got)


def main():
    runner = Runner()
    finder = doctest.DocTestFinder()
    for module in pkgutil.walk_packages(lrsearch.__path__, "lrsearch."):
        if any(module.name == room or module.name.startswith(f"{room}.") for room in EXTRAS):
            continue
        for test in finder.find(importlib.import_module(module.name), module.name):
            runner.run(test)
    failures = runner.failures - runner.missing
    print(
        f"Python {sys.version.split()[0]}, lrsearch {lrsearch.__version__} from "
        f"{lrsearch.__file__}: {runner.tries} examples, {failures} failed, "
        f"{runner.missing} need an extra"
    )
    return int(failures > 0 or runner.tries < 200)


if __name__ == "__main__":
    sys.exit(main())
