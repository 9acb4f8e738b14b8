"""ФИОКО rules on the real region of 2021 against the known shares of domain.md §1.5."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from altai import altai_years
from scipy.stats import spearmanr

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.official import MARK_PAPERS
from msoko_analysis.params.scales import Paper
from msoko_analysis.rules.fioko import cohort_jump, inflated_mean, mark_agreement


@pytest.fixture(scope="module")
def years(shared: Path) -> dict[int, Year]:
    return altai_years(shared)


@pytest.fixture(scope="module")
def inflated(years: dict[int, Year]) -> tuple[np.ndarray, np.ndarray]:
    """Rule (a) and who wrote the paper, (schools × РУ4, МА4, РУ5, МА5)."""
    papers = [years[2021].paper(paper) for paper in MARK_PAPERS]
    marked = np.stack([inflated_mean(one.scores).marked for one in papers], axis=1)
    return marked, np.stack([one.n > 0 for one in papers], axis=1)


def test_inflated_means_of_every_paper(years: dict[int, Year]) -> None:
    for one in years[2021].papers:
        share = 100 * inflated_mean(one.scores).marked.sum() / (one.n > 0).sum()
        print(one.paper.code, share)
        assert 12.65 <= share <= 22.35, one.paper.code  # 12.7–22.3 to its rounding


@pytest.mark.parametrize(("least", "known"), [(1, 38.5), (2, 16.4), (3, 5.0), (4, 2.7)])
def test_schools_with_several_inflated_means(
    inflated: tuple[np.ndarray, np.ndarray], least: int, known: float
) -> None:
    marked, wrote = inflated
    share = 100 * (marked.sum(axis=1) >= least).sum() / wrote.any(axis=1).sum()
    print(share)
    assert share == pytest.approx(known, abs=1.0)


def spearman(pairs: np.ndarray) -> float:
    """Correlation of ranks with its correction for ties, from pupils at every mark and score."""
    mark, score = np.nonzero(pairs)
    times = pairs[mark, score].astype(int)
    mark, score = np.repeat(mark, times), np.repeat(score, times)
    return spearmanr(mark, score).statistic if np.ptp(mark) and np.ptp(score) else np.nan


def test_contradicting_marks_are_rare(years: dict[int, Year]) -> None:
    for paper in MARK_PAPERS:
        pairs = years[2021].paper(paper).pairs
        agreement = mark_agreement(pairs)
        judged = agreement.n >= 3
        share = 100 * agreement.marked[judged].mean()
        corrected = np.nanmedian([spearman(table) for table in pairs[judged]])
        print(paper.code, share, corrected)
        assert share < 1.0
        # Marks and scores do agree: a rule that never fires would pass the line above as well.
        assert 0.66 <= corrected <= 0.80


@pytest.mark.parametrize(
    ("subject", "middle", "low", "high"), [("MA", 1.06, 0.29, 1.82), ("RU", 0.96, 0.28, 1.63)]
)
def test_jumps_of_a_cohort(
    years: dict[int, Year], subject: str, middle: float, low: float, high: float
) -> None:
    before, after = years[2020], years[2021]
    earlier = before.paper(Paper("VPR", 4, subject)).mean_percent()
    place = before.schools.index.get_indexer(after.schools.index)
    earlier = np.where(place >= 0, earlier[place], np.nan)
    jump = cohort_jump(earlier, after.paper(Paper("VPR", 5, subject)).mean_percent())
    known = np.isfinite(jump.ratio)
    print(np.median(jump.ratio[known]), jump.lower_limit, jump.upper_limit, jump.marked.sum())
    assert np.median(jump.ratio[known]) == pytest.approx(middle, abs=0.01)
    # Three interquartile ranges away, another convention of quartiles is seen in the second digit.
    assert jump.lower_limit == pytest.approx(low, abs=0.02)
    assert jump.upper_limit == pytest.approx(high, abs=0.02)
    assert 100 * jump.marked.sum() / known.sum() <= 0.2
