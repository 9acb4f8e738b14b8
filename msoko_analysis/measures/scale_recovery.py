"""The scale of a paper from the data themselves, where they leave no other (docs/decisions/0070).

Two witnesses: the mark that stands beside a score in pupils' rows, and the shares of marks that form
Ф3 prints for a school, a municipality, the region or the country whose distribution of scores is known,
from its pupils or from the form «Распределение первичных баллов».
Nothing is estimated. With S(c) the per cent of a unit's pupils below the score c, cuts c₃ < c₄ < c₅ are
possible where every unit's printed shares p₂…p₅, each true to r, allow them::

    |S(c₃) − p₂| ≤ r,  |S(c₄) − S(c₃) − p₃| ≤ r,  |S(c₅) − S(c₄) − p₄| ≤ r,  |100 − S(c₅) − p₅| ≤ r

and every pupil's mark is the one his score earns. r is half of the last decimal that the form prints;
it grows with the shares of scores that S sums where these are rounded too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from msoko_analysis.params.scales import PaperOfYear
from msoko_analysis.russian import fold

Level = Literal["country", "region", "municipality", "school"]
LEVELS: tuple[Level, ...] = ("school", "municipality", "region", "country")
_SHARES = ["share_2", "share_3", "share_4", "share_5"]
_SCORE = r"^score_\d{3}$"
_PAPER = ["year", "procedure", "grade", "subject"]
# Half of the second decimal of a per cent: forms print no more.
_FINEST = 0.005
_TINY = 1e-9


@dataclass(frozen=True)
class Unit:
    """One row of Ф3 whose pupils' scores are known.

    ``percent`` of the pupils at every primary score (scores,); ``shares`` the printed shares of the marks
    2…5, per cent; ``rounding`` how far a printed share may be from the true one; ``blur`` the same for
    the share of each single score, 0 where pupils were counted.
    """

    level: Level
    percent: np.ndarray
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
        third &= _fits(unit, apart, unit.shares[1])
        fourth &= _fits(unit, apart, unit.shares[2])
        # what is below the middle cut is a sum of two printed shares: true to twice their rounding
        below = (unit.shares[0], unit.shares[:2].sum(), 100 - unit.shares[3])
        fits = np.array(
            [_fits(unit, apart, told, 1 + (cut == 1))[0] for cut, told in enumerate(below)]
        )
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


def _fits(unit: Unit, apart: np.ndarray, told: float, shares: int = 1) -> np.ndarray:
    """Where the per cent from one cut up to another may be ``told``, a sum of so many printed shares.

    A sum of rounded shares is known twice: from its own parts, and from all the others less 100.
    """
    below = np.concatenate([[0], np.cumsum(unit.percent)])
    inside = below[None, :] - below[:, None]
    allowed = shares * unit.rounding + _TINY
    own = abs(inside - told) <= allowed + apart * unit.blur
    rest = 100 - (below[-1] - inside)
    return own & (abs(rest - told) <= allowed + (len(below) - 1 - apart) * unit.blur)


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
    score_shares: pd.DataFrame,
) -> Evidence | None:
    """The evidence on one paper; None where no score of it is known.

    ``mark_pairs`` is the count table of that name, the others have the columns of their contracts.
    """
    pupils, forms, country, printed = (
        table[(table[_PAPER] == list(paper)).all(axis=1)]
        for table in (mark_pairs, mark_statistics, references, score_shares)
    )
    country = country[country["kind"].eq("country")]
    scores = printed.filter(regex=_SCORE).dropna(axis=1, how="all")
    highest = max(
        *(int(table["score"].max()) for table in (pupils, country) if len(table)),
        *(int(name.removeprefix("score_")) for name in scores),
        0, 0,
    )  # fmt: skip
    if highest < 1:
        return None
    marks = np.zeros((4, highest + 1), dtype=int)
    known = pupils[pupils["mark"].isin([2, 3, 4, 5])]
    np.add.at(marks, (known["mark"].astype(int) - 2, known["score"].astype(int)), known["n"])
    of_pupils = _Scores.of(pupils, country, highest)
    rows = printed[["level", "unit", "n"]].join(
        scores.reindex(columns=[f"score_{n:03d}" for n in range(highest + 1)]).fillna(0.0)
    )
    of_forms = {(row[0], row[1], row[2]): np.array(row[3:], dtype=float) for row in rows.to_numpy()}
    rounding, blur = _rounding(forms[_SHARES]), _rounding(scores)
    units, others = [], 0
    for row in forms[forms["n"] > 0].itertuples(index=False):
        shares = np.array([getattr(row, name) for name in _SHARES], dtype=float)
        found, ready = of_pupils.of_row(row, rounding), []
        if found is not None and abs(found.n - row.n) <= found.slack:
            ready.append((found.percent(row.n), found.blur))
        if (row.level, row.unit, row.n) in of_forms:
            ready.append((of_forms[row.level, row.unit, row.n], blur))
        units += [Unit(row.level, percent, shares, rounding, wide) for percent, wide in ready]
        others += found is not None and not ready
    whole = len(country) > 0 and int(country["score"].max()) == highest
    return Evidence(marks, tuple(units), others, whole)


def _rounding(printed: pd.DataFrame) -> float:
    """Half of the last decimal that a form prints: the more decimals, the narrower."""
    shares = printed.to_numpy(dtype=float)
    shares = shares[np.isfinite(shares)]
    decimals = next((n for n in (0, 1) if np.allclose(shares, shares.round(n), atol=_TINY)), 2)
    return max(_FINEST, 0.5 * 10.0**-decimals)


@dataclass(frozen=True)
class _Counted:
    """Pupils at every score; ``blur`` of their shares in per cent, and what that makes of their sum."""

    counts: np.ndarray
    blur: float = 0.0
    slack: float = 0.0

    @property
    def n(self) -> float:
        return float(self.counts.sum())

    def percent(self, n: float) -> np.ndarray:
        return 100 * self.counts / n


@dataclass(frozen=True)
class _Scores:
    """Scores by school, by municipality, of everybody and of the country."""

    schools: dict[str, np.ndarray]
    places: dict[str, np.ndarray]
    everybody: dict[str, np.ndarray]
    country: dict[str, np.ndarray]

    @classmethod
    def of(cls, pupils: pd.DataFrame, country: pd.DataFrame, highest: int) -> _Scores:
        places = pupils["municipality"].map(fold, na_action="ignore")
        whole, nation = (pd.Series("", table.index) for table in (pupils, country))
        return cls(
            _by_unit(pupils, pupils["school"], highest), _by_unit(pupils, places, highest),
            _by_unit(pupils, whole, highest), _by_unit(country, nation, highest),
        )  # fmt: skip

    def of_row(self, row: Any, rounding: float) -> _Counted | None:
        """The scores of the unit that a row of the form is about, if they are known."""
        counts = {
            "school": self.schools.get(row.unit),
            "municipality": self.places.get(fold(row.unit), self.places.get(fold(row.unit_name))),
            "region": self.everybody.get(""),
            "country": self.country.get(""),
        }[row.level]
        if counts is None:
            return None
        # of the country per cents are printed and kept as whole pupils: half of one is lost again
        blur = rounding + 50 / row.n if row.level == "country" else 0.0
        return _Counted(counts, blur, len(counts) * blur / 100 * row.n)


def _by_unit(pupils: pd.DataFrame, unit: pd.Series, highest: int) -> dict[str, np.ndarray]:
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
