"""Both phases in one `fit` of Keras: handwritten digits, no learning rate given.

pip install "lrsearch[tensorflow,sklearn]"
python examples/keras_fit.py
"""

import argparse

import keras
from sklearn.datasets import load_digits

from lrsearch_keras import LRExplorerCallback


def main(epochs, directory):
    images, classes = load_digits(return_X_y=True)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input([64]), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])

    explorer = LRExplorerCallback(directory=directory)
    model.fit(
        images / 16, classes, epochs=epochs, validation_split=0.2, callbacks=[explorer], verbose=0
    )
    print(f"rate {explorer.rate}: {explorer.evidence.sentence}")
    print(f"annealed from {explorer.peak}, best val_loss {explorer.best_score:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60, help="of the whole training")
    parser.add_argument("--directory", help="a folder for the run, which a killed one goes on in")
    main(**vars(parser.parse_args()))
