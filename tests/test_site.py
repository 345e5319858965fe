"""The built site: `make book` first."""

from pathlib import Path

import pytest
import site_checks as checks

import kl_helpers

pytestmark = pytest.mark.site
ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"


@pytest.fixture(scope="module", autouse=True)
def site():
    if not (SITE / "index.html").exists():
        pytest.fail(f"{SITE} holds no site; `make book` builds it", pytrace=False)


@pytest.mark.parametrize(
    "check",
    [
        checks.dead_links,
        checks.images_without_words,
        checks.outside_requests,
        checks.raw_markup,
        checks.mathjax_scripts,
        checks.page_heads,
    ],
    ids=lambda check: check.__name__,
)
def test_site_has_no(check):
    assert check(SITE) == []


def test_every_page_of_the_toc_is_there():
    assert checks.missing_pages(SITE, ROOT / "_toc.yml") == []


def test_every_page_says_version_and_date():
    assert checks.missing_stamps(SITE, kl_helpers.__version__) == []


def test_vendored_files_are_the_listed_ones():
    assert checks.vendor_changes(ROOT / "book" / "vendor") == []


def test_wheel_carries_the_package_and_its_data():
    assert checks.wheel_problems(SITE, ROOT / "kl_helpers") == []
