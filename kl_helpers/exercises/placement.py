"""Five questions that say where to begin."""

from ._quiz import Item, Option, Quiz

quiz = Quiz(
    "placement.quiz",
    (
        Item(
            "infinite",
            "P is a fair coin, and Q says that heads is certain. What is D(P‖Q)?",
            (
                Option(
                    "ln 2: half of the tosses surprise Q.",
                    "They surprise Q without limit. Begin with chapter 1.",
                    mutator="drops_infinite",
                ),
                Option(
                    "Infinite.",
                    "P tosses tails, which Q calls impossible. If you guessed, begin "
                    "with chapter 1.",
                    right=True,
                ),
                Option(
                    "ln 2, and D(Q‖P) is infinite.",
                    "The other way round: the first one samples. Begin with chapter 1.",
                    mutator="swapped",
                ),
            ),
        ),
        Item(
            "gradient",
            "The target is fixed. You replace the cross-entropy by the KL as a loss. "
            "What changes?",
            (
                Option(
                    "The value, by the entropy of the target.",
                    "The gradients are equal. If you guessed, chapter 2.",
                    right=True,
                ),
                Option(
                    "The gradient, by the entropy of the target.",
                    "The entropy of a fixed target has no gradient: chapter 2.",
                    claim="S0-26",
                ),
                Option(
                    "The direction of the KL.",
                    "Both have the target first: chapter 2.",
                    mutator="swapped",
                ),
            ),
        ),
        Item(
            "hills",
            "One bell curve q is fitted to two hills far apart, by minimising "
            "D(q‖target). Where is its best fit?",
            (
                Option(
                    "Between them, wide.",
                    "There lies the best fit of D(target‖q), forward: chapter 3.",
                    mutator="swapped",
                ),
                Option(
                    "Onto the higher one, always.",
                    "There is a local optimum on each of two hills, and a fit can end "
                    "in the worse one: chapter 3.",
                    claim="X5",
                ),
                Option(
                    "Onto one of them.",
                    "q samples, so it must stay where the target is. If you guessed, "
                    "chapter 3.",
                    right=True,
                ),
            ),
        ),
        Item(
            "printed",
            "A VAE logs a KL. To what?",
            (
                Option(
                    "The prior.",
                    "D(encoder‖prior). If you guessed: *What does the bound leave "
                    "out?* and chapter 4.",
                    right=True,
                ),
                Option(
                    "The posterior of its decoder.",
                    "That one is the gap of the bound, and a VAE cannot compute it. "
                    "See *What does the bound leave out?*",
                    claim="X3",
                ),
                Option(
                    "The data.",
                    "That is the KL that maximum likelihood makes small: chapter 2.",
                    claim="X3",
                ),
            ),
        ),
        Item(
            "negative",
            "The mean of ln p/q over 100 samples of P is slightly below zero. What is "
            "it?",
            (
                Option(
                    "A bug: a KL is never negative.",
                    "The KL is not, its estimate can be: chapter 8.",
                    mutator="negative_is_a_bug",
                ),
                Option(
                    "Noise or a bug: the standard error tells.",
                    "If you guessed, chapter 8. If you guessed nowhere, take any you "
                    "like.",
                    right=True,
                ),
                Option(
                    "Zero, after clamping.",
                    "Clamping hides a bug and adds a bias: chapter 8.",
                    mutator="positive_terms",
                ),
            ),
        ),
    ),
)
