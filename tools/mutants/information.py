from tools.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "joint and product of margins exchanged",
        "information.py",
        "return kl_terms(joint, product).sum((-2, -1))",
        "return kl_terms(product, joint).sum((-2, -1))",
        "test_information.py",
        "ch12_information_gain",
    ),
    Mutant(
        "gain with the prior first",
        "information.py",
        "return kl_divergence(posterior, prior, base=base, axis=axis)",
        "return kl_divergence(prior, posterior, base=base, axis=axis)",
        "test_information.py",
        "ch12_information_gain",
    ),
    Mutant(
        "prior forgotten in the expected gain",
        "information.py",
        "joint = prior[..., None] * likelihood",
        "joint = (0 * prior + 1 / prior.shape[-1])[..., None] * likelihood",
        "test_information.py",
        "ch12_information_gain",
    ),
    Mutant(
        "bottleneck without the size of a code",
        "information.py",
        "score = np.log(p_t[used]) - beta * toll",
        "score = 0 * np.log(p_t[used]) - beta * toll",
        "test_information.py",
        "ch12_information_gain",
    ),
    Mutant(
        "bottleneck never stirred",
        "information.py",
        "stirred = (1 - STIRRED) * encoder + STIRRED / len(joint)",
        "stirred = encoder",
        "test_information.py",
        "ch12_information_gain",
    ),
]
