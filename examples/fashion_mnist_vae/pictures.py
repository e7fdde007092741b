"""A sheet of images that shows what the model has learned."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

__all__ = ["draw_sheet", "save_sheet"]


def draw_sheet(
    originals: np.ndarray,
    reconstructions: np.ndarray,
    generated: np.ndarray,
    *,
    title: str = "",
    columns: int = 12,
) -> Any:
    """Draw test images above their reconstructions, and generated images below.

    Parameters
    ----------
    originals, reconstructions : ndarray, shape (n, 784)
        Grey values in [0, 1]; the first `columns` of each are shown, one above the other.
    generated : ndarray, shape (n, 784)
        Grey values in [0, 1] of images decoded from z drawn from N(0, I), shown in rows of
        `columns`; what does not fill a row is left out, unless there is less than one row.
    title : str
        A line over the sheet.
    columns : int
        How many images a row holds at most.

    Returns
    -------
    matplotlib.figure.Figure
        A figure with an Agg canvas; pyplot does not know of it.

    Raises
    ------
    ValueError
        If there is nothing to show, the shapes do not fit, or `columns` is not positive.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if columns < 1:
        raise ValueError(f"columns has to be at least 1, not {columns}")
    if originals.shape != reconstructions.shape:
        raise ValueError(
            "originals and reconstructions have to be of one shape, "
            f"not {originals.shape} and {reconstructions.shape}"
        )
    blocks = {
        "Test images": _block(originals[:columns], columns),
        "Reconstructions, z = mean of q(z|x)": _block(reconstructions[:columns], columns),
        "Generated, z drawn from N(0, I)": _block(generated, columns),
    }

    width, heading, top, margin = 9.0, 0.32, 0.45 if title else 0.1, 0.15
    heights = [(width - 2 * margin) * len(b) / b.shape[1] for b in blocks.values()]
    height = top + sum(heights) + (heading + margin) * len(blocks)
    figure = Figure(figsize=(width, height), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    if title:
        figure.text(
            0.5, 1 - 0.5 * top / height, title, ha="center", va="center", size=12, weight="bold"
        )
    edge = height - top
    for (heading_text, block), block_height in zip(blocks.items(), heights, strict=True):
        edge -= heading + block_height
        axes = figure.add_axes(
            (margin / width, edge / height, 1 - 2 * margin / width, block_height / height)
        )
        axes.imshow(block, cmap="gray_r", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(heading_text, loc="left", size=10, pad=4)
        edge -= margin
    return figure


def save_sheet(
    path: str | os.PathLike[str],
    originals: np.ndarray,
    reconstructions: np.ndarray,
    generated: np.ndarray,
    *,
    title: str = "",
    columns: int = 12,
) -> None:
    """Write the sheet of `draw_sheet` as a PNG file.

    Raises
    ------
    ValueError
        As `draw_sheet` does.
    OSError
        If the file cannot be written.
    """
    figure = draw_sheet(originals, reconstructions, generated, title=title, columns=columns)
    figure.savefig(path, format="png")


def _block(images: np.ndarray, columns: int, gap: int = 2) -> np.ndarray:
    """Lay images of shape (n, side²) out in rows, `gap` blank pixels between them."""
    if images.ndim != 2 or len(images) == 0 or int(images.shape[1] ** 0.5) ** 2 != images.shape[1]:
        raise ValueError(
            "expected at least one image, as an array of shape (images, side * side), "
            f"not of shape {images.shape}"
        )
    side = int(images.shape[1] ** 0.5)
    rows = max(1, len(images) // columns)
    block = np.zeros((rows * (side + gap) - gap, columns * (side + gap) - gap))
    for index, image in enumerate(images[: rows * columns]):
        row, column = divmod(index, columns)
        y, x = row * (side + gap), column * (side + gap)
        block[y : y + side, x : x + side] = image.reshape(side, side)
    return block
