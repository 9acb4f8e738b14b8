"""Medal rules of every year and the indicator П29 by worked cases, each with its source."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from msoko_analysis.errors import StatsInputError
from msoko_analysis.params.medals import MedalRule, MedalRules, read_medal_rules
from msoko_analysis.params.run import PARAMS, load_run
from msoko_analysis.params.scales import PaperOfYear
from msoko_analysis.rules.medals import MedalExams, follows_rule, p29

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "medals.yaml").read_text("utf-8"))
SUBJECTS = ("RU", "MA", "FI", "OB", "IS", "BI")
RUN = load_run(PARAMS / "runs" / "demo.yaml")
RULES = RUN.medal_rules
# A region may write rules in which base mathematics stands for nothing, as no rule of ours does.
WITHOUT_BASE = tuple(
    rule.model_copy(update={"base_mark": None, "base_alone": False})
    for rule in RULES.rules
    if rule.other
)


def exams(scores: dict[str, float], base: float = np.nan) -> MedalExams:
    row = [scores.get(subject, np.nan) for subject in SUBJECTS]
    return MedalExams(SUBJECTS, np.array([row]), np.array([base], dtype=float))


def thresholds(year: int) -> np.ndarray:
    keys = [PaperOfYear(year, "EGE", 11, subject) for subject in SUBJECTS]
    return np.array(
        [RUN.minimums[k].of("threshold") if k in RUN.minimums else np.nan for k in keys]
    )


def said(value: float) -> bool | str:
    return "unknown" if np.isnan(value) else bool(value)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_worked_case(case: dict) -> None:
    assert case["source"]
    rule = RULES.of(case["year"], case.get("degree"))
    mine = exams(case["scores"], case.get("base", np.nan))
    assert said(follows_rule(rule, mine, thresholds(case["year"]))[0]) == case["follows"]
    assert said(p29(mine, RULES.bars.p29.score)[0]) == case["p29"]


def test_every_year_has_a_rule_and_unconfirmed_ones_are_marked() -> None:
    for year in range(2014, 2027):
        for degree in (1, 2) if year >= 2024 else (None,):
            assert RULES.of(year, degree) is not None, (year, degree)
    assert RULES.of(2024, None) is None
    assert RULES.of(2023, 1) is None
    assert not any(RULES.of(year, 1).confirmed for year in (2025, 2026))
    assert RULES.of(2021, None).status == "found_official"
    assert all(rule.source for rule in RULES.rules)


def slow_twin(rule: MedalRule, taken: dict[str, float], base: float | None) -> bool | str:
    """The rule read aloud, one medalist at a time."""
    answers: list[bool | None] = []
    if rule.russian:
        answers.append(taken["RU"] >= rule.russian if "RU" in taken else None)
    if rule.other:
        others = {s: x for s, x in taken.items() if s != "RU"}
        counted = [x for s, x in others.items() if rule.other_subject in (None, s)]
        may = base is not None and rule.base_mark and not (rule.base_alone and others)
        ways = [x >= rule.other for x in counted] + ([base >= rule.base_mark] if may else [])
        answers.append(any(ways) if ways else None)
    if rule.threshold:
        known = dict(zip(SUBJECTS, thresholds(2021), strict=True))
        answers.append(all(x >= known[s] for s, x in taken.items()) if taken else None)
    if not answers:
        return "unknown"
    return False if False in answers else "unknown" if None in answers else True


@given(
    taken=st.dictionaries(st.sampled_from(SUBJECTS), st.integers(20, 100)),
    base=st.none() | st.integers(2, 5),
    rule=st.sampled_from(RULES.rules + WITHOUT_BASE),
)
def test_equals_slow_twin(taken: dict[str, int], base: int | None, rule: MedalRule) -> None:
    mine = exams(taken, np.nan if base is None else base)
    assert said(follows_rule(rule, mine, thresholds(2021))[0]) == slow_twin(rule, taken, base)


def test_base_mathematics_stands_for_nothing_where_the_rule_does_not_name_it() -> None:
    rule, mine = WITHOUT_BASE[0], exams({"RU": 90}, base=5)
    named = next(one for one in RULES.rules if one.years == rule.years and one.other)
    assert said(follows_rule(named, mine, thresholds(2021))[0]) is True
    assert said(follows_rule(rule, mine, thresholds(2021))[0]) == "unknown"


@given(
    scores=st.dictionaries(st.sampled_from(SUBJECTS), st.integers(0, 99), min_size=1),
    rule=st.sampled_from(RULES.rules),
    up=st.sampled_from(SUBJECTS),
)
def test_a_higher_score_never_hurts(scores: dict[str, int], rule: MedalRule, up: str) -> None:
    up = up if up in scores else next(iter(scores))
    better = exams(scores | {up: scores[up] + 1})
    before, after = (
        follows_rule(rule, one, thresholds(2021))[0] for one in (exams(scores), better)
    )
    assert not (before == 1 and after == 0)
    assert p29(better, 70)[0] <= p29(exams(scores), 70)[0]


def test_faults_of_the_rules_are_named(tmp_path: Path) -> None:
    text = (PARAMS / "medal_rules.yaml").read_text("utf-8")
    file = tmp_path / "medal_rules.yaml"
    for old, new, message in (
        ("years: [2020, 2020]", "years: [2020, 2021]", "два правила для 2021 года"),
        ("years: [2020, 2020]", "years: [2020, 2018]", "последний год раньше"),
        ("other_subject: MA", "other_subject: MATH", "нет в params/subjects.yaml"),
        ("    score: 60", "    score: 75", "границы не возрастают"),
    ):
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        problems: list = []
        read_medal_rules(file, SUBJECTS, problems)
        assert any(message in problem.rule for problem in problems), problems


def test_edges() -> None:
    rule = RULES.of(2021, None)
    with pytest.raises(StatsInputError, match="minimums"):
        follows_rule(rule, exams({"RU": 80}))
    with pytest.raises(StatsInputError, match="medalists x subjects"):
        MedalExams(("RU",), np.zeros((2, 2)), np.zeros(2))
    nobody = MedalExams(SUBJECTS, np.zeros((0, len(SUBJECTS))), np.zeros(0))
    assert follows_rule(rule, nobody, thresholds(2021)).shape == p29(nobody, 70).shape == (0,)
    assert isinstance(RULES, MedalRules)


def test_minimums_are_those_of_the_source(shared: Path) -> None:
    codes = {
        **{"РУ": "RU", "МА_ПРОФ": "MA", "МА_БАЗА": "MAB", "ФИ": "FI", "ХИ": "HI", "ИНФ": "IN"},
        **{
            "БИ": "BI",
            "ИС": "IS",
            "ГГ": "GG",
            "ОБ": "OB",
            "ЛИ": "LI",
            "ИН.ЯЗ": "INYAZ",
            "КИТ_ЯЗ": "KIT",
        },
    }
    with (shared / "tables" / "ege_minimum.csv").open(encoding="utf-8-sig") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter=";") if row["subject"] in codes]
    columns = {
        ("threshold", 2026): "min_attestat_or_threshold",
        ("university", 2026): "min_vuz_rosobrnadzor",
        ("minobrnauki", 2025): "min_vuz_minobrnauki_2025_26",
        ("minobrnauki", 2026): "min_vuz_minobrnauki_2026_27_project",
    }
    assert len(rows) == len(codes)
    for row in rows:
        for (kind, year), column in columns.items():
            mine = RUN.minimums[PaperOfYear(year, "EGE", 11, codes[row["subject"]])].of(kind)
            assert str(mine or "") == row[column].partition(" ")[0], (row["subject"], column)


def test_a_minimum_says_how_well_it_is_known() -> None:
    later, earlier = (RUN.minimums[PaperOfYear(y, "EGE", 11, "RU")] for y in (2026, 2021))
    assert later.unit == "score"
    assert "вторичный источник" in later.note("university")
    assert "не подтверждена" in earlier.note("threshold")
    assert earlier.of("minobrnauki") is None
    assert earlier.note("minobrnauki") is None
    assert RUN.minimums[PaperOfYear(2026, "EGE", 11, "MAB")].unit == "mark"
