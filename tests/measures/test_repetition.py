"""A jump of one paper names nobody; of two it does: through the signs of a year."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from msoko_analysis.measures.arrays import CONTEXT, PaperArrays, Year
from msoko_analysis.measures.signs import SignOfYear, other_signs
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper, Scale

SCHOOLS, TOP = 60, 20
PAPERS = (Paper("VPR", 4, "MA"), Paper("VPR", 4, "RU"), Paper("VPR", 5, "MA"))


def year(number: int, means: np.ndarray, pupils: int) -> Year:
    """``means`` (schools × papers) of the scores; the last school wrote with ``pupils`` pupils."""
    rng = np.random.default_rng(number)
    arrays = []
    for paper, column in zip(PAPERS, means.T, strict=True):
        counts = np.zeros((SCHOOLS, TOP + 1))
        for school, mean in enumerate(column):
            n = pupils if school == SCHOOLS - 1 else 40
            scores = np.clip(np.rint(rng.normal(mean, 3, n)), 0, TOP).astype(int)
            counts[school] = np.bincount(scores, minlength=TOP + 1)
        scale = Scale(
            year=number, **paper._asdict(), max_primary=TOP, min_3=6, min_4=10, min_5=15,
            status="synthetic", source="made up",
        )  # fmt: skip
        arrays.append(PaperArrays(paper, scale, counts, np.zeros((SCHOOLS, 4, TOP + 1))))
    schools = pd.DataFrame(
        {"municipality": "A", **dict.fromkeys(CONTEXT)},
        pd.Index([f"S{n:02}" for n in range(SCHOOLS)]),
    )
    return Year(number, schools, tuple(arrays))


def jumps(change: tuple[float, ...], thresholds: Thresholds, pupils: int = 40) -> SignOfYear:
    """The sign of jumps where the first school changes so in the three papers."""
    rng = np.random.default_rng(1)
    means = 10 + rng.normal(0, 0.5, (SCHOOLS, len(PAPERS)))
    after = means + rng.normal(0, 0.3, means.shape)
    after[0] = means[0] + change
    signs = other_signs(year(2026, after, pupils), year(2025, means, pupils), {}, thresholds)
    return next(sign for sign in signs if sign.name == "jump")


@pytest.mark.parametrize("side", [1, -1])
def test_a_jump_of_one_paper_is_not_told_with_the_p_of_the_sum(
    thresholds: Thresholds, side: int
) -> None:
    alone = jumps((side * 6.0, 0.0, 0.0), thresholds).p[0]
    twice = jumps((side * 6.0, side * 6.0, 0.0), thresholds).p[0]
    assert alone > 0.05
    assert twice < 1e-4


def test_papers_of_few_works_are_not_added_up(thresholds: Thresholds) -> None:
    """Four works a year, eight over the pair: nothing is determined; with ten a year it is."""
    few, enough = (jumps((0.0, 0.0, 0.0), thresholds, pupils) for pupils in (4, 10))
    assert np.isnan(few.p[-1])
    assert few.n[-1] == 0
    assert np.isfinite(enough.p[-1])
    assert np.isfinite(few.p[:-1]).all()
