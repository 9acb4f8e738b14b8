"""A region with ОГЭ, ЕГЭ and medals in which it is known who inflates marks and whose medals doubt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from msoko_analysis.synthetic.demo import read_cuts
from msoko_analysis.synthetic.gia import Gia, draw_gia
from msoko_analysis.synthetic.region import LENIENCY_SD
from msoko_analysis.synthetic.world import draw_schools

ICC = 0.06  # of ability, without the gymnasiums: with them the exams show .10–.20
PLANTED_SIZE = 30  # pupils of a cohort a planted school has at least
LARGEST = 150  # pupils of a cohort, as in the demo
TOWN = 15  # schools of a municipality


@dataclass(frozen=True)
class GiaWorld:
    """Exams and medals of a region; masks over the schools (S,) in the order of ``region``.

    ``region`` as :func:`msoko_analysis.synthetic.gia.draw_gia` takes it. Gymnasiums are honest.
    """

    region: pl.DataFrame
    gia: Gia
    inflating: np.ndarray
    doubtful: np.ndarray
    gymnasium: np.ndarray

    def of(self, schools: np.ndarray) -> pl.DataFrame:
        """Codes of the schools of a mask, one column ``school``."""
        return self.region.filter(pl.Series(schools)).select("school")


def gia_world(
    seed: int,
    schools: int = 155,
    *,
    inflating: int = 20,
    doubtful: int = 10,
    inflation: float = 1.0,
    favoured: int = 4,
    gymnasiums: float = 0.05,
    years: tuple[int, ...] = (2024, 2025, 2026),
) -> GiaWorld:
    """Draw a region of the size of the demo, all its schools honest but the planted ones.

    ``inflating`` schools see each of their pupils ``inflation`` pupil SD better than he is when
    they give marks; ``doubtful`` others give ``favoured`` medals a year without regard to ability
    and exams. Both are ordinary schools with at least :data:`PLANTED_SIZE` pupils.
    """
    rng = np.random.default_rng(seed)
    drawn = draw_schools(rng, schools, median_size=40, icc=ICC, gymnasiums=gymnasiums)
    able = np.flatnonzero(~drawn.gymnasium & (drawn.sizes >= PLANTED_SIZE))
    chosen = rng.choice(able, inflating + doubtful, replace=False)
    inflates, doubted = (
        np.isin(np.arange(schools), part) for part in np.split(chosen, [inflating])
    )
    region = pl.DataFrame(
        {
            "school": [f"S{number:03}" for number in range(1, schools + 1)],
            "municipality": [f"M{number // TOWN + 1:02}" for number in range(schools)],
            "school_type": np.where(drawn.gymnasium, "gymnasium", "secondary"),
            "size": np.minimum(drawn.sizes, LARGEST).astype(float),
            "level": drawn.level,
            "spread": drawn.spread,
            "leniency": rng.normal(0, LENIENCY_SD, schools) + inflation * inflates,
        }
    )
    gia = draw_gia(rng, region, read_cuts(), years=years, favoured=favoured * doubted)
    return GiaWorld(region, gia, inflates, doubted, drawn.gymnasium)
