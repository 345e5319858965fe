"""Every run of the suite tries the same examples, without a clock."""

import sys

import pytest
from browser import browser, new_page, scrolls_sideways, site  # noqa: F401
from hypothesis import settings

settings.register_profile(
    "same-every-time",
    deadline=None,
    derandomize=True,
    max_examples=60,
    print_blob=True,
)
settings.load_profile("same-every-time")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    """A figure that a test forgets is not counted against the next one."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def one_thread():
    """torch on one thread: the same numbers on every machine."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
