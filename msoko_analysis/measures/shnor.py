"""Rows of the ШНОР rule for every school."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows
from msoko_analysis.params.methods import Step, method
from msoko_analysis.params.scales import Paper
from msoko_analysis.params.shnor import ShnorRule
from msoko_analysis.rules.shnor import shnor


@dataclass(frozen=True)
class BelowMinimum:
    """Pupils below the minimum ``low`` and participants ``n`` (schools,) of one paper."""

    paper: Paper
    low: np.ndarray
    n: np.ndarray


def below_minimum(year: Year) -> tuple[BelowMinimum, ...]:
    """The papers of a year with marks: below the minimum is the mark «2»."""
    return tuple(BelowMinimum(one.paper, one.mark_counts()[:, 0], one.n) for one in year.marked)


def shnor_rows(
    year: int,
    schools: pd.DataFrame,
    now: Sequence[BelowMinimum],
    before: Sequence[BelowMinimum] | None,
    rule: ShnorRule,
) -> Iterator[pd.DataFrame]:
    """Measures shnor_a, shnor_b, shnor_or, shnor_and: 1 on the list, 0 not, empty «требует уточнения».

    ``now``, ``before`` the papers of this year and the year before over the schools of ``schools``
    (indexed by code, column municipality), those of ЕГЭ among them; None when the year before is not
    known. Papers outside the rule are left out. n is the participants of all papers of the rule. A
    year whose papers are all outside the rule gives no row.
    """
    mine = [one for one in now if rule.covers(one.paper)]
    if not mine:
        return
    low, n = (np.column_stack([getattr(one, part) for one in mine]) for part in ("low", "n"))
    shares_before = n_before = None
    if before is not None:
        nobody = np.zeros(len(schools))
        known = {one.paper: (one.low, one.n) for one in before}
        pairs = [known.get(one.paper, (nobody, nobody)) for one in mine]
        n_before = np.column_stack([pair[1] for pair in pairs])
        shares_before = _shares(np.column_stack([pair[0] for pair in pairs]), n_before)
    result = shnor(
        _shares(low, n), n, shares_before, n_before, limit=rule.low_share.percent / 100,
        procedures=rule.procedures.number, smallest=rule.smallest_n.pupils,
    )  # fmt: skip
    for name, flags in (
        ("shnor_a", result.several), ("shnor_b", result.again),
        ("shnor_or", result.either), ("shnor_and", result.both),
    ):  # fmt: skip
        yield school_rows(
            year, ALL_PAPERS, schools, name, n.sum(axis=1), flags,
            method=method(Step("shnor", (str(rule.valid_from),))), source=rule.source,
        )  # fmt: skip


def _shares(low: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.divide(low, n, out=np.zeros(np.shape(n)), where=n > 0)
