"""The list of numbers that moved between two versions."""

from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools import changes


def page(*lines):
    text = "".join(f"{line}\n" for line in lines)
    cell = new_code_cell("x", outputs=[new_output("stream", name="stdout", text=text)])
    return new_notebook(cells=[cell])


def test_a_moved_number_is_listed_with_both_values():
    before = {"a": page("KL 0.51 nats", "same 1.0")}
    after = {"a": page("KL 0.52 nats", "same 1.0")}
    lines = list(changes.differences(before, after))
    assert lines == ["- `a`:", "  - `KL 0.51 nats` → `KL 0.52 nats`"]


def test_new_text_around_a_number_is_no_move():
    before, after = {"a": page("KL 0.51")}, {"a": page("the KL is 0.51", "KL 0.51")}
    assert list(changes.differences(before, after)) == []


def test_new_and_lost_pages_are_named():
    lines = list(changes.differences({"a": page("1")}, {"b": page("1")}))
    assert lines == ["- `a`: gone.", "- `b`: new."]


def test_a_version_differs_from_itself_in_nothing():
    here = changes.notebooks("HEAD")
    assert here and list(changes.differences(here, here)) == []
