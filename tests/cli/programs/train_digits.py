"""Train a linear model on scikit-learn's digits, and print its score after each epoch."""

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", default="")
    parser.add_argument("--save", default="")
    parser.add_argument("--scores", default="")
    arguments = parser.parse_args()
    images, labels = load_digits(return_X_y=True)
    images = images / 16
    model = SGDClassifier(
        loss="log_loss", learning_rate="constant", eta0=arguments.lr, random_state=arguments.seed
    )
    model.partial_fit(images[:2], labels[:2], classes=np.arange(10))
    if arguments.resume:
        with np.load(arguments.resume + ".npz") as saved:
            model.coef_, model.intercept_ = saved["coef"], saved["intercept"]
    else:
        model.coef_[:] = 0
        model.intercept_[:] = 0
    for _ in range(arguments.epochs):
        model.partial_fit(images[:1200], labels[:1200])
        score = log_loss(labels[1200:], model.predict_proba(images[1200:]))
        if arguments.scores:
            with Path(arguments.scores).open("a") as file:
                file.write(json.dumps({"score": score}) + "\n")
        else:
            print(f"score: {score}")
    if arguments.save:
        np.savez(arguments.save, coef=model.coef_, intercept=model.intercept_)


if __name__ == "__main__":
    main()
