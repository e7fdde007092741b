"""Without PyTorch or safetensors the import says which command mends it."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("missing", ["torch", "safetensors"])
def test_without_what_it_needs_the_import_gives_the_command_that_mends_it(missing) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import lrsearch_torch"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert (
        "ImportError: lrsearch_torch needs PyTorch and safetensors: "
        'pip install "lrsearch[torch]"' in done.stderr
    )
