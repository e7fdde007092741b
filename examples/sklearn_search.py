"""A positive parameter of any scikit-learn estimator: the learning rate of a small network.

pip install "lrsearch[sklearn]"
python examples/sklearn_search.py
"""

import argparse

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from lrsearch_sklearn import LRSearchCV


def main(rows, epochs, folds):
    x, y = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(x[:rows], y[:rows], random_state=0)
    network = MLPClassifier(max_iter=epochs, random_state=0)
    search = LRSearchCV(
        make_pipeline(MinMaxScaler(), network),
        "mlpclassifier__learning_rate_init",
        resource="mlpclassifier__max_iter",  # decades get a short training first
        cv=folds,
    ).fit(x, y)
    rate = search.best_params_["mlpclassifier__learning_rate_init"]
    print(f"rate {rate}: {search.evidence_.sentence}")
    print(f"accuracy {search.score(x_test, y_test):.3f} on rows that it has not seen")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1797)
    parser.add_argument("--epochs", type=int, default=30, help="of a training")
    parser.add_argument("--folds", type=int, default=3)
    main(**vars(parser.parse_args()))
