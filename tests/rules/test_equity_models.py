"""Ways to work out П22, П23, П24: by hand, against each other, and their file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msoko_analysis.home import SHIPPED
from msoko_analysis.params.equity import EquityModels, read_equity_models
from msoko_analysis.rules.equity_models import PaperResults, SchoolResults, model_values

FILE = SHIPPED / "params" / "equity_models.yaml"
NOBODY = SchoolResults(np.full(3, np.nan), np.full(3, np.nan))


@pytest.fixture(scope="module")
def models() -> EquityModels:
    problems: list = []
    found = read_equity_models(FILE, problems)
    assert problems == []
    return found


def values(models: EquityModels, indicator: str, papers=(), schools=NOBODY) -> dict[str, float]:
    return {
        one.model.variant: one.value for one in model_values(models, indicator, papers, schools)
    }


def exam(scores: dict[int, int], minimum: int | None = 36) -> PaperResults:
    counts = np.zeros((1, 101))
    counts[0, list(scores)] = list(scores.values())
    return PaperResults("EGE", counts, minimum)


def test_by_hand(models: EquityModels) -> None:
    # ВПР: 10 «2», 20 «3», 15 «4», 5 «5» of 50; ЕГЭ: 1 below 36, 5 between, 1 with 80, 3 with 81+.
    vpr = PaperResults("VPR", np.array([[10, 20, 15, 5]]), 1, (1, 2, 3))
    ege = exam({35: 1, 36: 5, 80: 1, 81: 1, 100: 2})
    assert values(models, "p22", [vpr, ege]) == {
        "participants": pytest.approx(100 * 49 / 60),
        "papers": pytest.approx((80 + 90) / 2),
    }
    assert values(models, "p23", [vpr, ege]) == {
        "fives_81": pytest.approx(100 * 8 / 60),
        "fives_80": pytest.approx(100 * 9 / 60),
        "fours_and_fives": pytest.approx(100 * 23 / 60),
    }


def test_base_mathematics_counts_by_its_mark_and_an_unknown_minimum_by_nothing(
    models: EquityModels,
) -> None:
    # Base mathematics is an exam with marks: 2 «2», 3 «3», 1 «4», 4 «5» of 10. The other exam has one
    # pupil below 36, one with 80, two with 81 and more, of 4; the third has no known minimum.
    base = PaperResults("EGE", np.array([[2, 3, 1, 4]]), 1, (1, 2, 3))
    told, unknown = exam({35: 1, 80: 1, 81: 1, 100: 1}), exam({10: 2, 90: 3}, minimum=None)
    assert values(models, "p22", [base, told, unknown])["participants"] == pytest.approx(
        100 * (8 + 3) / (10 + 4)
    )
    assert values(models, "p23", [base, told, unknown]) == {
        "fives_81": pytest.approx(100 * (4 + 2 + 3) / 19),
        "fives_80": pytest.approx(100 * (4 + 3 + 3) / 19),
        "fours_and_fives": pytest.approx(100 * (4 + 2 + 3) / 19),
    }


def test_equality_by_hand(models: EquityModels) -> None:
    # Twenty schools: 21, 22 … 40. Quarters: 23 and 38; tenths: 21.5 and 39.5.
    mean = np.arange(21.0, 41)
    schools = SchoolResults(mean, mean - 22.5, icc=0.12)
    result = values(models, "p24", schools=schools)
    assert result["quarters"] == pytest.approx(100 * 23 / 38)
    assert result["tenths"] == pytest.approx(100 * 21.5 / 39.5)
    assert result["icc"] == pytest.approx(88)
    assert result["below_minimum"] == pytest.approx(90)
    gini = np.abs(mean[:, None] - mean).sum() / (2 * 20**2 * mean.mean())
    assert result["gini"] == pytest.approx(100 * (1 - gini))
    low, high = np.quantile(mean, [0.1, 0.9], method="hazen")
    assert result["quantiles"] == pytest.approx(100 * low / high)


def test_equal_schools_are_a_hundred(models: EquityModels) -> None:
    same = SchoolResults(np.full(20, 55.0), np.ones(20), icc=0.0)
    assert values(models, "p24", schools=same) == pytest.approx(
        dict.fromkeys(values(models, "p24"), 100)
    )


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_of_schools_and_wider_spread(seed: int) -> None:
    models = read_equity_models(FILE, [])
    rng = np.random.default_rng(seed)
    mean = rng.uniform(30, 70, 24)
    wider = mean.mean() + 1.3 * (mean - mean.mean())
    first, mixed, wide = (
        values(models, "p24", schools=SchoolResults(one, one - 20, icc=0.1))
        for one in (mean, rng.permutation(mean), wider)
    )
    assert mixed == pytest.approx(first)
    for name in ("quarters", "tenths", "gini", "quantiles"):
        assert wide[name] < first[name] < 100


def test_too_few_is_nan(models: EquityModels) -> None:
    seven = SchoolResults(np.arange(30.0, 37), np.ones(7))
    result = values(models, "p24", schools=seven)
    assert np.isnan([result[name] for name in ("quarters", "tenths", "quantiles", "icc")]).all()
    nineteen = values(models, "p24", schools=SchoolResults(np.arange(30.0, 49), np.ones(19)))
    assert np.isfinite(nineteen["quarters"])
    assert np.isnan(nineteen["tenths"])
    for indicator in ("p22", "p23", "p24"):
        assert np.isnan(list(values(models, indicator).values())).all()


def test_a_procedure_without_a_high_level_does_not_count(models: EquityModels) -> None:
    vpr = PaperResults("VPR", np.array([[0, 0, 0, 10]]), 1, (1, 2, 3))
    gve = PaperResults("GVE", np.array([[0, 0, 0, 10]]), 1, (1, 2, 3))
    assert values(models, "p23", [vpr, gve])["fives_81"] == 100


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("default: true", "default: false", "один вариант с default"),
        ("variant: papers", "variant: participants", "уже есть выше"),
        ("  average: papers\n", "", "нужен ключ average"),
        ("formula: gini", "formula: gini\n  fraction: 0.1", "не использует fraction"),
        ("{mark: 5, score: 80}", "{}", "mark или score"),
        ("{VPR: {mark: 4}", "{ВПР: {mark: 4}", "процедуры"),
        ("fraction: 0.25", "fraction: 0.75", "больше"),
    ],
)
def test_a_bad_file_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = FILE.read_text("utf-8")
    assert old in text
    (tmp_path / "models.yaml").write_text(text.replace(old, new, 1), "utf-8")
    problems: list = []
    read_equity_models(tmp_path / "models.yaml", problems)
    assert any(told in str(problem) for problem in problems), [str(p) for p in problems]
