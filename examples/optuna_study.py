"""The learning rate digit by digit, and other parameters by TPE, in one Optuna study.

pip install "lrsearch[optuna,sklearn]"
python examples/optuna_study.py
"""

import argparse

import numpy as np
import optuna
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

from lrsearch_optuna import DigitRacePruner, DigitSampler

EPOCHS = 12


def objective(trial):
    images, classes = load_digits(return_X_y=True)
    images = images / 16
    rate = trial.suggest_float("lr", 1e-6, 10, log=True)
    penalty = trial.suggest_float("penalty", 1e-6, 1e-2, log=True)
    model = SGDClassifier(
        loss="log_loss", learning_rate="constant", eta0=rate, alpha=penalty, random_state=0
    )
    scores = []
    for epoch in range(EPOCHS):
        model.partial_fit(images[:1400], classes[:1400], classes=np.arange(10))
        scores.append(log_loss(classes[1400:], model.predict_proba(images[1400:])))
        trial.report(scores[-1], epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return min(scores)


def main(trials):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler, pruner = DigitSampler("lr"), DigitRacePruner(max_epochs=EPOCHS)
    study = optuna.create_study(sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=trials)
    print(f"rate {sampler.searched(study).rate}: {sampler.evidence(study).sentence}")
    print(f"penalty {study.best_params['penalty']:.2g}, best loss {study.best_value:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=40)
    main(**vars(parser.parse_args()))
