"""Quizzes: questions with options, a reason for each, and no chance in any of it.

The text form lists the questions. The HTML form is a form whose script, one for all,
belongs to the site; without it the reasons stand in a fold.
"""

import html
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """One answer. A wrong one says whose mistake it is: a mutator's or a claim's."""

    text: str
    why: str
    right: bool = False
    claim: str | None = None  # id of a row in book/claims.yml that is not plainly true
    mutator: str | None = None  # name of the mistake that gives this number


@dataclass(frozen=True)
class Item:
    """One question of a quiz."""

    key: str  # short and unique in its quiz; stands in the HTML
    ask: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Quiz:
    """All questions of a chapter; a notebook shows it as a form."""

    name: str
    items: tuple[Item, ...]

    def __repr__(self):
        lines = [f"Quiz with {len(self.items)} questions"]
        for number, item in enumerate(self.items, 1):
            lines.append(f"{number}. {plain(item.ask)}")
            lines += [
                f"   {letter}) {plain(option.text)}"
                for letter, option in zip("abcdef", item.options, strict=False)
            ]
        return "\n".join(lines)

    def _repr_html_(self):
        fields = "\n".join(
            self._fieldset(number, item) for number, item in enumerate(self.items, 1)
        )
        return f'<form class="quiz" aria-label="Quiz">\n{fields}\n</form>'

    def _fieldset(self, number, item):
        key = f"{self.name.replace('.', '-')}-{item.key}"
        labels = "\n".join(
            f'<label><input type="radio" name="{key}" value="{letter}"> '
            f"<span{'' if option.right else ' data-wrong'}>{marked(option.text)}</span>"
            "</label>"
            for letter, option in zip("abcdef", item.options, strict=False)
        )
        reasons = "\n".join(
            f'<li data-option="{letter}"{" data-right" * option.right}>'
            f"<b{'' if option.right else ' data-wrong'}>{marked(option.text)}</b> "
            f"<span>{'Right' if option.right else 'No'}. {marked(option.why)}</span>"
            "</li>"
            for letter, option in zip("abcdef", item.options, strict=False)
        )
        return (
            f'<fieldset id="{key}">\n<legend>{number}. {marked(item.ask)}</legend>\n'
            f'{labels}\n<p class="quiz-verdict" role="status"></p>\n'
            f"<details><summary>Answer and reasons</summary>\n<ul>\n{reasons}\n</ul>"
            "\n</details>\n</fieldset>"
        )


def numbers(formula, form, why, *wrong):
    """Options in rising order: the right number, and one from each mutator.

    Args:
        formula: A `Formula` without open arguments.
        form: Writes a number as the text of an option, such as "{:.3f} bits".format.
        why: The reason for the right one.
        wrong: (mutator, reason) for each wrong one.

    Raises:
        ValueError: If two options read the same.
    """
    valued = [(formula(), Option(form(formula()), why, right=True))]
    for mutator, reason in wrong:
        value = mutator(formula)()
        valued.append((value, Option(form(value), reason, mutator=mutator.name)))
    texts = [option.text for _, option in valued]
    if len(set(texts)) < len(texts):
        raise ValueError(f"two options read the same: {texts}")
    return tuple(option for _, option in sorted(valued, key=lambda pair: pair[0]))


def plain(text):
    return text.replace("`", "")


def marked(text):
    """Text as HTML, with `code` and *emphasis*."""
    text = html.escape(text, quote=False)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    # The star of p* is none: emphasis begins before a word and ends behind one.
    return re.sub(r"(?<!\w)\*(\S[^*]*)\*(?!\w)", r"<em>\1</em>", text)
