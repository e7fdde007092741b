"""Files are written whole or not at all."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from lrsearch import files


def test_a_failing_writer_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "best.weights.h5"
    path.write_bytes(b"old")

    def write_half():
        with files.replacing(path) as temporary:
            temporary.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_keeps_the_whole_ending(tmp_path):
    with files.replacing(tmp_path / "best.weights.h5") as temporary:
        assert temporary.name.endswith(".weights.h5")
        assert temporary.parent == tmp_path


def test_a_process_killed_at_any_moment_leaves_a_whole_file(tmp_path):
    path = tmp_path / "numbers.csv"
    code = (
        "import sys; from lrsearch.files import write_predictions\n"
        "import numpy as np\n"
        "n = 0\n"
        "while True:\n"
        "    write_predictions(sys.argv[1], np.full((500, 3), n)); n += 1\n"
    )
    for delay in (0.0, 0.01, 0.02, 0.035, 0.05):
        process = subprocess.Popen([sys.executable, "-c", code, str(path)])
        deadline = time.monotonic() + 30
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        lines = path.read_text().splitlines()
        assert len(lines) == 501
        assert len({line.partition(",")[2] for line in lines[1:]}) == 1


def test_a_missing_folder_is_an_error_that_names_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        files.write_text(tmp_path / "nowhere" / "x.txt", "x")


def test_errors_name_the_file_and_not_the_temporary_one(tmp_path):
    def remove_it():
        with files.replacing(tmp_path / "x.txt") as temporary:
            temporary.unlink()
            temporary.read_bytes()

    def read_another():
        with files.replacing(tmp_path / "x.txt"):
            (tmp_path / "y.txt").read_bytes()

    (tmp_path / "folder").mkdir()
    for write, name in (
        (lambda: files.write_text(tmp_path / "nowhere" / "x.txt", "x"), "nowhere/x.txt"),
        (lambda: files.write_text(tmp_path / "folder", "x"), "folder"),
        (remove_it, "x.txt"),
        (read_another, "y.txt"),
    ):
        with pytest.raises(OSError, match=r"\.txt'|folder'") as caught:
            write()
        assert str(caught.value.filename) == str(tmp_path / name)


def test_a_full_disk_is_an_error_and_the_old_file_stays(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from lrsearch.files import write_text\n"
        "write_text(sys.argv[1], 'x' * 5000)\n"
    )
    found = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert found.stderr.splitlines()[-1].endswith(f"File too large: {str(path)!r}")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_get_the_permissions_that_any_new_file_gets(tmp_path):
    files.write_text(tmp_path / "a", "a")
    (tmp_path / "b").write_text("b")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_predictions_of_any_shape_are_a_row_an_example(tmp_path):
    path = tmp_path / "predictions.csv"
    values = np.random.default_rng(0).normal(size=(4, 2, 3)).astype(np.float32)
    files.write_predictions(path, values)
    header, *rows = path.read_text().splitlines()
    assert header.split(",") == ["index", *(f"prediction_{n}" for n in range(6))]
    read = np.array([row.split(",")[1:] for row in rows], np.float32)
    assert (read == values.reshape(4, 6)).all()
    files.write_predictions(path, [0.5, 1.5])
    assert path.read_text() == "index,prediction_0\n0,0.5\n1,1.5\n"
    files.write_predictions(path, np.zeros((0, 3)))
    assert path.read_text() == "index\n"
    files.write_predictions(path, ["=1+1", "-0.5", "@cat", "cat"])
    assert path.read_text() == "index,prediction_0\n0,'=1+1\n1,-0.5\n2,'@cat\n3,cat\n"
    with pytest.raises(ValueError, match="examples"):
        files.write_predictions(path, 0.5)


def test_json_holds_numpy_values_and_null_for_what_is_not_finite(tmp_path):
    path = tmp_path / "x.json"
    files.write_json(path, {"a": np.float32(0.5), "b": [np.int64(1), float("inf")], 3: np.ones(2)})
    assert json.loads(path.read_text()) == {"a": 0.5, "b": [1, None], "3": [1.0, 1.0]}


def test_csv_quotes_what_needs_it(tmp_path):
    path = tmp_path / "x.csv"
    files.write_csv(path, ["a", "b"], [[1, 'say "hi", twice'], [None, 2.5]])
    assert path.read_text() == 'a,b\n1,"say ""hi"", twice"\n,2.5\n'
