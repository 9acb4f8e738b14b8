"""Does a tilted reference fit a school away from the cuts, or has the school a shape of its own?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from msoko_analysis.stats.spike import REACH, PaperScores, told_together
from msoko_analysis.stats.tilt import fit_tilt

_EXPECTED_PER_BIN = 5.0
_BINS = 8


@dataclass(frozen=True)
class Misfit:
    """Result of :func:`shape_misfit`, arrays (schools,): pooled Pearson statistic, its degrees of
    freedom (0 where a school is too small to tell) and upper tail p (1 there)."""

    papers: tuple[PaperScores, ...]
    statistic: np.ndarray
    freedom: np.ndarray
    p: np.ndarray


def shape_misfit(papers: Sequence[PaperScores], *, degree: int = 2, reach: int = REACH) -> Misfit:
    """Pearson test of the tilt outside the windows around the cuts, pooled over papers.

    Scores outside ``c − reach … c + 1`` steps are put into up to eight bins of equal expected mass with at
    least five expected pupils each; ``X² = Σ (O − E)²/E`` with bins − degree − 1 degrees of freedom
    a paper. A school of two unlike classes (a selective and an ordinary one) is bimodal; there a
    quadratic tilt gives .07–.08 false alarms at .05, a tilt of degree 4 .05–.06 (methods.md §3.1).

    >>> reference = np.full(21, 1 / 21)
    >>> smooth, bimodal = np.full(21, 20.0), np.where(np.abs(np.arange(21) - 10) < 6, 4.0, 41.0)
    >>> result = shape_misfit([PaperScores(np.array([smooth, bimodal]), reference, (10,))])
    >>> bool(result.p[0] > 0.5), bool(result.p[1] < 0.001)
    (True, True)
    """
    schools = len(papers[0].counts)
    statistic, freedom = np.zeros(schools), np.zeros(schools)
    for paper in papers:
        together = told_together(paper.cuts, reach, paper.step)
        tilt = fit_tilt(paper.counts, paper.reference, degree=degree, together=together)
        outside = np.ones(tilt.pmf.shape[1], dtype=bool)
        for cut in paper.cuts:
            outside[cut - reach * paper.step : cut + 1 + paper.step] = False
        expected = tilt.n[:, None] * tilt.pmf[:, outside]
        observed = tilt.counts[:, outside]
        one, bins = _binned_pearson(observed, expected)
        worth = bins > degree + 1
        statistic += np.where(worth, one, 0.0)
        freedom += np.where(worth, bins - degree - 1, 0.0)
    told = freedom > 0
    p = np.where(told, chi2.sf(statistic, np.maximum(freedom, 1.0)), 1.0)
    return Misfit(tuple(papers), statistic, freedom, p)


def _binned_pearson(observed: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pearson's statistic over bins of equal expected mass, and the number of bins (schools,)."""
    total = expected.sum(axis=1)
    bins = np.clip(np.floor(total / _EXPECTED_PER_BIN), 1, _BINS)
    middle = expected.cumsum(axis=1) - expected / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        place = np.floor(middle / total[:, None] * bins[:, None])
    place = np.clip(np.nan_to_num(place), 0, _BINS - 1).astype(int)
    rows = np.arange(len(total))[:, None]
    seen, wanted = np.zeros((len(total), _BINS)), np.zeros((len(total), _BINS))
    np.add.at(seen, (rows, place), observed)
    np.add.at(wanted, (rows, place), expected)
    filled = wanted > 0
    terms = np.where(filled, (seen - wanted) ** 2 / np.where(filled, wanted, 1.0), 0.0)
    return terms.sum(axis=1), filled.sum(axis=1)
