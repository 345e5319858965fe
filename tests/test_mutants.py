"""The list of mutants keeps up with the code that it breaks."""

import pytest

from tools import mutants


@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_still_changes_what_it_names(mutant):
    text = (mutants.ROOT / "kl_helpers" / mutant.file).read_text()
    assert mutants.mutate(mutant, text) != text
    assert (mutants.ROOT / "tests" / mutant.test).exists()
    assert (mutants.ROOT / "notebooks" / f"{mutant.chapter}.ipynb").exists()


def test_a_mutant_whose_text_is_gone_is_named():
    lost = mutants.Mutant("lost", "discrete.py", "no such text", "", "test_discrete.py")
    with pytest.raises(SystemExit, match="lost: its text must stand once"):
        mutants.mutate(lost, "some text")
