"""A rise that vanished, from counts of three years to the sentence of the note."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msoko_analysis.disclosure import PublicMeasures
from msoko_analysis.findings import Verdict
from msoko_analysis.findings.signs import school_signs
from msoko_analysis.measures.arrays import arrange_year
from msoko_analysis.measures.signs import other_signs
from msoko_analysis.params.run import PARAMS, Thresholds, load_run
from msoko_analysis.params.scales import Paper, PaperOfYear, Scale
from msoko_analysis.wording.sign_kinds import size_text

YEARS = (2024, 2025, 2026)
PAPERS = (Paper("VPR", 4, "MA"), Paper("VPR", 4, "RU"))
SCHOOLS, PUPILS, TOP = 80, 30, 20
# In SD of pupils: one school rose for one year, one rose and stayed, one only fell.
VANISHED, STAYED, FELL = "S00", "S01", "S02"
CHANGE = {VANISHED: (0, 1.2, 0), STAYED: (0, 1.2, 1.2), FELL: (1.2, 1.2, 0)}


def signs(seed: int, planted: bool = True) -> pd.DataFrame:
    """The signs of the last year of a region of three."""
    rng = np.random.default_rng(seed)
    names = [f"S{number:02}" for number in range(SCHOOLS)]
    level = rng.normal(0, 0.4, SCHOOLS)
    rows = []
    for place, year in enumerate(YEARS):
        for paper in PAPERS:
            drift = rng.normal(0, 0.15, SCHOOLS)
            for number, name in enumerate(names):
                change = CHANGE.get(name, (0, 0, 0))[place] if planted else 0.0
                mean = 10 + 4 * (level[number] + drift[number] + change)
                scores = np.clip(np.rint(rng.normal(mean, 4, PUPILS)), 0, TOP).astype(int)
                for score, n in zip(*np.unique(scores, return_counts=True), strict=True):
                    rows.append((year, *paper, "A", name, None, None, score, n))
    columns = ["year", "procedure", "grade", "subject", "municipality", "school", "prior_mark",
               "mark", "score", "n"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    frame["prior_mark"] = frame["prior_mark"].astype("Int8")
    listed = pd.DataFrame({"school": names, "school_type": "secondary"})
    scales = {
        PaperOfYear(year, *paper): Scale(
            year=year, **paper._asdict(), max_primary=TOP, min_3=6, min_4=10, min_5=15,
            status="synthetic", source="made up",
        )
        for year in YEARS for paper in PAPERS
    }  # fmt: skip
    first, second, third = (arrange_year(year, frame, listed, PAPERS, scales) for year in YEARS)
    return pd.concat(
        [
            sign.rows(third)
            for sign in other_signs(
                third, second, {}, load_run(PARAMS / "runs/demo.yaml").thresholds, first
            )
        ]
    )


def told(table: pd.DataFrame, thresholds: Thresholds) -> dict:
    schools = PublicMeasures(table[table["level"] == "school"].assign(hidden=False)).table
    found = school_signs(schools, schools.iloc[:0], thresholds)
    return {one.unit: one for one in found if one.code == "vanished_school"}


def test_only_the_rise_that_vanished_is_told(thresholds: Thresholds) -> None:
    found = told(signs(1), thresholds)
    assert [unit for unit, one in found.items() if one.verdict != Verdict.NO_CONCERN] == [VANISHED]
    one = found[VANISHED]
    assert one.verdict == Verdict.WATCH, "it never names a school by itself"
    assert one.n == 2 * 2 * PUPILS
    # 1.2 SD of pupils within schools; scores are in SD of all pupils, 1.08 of that
    assert one.low < 1.2 / np.hypot(1, 0.43) < one.high
    assert size_text(one).startswith("после необычного подъёма результаты упали на 1,")


def test_false_alarms_of_honest_regions() -> None:
    """Both changes must be unusual, so far fewer than one in a hundred has p below .01."""
    p = np.concatenate([
        table.loc[table["indicator"] == "vanished", "p"]
        for table in (signs(seed, planted=False) for seed in range(10, 16))
    ])  # fmt: skip
    assert len(p) == 6 * SCHOOLS
    assert (p < 0.01).mean() < 0.01 + 3 * np.sqrt(0.01 * 0.99 / len(p))
    # A fall is likelier after a rise by chance, for they share the middle year: still rare.
    assert (p < 0.05).mean() < 0.05
