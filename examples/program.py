"""A program to search the rate of by `lrsearch run`: it takes a rate, and prints its scores.

lrsearch run --study digits.db --epochs 20 -- python examples/program.py --rate {rate}
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss


def main(rate, epochs):
    images, classes = load_digits(return_X_y=True)
    images = images / 16
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=rate, random_state=0)
    for _ in range(epochs):
        model.partial_fit(images[:1400], classes[:1400], classes=np.arange(10))
        print(f"score: {log_loss(classes[1400:], model.predict_proba(images[1400:]))}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--epochs", type=int, default=20)
    main(**vars(parser.parse_args()))
