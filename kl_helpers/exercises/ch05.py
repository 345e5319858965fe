"""Exercises and quiz of chapter 5: what keeps a policy update safe?"""

import numpy as np

from . import mutators as m
from ._answer import Case, Unusable, read_numbers, read_words
from ._question import Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

# Exercise 1: derive


def largest_kl():
    # the ratios r and 2 - r average to 1; the KL grows with r, so r = 1.2
    return -np.log(1.2 * 0.8) / 2


def kl_of_ratios(high, low):
    return [np.log(1 / high) / 2, np.log(1 / low) / 2]


def halves(first, second):
    """Terms of D(P‖Q) for P = ½ : ½ times `first`, Q = ½ : ½ times `second`."""
    p, q = np.array(first) / 2, np.array(second) / 2
    return p * np.log(p / q)


q1 = Question(
    name="ch05.q1",
    model=largest_kl,
    hints=(
        "The new probabilities sum to 1, so the two ratios cannot both be 1.2: if one "
        "is r, the other is 2 − r.",
        "D(old‖new) = −½ ln r − ½ ln (2 − r). Where in [0.8, 1.2] is it largest?",
        "At both ends, and they are the same policy up to a change of names.",
    ),
    closing="So little, if every ratio stays inside. The clip does not see to that.",
    reference=lambda: sum(kl_of_ratios(1.2, 0.8)),
    rtol=2e-3,  # 0.0204 passes; the reverse KL, 0.0201, and 0.02 do not
    formula=m.Formula(halves).at([1.0, 1.0], [1.2, 0.8]),
    mutators=(m.swapped, m.in_bits, m.halved, m.wrong_sign, m.in_digits),
    mistakes=(
        Mistake(
            "not_normalised",
            "Ratios of 0.8 for both actions leave probabilities that sum to 0.8.",
            lambda: sum(kl_of_ratios(0.8, 0.8)),
        ),
        Mistake(
            "only_one_action",
            "That is the term of one action; the other one's is negative.",
            lambda: kl_of_ratios(1.2, 0.8)[1],
        ),
        Mistake(
            "epsilon_itself",
            "0.2 is how far a ratio may be from 1; the KL has to be computed.",
            lambda: 0.2,
        ),
        Mistake(
            "log_of_the_ratio",
            "That is ln 1.2, the log-ratio of one action. Average over both, with the "
            "old probabilities.",
            lambda: np.log(1.2),
        ),
        Mistake(
            "quadratic",
            "½ ε² is a good approximation; the exact value is a little larger.",
            lambda: 0.2**2 / 2,
        ),
    ),
)


# Exercise 2: construct

SILENT = np.log(1.5)  # the logit at which a ratio of ½ : ½ has reached 1.2


def silent_clip():
    return [41.0, 1.0, 0.01]  # sigmoid(0.41) has the ratio 1.202, just outside


def read_policy(value, printed):
    value = read_numbers(value, printed)
    if value.ndim != 1 or value.size < 2 or not np.isfinite(value).all():
        message = (
            "Return one list of finite numbers: θ, then one feature for each state. "
            f"You return an array of shape {value.shape}."
        )
        raise Unusable("wrong", "wrong_shape", message)
    return value


def ratios_of(policy, share=1.0):
    theta, features = policy[0], policy[1:]
    return 2 / (1 + np.exp(-share * theta * features))


def mean_kl(policy):
    z = policy[0] * policy[1:]  # D(½ : ½ ‖ sigmoid) = ln cosh (z / 2)
    return np.mean(np.logaddexp(z / 2, -z / 2) - np.log(2))


def says_mean_kl(policy):
    return (
        f"The clip is silent, and the KL is {mean_kl(policy):.3g} nats per state on "
        "average. More than 5 are asked: let one state react more weakly to θ."
    )


