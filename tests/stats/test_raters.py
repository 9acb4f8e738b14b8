"""Agreement of raters: published values, foreign software, slow twins, properties, honest chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.raters import krippendorff_alpha, weighted_kappa

NO = np.nan
# Krippendorff 2011, sections C and D: 4 observers, 12 units, 7 values missing.
FOUR = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NO, NO, NO],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NO, 3],
        [NO, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NO],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NO],
    ]
)
# The worked example of the article «Krippendorff's alpha»: 3 coders, 15 units.
THREE = np.array(
    [
        [NO, NO, NO, NO, NO, 3, 4, 1, 2, 1, 1, 3, 3, NO, 3],
        [1, NO, 2, 1, 3, 3, 4, 3, NO, NO, NO, NO, NO, NO, NO],
        [NO, NO, 2, 1, 3, 4, 4, NO, 2, 1, 1, 3, 3, NO, 4],
    ]
)
BINARY = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]])

ratings = st.integers(2, 4).flatmap(
    lambda raters: st.lists(
        st.lists(st.sampled_from([NO, 0.0, 1.0, 2.0, 5.0]), min_size=raters, max_size=raters),
        min_size=1,
        max_size=12,
    )
)


@pytest.mark.parametrize(
    ("data", "level", "published", "digits"),
    [
        (FOUR, "nominal", 0.743, 3),
        (FOUR, "ordinal", 0.815, 3),
        (FOUR, "interval", 0.849, 3),
        (BINARY, "nominal", 0.095, 3),
        # krippendorff (PyPI) tests/test_krippendorff.py: 0.691358 nominal, 0.810845 interval
        (THREE, "nominal", 0.691358, 6),
        (THREE, "interval", 0.810845, 6),
    ],
)
def test_equals_published_alpha(
    data: np.ndarray, level: str, published: float, digits: int
) -> None:
    assert round(krippendorff_alpha(data, level).value, digits) == published


def test_units_judged_once_are_left_out() -> None:
    alpha = krippendorff_alpha(FOUR, "nominal")
    assert (alpha.units, alpha.ratings) == (11, 40)  # the source: 40 pairable of 41 values
    assert alpha == krippendorff_alpha(FOUR[:, :11], "nominal")


def by_pairs(data: np.ndarray, level: str) -> float:
    """α read off the definition: all pairs of ratings, one after another."""
    units = [column[~np.isnan(column)] for column in data.T]
    units = [unit for unit in units if len(unit) >= 2]
    everything = np.concatenate(units) if units else np.array([])

    def apart(one: float, other: float) -> float:
        if level == "nominal":
            return float(one != other)
        if level == "interval":
            return (one - other) ** 2
        low, high = min(one, other), max(one, other)
        between = sum(low <= value <= high for value in everything)
        ends = sum(value == one for value in everything) + sum(
            value == other for value in everything
        )
        return (between - ends / 2) ** 2 if low != high else 0.0

    n = len(everything)
    observed = sum(
        apart(unit[a], unit[b]) / (len(unit) - 1)
        for unit in units
        for a in range(len(unit))
        for b in range(len(unit))
        if a != b
    )
    expected = sum(
        apart(everything[a], everything[b]) for a in range(n) for b in range(n) if a != b
    )
    return 1 - (observed / n) / (expected / (n * (n - 1)))


@given(ratings, st.sampled_from(["nominal", "ordinal", "interval"]))
def test_equals_the_slow_twin(rows: list[list[float]], level: str) -> None:
    data = np.array(rows).T
    alpha = krippendorff_alpha(data, level)
    judged = data[:, (~np.isnan(data)).sum(axis=0) >= 2]
    assert alpha.units == judged.shape[1]
    if alpha.units < 2 or len(np.unique(judged[~np.isnan(judged)])) < 2:
        assert np.isnan(alpha.value)
    else:
        assert alpha.value == pytest.approx(by_pairs(data, level), abs=1e-9)


@given(ratings, st.randoms(use_true_random=False))
def test_order_of_raters_and_units_does_not_matter(rows: list[list[float]], chance: object) -> None:
    data = np.array(rows).T
    mixed = data[:, chance.sample(range(data.shape[1]), data.shape[1])][::-1]
    for level in ("nominal", "ordinal", "interval"):
        one, other = krippendorff_alpha(data, level), krippendorff_alpha(mixed, level)
        assert one.value == pytest.approx(other.value, nan_ok=True)


@given(ratings)
def test_scale_of_values_does_not_matter(rows: list[list[float]]) -> None:
    data = np.array(rows).T
    plain, moved = (
        krippendorff_alpha(data, "interval"),
        krippendorff_alpha(3 + data / 7, "interval"),
    )
    assert plain.value == pytest.approx(moved.value, nan_ok=True)
    ordered = krippendorff_alpha(data, "ordinal"), krippendorff_alpha(data**3, "ordinal")
    assert ordered[0].value == pytest.approx(ordered[1].value, nan_ok=True)


def test_complete_agreement_is_one_and_constant_is_nothing() -> None:
    same = np.array([[0.0, 1, 2, 2], [0, 1, 2, 2]])
    for level in ("nominal", "ordinal", "interval"):
        assert krippendorff_alpha(same, level).value == 1
        assert np.isnan(krippendorff_alpha(np.ones((3, 9)), level).value)
    assert np.isnan(krippendorff_alpha(np.empty((2, 0)), "nominal").value)
    assert np.isnan(krippendorff_alpha(np.array([[1.0], [2.0]]), "nominal").value)


def test_alpha_of_chance_is_zero_on_average() -> None:
    """Without replacement in D_e makes α unbiased at zero: the mean lies within 4 of its errors."""
    rng = np.random.default_rng(20)
    for units, probabilities in ((30, [0.25, 0.5, 0.25]), (72, [0.1, 0.1, 0.8])):
        drawn = [
            krippendorff_alpha(
                rng.choice(3, (3, units), p=probabilities).astype(float), level
            ).value
            for level in ("nominal", "interval")
            for _ in range(400)
        ]
        values = np.array(drawn)
        assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
@given(
    st.integers(2, 5).flatmap(
        lambda k: st.lists(
            st.lists(st.integers(0, 30), min_size=k, max_size=k), min_size=k, max_size=k
        )
    )
)
def test_weighted_kappa_equals_statsmodels(weights: str, rows: list[list[int]]) -> None:
    table = np.array(rows) + 1
    ours = weighted_kappa(table, weights)
    theirs = cohens_kappa(table, wt={"none": None, "linear": "linear"}.get(weights, "quadratic"))
    assert ours.value == pytest.approx(theirs.kappa, abs=1e-12)
    assert ours.standard_error == pytest.approx(theirs.std_kappa, abs=1e-9)
    assert ours.units == table.sum()


def test_interval_of_weighted_kappa_holds_the_truth() -> None:
    """κ ± 1.96 standard errors covers 95 % of samples of 600 units, and not quite that of 100."""
    shares = np.array([[0.30, 0.06, 0.02], [0.06, 0.20, 0.06], [0.02, 0.06, 0.22]])
    truth = weighted_kappa(shares, "quadratic").value
    rng = np.random.default_rng(3)
    for units, least in ((600, 0.95), (100, 0.92)):
        drawn = rng.multinomial(units, shares.ravel(), 1500)
        found = [weighted_kappa(table.reshape(3, 3)) for table in drawn]
        held = np.mean([abs(one.value - truth) < 1.96 * one.standard_error for one in found])
        assert abs(held - least) < 4 * np.sqrt(0.05 * 0.95 / 1500)


def test_weighted_kappa_edges() -> None:
    assert np.isnan(weighted_kappa(np.zeros((3, 3))).value)
    assert np.isnan(weighted_kappa(np.diag([0, 7, 0])).value)
    assert weighted_kappa(np.diag([3, 0, 4])).value == 1
    for wrong in (
        np.ones((2, 3)),
        np.ones((1, 1)),
        -np.ones((2, 2)),
        np.array([[np.nan, 1], [1, 1]]),
    ):
        with pytest.raises(StatsInputError):
            weighted_kappa(wrong)
    with pytest.raises(StatsInputError):
        weighted_kappa(np.eye(2), "cubic")
    with pytest.raises(StatsInputError):
        krippendorff_alpha(np.array([[1.0, np.inf], [1, 2]]), "nominal")
    with pytest.raises(StatsInputError):
        krippendorff_alpha(FOUR, "ratio")
