"""The scores of a run of the demo: the paper's auto-encoder, 10,000 images, five epochs a rate."""

import lrsearch

__all__ = ["replayed_demo", "searched_real"]

REAL = """
    10 756311064576.0
    1 544.81
    0.1 385.62
    0.01 258.61
    0.001 251.66
    0.0001 278.84
    0.00001 381.71
    1e-6 542.5
    0.09 559.49
    0.08 385.75
    0.07 386.04
    0.06 386.13
    0.05 385.58
    0.04 385.79
    0.03 281.01
    0.02 266.38
    0.009 254.48
    0.008 257.25
    0.007 252.75
    0.006 252.98
    0.005 252.89
    0.004 251.56
    0.003 249.42
    0.002 248.66
    0.0034 249.86
    0.0033 250.22
    0.0032 250.75
    0.0031 249.99
    0.0029 249.74
    0.0028 251.25
    0.0027 250.34
    0.0026 249.75
    0.0025 252.17
    0.0024 250.26
    0.0023 251.77
    0.0022 248.95
    0.0021 249.62
    0.0019 249.43
    0.0018 249.68
    0.0017 252.41
    0.0016 250.61
    0.0015 249.98
    0.0014 251.65
    0.0013 250.06
    0.0012 249.34
    0.0011 250.9
"""


def searched_real():
    """Scores of a real search (the VAE, five epochs a rate), whose high rates all failed."""
    scores = dict(line.split() for line in REAL.strip().splitlines())
    search = lrsearch.GridSearch(list(scores), epochs=1)
    for trial in search:
        search.tell(trial, float(scores[str(trial.rate)]))
    return search


def replayed_demo():
    """The same scores as the demo's three rounds: decades, and two digits."""
    scores = dict(line.split() for line in REAL.strip().splitlines())
    search = lrsearch.DigitSearch(digits=2, epochs=5)
    for trial in search:
        search.tell(trial, float(scores[str(trial.rate)]))
    return search
