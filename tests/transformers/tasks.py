"""A tiny language model, built from its config, and the README of this repository as its text."""

from pathlib import Path

import torch
from torch.utils.data import Dataset
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

from tests.script import Script

TEXT = (Path(__file__).parents[2] / "README.md").read_bytes()
LENGTH = 32


class Text(Dataset):
    """Stretches of the text, a byte a token."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        start = self.rows[index] * LENGTH
        tokens = torch.tensor(list(TEXT[start : start + LENGTH]))
        return {"input_ids": tokens, "labels": tokens}


TRAIN, VALIDATION = Text(range(64)), Text(range(64, 96))


def model():
    set_seed(0)
    size = {"n_layer": 1, "n_head": 2, "n_embd": 16, "vocab_size": 256, "n_positions": LENGTH,
            "bos_token_id": 0, "eos_token_id": 0}  # fmt: skip
    return GPT2LMHeadModel(GPT2Config(**size))


def arguments(folder, **options):
    """Three epochs of 8 steps, evaluated every 2 steps: 12 times."""
    settings = {
        "num_train_epochs": 3, "eval_strategy": "steps", "eval_steps": 2, "save_strategy": "no",
        "per_device_train_batch_size": 8, "per_device_eval_batch_size": 32, "report_to": "none",
        "learning_rate": 0.001, "disable_tqdm": True, "logging_strategy": "no", "use_cpu": True,
        **options,
    }  # fmt: skip
    return TrainingArguments(str(folder), **settings)


def trainer(folder, *callbacks, evaluated=VALIDATION, **options):
    return Trainer(
        model(), arguments(folder, **options), train_dataset=TRAIN, eval_dataset=evaluated,
        callbacks=list(callbacks),
    )  # fmt: skip


def rates():
    """Two rates, the first of them twice, once with a pause in it."""
    trials = [("0.01", 0), ("0.0001", 0), ("0.01", 0)]
    return Script(trials, [(0, 2), (1, 1), (2, 2), (1, 2)])


def score(trainer):
    """The validation loss of the trainer's model."""
    return trainer.evaluate()["eval_loss"]
