"""Small real data sets that travel inside the package: nothing is downloaded."""

from pathlib import Path

import numpy as np

__all__ = ["load_digits", "load_mnist_small", "load_names"]

DATA = Path(__file__).parent / "data"


def load_digits():
    """Handwritten digits: 1,797 grey images of 8 by 8 pixels, with their labels.

    Returns:
        ``images``, float array of shape (1797, 8, 8) with ink from 0 to 16, and
        ``labels``, int array of shape (1797,) with 0 to 9.

    Raises:
        FileNotFoundError: If the package was installed without its data files.

    References:
        | Optical Recognition of Handwritten Digits (Alpaydin & Kaynak, 1998)
        | https://doi.org/10.24432/C50P49

    Example:
        >>> images, labels = load_digits()
        >>> images.shape, labels[:5].tolist()
        ((1797, 8, 8), [0, 1, 2, 3, 4])

    Introduced in chapter 2.
    """
    with np.load(DATA / "digits.npz") as stored:
        return stored["images"].astype(float), stored["labels"].astype(int)


def load_mnist_small():
    """MNIST, a balanced part: 5,000 grey images of 28 by 28 pixels, with their labels.

    The classes take turns (label of image i: i modulo 10), so that any run of images,
    for example the first 4,000, holds all ten classes equally often.

    Returns:
        ``images``, float array of shape (5000, 28, 28) with ink from 0 to 1, and
        ``labels``, int array of shape (5000,) with 0 to 9.

    Raises:
        FileNotFoundError: If the package was installed without its data files.

    References:
        | Gradient-Based Learning Applied to Document Recognition (LeCun et al., 1998)
        | https://doi.org/10.1109/5.726791

    Example:
        >>> images, labels = load_mnist_small()
        >>> images.shape, labels[:12].tolist()
        ((5000, 28, 28), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])

    Introduced in chapter 4.
    """
    with np.load(DATA / "mnist_small.npz") as stored:
        ink, labels = stored["images"], stored["labels"]
    return ink / 255, labels.astype(int)


def load_names():
    """First names from the US census of 1990: 5,163 of them, in alphabetical order.

    Women's and men's names together, each once, in lower case, without how often they
    occur. They have 2 to 11 letters, all from a to z.

    Returns:
        An array of text, shape (5163,).

    Raises:
        FileNotFoundError: If the package was installed without its data files.

    References:
        | Frequently Occurring Names and Surnames From the 1990 Census (U.S. Census
        | Bureau, 1995)
        | https://www2.census.gov/topics/genealogy/1990surnames/

    Example:
        >>> names = load_names()
        >>> names.shape, names[:3].tolist(), "kullback" in names
        ((5163,), ['aaron', 'abbey', 'abbie'], False)

    Introduced in chapter 11.
    """
    with np.load(DATA / "names.npz") as stored:
        return stored["names"].astype(str)
