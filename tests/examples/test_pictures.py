"""The sheet of reconstructed and generated images."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from examples.fashion_mnist_vae import pictures


def images(number, value=None):
    if value is not None:
        return np.full((number, 784), value)
    return np.random.default_rng(number).random((number, 784))


def shown(figure):
    return [np.asarray(axes.get_images()[0].get_array()) for axes in figure.axes]


def test_the_sheet_is_a_png_file_of_readable_size(tmp_path):
    path = tmp_path / "images.png"
    pictures.save_sheet(path, images(12), images(12), images(36), title="NLL 240.00")
    from PIL import Image

    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.width > 1_000
        assert picture.height > 500


def test_originals_stand_above_their_reconstructions_and_generated_images_below():
    figure = pictures.draw_sheet(images(3, 0.2), images(3, 0.5), images(6, 0.8), columns=3)
    assert [block.max() for block in shown(figure)] == [0.2, 0.5, 0.8]
    heights = [axes.get_position().y0 for axes in figure.axes]
    assert heights == sorted(heights, reverse=True)
    assert [axes.get_title(loc="left").split()[0] for axes in figure.axes] == [
        "Test",
        "Reconstructions,",
        "Generated,",
    ]


def test_every_image_keeps_its_place_and_its_way_up():
    originals, generated = images(4), images(9)
    blocks = shown(pictures.draw_sheet(originals, originals, generated, columns=4))
    assert blocks[0].shape == (28, 4 * 30 - 2)
    np.testing.assert_array_equal(blocks[0][:, 60:88], originals[2].reshape(28, 28))
    assert blocks[2].shape == (58, 4 * 30 - 2)  # two whole rows; the ninth image is left out
    np.testing.assert_array_equal(blocks[2][30:, 90:], generated[7].reshape(28, 28))


def test_the_title_is_written_over_the_sheet():
    figure = pictures.draw_sheet(images(2), images(2), images(2), title="Rate 0.0004")
    assert [text.get_text() for text in figure.texts] == ["Rate 0.0004"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((images(2), images(3), images(2)), "one shape"),
        ((images(0), images(0), images(2)), "at least one image"),
        ((images(2), images(2), images(0)), "at least one image"),
        ((images(2), images(2), np.zeros((2, 783))), r"shape \(2, 783\)"),
        ((images(2), images(2), np.zeros((2, 28, 28))), r"shape \(2, 28, 28\)"),
    ],
)
def test_images_that_cannot_be_drawn_are_an_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        pictures.draw_sheet(*arguments)


def test_a_sheet_without_columns_is_an_error():
    with pytest.raises(ValueError, match="columns has to be at least 1"):
        pictures.draw_sheet(images(2), images(2), images(2), columns=0)
