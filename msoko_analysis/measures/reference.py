"""What the schools' scores on a paper are compared with: the choice among references, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import unit_rows
from msoko_analysis.params.methods import Step, method
from msoko_analysis.stats.cleaning import Reference
from msoko_analysis.stats.reference import (
    control_reference,
    mean_schools,
    outside_municipality,
    smoothed_without_self,
)

#: Kinds of references in the order in which they are chosen: arguments of the step ``reference``.
KINDS = ("control", "country", "outside", "smooth")
#: Kinds that do not come from the results of the region.
CONTROLS = ("control", "country")
# A control sample is used from so many schools of mean size on: then its error shifts every z by a
# tenth of its spread, and .05 is really .03–.08 (docs/decisions/0011).
_LEAST_SCHOOLS = 100
# With fewer schools outside a municipality the curve through all other schools is the steadier
# reference.
_FEWEST_OUTSIDE = 20


@dataclass(frozen=True)
class Chosen:
    """A reference: ``kind``, one of :data:`KINDS`, and ``of(counts, weight)`` → (schools × scores),
    where ``weight`` (schools,) is the trust in each school; a control sample does not need it.
    """

    kind: str
    of: Reference


def choose(year: Year, arrays: PaperArrays, *, own: bool = False) -> Chosen:
    """The reference of a paper: control sample → country → region without the municipality → curve.

    ``own=True`` leaves the samples outside the region aside.
    """
    kind = None if own else control_of(arrays)
    if kind is not None:
        pmf = control_reference(arrays.controls[kind])
        return Chosen(kind, lambda counts, weight: np.broadcast_to(pmf, counts.shape))
    municipality = year.schools["municipality"].to_numpy()
    if len(year.schools) - year.schools["municipality"].value_counts().max() >= _FEWEST_OUTSIDE:
        return Chosen(
            "outside",
            lambda counts, weight: outside_municipality(counts, municipality, weight=weight),
        )
    return Chosen("smooth", lambda counts, weight: smoothed_without_self(counts * weight[:, None]))


def control_of(arrays: PaperArrays) -> str | None:
    """The first kind of sample outside the region that is large enough; None when there is none."""
    large = [
        kind
        for kind in CONTROLS
        if kind in arrays.controls
        and mean_schools(arrays.controls[kind], arrays.scores) >= _LEAST_SCHOOLS
    ]
    return large[0] if large else None


def reference_rows(year: Year, papers: list[PaperArrays]) -> Iterator[pd.DataFrame]:
    """Measure spike_reference of the region, for papers with a sample outside its results.

    value: how many schools of mean size the sample is worth, n its pupils; the method says which
    sample it is, and that it was not used where it is too small.
    """
    for arrays in papers:
        used = control_of(arrays)
        kind = used or next((one for one in CONTROLS if one in arrays.controls), None)
        if kind is None:
            continue
        sample = arrays.controls[kind]
        yield unit_rows(
            year.year, arrays.paper, REGION, [REGION], "spike_reference",
            np.array([sample.sum()]), np.array([mean_schools(sample, arrays.scores)]),
            method=method(Step("reference", (kind,)), *(() if used else ("unused",))),
            source="own",
        )  # fmt: skip
