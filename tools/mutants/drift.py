from tools.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "one of the two KLs of the PSI lost",
        "drift.py",
        "return (kl_terms(a, b) + kl_terms(b, a)).sum(-1)",
        "return kl_terms(a, b).sum(-1)",
        "test_drift.py",
        "ch13_drift_monitoring",
    ),
    Mutant(
        "pseudocount added to shares",
        "drift.py",
        "first, second = first + pseudocount, second + pseudocount",
        "first, second = (c / c.sum(-1, keepdims=True) + pseudocount "
        "for c in (first, second))",
        "test_drift.py",
        "ch13_drift_monitoring",
    ),
    Mutant(
        "threshold not divided by the features",
        "drift.py",
        "each = false_alarm_rate / len(before)",
        "each = false_alarm_rate",
        "test_drift.py",
        "ch13_drift_monitoring",
    ),
    Mutant(
        "null drawn for the reference twice",
        "drift.py",
        "for rows in (n, m))",
        "for rows in (n, n))",
        "test_drift.py",
        "ch13_drift_monitoring",
    ),
    Mutant(
        "missing values dropped",
        "drift.py",
        "if lost or lost_too:",
        "if False:",
        "test_drift.py",
        None,
    ),
    Mutant(
        "a value that fills a bin shares it",
        "drift.py",
        "np.nextafter(found[often > 1], np.inf)",
        "found[often > 1]",
        "test_drift.py",
        None,
    ),
]
