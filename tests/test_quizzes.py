"""Every quiz: one right option, a reason for each, wrong ones that people do choose."""

import html.parser
from collections import Counter

import numpy as np
import pytest
from test_exercises import CHAPTERS, QUESTIONS

from kl_helpers.exercises import mutators as m
from kl_helpers.exercises import placement
from kl_helpers.exercises._quiz import Item, Option, Quiz, numbers
from tools import claims

MUTATORS = {"sigma_for_variance", "variance_for_sigma"} | {
    value.name
    for module in (m, *CHAPTERS.values())
    for value in vars(module).values()
    if isinstance(value, m.Mutator)
}
MISTAKES = MUTATORS | {
    mistake.name for question in QUESTIONS.values() for mistake in question.mistakes
}
QUIZZES = {name: module.quiz for name, module in CHAPTERS.items()}
QUIZZES["placement"] = placement.quiz
ITEMS = [(name, item) for name, quiz in QUIZZES.items() for item in quiz.items]
each_quiz = pytest.mark.parametrize(("name", "quiz"), QUIZZES.items(), ids=QUIZZES)
each_item = pytest.mark.parametrize(
    ("name", "item"), ITEMS, ids=[f"{name}-{item.key}" for name, item in ITEMS]
)


class Tags(html.parser.HTMLParser):
    """Counts elements, and sees that every one that opens is closed in order."""

    def __init__(self, text):
        super().__init__()
        self.counted, self.open, self.ids = Counter(), [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.counted[tag] += 1
        self.ids += [value for name, value in attributes if name == "id"]
        if tag != "input":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@each_quiz
def test_a_quiz_has_five_to_eight_questions(name, quiz):
    assert quiz.name == f"{name}.quiz" and 5 <= len(quiz.items) <= 8
    assert len({item.key for item in quiz.items}) == len(quiz.items)


@each_quiz
def test_the_form_is_whole(name, quiz):
    tags = Tags(quiz._repr_html_())
    options = sum(len(item.options) for item in quiz.items)
    assert tags.counted["fieldset"] == tags.counted["legend"] == len(quiz.items)
    assert tags.counted["input"] == tags.counted["label"] == options
    assert tags.counted["li"] == options and len(set(tags.ids)) == len(tags.ids)
    assert quiz._repr_html_() == quiz._repr_html_() and " at 0x" not in repr(quiz)


@each_quiz
def test_the_right_option_has_no_favourite_place(name, quiz):
    places = [[o.right for o in item.options].index(True) for item in quiz.items]
    assert max(Counter(places).values()) <= (len(places) + 1) // 2, places


@each_item
def test_one_option_is_right_and_each_has_a_reason(name, item):
    assert sum(option.right for option in item.options) == 1
    assert 2 <= len(item.options) <= 5 and len({o.text for o in item.options}) == len(
        item.options
    )
    assert all(len(option.why) > 15 for option in item.options)


@each_item
def test_wrong_options_are_somebodys_mistake(name, item):
    """A named mistake, or a claim that is not plainly true."""
    verdicts = {row["id"]: row["verdict"] for row in claims.read()}
    for option in item.options:
        if option.right:
            assert option.mutator is option.claim is None
        elif option.claim:
            assert verdicts[option.claim] != "true", option.claim
        else:
            assert option.mutator in MISTAKES, option.text


def test_options_with_numbers_are_computed_and_differ():
    formula = m.Formula(lambda p, q: np.asarray(p) * np.log(np.divide(p, q)))
    pair = ([0.5, 0.5], [0.9, 0.1])
    options = numbers(
        formula.at(*pair), "{:.4f}".format, "right", (m.swapped, "a"), (m.in_bits, "b")
    )
    assert [o.text for o in options] == ["0.3681", "0.5108", "0.7370"]
    assert [o.mutator for o in options] == ["swapped", None, "in_bits"]
    with pytest.raises(ValueError, match="read the same"):
        numbers(formula.at(*pair), "{:.4f}".format, "right", (m.abs_result, "same"))


def test_text_is_safe_in_html():
    options = (Option("a < b `x<y`", "*because* it is so", right=True),)
    text = Quiz("x.quiz", (Item("k", "p & q?", options),))._repr_html_()
    assert "a &lt; b <code>x&lt;y</code>" in text and "<em>because</em>" in text
    assert "p &amp; q?" in text


def test_the_star_of_a_name_is_no_emphasis():
    options = (Option("D(p‖p*)", "*then* D(p*‖q), D(p*‖p)", right=True),)
    text = Quiz("x.quiz", (Item("k", "p* or *q*?", options),))._repr_html_()
    assert "D(p‖p*)" in text and "<em>then</em> D(p*‖q), D(p*‖p)" in text
    assert "p* or <em>q</em>?" in text


def test_every_mutator_changes_what_it_names():
    def terms(p, q):
        p, q = np.asarray(p), np.asarray(q)
        return p * np.log(p / q)

    formula, pair = m.Formula(terms), ([0.3, 0.7], [0.8, 0.2])
    right = formula(*pair)
    expected = {
        "swapped": terms(*pair[::-1]).sum(),
        "in_bits": terms(*pair).sum() / np.log(2),
        "in_nats": terms(*pair).sum() * np.log(2),
        "in_digits": terms(*pair).sum() / np.log(10),
        "wrong_sign": -terms(*pair).sum(),
        "abs_terms": np.abs(terms(*pair)).sum(),
        "positive_terms": terms(*pair).max(),
        "mean_not_sum": terms(*pair).mean(),
        "halved": terms(*pair).sum() / 2,
        "doubled": terms(*pair).sum() * 2,
        "exponential": np.exp(terms(*pair).sum()),
    }
    for name, value in expected.items():
        assert np.isclose(getattr(m, name)(formula)(*pair), value), name
        assert not np.isclose(value, right), name
    assert m.abs_result(m.wrong_sign(formula))(*pair) == pytest.approx(right)
    assert m.not_totalled(formula)(*pair).shape == (2,)
    assert np.isnan(m.no_zero_rule(formula)([0, 1], [0.5, 0.5]))
    assert m.drops_infinite(formula)([0.5, 0.5], [1, 0]) == pytest.approx(
        0.5 * np.log(0.5)
    )
    mean = m.Formula(terms, total=m.mean_of_terms)
    assert m.sum_not_mean(mean)(*pair) == pytest.approx(right)


def test_mutators_of_widths_and_order():
    def kl(mu_p, sigma_p, mu_q, sigma_q):
        ratio = sigma_p / sigma_q
        z = (mu_p - mu_q) / sigma_q
        return [(ratio**2 + z**2 - 1) / 2 - np.log(ratio)]

    formula = m.Formula(kl)
    assert m.swapped(formula)(0, 1, 3, 2) == formula(3, 2, 0, 1)
    assert m.variance_for_sigma(1, 3)(formula)(0, 1, 3, 2) == formula(0, 1, 3, 4)
    assert m.sigma_for_variance(1, 3)(formula)(0, 1, 3, 4) == formula(0, 1, 3, 2)
    assert m.exchange(("x", "p", "q")) == ("x", "q", "p")
