from tools.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "PSI halved, as a mean of the two KLs",
        "drift.py",
        "return jeffreys_divergence(a, b)",
        "return jeffreys_divergence(a, b) / 2",
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
        "dealt rows put back",
        "drift.py",
        "_psi(dealt, pooled - dealt, pseudocount)",
        "_psi(dealt, pooled, pseudocount)",
        "test_drift.py",
        "ch13_drift_monitoring",
    ),
    Mutant(
        "missing values dropped",
        "drift.py",
        "if lost or lost_too:",
        "if False:",
        "test_drift.py",
        "ch13_drift_monitoring",
    ),
    Mutant(
        "a value that fills a bin shares it",
        "drift.py",
        "np.nextafter(found[often > 1], np.inf)",
        "found[often > 1]",
        "test_drift.py",
        "ch13_drift_monitoring",
    ),
]
