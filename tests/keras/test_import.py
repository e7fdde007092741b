"""Without Keras the import says which command mends it."""

import subprocess
import sys


def test_without_keras_the_import_gives_the_command_that_mends_it() -> None:
    code = "import sys; sys.modules['keras'] = None; import lrsearch_keras"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert 'ImportError: lrsearch_keras needs Keras and a backend: pip install "lrsearch[' in (
        done.stderr
    )
