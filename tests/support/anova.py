"""ICC by one-way analysis of variance, as many reports print it; may be negative."""

from __future__ import annotations

import numpy as np


def anova_icc(values: np.ndarray, groups: np.ndarray) -> float:
    """``(MSB − MSW)/(MSB + (n₀ − 1)·MSW)``, ``n₀ = (N − Σn²/N)/(S − 1)``, from rows of pupils.

    Source: Searle, Casella & McCulloch, Variance Components (1992), ch. 3.
    """
    values = np.asarray(values, dtype=float)
    _, group = np.unique(groups, return_inverse=True)
    n = np.bincount(group)
    mean = np.bincount(group, values) / n
    within = ((values - mean[group]) ** 2).sum() / (n.sum() - len(n))
    between = (n * (mean - values.mean()) ** 2).sum() / (len(n) - 1)
    usual = (n.sum() - (n**2).sum() / n.sum()) / (len(n) - 1)
    return float((between - within) / (between + (usual - 1) * within))
