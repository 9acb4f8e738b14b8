"""ОГЭ, ЕГЭ and medals of the demo region: which schools are planted there, and the truth of it."""

from __future__ import annotations

import numpy as np
import polars as pl

from msoko_analysis.synthetic.gia import Cuts, Gia, draw_gia
from msoko_analysis.synthetic.region import ROLES

FAVOURED = 4  # medals a year a school with doubtful medals gives to pupils of its middle
HELP = 0.8  # pupil SD by which the helped school is better in ВПР 8
# Planted here: kind, municipality, pupils of a cohort; the honest school nearest to that size.
PLANTED = (
    ("doubtful_medals", "M01", 52),
    ("doubtful_medals", "M02", 40),
    ("helped_vpr8", "M01", 60),
)


def draw_demo_gia(
    rng: np.random.Generator, region: pl.DataFrame, cuts: Cuts
) -> tuple[Gia, list[dict[str, object]]]:
    """Exams and medals of the demo region and, for each planted school, the truth about them.

    The school that inflates its marks does so here too: kindness in marking is the school's own.

    >>> from msoko_analysis.synthetic.demo import read_cuts
    >>> from msoko_analysis.synthetic.region import draw_region
    >>> region = draw_region(np.random.default_rng(1))
    >>> _, truth = draw_demo_gia(np.random.default_rng(2), region, read_cuts())
    >>> [school["kind"] for school in truth]
    ['mark_inflation', 'doubtful_medals', 'doubtful_medals', 'helped_vpr8']
    """
    places = _places(region)
    favoured, helped = np.zeros(region.height, dtype=np.int64), np.zeros(region.height)
    favoured[[place for kind, place in places if kind == "doubtful_medals"]] = FAVOURED
    helped[[place for kind, place in places if kind == "helped_vpr8"]] = HELP
    gia = draw_gia(rng, region, cuts, favoured=favoured, helped=helped)
    return gia, [_truth(region, gia, kind, place) for kind, place in places]


def _places(region: pl.DataFrame) -> list[tuple[str, int]]:
    """Kind and row in the region of the planted schools."""
    inflating = [role for role, one in enumerate(ROLES) if one.kind == "mark_inflation"]
    rows = region.with_row_index()
    places = [("mark_inflation", rows.filter(pl.col("role").is_in(inflating))["index"].item())]
    for kind, town, size in PLANTED:
        free = ~pl.col("index").is_in([place for _, place in places]) & pl.col("role").is_null()
        own = rows.filter(free, municipality=town, school_type="secondary")
        places.append((kind, own.sort((pl.col("size") - size).abs())["index"][0]))
    return places


def _truth(region: pl.DataFrame, gia: Gia, kind: str, place: int) -> dict[str, object]:
    """What is true of one planted school, in the words of data/README.md."""
    school = region.row(place, named=True)
    own = {key: school[key] for key in ("school", "name", "municipality")} | {"kind": kind}
    match kind:
        case "mark_inflation":
            own["leniency_in_pupil_sd"] = school["leniency"]
            own["papers"] = _papers(gia, school["school"], "OGE")
        case "helped_vpr8":
            own["help_in_pupil_sd"] = HELP
            own["papers"] = _papers(gia, school["school"], "VPR")
        case "doubtful_medals":
            own["years"] = _medals(gia, school["school"])
    return own


def _papers(gia: Gia, school: str, procedure: str) -> list[dict[str, object]]:
    """Every paper of a procedure the school wrote, with the number of pupils present."""
    key = ["year", "procedure", "grade", "subject"]
    rows = gia.results.filter(pl.col("total").is_not_null(), school=school, procedure=procedure)
    return rows.group_by(key, maintain_order=True).agg(n=pl.len().cast(pl.Int64)).to_dicts()


def _medals(gia: Gia, school: str) -> list[dict[str, object]]:
    """Medals of a school by year: all, favoured, first degree, those of it below 70, not allowed."""
    first = pl.col("degree") == 1
    counts = {
        "medals": pl.len(),
        "favoured": pl.col("favoured").sum(),
        "degree_1": first.sum(),
        "degree_1_below_70": (first & (pl.col("lowest") < 70)).sum(),
        "against_rule": pl.col("against_rule").sum(),
    }
    rows = gia.medals.filter(school=school).group_by("year", maintain_order=True)
    return rows.agg(**{name: count.cast(pl.Int64) for name, count in counts.items()}).to_dicts()
