"""A run folder of which a file is damaged: the run goes on as it would have, or says what is wrong.

LRSEARCH_TORTURE=1 damages some five hundred folders.
"""

import collections
import itertools
import os
import random
import shutil
import time
import warnings
from pathlib import Path

import pytest

from lrsearch import StudyError
from tests.training.numpy_run import outcome, started, trained

TORTURE = os.environ.get("LRSEARCH_TORTURE") == "1"
STOPS = {"exploring": 19, "exploiting": 31, "over": None}
SHARE = 1 if TORTURE else 12
"""One damage of so many is done."""

pytestmark = pytest.mark.usefixtures("without_pictures")


@pytest.fixture
def folders(tmp_path):
    """Runs that were killed while they explored or exploited, and one that is over."""
    kept = [trained(tmp_path / name, stop) for name, stop in STOPS.items()]
    copies = {name: shutil.copytree(tmp_path / name, tmp_path / f"{name} then") for name in STOPS}
    assert len(kept) == 3
    return copies


def damages(folder, draw):
    """The damages of a folder: each a name, and what does it."""
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    for name in files:
        yield f"{name} removed", lambda copy, name=name: (copy / name).unlink()
        yield f"{name} emptied", lambda copy, name=name: (copy / name).write_bytes(b"")
        content = (folder / name).read_bytes()
        for cut in [draw.randrange(len(content) or 1) for _ in range(2)]:
            yield (
                f"{name} cut off at {cut}",
                lambda copy, name=name, text=content[:cut]: (copy / name).write_bytes(text),
            )
        for bit in [draw.randrange(8 * len(content) or 1) for _ in range(8)]:
            flipped = bytearray(content or b" ")
            flipped[bit // 8] ^= 1 << bit % 8
            yield (
                f"{name}, bit {bit} flipped",
                lambda copy, name=name, text=bytes(flipped): (copy / name).write_bytes(text),
            )
    for one, other in itertools.permutations(files, 2):
        if one.suffix == other.suffix and draw.random() < 0.5:
            yield (
                f"{one} copied over {other}",
                lambda copy, one=one, other=other: shutil.copyfile(copy / one, copy / other),
            )


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("exploring", "first.npz", "last.npz"),
        ("exploring", "trials/000009.npz", "trials/000010.npz"),
        ("exploiting", "last.npz", "exploit.npz"),
        ("exploiting", "first.npz", "best_weights.npz"),
        ("over", "summary.json", "run.json"),
    ],
)
def test_a_whole_file_in_the_place_of_another_is_found_out(folders, kind, one, other):
    folder = folders[kind]
    shutil.copyfile(folder / one, folder / other)
    with pytest.raises(ValueError, match=rf"{other} is damaged .* another directory"):
        trained(folder)


@pytest.mark.parametrize("name", ["last.npz", "best_weights.npz", "run.json"])
def test_a_file_of_an_earlier_epoch_is_found_out(tmp_path, name):
    folder, earlier = tmp_path / "run", tmp_path / name
    kept = [trained(folder, 2)]
    shutil.copyfile(folder / name, earlier)
    kept.append(trained(folder, 33))
    shutil.copyfile(earlier, folder / name)
    with pytest.raises(ValueError, match=f"{name} is damaged"):
        trained(folder)
    assert len(kept) == 2


def test_a_bit_that_flipped_in_the_best_weights_is_found_out_when_the_run_is_over(folders):
    path = folders["over"] / "best_weights.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 64
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"best_weights.npz is damaged .*: put a copy of it back"):
        trained(folders["over"])


def test_the_checksums_are_missed_where_they_were_written(folders):
    (folders["exploiting"] / "checksums.json").unlink()
    with pytest.raises(ValueError, match=r"checksums.json lacks the checksums of its files"):
        trained(folders["exploiting"])


def test_a_paused_trials_missing_state_is_warned_of(folders):
    (folders["exploring"] / "trials" / "000010.npz").unlink()
    with pytest.warns(
        RuntimeWarning, match="10.npz is missing, or older: its trial is trained again from"
    ):
        assert len(trained(folders["exploring"]).history) == 40


def test_an_explorer_does_not_go_on_where_another_process_was_meanwhile(folders):
    explorer = trained(folders["exploring"], 21)
    explorer.restore()
    shutil.copyfile(
        folders["exploiting"] / "checksums.json", explorer.folder.directory / "checksums.json"
    )
    with pytest.raises(
        ValueError, match=r"another process has gone on with the run in .* new Explorer"
    ):
        explorer.begin()


def test_killed_at_any_moment_every_file_fits_its_checksum(tmp_path):
    draw, folder = random.Random(3), tmp_path / "run"
    for _ in range(60 if TORTURE else 3):
        process = started(folder)
        process.stdout.readline()
        time.sleep(draw.uniform(0, 0.1))
        process.kill()
        process.communicate()
    # One of a file, and the one of the checksums that is written before the file gets its name.
    assert len(list(folder.glob("**/.partial-*"))) <= 2
    assert outcome(trained(folder)) == outcome(trained(None))
    assert not list(folder.glob("**/.partial-*"))


def came_of(copy, expected):
    """What came of a run with a damaged folder, in a word."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = outcome(trained(copy))
        except (FileExistsError, StudyError, ValueError) as error:
            named = str(copy) in str(error)
            useful = "directory" in str(error) or isinstance(error, StudyError)
            return "refused" if named and useful else f"refused without help: {error!r}"
        except Exception as error:  # whatever else it raises
            return f"raw error: {error!r}"
    told = [str(warning.message) for warning in caught]
    if found == expected:
        return "the same"
    return "warned" if any(str(copy) in text for text in told) else f"silently different: {told}"


def test_a_damaged_folder_is_gone_on_with_as_it_was_or_refused(folders, tmp_path):
    expected = outcome(trained(None))
    counts, wrong = collections.Counter(), []
    for kind, folder in folders.items():
        draw = random.Random(kind)
        cases = list(damages(folder, draw))
        for name, damage in cases if TORTURE else draw.sample(cases, len(cases) // SHARE):
            copy = Path(shutil.copytree(folder, tmp_path / "copy"))
            damage(copy)
            result = came_of(copy, expected)
            counts[result.partition(":")[0]] += 1
            if ":" in result or "without help" in result:
                wrong.append(f"{kind}, {name}: {result}")
            shutil.rmtree(copy)
    print(dict(counts))
    assert not wrong, "\n".join(wrong)
    assert counts["refused"] > counts["warned"]
