"""Results of ЕГЭ: mean test score and share below the minimum, for papers that have no scale of marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.procedures import score_counts
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import percent_rows, school_rows
from msoko_analysis.params.minimums import Minimum, MinimumRow
from msoko_analysis.params.scales import Paper, PaperOfYear
from msoko_analysis.stats.wilson import share

INDICATORS = ("mean_test_score", "below_minimum")
_COUNTED = "counted"
_MEAN = "mean_normal"
_WILSON = "wilson"


@dataclass(frozen=True)
class ExamScores:
    """A paper of ЕГЭ with test scores: ``scores`` (schools × 0…100) pupils, ``minimum`` of its year."""

    paper: Paper
    scores: np.ndarray
    minimum: MinimumRow | None

    @property
    def n(self) -> np.ndarray:
        """Pupils with a score (schools,)."""
        return self.scores.sum(axis=1)


def exam_scores(
    year: Year,
    mark_pairs: pd.DataFrame,
    papers: tuple[Paper, ...],
    minimums: Mapping[PaperOfYear, Minimum],
) -> tuple[ExamScores, ...]:
    """The papers of ЕГЭ of a year that have no scale of marks; ``mark_pairs`` the table of counts."""
    found = []
    for paper in papers:
        if paper.procedure != "EGE" or year.paper(paper) is not None:
            continue
        counts = score_counts(mark_pairs, year.year, paper, year.schools.index)
        if counts.any():
            known = minimums.get(PaperOfYear(year.year, *paper))
            of_score = known is not None and known.unit == "score"
            least = known.rows.get("threshold") if of_score else None
            found.append(ExamScores(paper, counts, least))
    return tuple(found)


def exam_rows(year: Year, exams: Sequence[ExamScores]) -> Iterator[pd.DataFrame]:
    """Rows of the papers of ЕГЭ that have no scale, for schools, municipalities and the region.

    ``mean_test_score`` mean test score, 0–100; ``below_minimum`` share of pupils, %, below the
    minimum with which the programme is mastered, where the year's is known. Intervals of groups come
    from the spread between schools.
    """
    for exam in exams:
        yield from _mean_rows(year, exam.paper, exam.scores)
        if exam.minimum is not None:
            below = exam.scores[:, : exam.minimum.minimum].sum(axis=1)
            yield from _share_rows(year, exam.paper, below, exam.scores, exam.minimum.source)


def _mean_rows(year: Year, paper: Paper, counts: np.ndarray) -> Iterator[pd.DataFrame]:
    score, n = np.arange(counts.shape[1]), counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = counts @ score / n
        squares = (counts * (score - mean[:, None]) ** 2).sum(axis=1)
        half = 1.96 * np.sqrt(squares / (n - 1) / n)
    half = np.where(n > 1, half, np.nan)
    yield school_rows(
        year.year, paper, year.schools, "mean_test_score", n, mean, low=mean - half,
        high=mean + half, method=_MEAN, source=_COUNTED,
    )  # fmt: skip
    for level, group in _groupings(year):
        yield percent_rows(
            year.year, paper, level, group, "mean_test_score", counts @ score / 100, n,
            counted=False, source=_COUNTED,
        )  # fmt: skip


def _share_rows(
    year: Year, paper: Paper, below: np.ndarray, counts: np.ndarray, source: str
) -> Iterator[pd.DataFrame]:
    n = counts.sum(axis=1)
    estimate = share(below, n)
    low, high = estimate.interval()
    yield school_rows(
        year.year, paper, year.schools, "below_minimum", n, 100 * estimate.value, count=below,
        low=100 * low, high=100 * high, method=_WILSON, source=source,
    )  # fmt: skip
    for level, group in _groupings(year):
        yield percent_rows(year.year, paper, level, group, "below_minimum", below, n, source=source)


def _groupings(year: Year) -> Iterator[tuple[str, np.ndarray]]:
    yield "municipality", year.schools["municipality"].to_numpy()
    yield REGION, np.full(len(year.schools), REGION)
