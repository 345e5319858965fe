"""The data inside the package are the published ones, number for number."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets

import kl_helpers
from kl_helpers import load_digits, load_mnist_small, load_names

DATA = Path(kl_helpers.__file__).parent / "data"
CENSUS_NAMES = "9323f70f58aca13b8f04cd2f85c9c84384de118a16b28b978971f1ce5aec5126"
MNIST_PIXELS = "d7099ff73588a67d7a5e8930873d86fffe892ba48884191961bdb5103d5b51b5"


def test_digits_equal_those_of_scikit_learn():
    images, labels = load_digits()
    published = datasets.load_digits()
    assert images.dtype == float and labels.dtype == int
    assert np.array_equal(images, published.images)
    assert np.array_equal(labels, published.target)


@pytest.mark.parametrize("load", [load_digits, load_mnist_small])
def test_each_call_gives_a_fresh_copy(load):
    load()[0][:] = -1
    assert load()[0].min() == 0


def test_mnist_small_has_the_checksums_on_record():
    stored = (DATA / "mnist_small.npz").read_bytes()
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    (noted,) = re.findall(r"sha256  ([0-9a-f]{64})  mnist_small\.npz", readme)
    assert hashlib.sha256(stored).hexdigest() == noted
    assert len(stored) < 1_000_000
    images, _ = load_mnist_small()
    ink = np.round(images * 255).astype(np.uint8)
    assert hashlib.sha256(ink.tobytes()).hexdigest() == MNIST_PIXELS
    assert np.array_equal(ink / 255, images)


def test_mnist_small_is_balanced_in_every_run_of_images():
    images, labels = load_mnist_small()
    assert images.shape == (5000, 28, 28) and images.dtype == float
    assert labels.dtype == int and np.array_equal(labels, np.arange(5000) % 10)
    assert images.min() == 0 and images.max() == 1


def test_mnist_small_has_the_labels_of_its_images():
    """The nearest class mean names most digits it has not seen; chance is one in 10."""
    images, labels = load_mnist_small()
    flat = images.reshape(5000, 784)
    means = np.stack([flat[:4000][labels[:4000] == d].mean(0) for d in range(10)])
    scores = flat[4000:] @ means.T - (means**2).sum(1) / 2
    assert 0.75 < np.mean(scores.argmax(1) == labels[4000:]) < 0.85


def test_names_have_the_checksums_on_record():
    stored = (DATA / "names.npz").read_bytes()
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    (noted,) = re.findall(r"sha256  ([0-9a-f]{64})  names\.npz", readme)
    assert hashlib.sha256(stored).hexdigest() == noted
    assert len(stored) < 20_000
    text = "\n".join(load_names()).encode()
    assert hashlib.sha256(text).hexdigest() == CENSUS_NAMES


def test_names_are_names_each_once():
    names = load_names()
    assert names.shape == (5163,) and names.dtype.kind == "U"
    assert list(names) == sorted(set(names))
    assert all(re.fullmatch("[a-z]{2,11}", name) for name in names)
    assert set("".join(names)) == set("abcdefghijklmnopqrstuvwxyz")
    assert {"mary", "patricia", "james", "robert", "allyn"} <= set(names)


def test_names_may_be_changed_without_spoiling_them():
    load_names()[:] = "x"
    assert load_names()[0] == "aaron"


def test_every_data_file_has_a_source_and_a_licence():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in readme.splitlines() if line.startswith("| `")]
    named = {row[1].strip(" `"): row for row in rows}
    assert set(named) == {path.name for path in DATA.glob("*.npz")}
    for row in named.values():
        assert "http" in row[3] and re.search("CC BY|BSD|MIT", row[4])
