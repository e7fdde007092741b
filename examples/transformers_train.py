"""Both phases in one `train` of the Hugging Face Trainer: a tiny language model, from its config.

pip install "lrsearch[transformers]"
python examples/transformers_train.py
"""

import argparse
import tempfile
from pathlib import Path

import torch
from torch.utils.data import Dataset
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

from lrsearch_torch.transformers import LRExplorerCallback

LENGTH = 32


class Text(Dataset):
    """Stretches of a text, a byte a token."""

    def __init__(self, text):
        self.text = text

    def __len__(self):
        return len(self.text) // LENGTH

    def __getitem__(self, index):
        tokens = torch.tensor(list(self.text[index * LENGTH : (index + 1) * LENGTH]))
        return {"input_ids": tokens, "labels": tokens}


def main(epochs, directory):
    text = Path(__file__).read_bytes()
    set_seed(0)
    size = {"n_layer": 1, "n_head": 2, "n_embd": 32, "vocab_size": 256, "n_positions": LENGTH}
    model = GPT2LMHeadModel(GPT2Config(**size, bos_token_id=0, eos_token_id=0))

    explorer = LRExplorerCallback(directory=directory)
    with tempfile.TemporaryDirectory() as output:
        arguments = TrainingArguments(
            output, num_train_epochs=epochs, eval_strategy="steps", eval_steps=2,
            save_strategy="no", report_to="none", disable_tqdm=True, use_cpu=True,
        )  # fmt: skip
        trainer = Trainer(
            model, arguments, train_dataset=Text(text[:1600]), eval_dataset=Text(text[1600:]),
            callbacks=[explorer],
        )  # fmt: skip
        trainer.train()
    print(f"rate {explorer.rate}: {explorer.evidence.sentence}")
    print(f"annealed from {explorer.peak}, best eval_loss {explorer.best_score:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=12, help="of the data")
    parser.add_argument("--directory", help="a folder for the run, which a killed one goes on in")
    main(**vars(parser.parse_args()))