q2 = Question(
    name="ch05.q2",
    model=silent_clip,
    hints=(
        "The clip of a state falls silent where its ratio 2 · sigmoid(θ · feature) "
        "passes 1.2, which is where θ · feature passes ln 1.5 = 0.405.",
        "So the state with the smallest feature decides how far θ goes.",
        "The KL of a state is ln cosh(θ · feature / 2), about ½ |θ · feature| − 0.69 "
        "where that is large: choose the largest feature accordingly.",
    ),
    closing="Every sample is out of the gradient now, the loss is flat, and the policy "
    "is nowhere near. No step was too long; one weight served two states.",
    read=read_policy,
    conditions=(
        Condition(
            "theta_not_positive",
            "θ, the first number, has to be above 0.",
            lambda policy: policy[0] > 0,
        ),
        Condition(
            "not_silent",
            lambda policy: (
                f"The clip still pushes: the smallest ratio is "
                f"{ratios_of(policy).min():.3g}, and it must have passed 1.2."
            ),
            lambda policy: (ratios_of(policy) > 1.2).all(),
        ),
        Condition(
            "carried_too_far",
            "At 0.9 θ every ratio is above 1.2 already, so the clip had fallen silent "
            "before: nothing pushed θ as far as this.",
            lambda policy: (ratios_of(policy, 0.9) <= 1.2).any(),
        ),
        Condition("kl_too_small", says_mean_kl, lambda policy: mean_kl(policy) > 5),
    ),
    mistakes=(
        Mistake("theta_not_positive", "", lambda: [-41, 1, 0.01]),
        Mistake("not_silent", "", lambda: [30, 1, 0.01]),
        Mistake("carried_too_far", "", lambda: [45, 1, 1]),
        Mistake("kl_too_small", "", lambda: [0.41, 1, 1]),
        Mistake("wrong_shape", "", lambda: [[41], [1, 0.01][:1]]),
    ),
)


# Exercise 3: derive


def two_forces(w, p, advantage, beta, epsilon):
    outside = np.where(advantage > 0, w > 1 + epsilon, w < 1 - epsilon)
    clip = np.where(outside, 0.0, w * advantage)
    pull = beta * p * (w - 1) / (1 - p * w)
    return clip, w * advantage - pull


def numerical_forces(w, p, advantage, beta, epsilon):
    """Minus the slopes of both losses in ln w, with a small imaginary step."""
    moved = np.asarray(w) * np.exp(1e-20j)
    clipped = np.clip(w, 1 - epsilon, 1 + epsilon)
    gain = np.where(
        w * advantage <= clipped * advantage, moved * advantage, clipped + 0j
    )
    kl = -p * np.log(moved) - (1 - p) * np.log((1 - p * moved) / (1 - p))
    return np.stack([gain.imag, (moved * advantage - beta * kl).imag]) / 1e-20


