"""Medalists counted by hand, and the rows made of the counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from msoko_analysis.measures.medals import bands, medal_counts, medal_rows
from msoko_analysis.measures.rows import COLUMNS
from msoko_analysis.params.methods import arguments
from msoko_analysis.params.run import PARAMS, load_run
from msoko_analysis.stats.two_rates import two_rates

RUN = load_run(PARAMS / "runs" / "demo.yaml")
BARS = RUN.medal_rules.bars
LIMITS = {"ratio": 2.0, "level": 0.05, "power": 0.5}

# school, degree, ЕГЭ of the medalist (None: not among the results)
YEAR_2026 = [
    ("S1", 1, {"RU": 90, "MA": 84}),
    ("S1", 1, {"RU": 90, "MA": 74, "FI": 40}),  # agrees with the rule, counts in П29
    ("S1", 1, {"RU": 68, "OB": 90}),  # Russian below 70
    ("S1", 2, {"RU": 60, "IS": 38}),  # second paper below 60 and below Минобрнауки's 40
    ("S2", 1, {"RU": 85, "MAB": 5}),
    ("S2", 2, {"RU": 64, "OB": 41}),  # below 42, the least for any university
    ("S2", 2, None),
    ("S3", None, {"RU": 95, "HI": 91}),  # the degree is not given: no rule to hold it against
]
HOMES = {"S1": "A", "S2": "A", "S3": "B"}


def tables(year: int, people: list[tuple]) -> tuple[pd.DataFrame, pd.DataFrame]:
    medalists, results = [], []
    for number, (school, degree, exams) in enumerate(people):
        person = f"{year}-{number}"
        medalists.append((year, HOMES.get(school, "C"), school, person, degree))
        for subject, score in (exams or {}).items():
            base = subject == "MAB"
            results.append((year, subject, person, 15 if base else score, score if base else None))
    results.append((year, "RU", None, 12, None))  # a pupil without a medal and without a key
    results.append((year, "RU", "other", 12, None))
    return (
        pd.DataFrame(results, columns=["year", "subject", "person", "total", "mark"]),
        pd.DataFrame(medalists, columns=["year", "municipality", "school", "person", "degree"]),
    )


def counted(year: int, people: list[tuple]) -> pd.DataFrame:
    return medal_counts(*tables(year, people), RUN.medal_rules, RUN.minimums)


def test_counts_by_hand() -> None:
    counts = counted(2026, YEAR_2026).set_index(["school", "degree"])
    expected = {
        # medalists, linked, p29, second, own, checked, against, university, ministry checked, below
        ("S1", 1): (3, 3, 2, 1, 2, 3, 1, 0, 3, 1),
        ("S1", 2): (1, 1, 1, 1, 1, 1, 1, 0, 1, 1),
        ("S2", 1): (1, 1, 0, 0, 0, 1, 0, 0, 1, 0),
        ("S2", 2): (2, 1, 1, 1, 1, 1, 1, 1, 1, 1),
        ("S3", 0): (1, 1, 0, 0, 0, 0, 0, 0, 1, 0),
    }
    # Physics 40 is below 41 of Минобрнауки in 2026, above the 36 of any university.
    columns = [
        "medalists", "linked", "p29", "below_second", "below_own", "rule_checked", "against_rule",
        "below_university", "ministry_checked", "below_ministry",
    ]  # fmt: skip
    assert {key: tuple(row) for key, row in counts[columns].iterrows()} == expected
    least = counts[list(bands(BARS))]
    assert least.loc[("S1", 1)].tolist() == [1, 1, 0, 1]
    assert (least.sum(axis=1) == counts["linked"]).all()


def test_without_degrees_there_is_one_medal() -> None:
    people = [("S1", None, {"RU": 80, "MA": 69}), ("S1", None, {"RU": 70, "MA": 70})]
    row = counted(2023, people).iloc[0]
    assert (row["degree"], row["p29"], row["against_rule"], row["rule_checked"]) == (0, 1, 1, 2)
    assert row["ministry_checked"] == 0  # its minimum of 2023 is not known
    row = counted(2020, people).iloc[0]
    assert (row["rule_checked"], row["against_rule"], row["p29"]) == (0, 0, 1)


def test_of_two_results_the_better_counts() -> None:
    results, medalists = tables(2026, [("S1", 1, {"RU": 66, "MA": 80})])
    again = results.iloc[[0]].assign(total=71)
    counts = medal_counts(
        pd.concat([results, again]), medalists, RUN.medal_rules, RUN.minimums
    ).iloc[0]
    assert (counts["p29"], counts["against_rule"]) == (0, 0)


def test_nobody_with_a_medal() -> None:
    results, medalists = tables(2026, YEAR_2026)
    counts = medal_counts(results, medalists.iloc[:0], RUN.medal_rules, RUN.minimums)
    assert counts.empty
    assert list(medal_rows(2026, counts, BARS, **LIMITS)) == []
    nothing = medal_counts(results.iloc[:0], medalists, RUN.medal_rules, RUN.minimums)
    assert nothing["linked"].sum() == 0
    table = pd.concat(medal_rows(2026, nothing, BARS, **LIMITS))
    assert set(table["indicator"]) == {"medals", "medals_1", "medals_2"}


def rows_of(people: list[tuple]) -> pd.DataFrame:
    return pd.concat(medal_rows(2026, counted(2026, people), BARS, **LIMITS), ignore_index=True)


def test_rows_by_hand() -> None:
    table = rows_of(YEAR_2026)
    assert list(table.columns) == list(COLUMNS)
    assert (table[["procedure", "grade", "subject"]] == ["EGE", 11, ""]).all(axis=None)

    def row(indicator: str, unit: str) -> tuple[float, float, float]:
        (mine,) = table[(table["indicator"] == indicator) & (table["unit"] == unit)].index
        return tuple(table.loc[mine, ["count", "n", "value"]].astype(float))

    assert row("medals", "region") == (7, 8, 87.5)
    assert row("medals_1", "A") == (4, 4, 100)
    assert row("medals_2", "S2") == (1, 2, 50)
    # all medals, as the name of П29 says: those of the second degree and of none told as well
    assert row("medals_p29", "S1") == (3, 4, 75)
    assert row("medals_p29", "region") == pytest.approx((4, 7, 400 / 7))
    assert row("medals_p29_1", "region") == (2, 4, 50)
    assert row("medals_p29_2", "A") == (2, 2, 100)
    assert row("medals_p29_second", "A") == (2, 2, 100)
    assert row("medals_rule", "A") == (3, 6, 50)
    assert row("medals_rule_1", "A") == (1, 4, 25)
    assert row("medals_below_university", "region") == pytest.approx((1, 7, 100 / 7))
    assert row("medals_below_ministry", "A") == (3, 6, 50)
    assert row("medals_least_0_59", "S1") == (2, 4, 50)
    assert row("medals_rate", "S1") == (3, 4, 75)
    # Three schools are too few for a model: a rate without a verdict.
    rate = table[table["indicator"] == "medals_rate"]
    assert rate["p"].isna().all()
    assert "medals_needed" not in set(table["indicator"])


def test_three_years_are_pooled_and_the_doubtful_school_stands_out() -> None:
    rng = np.random.default_rng(1)
    good, bad = {"RU": 90, "MA": 90}, {"RU": 90, "MA": 55}
    years = []
    for year, degree in ((2022, None), (2024, 1), (2025, 1), (2026, 1)):
        people = []
        for school in range(60):
            rate = 0.8 if school == 0 else 0.12
            n = 4 if school == 0 else rng.integers(0, 4)
            below = rng.random(n) < rate
            people += [(f"T{school:02}", degree, bad if one else good) for one in below]
        years.append(counted(year, people))
    counts = pd.concat(years, ignore_index=True)
    table = pd.concat(medal_rows(2026, counts, BARS, **LIMITS), ignore_index=True)
    rate = table[(table["indicator"] == "medals_rate") & (table["level"] == "school")]
    rate = rate.set_index("unit")
    recent = counts[counts["year"] > 2023].groupby("school")[["below_own", "linked"]].sum()
    assert rate.loc["T00", "n"] == 12  # 2022 is beyond the three years
    assert arguments(rate["method"].iloc[0], "years") == ("2024", "2025", "2026")
    assert (rate["count"] == recent["below_own"].reindex(rate.index)).all()
    assert rate["p"].idxmin() == "T00"
    assert rate.loc["T00", "q"] < 0.05
    assert rate.loc[rate["n"] <= 3, "p"].isna().all()
    double = table[table["indicator"] == "medals_double"].set_index("unit")["value"]
    assert double["T00"] > 90
    assert double.drop("T00").max() < 90
    model = two_rates(recent["below_own"].to_numpy(), recent["linked"].to_numpy())
    (needed,) = table.loc[table["indicator"] == "medals_needed", "value"]
    assert needed == model.needed(0.5, level=0.05, power=0.5)
