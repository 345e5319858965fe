"""The number check itself: each kind of wrong number is found, right ones pass."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.prose import unsupported


def page(prose, printed="", code="x = 0.7"):
    cell = new_code_cell(code)
    cell.outputs = [new_output("stream", name="stdout", text=printed)]
    return new_notebook(cells=[new_markdown_cell(prose), cell])


@pytest.mark.parametrize(
    ("prose", "printed"),
    [
        ("It costs 0.625 bits per symbol.", "D = 0.6250 bits"),
        ("It costs $0.625$ more.", "0.625"),
        ("About 0.43 nats.", "0.4332 nats per symbol"),
        ("It falls by −0.25 bits.", "b: -0.250 bits"),
        ("After 4 symbols 17% remain.", "after  4 symbols: 17% of paths"),
        ("A file of 10,000 symbols.", "10,000 symbols"),
        ("Noise of 1e-16 is 1.2e-16 here.", "1.2e-16"),
        ("Quoted: 0.72† by its authors.", ""),
        ("The pair `[0.7, 0.3]` is an input.", "0.3"),
        ("See section 2 of chapter 10, from 1951.", ""),
        ("A link to [a page](https://doi.org/10.1214/aoms/1177729694).", ""),
        ("Exactly 3 bits.", "surprise 3 bits"),
        ("Between 0.5–0.7 nats.", "0.5 nats, 0.7 nats"),
    ],
)
def test_supported_numbers_pass(prose, printed):
    assert unsupported(page(prose, printed)) == []


@pytest.mark.parametrize(
    ("prose", "printed"),
    [
        ("It costs 0.626 bits per symbol.", "0.625 bits"),
        ("It costs 0.625 nats.", "0.625 bits"),
        ("It costs 0.625 bits.", "0.625 nats"),
        ("It costs 0.6250 bits.", "0.625 bits"),
        ("It costs 0.43 nats.", "0.4361 nats"),
        ("A saving of 0.25 bits.", "-0.25 bits"),
        ("It is −0.25 bits.", "0.25 bits"),
        ("In 17% of cases.", "0.17"),
        ("In 17 % of cases.", "18%"),
        ("It takes 4 bits.", "3 bits"),
        ("$$D = 1.758$$", "1.785"),
        ("The pair `[0.8, 0.2]` is typed nowhere.", "0.2"),
        ("A chain of 20,000 samples.", "2,000 samples"),
    ],
)
def test_unsupported_numbers_are_found(prose, printed):
    assert len(unsupported(page(prose, printed))) == 1


def test_typed_numbers_in_alt_texts_are_checked_and_computed_ones_are_not():
    typed = 'plots.show(fig, alt=f"The bar is {height:.2f}, or 0.99 nats, high.")'
    found = unsupported(page("", "0.98 nats", typed))
    assert len(found) == 1 and "0.99" in found[0]
    computed = 'plots.show(fig, alt=f"The bar is {height:.2f} nats high.")'
    assert unsupported(page("", "", computed)) == []


def test_the_message_names_number_and_place():
    (message,) = unsupported(page("The toll of this pair is 0.5 nats per symbol.", ""))
    assert "0.5 nats" in message and "The toll of this pair" in message


def test_listings_of_source_are_no_results():
    nb = page("It costs 0.625 bits.", "")
    listing = {"text/markdown": "```python\n0.625\n```", "text/plain": "0.625"}
    nb.cells[1].outputs = [new_output("display_data", data=listing)]
    assert len(unsupported(nb)) == 1
