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


@pytest.mark.parametrize(
    ("entrance", "missing", "named"),
    [("lightning", "lightning", "Lightning"), ("transformers", "transformers", "Transformers")],
)
def test_without_its_framework_an_entrance_gives_the_command_that_mends_it(
    entrance, missing, named
) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import lrsearch_torch.{entrance}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"ImportError: lrsearch_torch.{entrance} needs {named}" in done.stderr
    assert f'pip install "lrsearch[{entrance}]"' in done.stderr
