# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A learning rate without guessing one
#
# The paper's task: a variational auto-encoder of Fashion-MNIST, on which only the learning rate may
# change. One callback finds the rate in the first epochs of a `fit`, and trains with it in the
# others. The validation score is the paper's NLL; smaller is better, and 235 is the goal.
#
# T. Fujiwara, "A program development — anyone can obtain a good validation result by this Learning
# Rate Explorer", 2023.

# %%
import importlib.util
import shutil
import subprocess
import sys

if importlib.util.find_spec("lrsearch") is None:
    command = [sys.executable, "-m", "pip", "install", "-q", "lrsearch[tensorflow,plot]"]
    subprocess.run(command, check=True)
seen = shutil.which("nvidia-smi") and subprocess.run(["nvidia-smi", "-L"], capture_output=True)
gpu = seen.stdout.decode().strip() if seen and seen.returncode == 0 else ""
print(gpu or "No GPU is seen. In Colab: Runtime, Change runtime type, GPU.")

# %% tags=["parameters"]
IMAGES = None  # a file of images (n, 28, 28) in [0, 255] instead, as numpy.save writes it
TRAIN = 50_000  # images to train on
EPOCHS = 100  # of the whole training, the search included

# %% [markdown]
# ## The images, and the paper's model

# %%
import keras
import numpy as np
from keras import ops

if IMAGES is None:
    (images, _), _ = keras.datasets.fashion_mnist.load_data()
else:
    images = np.load(IMAGES)
images = images.reshape(len(images), 784).astype("float32") / 255
train, validation = images[:TRAIN], images[TRAIN:]
print(f"{len(train):,} images to train on, {len(validation):,} for validation")


# %%
class VAE(keras.Model):
    """Two dense layers, ten latent dimensions, two dense layers, Bernoulli pixels."""

    def __init__(self):
        super().__init__()
        self.encoder = keras.Sequential([keras.layers.Dense(200, "relu") for _ in range(2)])
        self.mean, self.deviation = (keras.layers.Dense(10) for _ in range(2))
        hidden = [keras.layers.Dense(200, "relu") for _ in range(2)]
        self.decoder = keras.Sequential([*hidden, keras.layers.Dense(784)])
        self.noise = keras.random.SeedGenerator(0)

    def call(self, images, training=False):
        h = self.encoder(images)
        mean, deviation = self.mean(h), ops.softplus(self.deviation(h)) + 1e-6
        z = mean
        if training:
            z = mean + deviation * keras.random.normal(ops.shape(mean), seed=self.noise)
        kl = 0.5 * (mean**2 + deviation**2 - 1 - 2 * ops.log(deviation))
        self.add_loss(ops.mean(ops.sum(kl, axis=1)))
        return self.decoder(z)


def cross_entropy(images, logits):
    """Summed over the pixels."""
    return ops.sum(ops.softplus(logits) - images * logits, axis=1)


keras.utils.set_random_seed(0)
model = VAE()
model(train[:1])
model.compile(keras.optimizers.Adam(), loss=cross_entropy)

# %% [markdown]
# ## One fit: the search, then the training
#
# No rate is given. With `directory="run"`, a session that is cut off goes on where it was: put the
# folder on a drive.

# %%
from lrsearch_keras import LRExplorerCallback

explorer = LRExplorerCallback()
fitted = model.fit(
    train, train, epochs=EPOCHS, batch_size=32, validation_data=(validation, validation),
    callbacks=[explorer], verbose=0,
)  # fmt: skip

# %% [markdown]
# ## What was found
#
# The score of every rate that was tried, darker after few epochs; then the training, with its rate
# below.

# %%
print(f"Rate {explorer.rate}, best NLL {explorer.best_score:.2f}.")
print(explorer.evidence.sentence)
axes = explorer.plot()

# %% [markdown]
# Images, and below what the model makes of them:

# %%
from matplotlib import pyplot

shown = validation[:10]
made = ops.convert_to_numpy(ops.sigmoid(model(shown)))
figure, grid = pyplot.subplots(2, len(shown), figsize=(9, 2))
for place, image in zip(grid.flat, [*shown, *made], strict=True):
    place.imshow(image.reshape(28, 28), cmap="gray_r")
    place.axis("off")
