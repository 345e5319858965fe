"""Answers that learners could give: unusual right ones, and unlisted wrong ones.

For each question of a chapter, `RIGHT["q1"]` has at least five answers that must pass,
and `WRONG["q1"]` pairs of a function and the mistake, or outcome, it must get.
"""
