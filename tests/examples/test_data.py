"""The images of the main example: every source, and every way in which one can be broken."""

import functools
import gzip
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from examples.fashion_mnist_vae import data

ROOT = Path(data.__file__).parents[2]
TRAIN, TEST = 40, 15
NAMES = [name for names in data.IDX_FILES.values() for name in names]
TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = NAMES


def idx(values):
    sizes = np.array(values.shape, ">u4").tobytes()
    return bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes()


@pytest.fixture
def pixels():
    rng = np.random.default_rng(0)
    return (
        rng.integers(0, 256, (TRAIN, 28, 28), dtype=np.uint8),
        rng.integers(0, 256, (TEST, 28, 28), dtype=np.uint8),
    )


@pytest.fixture
def contents(pixels):
    train, test = pixels
    labels = [idx(np.arange(number) % 10) for number in (TRAIN, TEST)]
    return dict(zip(NAMES, [idx(train), labels[0], idx(test), labels[1]], strict=True))


@pytest.fixture(params=["gzipped", "plain"])
def folder(request, tmp_path, contents):
    folder = tmp_path / "images"
    folder.mkdir()
    for name, content in contents.items():
        if request.param == "gzipped":
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    return folder


def find(folder, name):
    return next(folder.glob(f"{name}*"))


def write(path, content):
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


# --- a folder of IDX files ---


def test_a_folder_is_split_into_the_first_the_last_and_the_test_images(folder, pixels):
    images = data.load_images(folder, train=12, validation=10)
    train, test = (p.reshape(len(p), 784) / np.float32(255) for p in pixels)
    np.testing.assert_array_equal(images.train, train[:12])
    np.testing.assert_array_equal(images.validation, train[-10:])
    np.testing.assert_array_equal(images.test, test)
    assert str(folder) in images.source
    for part in (images.train, images.validation, images.test):
        assert part.dtype == np.float32
        assert part.min() >= 0
        assert part.max() <= 1


def test_the_validation_images_do_not_depend_on_how_many_are_trained_on(folder):
    few, all_of_them = (data.load_images(folder, train=n, validation=10) for n in (5, None))
    np.testing.assert_array_equal(few.validation, all_of_them.validation)
    np.testing.assert_array_equal(few.train, all_of_them.train[:5])
    assert len(all_of_them.train) == TRAIN - 10


def test_gzipped_and_plain_files_may_be_mixed(tmp_path, contents, pixels):
    for number, (name, content) in enumerate(contents.items()):
        write(tmp_path / (name if number % 2 else f"{name}.gz"), content)
    assert len(data.load_images(tmp_path, validation=10).test) == TEST


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(folder, name):
    find(folder, name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"neither {name} nor {name}\.gz.*apt-get install"):
        data.load_images(folder, validation=10)


def test_a_missing_folder_is_named_and_no_other_source_is_tried(tmp_path, folder):
    with pytest.raises(FileNotFoundError, match=r"nowhere is not a folder.*four IDX files"):
        data.load_images(tmp_path / "nowhere", debian_dir=folder, validation=10)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kept", [0, 3, 6, -1])
def test_a_file_cut_short_is_an_error_that_names_it(folder, contents, name, kept):
    write(find(folder, name), contents[name][:kept])
    with pytest.raises(ValueError, match=rf"{name}.* is damaged: expected .*, found .*reinstall"):
        data.load_images(folder, validation=10)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda c: c + b"\0", r"expected 31360 bytes after the header.*found 31361"),
        (lambda c: b"\0\0\x0d\x03" + c[4:], r"expected the magic number 0x00000803.*0x00000d03"),
        (lambda c: b"\0\0\x08\x01" + c[4:], r"0x00000801"),
        (lambda c: b"\x01" + c[1:], r"0x01000803"),
        (lambda c: b"<html>", r"0x3c68746d"),
        (lambda c: idx(np.zeros((TRAIN, 27, 28))), r"images of 28 x 28 pixels, found 27 x 28"),
        (lambda c: idx(np.zeros((0, 28, 28))), r"at least one value"),
        (lambda c: c[:4] + b"\xff" * 12 + c[16:], r"expected \d{29} bytes after the header"),
    ],
    ids=["too long", "floats", "labels", "no idx", "web page", "27 rows", "no images", "huge"],
)
def test_a_damaged_image_file_is_an_error(folder, contents, damage, message):
    write(find(folder, TRAIN_IMAGES), damage(contents[TRAIN_IMAGES]))
    with pytest.raises(ValueError, match=message):
        data.load_images(folder, validation=10)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(TRAIN - 1), f"{TRAIN} labels, one for each image.*found {TRAIN - 1}"),
        (np.full(TRAIN, 10), "labels from 0 to 9, found 10"),
    ],
)
def test_labels_that_do_not_belong_to_the_images_are_an_error(folder, labels, message):
    write(find(folder, TRAIN_LABELS), idx(labels))
    with pytest.raises(ValueError, match=message):
        data.load_images(folder, validation=10)


