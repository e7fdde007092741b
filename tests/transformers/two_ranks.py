"""A training of two ranks: ``torchrun ... -m tests.transformers.two_ranks FOLDER``."""

import json
import os
import sys
from pathlib import Path

from lrsearch import GridSearch
from lrsearch_torch.transformers import LRExplorerCallback
from tests.transformers.tasks import score, trainer

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    search = GridSearch(["0.01", "0.001"], epochs=1)
    explorer = LRExplorerCallback(search, directory=folder / "run", verbose=0)
    trained = trainer(folder / "output", explorer, num_train_epochs=2)
    trained.train()
    outcome = {"rate": str(explorer.rate), "best": explorer.best_score, "score": score(trained),
               "history": [epoch.score for epoch in explorer.history]}  # fmt: skip
    (folder / f"{os.environ['RANK']}.json").write_text(json.dumps(outcome))
