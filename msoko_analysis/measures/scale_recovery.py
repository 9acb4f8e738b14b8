"""The scale of a paper from the data themselves, where they leave no other (docs/decisions/0070).

Two witnesses: the mark that stands beside a score in pupils' rows, and the shares of marks that form
Ф3 prints for a school, a municipality, the region or the country whose distribution of scores is known.
Nothing is estimated. With S(c) the per cent of a unit's pupils below the score c, cuts c₃ < c₄ < c₅ are
possible where every unit's printed shares p₂…p₅, each true to r, allow them::

    |S(c₃) − p₂| ≤ r,  |S(c₄) − S(c₃) − p₃| ≤ r,  |S(c₅) − S(c₄) − p₄| ≤ r,  |100 − S(c₅) − p₅| ≤ r

and every pupil's mark is the one his score earns. r is half of the last decimal that the form prints;
it grows with the shares of scores that S sums where these are rounded too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from msoko_analysis.params.scales import PaperOfYear
from msoko_analysis.russian import fold

Level = Literal["country", "region", "municipality", "school"]
LEVELS: tuple[Level, ...] = ("school", "municipality", "region", "country")
_SHARES = ["share_2", "share_3", "share_4", "share_5"]
_PAPER = ["year", "procedure", "grade", "subject"]
# Half of the second decimal of a per cent: forms print no more.
_FINEST = 0.005
_TINY = 1e-9


@dataclass(frozen=True)
class Unit:
    """One row of Ф3 whose pupils' scores are known.

    ``counts`` pupils at every primary score (scores,); ``shares`` the printed shares of the marks 2…5,
    per cent; ``rounding`` how far a printed share may be from the true one; ``blur`` the same for the
    share of each single score, 0 where pupils were counted.
    """

    level: Level
    counts: np.ndarray
    shares: np.ndarray
    rounding: float
    blur: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """What the data say of the scale of one paper.

    ``marks`` (marks 2…5 × scores) pupils whose mark stands beside their score; ``units`` the rows of
    Ф3 that are about the very pupils of the data; ``others`` how many rows are not, because the number
    of participants is another; ``whole``: the highest score is that of a form which prints all scores.
    """

    marks: np.ndarray
    units: tuple[Unit, ...] = ()
    others: int = 0
    whole: bool = False

    @property
    def max_score(self) -> int:
        """The highest primary score known."""
        return self.marks.shape[1] - 1

    @property
    def silent(self) -> bool:
        """Whether nothing speaks of marks at all."""
        return not self.units and not self.marks.any()


@dataclass(frozen=True)
class Recovery:
    """Which cuts the data allow.

    ``possible`` the scores each of the cuts 3, 4, 5 may be, beginning with the mark; none for any of
    them where the data contradict one another. Then ``clashes`` says of each cut how many pupils and
    how many units the best score still leaves against it.
    """

    evidence: Evidence
    possible: tuple[tuple[int, ...], ...]
    clashes: tuple[tuple[int, int], ...] = field(default=((0, 0),) * 3)

    @property
    def cuts(self) -> tuple[int, int, int] | None:
        """The one scale that the data allow, or None where they allow several or none.

        A cut above every score that was reached is not determined by that.
        """
        if any(len(one) != 1 for one in self.possible):
            return None
        third, fourth, fifth = (one[0] for one in self.possible)
        return (third, fourth, fifth) if fifth <= self.evidence.max_score else None


def recover(evidence: Evidence) -> Recovery:
    """The cuts that marks beside scores and printed shares allow together.

    Counting nothing but inequalities, it finds all scales that agree with the data, not a best one.

    >>> marks = np.array([[2, 0, 0, 0, 0], [0, 3, 0, 0, 0], [0, 0, 4, 0, 0], [0, 0, 0, 2, 1]])
    >>> recover(Evidence(marks)).cuts
    (1, 2, 3)
    >>> marks[0, 1] = 1
    >>> contradicted = recover(Evidence(marks))
    >>> contradicted.cuts, contradicted.possible[0], contradicted.clashes[0]
    (None, (), (1, 0))
    """
    misplaced = _misplaced(evidence.marks)
    single = misplaced == 0
    top = evidence.max_score + 1
    step = np.arange(top + 1)
    lower = np.less.outer(step, step)
    lower[top, top] = True  # above every score reached one cut is as good as another
    lower &= step[:, None] > 0
    third, fourth, alone = lower.copy(), lower.copy(), np.zeros((3, top + 1), dtype=int)
    apart = abs(np.subtract.outer(step, step))
    for unit in evidence.units:
        below = _below(unit.counts)
        # a sum of rounded shares is as true as the sum of all the others
        width = unit.rounding + _TINY + np.minimum(apart, top - apart) * unit.blur
        between = below[None, :] - below[:, None]
        third &= abs(between - unit.shares[1]) <= width
        fourth &= abs(between - unit.shares[2]) <= width
        told = np.array([unit.shares[0], unit.shares[:2].sum(), 100 - unit.shares[3]])
        twice = np.array([0, unit.rounding, 0])  # the middle one is a sum of two printed shares
        fits = abs(below - told[:, None]) <= width[0] + twice[:, None]
        single &= fits
        alone += ~fits
    chain = single[0][:, None] & third & single[1][None, :]
    ends = fourth & single[1][:, None] & single[2][None, :]
    middle = chain.any(axis=0) & ends.any(axis=1)
    allowed_cuts = (
        (chain & middle[None, :]).any(axis=1),
        middle,
        (ends & middle[:, None]).any(axis=0),
    )
    possible = tuple(tuple(np.flatnonzero(one).tolist()) for one in allowed_cuts)
    clashes = tuple((int(misplaced[cut, 1:].min()), int(alone[cut, 1:].min())) for cut in range(3))
    return Recovery(evidence, possible, clashes)


def _below(counts: np.ndarray) -> np.ndarray:
    """Per cent of the pupils below each score and below one above all."""
    return 100 * np.concatenate([[0], np.cumsum(counts)]) / counts.sum()


def _misplaced(marks: np.ndarray) -> np.ndarray:
    """Pupils whose mark a cut at each score would belie (cuts 3, 4, 5 × scores and one above all)."""
    lower = np.cumsum(marks, axis=0)[:3]
    higher = marks.sum(axis=0) - lower
    zero = np.zeros((3, 1), dtype=marks.dtype)
    worse = np.concatenate([zero, np.cumsum(higher, axis=1)], axis=1)
    better = lower.sum(axis=1, keepdims=True)
    return worse + better - np.concatenate([zero, np.cumsum(lower, axis=1)], axis=1)


def gather(
    paper: PaperOfYear,
    mark_pairs: pd.DataFrame,
    mark_statistics: pd.DataFrame,
    references: pd.DataFrame,
) -> Evidence | None:
    """The evidence on one paper; None where no score of it is known.

    ``mark_pairs`` is the count table of that name, the other two have the columns of their contracts.
    """
    pupils, forms, country = (
        table[(table[_PAPER] == list(paper)).all(axis=1)]
        for table in (mark_pairs, mark_statistics, references)
    )
    country = country[country["kind"].eq("country")]
    highest = max(
        (int(table["score"].max()) for table in (pupils, country) if len(table)), default=0
    )
    if highest < 1:
        return None
    marks = np.zeros((4, highest + 1), dtype=int)
    known = pupils[pupils["mark"].isin([2, 3, 4, 5])]
    np.add.at(marks, (known["mark"].astype(int) - 2, known["score"].astype(int)), known["n"])
    rounding = _rounding(forms)
    found = list(_units(forms, pupils, country, highest, rounding))
    units = tuple(one for one in found if one is not None)
    whole = len(country) > 0 and int(country["score"].max()) == highest
    return Evidence(marks, units, len(found) - len(units), whole)


def _rounding(forms: pd.DataFrame) -> float:
    """Half of the last decimal the rows print: the more decimals, the narrower."""
    shares = forms[_SHARES].to_numpy(dtype=float)
    decimals = next((n for n in (0, 1) if np.allclose(shares, shares.round(n), atol=_TINY)), 2)
    return max(_FINEST, 0.5 * 10.0**-decimals)


def _units(
    forms: pd.DataFrame,
    pupils: pd.DataFrame,
    country: pd.DataFrame,
    highest: int,
    rounding: float,
) -> Iterator[Unit | None]:
    """The rows of the form with the scores of their pupils; None for one about other pupils."""
    places = pupils["municipality"].map(fold, na_action="ignore")
    by_school, by_place, everybody, nation = (
        _scores(table, unit, highest)
        for table, unit in (
            (pupils, pupils["school"]),
            (pupils, places),
            (pupils, pd.Series("", pupils.index)),
            (country, pd.Series("", country.index)),
        )
    )
    for row in forms.itertuples(index=False):
        by_name = by_place.get(fold(row.unit_name))
        counts = {
            "school": by_school.get(row.unit),
            "municipality": by_place.get(fold(row.unit), by_name),
            "region": everybody.get(""),
            "country": nation.get(""),
        }[row.level]
        if counts is None or row.n < 1:
            continue
        # of the country per cents are printed, and kept as whole pupils: half of one is lost again
        blur = rounding + 50 / row.n if row.level == "country" else 0.0
        if abs(counts.sum() - row.n) > len(counts) * blur / 100 * row.n:
            yield None
        else:
            shares = np.array([getattr(row, name) for name in _SHARES], dtype=float)
            yield Unit(row.level, counts, shares, rounding, blur)


def _scores(pupils: pd.DataFrame, unit: pd.Series, highest: int) -> dict[str, np.ndarray]:
    """Pupils at every score by unit."""
    table = pupils.assign(unit=unit).dropna(subset=["unit"])
    return {
        str(name): np.bincount(rows["score"].astype(int), rows["n"], highest + 1)
        for name, rows in table.groupby("unit")
    }


def levels_of(units: Sequence[Unit]) -> dict[Level, int]:
    """How many units of each level there are, schools first; levels without one are left out."""
    counted = {level: sum(one.level == level for one in units) for level in LEVELS}
    return {level: n for level, n in counted.items() if n}