@pytest.mark.parametrize("damage", ["not gzip", "cut", "flipped bit", "bad checksum", "rubbish"])
def test_a_damaged_gzip_file_is_an_error(tmp_path, contents, damage):
    path = tmp_path / f"{TRAIN_IMAGES}.gz"
    packed = bytearray(gzip.compress(contents[TRAIN_IMAGES]))
    if damage == "not gzip":
        packed = contents[TRAIN_IMAGES]
    elif damage == "cut":
        packed = packed[: len(packed) // 2]
    elif damage == "flipped bit":
        packed[len(packed) // 2] ^= 16
    elif damage == "bad checksum":
        packed[-6] ^= 1
    else:
        packed += b"rubbish"
    path.write_bytes(packed)
    with pytest.raises(ValueError, match=r"idx3-ubyte\.gz is damaged: expected a whole gzip file"):
        data.read_idx(path, ndim=3)


def test_a_gzipped_file_without_the_ending_is_told_apart(tmp_path, contents):
    path = tmp_path / TRAIN_IMAGES
    path.write_bytes(gzip.compress(contents[TRAIN_IMAGES]))
    with pytest.raises(ValueError, match=r"of gzip \(if it is whole, give its name the ending"):
        data.read_idx(path, ndim=3)


def test_reading_a_file_that_is_not_there_names_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"labels: there is no such file"):
        data.read_idx(tmp_path / "labels", ndim=1)


@pytest.mark.parametrize("numbers", [{"train": 0}, {"train": -1}, {"validation": 0}])
def test_no_images_to_train_or_validate_on_is_an_error(folder, numbers):
    with pytest.raises(ValueError, match="has to be at least 1 image"):
        data.load_images(folder, **numbers)


@pytest.mark.parametrize("train", [None, 31])
def test_more_images_than_there_are_is_an_error(folder, train):
    validation = TRAIN if train is None else TRAIN - 30
    with pytest.raises(ValueError, match=rf"more than the {TRAIN} training images"):
        data.load_images(folder, train=train, validation=validation)


# --- Debian's folder ---


def test_debians_folder_comes_before_tensorflow_datasets(folder):
    images = data.load_images(debian_dir=folder, validation=10)
    assert "dataset-fashion-mnist" in images.source
    assert str(folder) in images.source


def test_a_damaged_debian_folder_is_an_error(folder):
    find(folder, TEST_IMAGES).write_bytes(b"")
    with pytest.raises(ValueError, match=TEST_IMAGES):
        data.load_images(debian_dir=folder, validation=10)


@pytest.mark.skipif(
    not (data.DEBIAN_DIR.is_dir() or os.environ.get("CI")),
    reason="dataset-fashion-mnist is not installed",
)
def test_debians_package_holds_fashion_mnist():
    images = data.load_images(train=10_000)
    assert images.train.shape == images.validation.shape == images.test.shape == (10_000, 784)
    assert str(data.DEBIAN_DIR) in images.source
    assert images.train.mean() == pytest.approx(0.286, abs=0.005)  # the known mean grey value
    assert len(data.load_images().train) == 50_000


# --- TensorFlow Datasets ---


def write_tfds(folder, pixels, **changes):
    """Write a real data set with TFDS's own writer."""
    tf, tfds = pytest.importorskip("tensorflow"), pytest.importorskip("tensorflow_datasets")
    name = changes.get("image", "image")
    splits = {
        split: tf.data.Dataset.from_tensor_slices(
            {name: images[..., None], "label": np.arange(len(images)) % 10}
        )
        for split, images in zip(changes.get("splits", ("train", "test")), pixels, strict=True)
    }
    tfds.dataset_builders.store_as_tfds_dataset(
        name="fashion_mnist",
        version="3.0.1",
        data_dir=folder,
        split_datasets=splits,
        features=tfds.features.FeaturesDict(
            {
                name: tfds.features.Image(shape=(28, 28, 1)),
                "label": tfds.features.ClassLabel(num_classes=10),
            }
        ),
        disable_shuffling=True,
    )


def test_a_prepared_tensorflow_data_set_is_loaded(tmp_path, pixels):
    write_tfds(tmp_path, pixels)
    images = data.load_images(debian_dir=None, tfds_dir=tmp_path, train=12, validation=10)
    train, test = (p.reshape(len(p), 784) / np.float32(255) for p in pixels)
    np.testing.assert_array_equal(images.train, train[:12])
    np.testing.assert_array_equal(images.validation, train[-10:])
    np.testing.assert_array_equal(images.test, test)
    assert "TensorFlow Datasets" in images.source
    assert str(tmp_path) in images.source


def test_a_damaged_tensorflow_data_set_is_an_error(tmp_path, pixels):
    write_tfds(tmp_path, pixels)
    record = next(tmp_path.rglob("*-train.tfrecord*"))
    record.write_bytes(record.read_bytes()[:-5])
    with pytest.raises(ValueError, match=r"fashion_mnist/3\.0\.1 is damaged.*Delete this folder"):
        data.load_images(debian_dir=None, tfds_dir=tmp_path, validation=10)


def test_another_tensorflow_data_set_of_that_name_is_an_error(tmp_path, pixels):
    write_tfds(tmp_path, pixels, splits=("train", "validation"))
    with pytest.raises(ValueError, match="is damaged"):
        data.load_images(debian_dir=None, tfds_dir=tmp_path, validation=10)


def test_a_data_set_that_may_not_be_downloaded_gives_way_to_the_digits(tmp_path):
    pytest.importorskip("tensorflow_datasets")
    images = data.load_images(debian_dir=None, tfds_dir=tmp_path, download=False)
    assert "has not prepared it" in images.source
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def fashion_mnist_url(monkeypatch):
    """Point TFDS's builder, and so its real download, at a server of the test's."""
    pytest.importorskip("tensorflow_datasets")
    from tensorflow_datasets.image_classification import mnist

    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    return lambda url: monkeypatch.setattr(mnist.FashionMNIST, "URL", url)


@pytest.fixture
def server():
    """A socket that listens and leaves it to the test to answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def url_of(server):
    return "http://{}:{}/".format(*server.getsockname())


def test_no_network_gives_way_to_the_digits_at_once(tmp_path, fashion_mnist_url, server):
    address = url_of(server)
    server.close()
    fashion_mnist_url(address)
    started = time.monotonic()
    images = data.load_images(debian_dir=None, tfds_dir=tmp_path)
    assert time.monotonic() - started < 10
    assert "NOT Fashion-MNIST" in images.source
    assert "out of reach" in images.source
    assert list(tmp_path.iterdir()) == []


def test_a_silent_network_gives_way_to_the_digits_after_the_timeout(
    tmp_path, fashion_mnist_url, server
):
    fashion_mnist_url(url_of(server))
    started = time.monotonic()
    images = data.load_images(debian_dir=None, tfds_dir=tmp_path, timeout=0.5)
    assert 0.5 <= time.monotonic() - started < 10
    assert "NOT Fashion-MNIST" in images.source


def test_a_name_that_nobody_looks_up_gives_way_to_the_digits_after_the_timeout(
    tmp_path, fashion_mnist_url, monkeypatch
):
    looked_up = threading.Event()

    def never(*_, **__):
        looked_up.wait(20)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    fashion_mnist_url("http://images.invalid/")
    started = time.monotonic()
    images = data.load_images(debian_dir=None, tfds_dir=tmp_path, timeout=0.5)
    looked_up.set()
    assert time.monotonic() - started < 10
    assert "no answer from http://images.invalid/" in images.source


def test_a_server_that_refuses_gives_way_to_the_digits(tmp_path, fashion_mnist_url, server):
    def refuse():
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=refuse)
    thread.start()
    fashion_mnist_url(url_of(server))
    images = data.load_images(debian_dir=None, tfds_dir=tmp_path)
    thread.join()
    assert "HTTP status 403" in images.source


def test_a_download_of_something_else_gives_way_to_the_digits(
    tmp_path, fashion_mnist_url, contents
):
    served = tmp_path / "served"
    served.mkdir()
    for name, content in contents.items():
        (served / f"{name}.gz").write_bytes(gzip.compress(content))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=served)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        fashion_mnist_url(f"http://127.0.0.1:{web.server_port}/")
        images = data.load_images(debian_dir=None, tfds_dir=tmp_path / "tfds")
        web.shutdown()
    assert "failed to download it" in images.source
    assert "\n" not in images.source


# --- the digits ---


def test_without_tensorflow_datasets_the_digits_take_over(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    images = data.load_images(debian_dir=None)
    assert images.source.startswith("NOT Fashion-MNIST but scikit-learn's bundled")
    assert "cannot be imported" in images.source
    for part, number in ((images.train, 1199), (images.validation, 299), (images.test, 299)):
        assert part.shape == (number, 784)
        assert part.dtype == np.float32
        assert part.min() == 0
        assert part.max() == 1


def test_the_digits_keep_to_the_numbers_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    images = data.load_images(debian_dir=None, train=100, validation=50)
    assert (len(images.train), len(images.validation)) == (100, 50)
    assert "100 to train on" in images.source


def test_the_enlarged_digits_are_the_digits(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    small = pytest.importorskip("sklearn.datasets").load_digits().images
    image = data.load_images(debian_dir=None).train[0].reshape(28, 28)
    centres = np.round((np.arange(8) + 0.5) * 3.5 - 0.5).astype(int)
    np.testing.assert_allclose(image[np.ix_(centres, centres)], small[0] / 16, atol=0.3)
    assert np.corrcoef(image[np.ix_(centres, centres)].ravel(), small[0].ravel())[0, 1] > 0.97


def test_no_source_at_all_says_how_to_get_one(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"apt-get install dataset-fashion-mnist.*pip install"):
        data.load_images(debian_dir=None)


def test_importing_the_module_imports_no_framework():
    program = (
        "import sys; import examples.fashion_mnist_vae.data;"
        "print(sorted({'tensorflow', 'keras', 'sklearn', 'requests', 'tensorflow_datasets'}"
        " & set(sys.modules)))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert output.stdout.strip() == "[]"
