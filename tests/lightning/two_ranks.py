"""A fit of two ranks: ``torchrun --nproc_per_node=2 -m tests.lightning.two_ranks FOLDER``."""

import json
import os
import sys
from pathlib import Path

from lrsearch import GridSearch
from lrsearch_torch.lightning import LRExplorerCallback
from tests.lightning.tasks import fit, score

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    search = GridSearch(["0.03", "0.001"], epochs=1)
    explorer = LRExplorerCallback(search, directory=folder / "run", verbose=0)
    module = fit(explorer, max_epochs=4, strategy="ddp", devices=2)
    outcome = {"rate": str(explorer.rate), "best": explorer.best_score, "score": score(module),
               "history": [epoch.score for epoch in explorer.history]}  # fmt: skip
    (folder / f"{os.environ['RANK']}.json").write_text(json.dumps(outcome))
