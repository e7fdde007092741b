"""The notebook runs top to bottom in a real kernel, with one bar and its plots inside."""

import json
import os
import sys
from pathlib import Path

import jupytext
import nbclient
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SOURCE, NOTEBOOK = ROOT / "examples" / "colab.py", ROOT / "examples" / "colab.ipynb"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The notebook after a run at its smallest size."""
    folder = tmp_path_factory.mktemp("notebook")
    np.save(folder / "images.npy", np.random.default_rng(0).integers(0, 256, (96, 28, 28)))
    notebook = jupytext.read(SOURCE)
    (chosen,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", ())]
    chosen.source = f"IMAGES, TRAIN, EPOCHS = {str(folder / 'images.npy')!r}, 64, 24"
    kernel = folder / "kernels" / "python3"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    about = {"argv": command, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(about))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        patch.delenv("MPLBACKEND", raising=False)
        paths = [str(ROOT), str(ROOT / "adapters"), os.environ.get("PYTHONPATH", "")]
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return notebook


def cell(notebook, words):
    (found,) = [c for c in notebook.cells if c.cell_type == "code" and words in c.source]
    return found


def texts(found):
    return "".join(out.text for out in found.outputs if out.output_type == "stream")


def test_it_says_which_gpu_it_sees(ran):
    said = texts(cell(ran, "nvidia-smi"))
    assert said.startswith(("GPU 0: ", "No GPU is seen."))


def test_the_display_of_a_fit_is_one_bar_at_its_end(ran):
    outputs = cell(ran, "model.fit").outputs
    bars = [out.data["text/html"] for out in outputs if "<progress" in str(out.get("data"))]
    assert len(bars) == 1
    assert 'max="24" value="24"' in bars[0]
    assert "24/24 epochs" in bars[0]
    assert len(outputs) < 12


def test_plots_show_inline(ran):
    pictures = [out for out in cell(ran, "explorer.plot()").outputs if "data" in out]
    assert [list(out.data) for out in pictures] == [["text/plain", "image/png"]]
    assert "image/png" in cell(ran, "pyplot.subplots").outputs[-1].data


def test_the_outcome_is_said(ran):
    assert "best NLL" in texts(cell(ran, "explorer.plot()"))


def test_the_notebook_is_made_from_the_file_and_stores_no_outputs():
    made, kept = jupytext.read(SOURCE), jupytext.read(NOTEBOOK)
    assert [(c.cell_type, c.source) for c in made.cells] == [
        (c.cell_type, c.source) for c in kept.cells
    ]
    assert all(not c.outputs and c.execution_count is None for c in kept.cells if "outputs" in c)