def updates(seed, count):
    rng = np.random.default_rng(seed)
    for sign in (1, -1) * (count // 2):
        p, size = rng.uniform(0.1, 0.45), sign * rng.uniform(0.5, 2)
        w = np.array([0.3, 0.7, 0.95, 1.1, 1.4, 1.9])
        w = w + rng.uniform(-0.04, 0.04, 6)
        beta, epsilon = rng.uniform(0.2, 3), rng.choice([0.1, 0.2, 0.25])
        given = (p, size, beta, epsilon)
        yield Case((w.round(3), *(round(float(x), 3) for x in given)))


def reverse_pull(w, p, advantage, beta, epsilon):
    """With D(new‖old): p w ln w + (1 - p w) ln((1 - p w) / (1 - p))."""
    slope = p * w * (np.log(w) - np.log((1 - p * w) / (1 - p)))
    return w * advantage - beta * slope


def spoiled(clip=None, penalty=None):
    """Both forces, with one of them replaced."""

    def answer(*given):
        right = two_forces(*given)
        return [
            clip(*given) if clip else right[0],
            penalty(*given) if penalty else right[1],
        ]

    return answer


def closed_band(w, p, advantage, beta, epsilon):
    return np.where(np.abs(w - 1) > epsilon, 0.0, w * advantage)


q3 = Question(
    name="ch05.q3",
    model=two_forces,
    hints=(
        "Minus a loss of −wA is wA, and its slope in ln w is w times its slope in w.",
        "The minimum in the clipped loss chooses the clipped term only where that is "
        "the smaller one: w above 1 + ε if A > 0, w below 1 − ε if A < 0.",
        "The other actions share 1 − pw in place of 1 − p, so D(old‖new) = −p ln w − "
        "(1 − p) ln((1 − pw)/(1 − p)). Differentiate in ln w.",
    ),
    closing="One force is switched off from one side, the other one changes its sign: "
    "that is the whole difference between the two versions of PPO.",
    cases=tuple(updates(0, 6)),
    reference=numerical_forces,
    mistakes=(
        Mistake(
            "clips_both_sides",
            "You switch the clip off on both sides. If A > 0 and w is below the band, "
            "the push is still on: it leads back.",
            spoiled(clip=closed_band),
        ),
        Mistake(
            "no_clip",
            "The clip is missing: outside, on the side that is pushed to, the force "
            "is 0.",
            spoiled(clip=lambda w, p, advantage, *rest: w * advantage),
        ),
        Mistake(
            "clip_holds_the_value",
            "Where it is clipped the loss is constant: its slope is 0, not its value.",
            spoiled(
                clip=lambda w, p, advantage, beta, epsilon: np.where(
                    two_forces(w, p, advantage, beta, epsilon)[0] == 0,
                    np.clip(w, 1 - epsilon, 1 + epsilon) * advantage,
                    w * advantage,
                )
            ),
        ),
        Mistake(
            "swapped",
            "That is the slope of D(new‖old); the old policy stands first here.",
            spoiled(penalty=reverse_pull),
        ),
        Mistake(
            "pushes_away",
            "The penalty has the wrong sign: it would push the policy away.",
            spoiled(
                penalty=lambda w, p, advantage, beta, epsilon: (
                    w * advantage + beta * p * (w - 1) / (1 - p * w)
                )
            ),
        ),
        Mistake(
            "only_the_action_taken",
            "The term −p ln w is there; the other actions lose what this one gains, "
            "and belong to the KL as well.",
            spoiled(
                penalty=lambda w, p, advantage, beta, epsilon: w * advantage + beta * p
            ),
        ),
        Mistake(
            "in_w",
            "Those are slopes in w; in ln w they are larger by a factor of w.",
            lambda w, *rest: np.stack(two_forces(w, *rest)) / w,
        ),
        Mistake(
            "slopes_of_the_loss",
            "Those are the slopes of the losses; a force is minus the slope.",
            lambda *given: -np.stack(two_forces(*given)),
        ),
        Mistake(
            "exchanged",
            "The two forces are exchanged: the clip comes first.",
            lambda *given: two_forces(*given)[::-1],
        ),
        Mistake(
            "clipped_and_priced",
            "The second loss has no clip.",
            spoiled(
                penalty=lambda w, p, advantage, beta, epsilon: (
                    two_forces(w, p, advantage, beta, epsilon)[0]
                    - beta * p * (w - 1) / (1 - p * w)
                )
            ),
        ),
    ),
)


# Exercise 4: repair


def loss_and_next_beta(new, old, actions, advantages, beta, target):
    rows = np.arange(len(actions))
    ratios = new[rows, actions] / old[rows, actions]
    kl = np.mean(np.sum(old * np.log(old / new), axis=1))
    loss = -np.mean(ratios * advantages) + beta * kl  # the price agreed on before
    later = 2 * beta if kl > 1.5 * target else beta / 2 if kl < target / 1.5 else beta
    return loss, later


def by_loops(new, old, actions, advantages, beta, target):
    """State by state, and β by counting how often the KL doubles the target."""
    push = spent = 0.0
    for before, after, action, gain in zip(old, new, actions, advantages, strict=True):
        push -= after[action] / before[action] * gain / len(actions)
        spent += float(before @ (np.log(before) - np.log(after))) / len(actions)
    factor = 2.0 ** (int(spent > 1.5 * target) - int(1.5 * spent < target))
    return push + beta * spent, beta * factor


def batches(seed, count):
    rng = np.random.default_rng(seed)
    for target in (0.001, 0.05, 1.0) * (count // 3):
        logits = rng.normal(size=(12, 3))
        moved = logits + 0.35 * rng.normal(size=(12, 3))
        old, new = (
            np.exp(z) / np.exp(z).sum(1, keepdims=True) for z in (logits, moved)
        )
        actions = np.array([rng.choice(3, p=row) for row in old])
        beta = round(float(rng.uniform(0.5, 3)), 2)
        yield Case((new, old, actions, rng.normal(size=12), beta, target))


def half_repaired(*, ratio="taken", first="old", beta_for="next"):
    """The loss with some of its three faults left in."""

    def answer(new, old, actions, advantages, beta, target):
        rows = np.arange(len(actions))
        ratios = {
            "taken": (new / old)[rows, actions] * advantages,
            "all": (new / old) * advantages[:, None],
            "weighed": (new / old * old).sum(1) * advantages,
        }[ratio]
        p, q = (old, new) if first == "old" else (new, old)
        kl = np.mean(np.sum(p * np.log(p / q), axis=1))
        later = (
            2 * beta if kl > 1.5 * target else beta / 2 if kl < target / 1.5 else beta
        )
        return -np.mean(ratios) + (later if beta_for == "now" else beta) * kl, later

    return answer


ALL_ACTIONS = "The ratios of all actions are still averaged: take that of the action."
NEW_FIRST = "The KL still has the new policy first."
AT_ONCE = "The new β is still charged at once: this update pays the old one."

q4 = Question(
    name="ch05.q4",
    model=loss_and_next_beta,
    hints=(
        "The ratio of the action taken: new[i, actions[i]] / old[i, actions[i]] for "
        "each state i.",
        "The policy that acted stands first: old · log(old / new), summed over "
        "actions, averaged over states.",
        "Compute the loss with the β that came in, and only then the next one.",
    ),
    closing="Three faults, none of which raises an error, and all of which print "
    "plausible numbers.",
    cases=tuple(batches(0, 6)),
    reference=by_loops,
    mistakes=(
        Mistake("all_actions", ALL_ACTIONS, half_repaired(ratio="all")),
        Mistake("new_first", NEW_FIRST, half_repaired(first="new")),
        Mistake("beta_at_once", AT_ONCE, half_repaired(beta_for="now")),
        Mistake(
            "only_the_ratio_repaired",
            f"The ratio is right. {NEW_FIRST} And: {AT_ONCE}",
            half_repaired(first="new", beta_for="now"),
        ),
        Mistake(
            "only_the_direction_repaired",
            f"The direction is right. {ALL_ACTIONS} And: {AT_ONCE}",
            half_repaired(ratio="all", beta_for="now"),
        ),
        Mistake(
            "only_beta_repaired",
            f"β is right. {ALL_ACTIONS} And: {NEW_FIRST}",
            half_repaired(ratio="all", first="new"),
        ),
        Mistake(
            "as_published",
            "That is the published code as it stands.",
            half_repaired(ratio="all", first="new", beta_for="now"),
        ),
        Mistake(
            "weighed_ratios",
            "The old probabilities times the ratios sum to 1 in every state: nothing "
            "would ever be pushed. Take the ratio of the action.",
            half_repaired(ratio="weighed"),
        ),
        Mistake(
            "wrong_sign",
            "The push has the wrong sign: a good action should become more likely.",
            lambda new, old, actions, advantages, *rest: by_loops(
                new, old, actions, -advantages, *rest
            ),
        ),
        Mistake(
            "beta_unchanged",
            "The second number is the β for the next update; yours never changes.",
            lambda *given: (by_loops(*given)[0], given[4]),
        ),
        Mistake(
            "rule_reversed",
            "A KL above the target makes the next nat dearer, not cheaper.",
            lambda *given: (by_loops(*given)[0], given[4] ** 2 / by_loops(*given)[1]),
        ),
        Mistake(
            "exchanged",
            "The two numbers are exchanged: the loss comes first.",
            lambda *given: by_loops(*given)[::-1],
        ),
        Mistake(
            "sum_not_mean",
            "You sum over the states; the loss is an average.",
            lambda *given: by_loops(*given) * np.array([len(given[2]), 1]),
        ),
    ),
)


# Exercise 5: diagnose

CAUSES = ("nothing", "swapped", "summed", "stale", "too far")


def five_diagnoses():
    return ["nothing", "swapped", "summed", "stale", "too far"]


def read_causes(value, printed):
    words = read_words(value, printed)
    if len(words) != 5 or set(words) - set(CAUSES):
        unknown = sorted(set(words) - set(CAUSES)) or [f"{len(words)} words"]
        message = (
            f"{unknown[0]!r:.40}: five causes are asked, each one of "
            f"{', '.join(CAUSES)}."
        )
        raise Unusable("wrong", "wrong_words", message)
    return words


def named(**other):
    """The right causes with some replaced: log_2="stale" and so on."""
    causes = five_diagnoses()
    for log, cause in other.items():
        causes[int(log[-1]) - 1] = cause.replace("_", " ")
    return lambda: causes


q5 = Question(
    name="ch05.q5",
    model=five_diagnoses,
    hints=(
        "If the actions come from the old policy, w = new/old averages to 1, whatever "
        "the policies are.",
        "k1 and k3 average to the same number then, D(old‖new), which is not negative. "
        "A mean of k1 that is minus that of k3 says which log was subtracted.",
        "A KL of several nats cannot come with a largest ratio of 1.6: no log-ratio is "
        "above ln 1.6 = 0.47. Divide by the number of states.",
    ),
    closing="Mean of w near 1, k1 and k3 equal and positive: look at these three "
    "before you believe a KL.",
    read=read_causes,
    reference=five_diagnoses,
    mistakes=(
        Mistake(
            "negative_is_stale",
            "Log 2: w averages to about 1, so the actions are those of the old policy. "
            "Why is k1 minus k3?",
            named(log_2="stale"),
        ),
        Mistake(
            "large_is_too_far",
            "Log 3: a mean of 5 nats, with no ratio above 1.6?",
            named(log_3="too far"),
        ),
        Mistake(
            "stale_missed",
            "Log 4: w averages to 1.48. Under the policy that acted it averages to 1.",
            named(log_4="swapped"),
        ),
        Mistake(
            "clip_would_hold",
            "Log 5: a largest ratio of 9.5 and 0.89 nats are possible, with the clip, "
            "too. The numbers agree with each other; the update was too large.",
            named(log_5="summed"),
        ),
        Mistake(
            "two_and_four_exchanged",
            "Logs 2 and 4 are exchanged: look at the mean of w.",
            named(log_2="stale", log_4="swapped"),
        ),
        Mistake(
            "three_and_five_exchanged",
            "Logs 3 and 5 are exchanged: look at the largest w.",
            named(log_3="too_far", log_5="summed"),
        ),
    ),
)


# Quiz

KL = m.Formula(halves)
new_price = m.Formula(lambda beta, factor: np.atleast_1d(beta * factor))
price_unchanged = m.Mutator("beta_unchanged", "", m.power_at(0, 1))
rule_reversed = m.Mutator("rule_reversed", "", m.power_at(-1, 1))

quiz = Quiz(
    "ch05.quiz",
    (
        Item(
            "largest",
            "PPO with the clip at 1 ± 0.2. After an update the largest ratio is 1.86. "
            "What is wrong?",
            (
                Option(
                    "The clip is not applied: it is a constraint, and it is violated.",
                    "The clip ends the push of one sample. It constrains nothing.",
                    claim="S2-37",
                ),
                Option(
                    "Nothing need be wrong: other samples moved the same weights.",
                    "It is usual. Whether the policy went too far, the KL says.",
                    right=True,
                ),
                Option(
                    "The KL term of the loss is too weak.",
                    "The clipped loss has no KL term.",
                    claim="X7",
                ),
            ),
        ),
        Item(
            "value",
            "Old policy ½ : ½, ratios 1.2 and 0.8. What is D(old‖new)?",
            numbers(
                KL.at([1.0, 1.0], [1.2, 0.8]),
                "{:.4f} nats per state".format,
                "−½ ln 1.2 − ½ ln 0.8.",
                (m.swapped, "That is D(new‖old)."),
                (m.in_bits, "That is in bits."),
                (m.halved, "A factor of 2 is missing."),
            ),
        ),
        Item(
            "which",
            "Which KL does the penalty version of PPO put into its loss?",
            (
                Option(
                    "D(new‖reference), as with language models.",
                    "That leash has another policy at its end, and other samples.",
                    claim="X2",
                ),
                Option(
                    "D(new‖old): the policy that is trained comes first.",
                    "The samples are the old policy's, so it stands first.",
                    claim="S1-24",
                ),
                Option(
                    "D(old‖new), averaged over the states that were visited.",
                    "The old policy acted; the new one moves.",
                    right=True,
                ),
            ),
        ),
        Item(
            "two",
            "Two new policies have the same KL from the old one. How far are they from "
            "each other?",
            (
                Option(
                    "They are the same: equal KL is equal behaviour.",
                    "Equal distance from a third says nothing about the two.",
                    claim="S2-66",
                ),
                Option(
                    "That cannot be told: it may be zero, or more than either.",
                    "Compute the KL between the two.",
                    right=True,
                ),
                Option(
                    "As far as each of them is from the old one.",
                    "0.5108 twice came with 1.7578 between the two.",
                    claim="S2-66",
                ),
            ),
        ),
        Item(
            "beta",
            "β is 1, the target 0.01 nats, and an update measured D(old‖new) = 0.02. "
            "What does the next update charge for a nat?",
            numbers(
                new_price.at(1.0, 2.0),
                "{:g}".format,
                "0.02 is above 1.5 times the target: twice as much from now on.",
                (price_unchanged, "0.02 is above 1.5 times the target."),
                (rule_reversed, "That would invite the next update to go further."),
            ),
        ),
        Item(
            "paid",
            "And what did the update itself charge?",
            (
                Option(
                    "β = 1, the price agreed on before.",
                    "The KL that decides is known only after it.",
                    right=True,
                ),
                Option(
                    "β = 2, since it went too far.",
                    "Then the loss would change with its own result.",
                    claim="S2-44",
                ),
                Option(
                    "Nothing: the penalty starts above the target.",
                    "Every nat is paid for, from the first one.",
                    mutator="no_clip",
                ),
            ),
        ),
    ),
)
