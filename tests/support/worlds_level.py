"""Regions whose schools differ by selection, settlement and size, and in nothing else but chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.params.scales import Paper, Scale
from msoko_analysis.synthetic import count_scores, draw_tasks, respond

MAXIMA = (*(1,) * 11, *(2,) * 7)
# Share of schools, median pupils of a grade, shift of ability in pupil SD, share of gymnasiums.
PLACES = {
    "1) до 5 тыс.": (0.5, 14, -0.3, 0.0),
    "2) 5–50 тыс.": (0.2, 35, 0.0, 0.1),
    "3) более 50 тыс.": (0.3, 55, 0.25, 0.25),
}
GYMNASIUM = 1.0
SIZE_SLOPE = 0.1
SCHOOL_SD = 0.3


@dataclass(frozen=True)
class Region:
    """A year of two papers, and which schools are gymnasiums and villages (schools,)."""

    year: Year
    gymnasium: np.ndarray
    village: np.ndarray


def region(rng: np.random.Generator, schools: int) -> Region:
    """Honest schools: level = conditions + a school's own normal deviation."""
    names = list(PLACES)
    place = rng.choice(len(names), schools, p=[share for share, *_ in PLACES.values()])
    _, median, shift, chance = (np.array(row)[place] for row in zip(*PLACES.values(), strict=True))
    sizes = np.clip(np.rint(median * np.exp(0.4 * rng.normal(size=schools))), 5, 200).astype(int)
    gymnasium = rng.random(schools) < chance
    level = shift + GYMNASIUM * gymnasium + SIZE_SLOPE * np.log(sizes / median)
    level = level + rng.normal(0, SCHOOL_SD, schools)
    school = np.repeat(np.arange(schools), sizes)
    ability = level[school] + rng.normal(0, 0.9, len(school))
    papers = tuple(_paper(rng, subject, school, ability, schools) for subject in ("MA", "RU"))
    card = {
        "municipality": "M01",
        "school_type": np.where(gymnasium, "gymnasium", "secondary"),
        "location": None,
        "settlement_size": [names[one] for one in place],
        "pupils": 10.0 * sizes,
    }
    return Region(Year(2026, pd.DataFrame(card), papers), gymnasium, place == 0)


def _paper(
    rng: np.random.Generator, subject: str, school: np.ndarray, ability: np.ndarray, schools: int
) -> PaperArrays:
    tasks = draw_tasks(rng, MAXIMA)
    scores = respond(rng, tasks, ability).sum(axis=1, dtype=np.int64)
    counts = count_scores(school, scores, schools, tasks.max_score).astype(float)
    scale = Scale(
        year=2026, procedure="VPR", grade=4, subject=subject, max_primary=tasks.max_score, min_3=7,
        min_4=13, min_5=19, status="synthetic", source="made up",
    )  # fmt: skip
    empty = np.zeros((schools, 4, counts.shape[1]))
    return PaperArrays(Paper("VPR", 4, subject), scale, counts, empty)
