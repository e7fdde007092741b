"""The images: Fashion-MNIST from wherever it can be had, split as in the paper.

`load_images` tries, in this order, a folder of the user's, the folder of Debian's package
``dataset-fashion-mnist``, TensorFlow Datasets, and scikit-learn's bundled digits. A source that
is absent is passed over; one that is there but damaged is an error, so that nobody trains on
other images than they meant.
"""

from __future__ import annotations

import gzip
import os
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["DEBIAN_DIR", "IMAGE_SIDE", "Images", "load_images", "read_idx"]

DEBIAN_DIR = Path("/usr/share/datasets/fashion-mnist")
IMAGE_SIDE = 28
CLASSES = 10
VALIDATION = 10_000

IDX_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
HOW_TO_GET = (
    "Get the four files again with `apt-get install --reinstall dataset-fashion-mnist` (Debian, "
    "Ubuntu) or from https://github.com/zalandoresearch/fashion-mnist."
)


@dataclass(frozen=True, eq=False)
class Images:
    """Images split into three parts, and where they come from.

    Attributes
    ----------
    train, validation, test : ndarray of float32, shape (images, 784)
        Grey values in [0, 1], one image a row, its 28 rows of 28 pixels one after another.
    source : str
        A sentence for people that names the data set and where it was found.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    source: str


class _Unavailable(Exception):
    """A source has nothing to give; the message says why."""


def load_images(
    data_dir: str | os.PathLike[str] | None = None,
    *,
    train: int | None = None,
    validation: int = VALIDATION,
    tfds_dir: str | os.PathLike[str] | None = None,
    debian_dir: str | os.PathLike[str] | None = DEBIAN_DIR,
    download: bool = True,
    timeout: float = 5.0,
) -> Images:
    """Load Fashion-MNIST from the first source that has it.

    The last `validation` training images, in the order of the source, are held out, and the first
    `train` of the rest are trained on: the same images in every run, and the same validation
    images whatever `train` is. (TensorFlow Datasets stores the images in an order of its own, so
    its split differs from that of the IDX files.)

    Parameters
    ----------
    data_dir : path, optional
        A folder with the four IDX files, gzipped (``.gz``) or not. Only this folder is read then:
        whatever is wrong with it is an error.
    train : int, optional
        How many images to train on; None takes all that are not held out (50,000).
    validation : int
        How many training images to hold out for validation.
    tfds_dir : path, optional
        The folder in which TensorFlow Datasets keeps its data sets; None is its default.
    debian_dir : path, optional
        The folder of the package ``dataset-fashion-mnist``; None passes this source over.
    download : bool
        Whether TensorFlow Datasets may download what it has not prepared yet.
    timeout : float
        Seconds within which the download server has to answer before it counts as out of reach.

    Returns
    -------
    Images

    Raises
    ------
    FileNotFoundError
        If a file of `data_dir`, or of a `debian_dir` that exists, is missing.
    ValueError
        If such a file is damaged; if a prepared TensorFlow data set cannot be read; if `train` or
        `validation` is not positive, or more images are asked for than Fashion-MNIST has.
    ImportError
        If no source has images and scikit-learn is not installed either.
    """
    for name, number in (("train", train), ("validation", validation)):
        if number is not None and number < 1:
            raise ValueError(f"{name} has to be at least 1 image, not {number}")

    if data_dir is not None:
        pixels = _read_folder(Path(data_dir))
        return _split(*pixels, train, validation, f"Fashion-MNIST, IDX files in {data_dir}.")

    if debian_dir is not None and Path(debian_dir).is_dir():
        pixels = _read_folder(Path(debian_dir))
        source = f"Fashion-MNIST, Debian's package dataset-fashion-mnist in {debian_dir}."
        return _split(*pixels, train, validation, source)

    try:
        train_pixels, test_pixels, folder = _read_tfds(tfds_dir, download, timeout)
    except _Unavailable as reason:
        return _digits(train, validation, str(reason))
    source = f"Fashion-MNIST, TensorFlow Datasets in {folder}."
    return _split(train_pixels, test_pixels, train, validation, source)


def read_idx(path: str | os.PathLike[str], ndim: int) -> np.ndarray:
    """Read one IDX file of unsigned bytes, the format of the MNIST family.

    The file is two zero bytes, a byte for the type (0x08: unsigned byte), a byte for the number
    of dimensions, each dimension as a big-endian 32-bit integer, then the values.

    Parameters
    ----------
    path : path
        The file; it is taken for gzipped exactly when its name ends in ``.gz``.
    ndim : int
        The number of dimensions that it has to have: 3 for images, 1 for labels.

    Returns
    -------
    ndarray of uint8
        Read-only, of the shape that the file states.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not the IDX file that it should be; the message names it, what was
        expected, what was found, and what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file. {HOW_TO_GET}")
    content = path.read_bytes()
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise _damaged(path, "a whole gzip file", f"one that gzip rejects: {error}") from error

    magic, found = bytes([0, 0, 8, ndim]), content[:4]
    if found != magic:
        what = "an empty file" if not found else f"the magic number 0x{found.hex()}"
        if found[:2] == b"\x1f\x8b":
            what += " of gzip (if it is whole, give its name the ending .gz)"
        expected = f"the magic number 0x{magic.hex()} (unsigned bytes, dimensions: {ndim})"
        raise _damaged(path, expected, what)

    header = 4 + 4 * ndim
    if len(content) < header:
        raise _damaged(path, f"a header of {header} bytes", f"{len(content)} bytes in all")
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", ndim, offset=4))
    number = 1
    for size in shape:
        number *= size
    if number == 0:
        raise _damaged(path, "at least one value", f"the dimensions {shape}")
    if len(content) - header != number:
        expected = f"{number} bytes after the header, for the dimensions {shape}"
        raise _damaged(path, expected, f"{len(content) - header}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _damaged(path: Path, expected: str, found: str) -> ValueError:
    return ValueError(f"{path} is damaged: expected {expected}, found {found}. {HOW_TO_GET}")


def _read_folder(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the train and test images, shape (images, 28, 28), of a folder with four IDX files."""
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder} is not a folder: expected one with the four IDX files of Fashion-MNIST. "
            f"{HOW_TO_GET}"
        )
    train, test = (_read_part(folder, *names) for names in IDX_FILES.values())
    return train, test


def _read_part(folder: Path, images_name: str, labels_name: str) -> np.ndarray:
    """Read one part's images; its labels only prove that the two files belong together."""
    images_path, labels_path = _find(folder, images_name), _find(folder, labels_name)
    images, labels = read_idx(images_path, ndim=3), read_idx(labels_path, ndim=1)
    if images.shape[1:] != (IMAGE_SIDE, IMAGE_SIDE):
        expected = f"images of {IMAGE_SIDE} x {IMAGE_SIDE} pixels"
        raise _damaged(images_path, expected, "{} x {}".format(*images.shape[1:]))
    if len(labels) != len(images):
        expected = f"{len(images)} labels, one for each image in {images_path.name}"
        raise _damaged(labels_path, expected, f"{len(labels)}")
    if labels.max() >= CLASSES:
        raise _damaged(labels_path, f"labels from 0 to {CLASSES - 1}", f"{labels.max()}")
    return images


def _find(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"{folder} has neither {name} nor {name}.gz: expected the four IDX files of "
        f"Fashion-MNIST. {HOW_TO_GET}"
    )


def _read_tfds(
    data_dir: str | os.PathLike[str] | None, download: bool, timeout: float
) -> tuple[np.ndarray, np.ndarray, str]:
    """Read the train and test images, shape (images, 28, 28), from TensorFlow Datasets.

    Raises
    ------
    _Unavailable
        If it is not installed, or the data set is neither prepared nor to be downloaded.
    ValueError
        If the data set is prepared but cannot be read.
    """
    try:
        import tensorflow_datasets as tfds

        directory = None if data_dir is None else os.fspath(data_dir)
        builder = tfds.builder("fashion_mnist", data_dir=directory)
        prepared = builder.is_prepared()
    except ImportError as error:
        raise _Unavailable(f"TensorFlow Datasets cannot be imported: {error}") from error
    folder = str(builder.data_path)

    if not prepared:
        if not download:
            raise _Unavailable(f"TensorFlow Datasets has not prepared it in {folder}")
        # TFDS itself retries for minutes where there is no network, so ask the server first.
        answer = _server_answer(f"{builder.URL}{IDX_FILES['test'][1]}.gz", timeout)
        if answer is not None:
            raise _Unavailable(f"TensorFlow Datasets cannot download it: {answer}")
        try:
            builder.download_and_prepare()
        except Exception as error:  # of many kinds: network, checksum, disk
            what = f"{type(error).__name__}: {error}".splitlines()[0]
            raise _Unavailable(f"TensorFlow Datasets failed to download it: {what}") from error

    try:
        train, test = (
            tfds.as_numpy(builder.as_dataset(split=split, batch_size=-1, shuffle_files=False))
            for split in ("train", "test")
        )
        shape = (-1, IMAGE_SIDE, IMAGE_SIDE)
        return train["image"].reshape(shape), test["image"].reshape(shape), folder
    except ImportError as error:
        raise _Unavailable(f"TensorFlow Datasets needs TensorFlow: {error}") from error
    except Exception as error:  # of many kinds: TensorFlow's own, missing keys, wrong shapes
        raise ValueError(
            f"{folder} is damaged: expected the TensorFlow data set fashion_mnist, found one that "
            f"cannot be read ({type(error).__name__}: {error}). Delete this folder and start again."
        ) from error


def _server_answer(url: str, timeout: float) -> str | None:
    """Ask a server for its headers; None if it serves the address, else why not.

    The question runs in a thread of its own because looking up a name may outlast any timeout
    that a connection can be given.
    """
    import requests

    answer: list[str | None] = [f"no answer from {url} within {timeout:g} s"]

    def ask() -> None:
        try:
            response = requests.head(url, timeout=timeout, allow_redirects=True)
            status = response.status_code
            answer[0] = None if status < 400 else f"{url} answers with HTTP status {status}"
        except requests.RequestException as error:
            answer[0] = f"{url} is out of reach, {type(error).__name__}"

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout)
    return answer[0]


def _digits(train: int | None, validation: int, reason: str) -> Images:
    """Enlarge scikit-learn's 1,797 digits to 28 x 28, a sixth each for validation and test.

    They are few: `train` and `validation` are upper bounds here.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            f"No images can be had. {reason}. scikit-learn's digits cannot be imported: {error}. "
            "Mend any of them: `apt-get install dataset-fashion-mnist`, or "
            "`pip install tensorflow-datasets importlib_resources`, or `pip install scikit-learn`."
        ) from error

    small = load_digits().images / 16.0
    images = _enlarge(small, IMAGE_SIDE).astype(np.float32).reshape(len(small), -1)
    sixth = len(images) // 6
    rest, held_out, test = np.split(images, [-2 * sixth, -sixth])
    trained = rest[:train]
    source = (
        f"NOT Fashion-MNIST but scikit-learn's bundled handwritten digits, 8 x 8 pixels enlarged "
        f"to {IMAGE_SIDE} x {IMAGE_SIDE}, {len(trained)} to train on: the scores cannot be "
        f"compared with the paper's. Fashion-MNIST could not be had: {reason}."
    )
    return Images(trained, held_out[-validation:], test, source)


def _enlarge(images: np.ndarray, side: int) -> np.ndarray:
    """Enlarge square images, shape (images, n, n), to `side` pixels by linear interpolation."""
    n = images.shape[-1]
    centres = (np.arange(side) + 0.5) * n / side - 0.5
    weights = np.stack([np.interp(centres, np.arange(n), row) for row in np.eye(n)], axis=1)
    enlarged: np.ndarray = weights @ images @ weights.T
    return enlarged


def _split(
    train_pixels: np.ndarray,
    test_pixels: np.ndarray,
    train: int | None,
    validation: int,
    source: str,
) -> Images:
    """Hold out the last `validation` train images and keep the first `train` of the rest."""
    rest = len(train_pixels) - validation
    if rest < (1 if train is None else train):
        asked = "any" if train is None else f"{train}"
        raise ValueError(
            f"{asked} images to train on and {validation} to validate on are more than the "
            f"{len(train_pixels)} training images. Ask for fewer. ({source})"
        )
    first = rest if train is None else train
    return Images(
        _scale(train_pixels[:first]), _scale(train_pixels[rest:]), _scale(test_pixels), source
    )


def _scale(pixels: np.ndarray) -> np.ndarray:
    """Bytes of shape (images, 28, 28) to float32 in [0, 1] of shape (images, 784)."""
    return pixels.reshape(len(pixels), -1).astype(np.float32) / np.float32(255)
