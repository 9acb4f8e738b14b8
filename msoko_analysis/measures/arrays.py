"""Count tables of one year as arrays over schools, the shape the statistics take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from msoko_analysis.params.maxima import MaximumRow, without_marks
from msoko_analysis.params.procedures import procedures
from msoko_analysis.params.scales import Paper, PaperOfYear, Scale
from msoko_analysis.stats.spike import usable_cuts

MARKS = np.array([2, 3, 4, 5])
#: What is known of a school besides its results, columns of the contract «schools».
CONTEXT = ("school_type", "location", "settlement_size", "pupils")
_PAPER = ["procedure", "grade", "subject"]


@dataclass(frozen=True)
class PaperArrays:
    """One paper of one year, rows in the order of ``Year.schools``.

    ``scores`` (schools × 0…max) pupils at every primary score within the scale; ``pairs`` (schools ×
    school marks 2…5 × scores) the pupils whose school mark is known; ``controls`` pupils at every
    score (scores,) of samples outside the region's results, by kind: "control", "country". ``given``
    (schools × school marks 2…5 and none × marks 2…5 × scores) the marks told beside the scores; only
    where the scale has no cuts and every work has its mark, else None.
    """

    paper: Paper
    scale: Scale
    scores: np.ndarray
    pairs: np.ndarray
    controls: Mapping[str, np.ndarray] = field(default_factory=dict)
    given: np.ndarray | None = None

    @property
    def n(self) -> np.ndarray:
        """Pupils with a score within the scale (schools,)."""
        return self.scores.sum(axis=1)

    @property
    def mark_of_score(self) -> np.ndarray:
        """The mark 2…5 that every primary score earns (scores,), as most works of it where only told."""
        if self.given is not None:
            return np.maximum.accumulate(MARKS[self.given.sum(axis=(0, 1)).argmax(axis=0)])
        return 2 + np.searchsorted(self.scale.cuts, np.arange(self.scores.shape[1]), side="right")

    def near_cuts(self) -> tuple[int, ...]:
        """The cuts of the scale at which a lifting can be told from its shape."""
        return usable_cuts(self.scale.max_primary, self.scale.every_cut, self.scale.step)

    @property
    def marked(self) -> bool:
        """Whether works have marks, at least «2»: by the scale or as told."""
        return bool(self.scale.cuts) or self.given is not None

    @property
    def fully_marked(self) -> bool:
        """Whether works have the marks 2…5, so that school marks can be set beside them."""
        return self.scale.full or self.given is not None

    def mark_counts(self) -> np.ndarray:
        """Pupils at every mark (schools × marks 2…5)."""
        if self.given is not None:
            return self.given.sum(axis=(1, 3))
        return self.scores @ (self.mark_of_score[:, None] == MARKS).astype(float)

    def mark_pairs(self) -> np.ndarray:
        """Pupils whose school mark is known (schools × school marks 2…5 × marks 2…5)."""
        if self.given is not None:
            return self.given[:, :-1].sum(axis=3)
        return self.pairs @ (self.mark_of_score[:, None] == MARKS).astype(float)

    def over(self, place: np.ndarray) -> PaperArrays:
        """The paper over other schools: where each stands among these, −1 for one without pupils."""
        here = place >= 0

        def moved(table: np.ndarray) -> np.ndarray:
            rows = np.zeros((len(place), *table.shape[1:]))
            rows[here] = table[place[here]]
            return rows

        given = None if self.given is None else moved(self.given)
        return replace(self, scores=moved(self.scores), pairs=moved(self.pairs), given=given)

    def mean_percent(self) -> np.ndarray:
        """Mean primary score in per cent of the maximum (schools,); nan without pupils."""
        with np.errstate(invalid="ignore"):
            mean = self.scores @ np.arange(self.scores.shape[1]) / self.n
        return 100 * mean / self.scale.max_primary


@dataclass(frozen=True)
class Year:
    """All papers of one year, over one list of schools; those of ЕГЭ, which have no marks, apart.

    ``schools``: data frame indexed by school code with the columns municipality and
    :data:`CONTEXT`, empty where the list of schools does not know.
    """

    year: int
    schools: pd.DataFrame
    papers: tuple[PaperArrays, ...]

    @property
    def marked(self) -> tuple[PaperArrays, ...]:
        """The papers whose works have marks, at least «2»."""
        return tuple(one for one in self.papers if one.marked)

    def paper(self, paper: Paper) -> PaperArrays | None:
        """The arrays of a paper, or None when the year has none."""
        return next((one for one in self.papers if one.paper == paper), None)


def papers_of(year: Year, kind: Literal["school", "state"]) -> Year:
    """The year with the papers of one kind of procedure (docs/decisions/0014).

    ``school``: written and marked at the school, such as ВПР; ``state``: marked by others.
    """
    known = procedures()
    mine = (one for one in year.papers if known[one.paper.procedure].kind == kind)
    return replace(year, papers=tuple(mine))


def arrange_year(
    year: int,
    mark_pairs: pd.DataFrame,
    schools: pd.DataFrame,
    papers: tuple[Paper, ...],
    scales: dict[PaperOfYear, Scale],
    references: pd.DataFrame | None = None,
    maxima: Mapping[PaperOfYear, MaximumRow] = MappingProxyType({}),
) -> Year:
    """Arrays of the papers of a year; scores above the maximum of the scale are left out.

    A paper without a scale has the marks told beside the scores, if every work has one
    (docs/decisions/0043), and for a maximum that of ``maxima`` or the highest score of its pupils.

    ``mark_pairs`` is the count table of that name, ``schools`` and ``references`` (the table
    reference_scores, None without one) have the columns of their contracts. A school that the list
    does not know keeps the municipality of its results.
    """
    rows = mark_pairs[mark_pairs["year"] == year]
    listed = rows.drop_duplicates("school").set_index("school")[["municipality"]].sort_index()
    context = schools.set_index("school").reindex(index=listed.index, columns=list(CONTEXT))
    listed = listed.join(context.astype(dict.fromkeys(CONTEXT[:-1], object)))
    arrays = []
    for paper in papers:
        scale = scales.get(PaperOfYear(year, *paper))
        mine = rows[
            (rows["procedure"] == paper.procedure)
            & (rows["grade"] == paper.grade)
            & (rows["subject"] == paper.subject)
        ]
        if scale is None and paper.procedure != "EGE" and mine["score"].max() > 0:
            key = PaperOfYear(year, *paper)
            scale = without_marks(key, int(mine["score"].max()), maxima.get(key))
        if scale is not None and len(mine):
            controls = {} if references is None else _controls(references, year, paper, scale)
            arrays.append(_paper_arrays(paper, scale, mine, listed.index, controls))
    return Year(year, listed, tuple(arrays))


def _controls(
    references: pd.DataFrame, year: int, paper: Paper, scale: Scale
) -> dict[str, np.ndarray]:
    """Pupils at every score of each sample of the paper, by kind."""
    mine = references[
        (references[["year", *_PAPER]] == [year, *paper]).all(axis=1)
        & (references["score"] <= scale.max_primary)
    ]
    return {
        str(kind): np.bincount(
            rows["score"].to_numpy(dtype=int),
            rows["n"].to_numpy(dtype=float),
            scale.max_primary + 1,
        )
        for kind, rows in mine.groupby("kind")
    }


def _paper_arrays(
    paper: Paper,
    scale: Scale,
    rows: pd.DataFrame,
    schools: pd.Index,
    controls: Mapping[str, np.ndarray],
) -> PaperArrays:
    within = rows[rows["score"] <= scale.max_primary]
    place = schools.get_indexer(within["school"])
    score = within["score"].to_numpy(dtype=int)
    n = within["n"].to_numpy(dtype=float)
    scores = np.zeros((len(schools), scale.max_primary + 1))
    np.add.at(scores, (place, score), n)
    known = within["prior_mark"].isin(MARKS).to_numpy()
    mark = within.loc[known, "prior_mark"].to_numpy(dtype=int) - 2
    pairs = np.zeros((len(schools), len(MARKS), scale.max_primary + 1))
    np.add.at(pairs, (place[known], mark, score[known]), n[known])
    given = None if scale.cuts else _given_marks(within, scores.shape, place)
    if given is not None:
        scale = scale.model_copy(update={"status": "marks_told"})
    return PaperArrays(paper, scale, scores, pairs, controls, given)


def _given_marks(
    rows: pd.DataFrame, shape: tuple[int, int], place: np.ndarray
) -> np.ndarray | None:
    """Marks told beside the scores, None if one is missing; ``shape`` schools and scores."""
    if not rows["mark"].isin(MARKS).all():
        return None
    schools, scores = shape
    prior = rows["prior_mark"].where(rows["prior_mark"].isin(MARKS), MARKS[-1] + 1)
    given = np.zeros((schools, len(MARKS) + 1, len(MARKS), scores))
    marks = (one.to_numpy(dtype=int) - MARKS[0] for one in (prior, rows["mark"]))
    score = rows["score"].to_numpy(dtype=int)
    np.add.at(given, (place, *marks, score), rows["n"].to_numpy(dtype=float))
    return given
