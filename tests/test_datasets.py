"""The data inside the package are the published ones, number for number."""

import numpy as np
from sklearn import datasets

from kl_helpers import load_digits


def test_digits_equal_those_of_scikit_learn():
    images, labels = load_digits()
    published = datasets.load_digits()
    assert images.dtype == float and labels.dtype == int
    assert np.array_equal(images, published.images)
    assert np.array_equal(labels, published.target)


def test_each_call_gives_a_fresh_copy():
    load_digits()[0][:] = -1
    assert load_digits()[0].min() == 0
