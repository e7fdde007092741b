"""Ask and tell around scikit-learn's SGDClassifier, scored by cross-validation.

    python examples/sklearn_sgd.py

The spread over the folds is told as the standard error, so that the evidence knows the noise.
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lrsearch
from lrsearch.results import rounds_text


def main(folds, digits):
    images, classes = load_digits(return_X_y=True)
    search = lrsearch.use(lrsearch.DigitSearch(digits=digits, epochs=1, direction="maximize"))
    while (trial := lrsearch.ask()) is not None:
        classifier = SGDClassifier(learning_rate="constant", eta0=float(trial.rate), random_state=0)
        model = make_pipeline(StandardScaler(), classifier)
        scores = cross_val_score(model, images, classes, cv=folds)
        lrsearch.tell(trial, scores.mean(), standard_error=scores.std(ddof=1) / np.sqrt(folds))
    print(rounds_text(search))
    print(f"\neta0 {search.rate}, accuracy {lrsearch.best().score:.4f}")
    print(search.evidence().sentence)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, default=5, help="folds of the cross-validation")
    parser.add_argument("--digits", type=int, default=1, help="digits to search")
    main(**vars(parser.parse_args()))
