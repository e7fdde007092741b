"""A study of a search keeps the contract of every search."""

import pytest

import lrsearch
from lrsearch.study.study import Study
from lrsearch.testing import SearchContract, run, state


class StudyContract(SearchContract):
    """The contract of every search, kept by a study of one."""

    @pytest.fixture(autouse=True)
    def _in_a_folder(self, tmp_path):
        self.folder, self.made = tmp_path, []
        yield
        for study in self.made:
            study.close()

    def make(self, direction):
        path = self.folder / f"{len(self.made)}.db"
        self.made.append(Study(path, self.plain(direction)))
        return self.made[-1]

    def test_the_file_opened_again_gives_the_same_state(self):
        study = self.search()
        run(study)
        with Study.open(study.path) as again:
            assert state(again) == state(study)


class TestStudyOfDigitSearch(StudyContract):
    def plain(self, direction):
        return lrsearch.DigitSearch(digits=2, epochs=2, direction=direction)


class TestStudyOfGridSearch(StudyContract):
    def plain(self, direction):
        return lrsearch.GridSearch(epochs=3, direction=direction)


class TestStudyOfRandomSearch(StudyContract):
    def plain(self, direction):
        return lrsearch.RandomSearch(30, epochs=3, direction=direction, seed=5)
