"""Every run of the suite tries the same examples, without a clock."""

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
