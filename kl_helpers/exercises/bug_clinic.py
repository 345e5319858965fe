"""Exercises and quiz of the bug clinic: twenty repairs, and logs to tell bugs apart."""

from ._clinic_signs import q1, q2, q3, q4, q5, q6
from ._clinic_sizes import q7, q8, q9, q10, q11, q12, q13, q14
from ._clinic_training import q15, q16, q17, q18, q19, q20
from ._quiz import Item, Option, Quiz

__all__ = ["q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10", "q11", "q12"]
__all__ += ["q13", "q14", "q15", "q16", "q17", "q18", "q19", "q20", "quiz"]

quiz = Quiz(
    "bug_clinic.quiz",
    (
        Item(
            "equal",
            "Both policies are equal, and the logged KL is e − 2. What happened?",
            (
                Option(
                    "k3 with the ratio upside down.",
                    "With equal policies w is 1 either way round, and k3 is 0.",
                    mutator="inverse_ratio",
                ),
                Option(
                    "The 1 in w − 1 − ln w is missing.",
                    "Then the log would show 1.",
                    mutator="without_the_one",
                ),
                Option(
                    "The ratio was exponentiated, not its logarithm.",
                    "e to the 1, minus 1, minus 1.",
                    right=True,
                ),
            ),
        ),
        Item(
            "batch",
            "Twice the batch size, twice the KL loss of the VAE. What is the code?",
            (
                Option(
                    "`kl.sum()`",
                    "A sum over images as well. Divide by their number.",
                    right=True,
                ),
                Option(
                    "`kl.mean()`",
                    "That is per image and dimension, whatever the batch.",
                    mutator="per_dimension",
                ),
                Option(
                    "`kl.sum(1).mean()`",
                    "Nats per image, and the same for every batch size.",
                    mutator="divided_by_n",
                ),
            ),
        ),
        Item(
            "rarest",
            "Whatever action is rewarded, the rarest one becomes likelier. Where do "
            "you look?",
            (
                Option(
                    "At the sign of the loss.",
                    "Then the rewarded action would become rarer, and each one "
                    "differently.",
                    mutator="wrong_sign",
                ),
                Option(
                    "At the shape of the ratio.",
                    "Averaged over all actions it forgets which one was taken.",
                    right=True,
                ),
                Option(
                    "At the advantage.",
                    "Without it, taken actions become likelier, not rare ones.",
                    mutator="without_advantage",
                ),
            ),
        ),
        Item(
            "leash",
            "The penalty is in the loss. A larger β does not lower the KL to the "
            "reference at all. Which penalty is it?",
            (
                Option(
                    "k1.",
                    "With the actions held, its mean has no gradient: no leash.",
                    right=True,
                ),
                Option(
                    "k3.",
                    "It pulls, with the gradient of the other KL.",
                    mutator="k3_as_loss",
                ),
                Option(
                    "k3, upside down.",
                    "That one pulls too, and hard where π likes what ref does not.",
                    mutator="inverse_ratio",
                ),
            ),
        ),
        Item(
            "below",
            "F.kl_div is below zero on every batch. What is wrong?",
            (
                Option(
                    "Noise: too few rows.",
                    "It sums over all classes, so nothing is sampled.",
                    mutator="in_nats",
                ),
                Option(
                    "The arguments are exchanged.",
                    "The other KL is not negative either.",
                    mutator="swapped",
                ),
                Option(
                    "The first argument is no logarithm.",
                    "Probabilities are above zero: target times their negative.",
                    right=True,
                ),
            ),
        ),
        Item(
            "teacher",
            "The distillation loss falls faster than ever, and the teacher's own "
            "accuracy falls with it. What is missing?",
            (
                Option(
                    "The factor T².",
                    "That changes the weight of the soft part, not the teacher.",
                    mutator="no_t_squared",
                ),
                Option(
                    "`.detach()` on the teacher.",
                    "The gradient teaches the teacher to say what the student says.",
                    right=True,
                ),
                Option(
                    "A sum over classes.",
                    "That makes the loss small, and leaves the teacher alone.",
                    mutator="mean_not_sum",
                ),
            ),
        ),
    ),
)
