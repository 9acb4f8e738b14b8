"""School marks against the exam: foreign values, a slow twin, real data, properties, edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from altai import PARQUET, altai_years
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import linregress, norm
from scipy.stats import t as student

from msoko_analysis.counts import count, item_moments
from msoko_analysis.errors import StatsInputError
from msoko_analysis.measures.arrays import PaperArrays
from msoko_analysis.measures.item_arrays import arrange_items
from msoko_analysis.measures.signs import alpha
from msoko_analysis.stats.mark_gap import MarkGap, compare_marks, mark_gap
from msoko_analysis.stats.mark_gap_comparison import mark_gap_of_comparison
from msoko_analysis.stats.overdispersion import trend
from msoko_analysis.stats.reliability import reliability

# LSAT section 6 (Bock & Lieberman 1970): answers to five items and how many of 1,000 gave them.
LSAT = {
    "00000": 3, "00001": 6, "00010": 2, "00011": 11, "00100": 1, "00101": 1, "00110": 3,
    "00111": 4, "01000": 1, "01001": 8, "01011": 16, "01101": 3, "01110": 2, "01111": 15,
    "10000": 10, "10001": 29, "10010": 14, "10011": 81, "10100": 3, "10101": 28, "10110": 15,
    "10111": 80, "11000": 16, "11001": 56, "11010": 21, "11011": 173, "11100": 11, "11101": 61,
    "11110": 28, "11111": 298,
}  # fmt: skip


def random_pairs(seed: int, schools: int = 40, pupils: int = 15, top: int = 12) -> np.ndarray:
    """Pupils of an honest region with four marks, schools of unequal size."""
    rng = np.random.default_rng(seed)
    pairs = np.zeros((schools, 4, top + 1))
    for school in range(schools):
        n = 2 + rng.poisson(pupils)
        ability = rng.normal(0, 0.5) + rng.normal(0, 1, n)
        score = np.clip(np.rint(top / 2 + 2 * ability + rng.normal(0, 1, n)), 0, top).astype(int)
        mark = np.digitize(ability + rng.normal(0, 0.6, n), [-1.8, -0.3, 1.0])
        np.add.at(pairs[school], (mark, score), 1)
    return pairs


def test_reliability_equals_published_alpha() -> None:
    # R-help, 20.01.2007: the variance formula on data(LSAT, package = "ltm") prints 0.2949972;
    # ltm::cronbach.alpha(LSAT) gives 0.295.
    answers = np.array([[int(digit) for digit in pattern] for pattern in LSAT], dtype=float)
    times = np.array(list(LSAT.values()), dtype=float)
    products = answers.T @ (answers * times[:, None])
    result = reliability(times.sum(), times @ answers, products)
    assert result.alpha == pytest.approx(0.2949972, abs=5e-8)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_reliability_equals_covariances_of_numpy(seed: int) -> None:
    points = np.random.default_rng(seed).integers(0, 4, (50, 6))
    covariance = np.cov(points.T)
    alpha = 6 / 5 * (1 - np.trace(covariance) / np.var(points.sum(axis=1), ddof=1))
    assert reliability(50, points.sum(axis=0), points.T @ points).alpha == pytest.approx(alpha)


def test_reliability_refusals() -> None:
    with pytest.raises(StatsInputError, match="two tasks"):
        reliability(10, np.array([3.0]), np.array([[3.0]]))
    with pytest.raises(StatsInputError, match="symmetric"):
        reliability(10, np.array([3.0, 4.0]), np.array([[3.0, 1.0], [0.0, 4.0]]))
    with pytest.raises(StatsInputError, match="do not vary"):
        reliability(10, np.array([10.0, 10.0]), np.full((2, 2), 10.0))


def test_naive_residual_equals_a_foreign_regression(shared: Path) -> None:
    # Coursework against the written paper (Gcsemv), whole points, nearly linear: with ρ = 1 and no
    # level the gap is the school mean of regression residuals, and g is the cubic of numpy.
    pupils = pd.read_csv(shared / "data/mlm_reference/Gcsemv.csv.gz").dropna()
    school = pupils["school"].astype("category").cat.codes.to_numpy()
    written = pupils["written"].round().to_numpy(dtype=int)
    course = pupils["course"].round().to_numpy(dtype=int)
    pairs = np.zeros((school.max() + 1, 101, written.max() + 1))
    np.add.at(pairs, (school, course, written), 1)
    naive = mark_gap(pairs, reliability=1.0, level_degree=0, marks=tuple(range(101)))
    cubic = np.polynomial.Polynomial.fit(written, course, 3)
    expected = pd.Series(course - cubic(written)).groupby(school).mean()
    assert np.allclose(naive.against_region, expected, atol=1e-8)
    assert linregress(written, course).rvalue == pytest.approx(0.474, abs=0.001)
    # lme4: coursework varies between schools with variance 76.5, of which the exam explains little
    assert 50 < naive.curve.rest.tau2 < 76.5


def slow_twin(pairs: np.ndarray, rho: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pupil by pupil: residual, its error, and z against the curve of level."""
    school, mark, score = (
        np.repeat(i, pairs[np.nonzero(pairs)].astype(int)) for i in np.nonzero(pairs)
    )
    mark, score = mark + 2.0, (score - score.mean()) / score.std()
    groups = [np.flatnonzero(school == s) for s in range(len(pairs))]
    n = np.array([len(g) for g in groups])
    mean = np.array([score[g].mean() for g in groups])
    within = sum(((score[g] - score[g].mean()) ** 2).sum() for g in groups) / (n.sum() - len(n))
    among = sum(n * (mean - score.mean()) ** 2) / (len(n) - 1)
    between = (among - within) / ((n.sum() - (n**2).sum() / n.sum()) / (len(n) - 1))
    rho_w = 1 - (1 - rho) / within
    true, level = np.empty(len(score)), np.empty(len(n))
    for s, g in enumerate(groups):
        shrink = 1 - (1 - rho) / (n[s] * between + within)
        level[s] = shrink * mean[s]
        true[g] = level[s] + rho_w * (score[g] - mean[s])
    g_of = np.polynomial.Polynomial.fit(true, mark, 3)
    residual = np.array([(mark[g] - g_of(true[g])).mean() for g in groups])
    influence = 0.0
    for s, g in enumerate(groups):
        shrink = 1 - (1 - rho) / (n[s] * between + within)
        u = (
            mark[g]
            - g_of(true[g])
            - g_of.deriv()(true[g]) * (shrink - rho_w) * (score[g] - mean[s])
        )
        influence += ((u - u.mean()) ** 2).sum()
    error = np.sqrt(influence / (n.sum() - len(n)) / n)
    rest = trend(np.where(n >= 5, residual, np.nan), error, level, degree=3).rest
    return residual, error, norm.isf(student.sf(rest.z, rest.freedom))


@pytest.mark.parametrize("rho", [0.7, 0.85, 1.0])
def test_equals_slow_twin(rho: float) -> None:
    pairs = random_pairs(1)
    residual, error, z = slow_twin(pairs, rho)
    result = mark_gap(pairs, reliability=rho)
    assert np.allclose(result.against_region, residual, atol=1e-9)
    assert np.allclose(result.standard_error, error, rtol=1e-8)
    assert np.allclose(result.z, z, atol=1e-6, equal_nan=True)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_mean_gap_is_zero_and_order_of_schools_does_not_matter(seed: int) -> None:
    pairs = random_pairs(seed)
    result = mark_gap(pairs, reliability=0.8)
    assert (result.n * result.against_region).sum() == pytest.approx(0, abs=1e-8)
    order = np.random.default_rng(seed).permutation(len(pairs))
    again = mark_gap(pairs[order], reliability=0.8)
    assert np.allclose(again.z, result.z[order], atol=1e-6, equal_nan=True)


def test_direction_and_size() -> None:
    pairs = random_pairs(2, schools=200, pupils=40)
    higher = pairs.copy()
    higher[0, 1:], higher[0, 0] = 0, 0
    higher[0, 2:] = pairs[0, 1:3]
    higher[0, 3] += pairs[0, 3]
    higher[0, 1] = pairs[0, 0]  # every mark one higher, «5» stays
    result = mark_gap(higher, reliability=0.8)
    raised = (pairs[0].sum() - pairs[0, 3].sum()) / pairs[0].sum()
    low, high = result.interval(0.99)
    assert result.p[0] < 1e-4
    assert low[0] < raised < high[0]
    assert result.pupils[0] == pytest.approx(result.n[0] * result.gap[0])
    from_forms = mark_gap_of_comparison(sides(higher), exam_marks(higher))
    assert from_forms.p[0] < 1e-4
    # A difference of two marks counts as one: the gap is told too small rather than too large.
    assert 0.4 * raised < from_forms.gap[0] < raised


EXAM = 2 + np.digitize(np.arange(13), [3, 6, 9])


def exam_marks(pairs: np.ndarray) -> np.ndarray:
    return pairs.sum(axis=1) @ (EXAM[:, None] == np.arange(2, 6))


def sides(pairs: np.ndarray) -> np.ndarray:
    compared = compare_marks(pairs, EXAM)
    return np.stack([compared.lower, compared.same, compared.higher], axis=1)


def test_edges() -> None:
    pairs = random_pairs(3)
    pairs[0] = 0
    pairs[1] = 0
    pairs[1, 2, 6] = 4
    result = mark_gap(pairs, reliability=0.8)
    assert np.isnan(result.against_region[0])
    assert np.isnan(result.p[[0, 1]]).all()
    assert np.isfinite(result.against_region[1])
    assert np.isfinite(result.p[2:]).all()
    from_forms = mark_gap_of_comparison(sides(pairs), exam_marks(pairs))
    assert np.isnan(from_forms.p[[0, 1]]).all()
    assert np.isfinite(from_forms.p[2:]).all()
    with pytest.raises(StatsInputError, match="must exceed"):
        mark_gap(pairs, reliability=0.05)
    with pytest.raises(StatsInputError, match="reliability"):
        mark_gap(pairs, reliability=1.2)
    with pytest.raises(StatsInputError, match="at least 20"):
        mark_gap(pairs[:15], reliability=0.8)
    with pytest.raises(StatsInputError, match="4 marks"):
        mark_gap(pairs[:, :3], reliability=0.8)


@pytest.mark.parametrize("seed", range(4))
def test_where_everybody_has_one_mark_no_school_differs(seed: int) -> None:
    # Rounding decided: some such regions had p of 1/2, others were refused for want of schools.
    rng = np.random.default_rng(seed)
    pairs = np.zeros((25, 4, 9))
    for school in pairs:
        np.add.at(school[2], rng.integers(2, 8, rng.integers(5, 20)), 1)
    assert mark_gap(pairs, reliability=0.8).p == pytest.approx(np.full(25, 0.5), abs=0.01)


def test_without_differences_inside_schools_the_spread_of_pupils_is_bounded() -> None:
    # Fifteen schools of 200 that agree with the exam, fifteen of 10 where all pupils lie on one side.
    sides = np.zeros((30, 3))
    sides[:15, 1] = 200
    sides[0] = 1, 199, 0
    sides[15::2, 0] = sides[16::2, 2] = 10
    exam = np.random.default_rng(0).integers(2, 5, (30, 4)) * np.repeat([20, 1], 15)[:, None]
    within = 199 / 200 / (15 * 199 + 15 * 9)  # one pupil of 3,150 lies elsewhere than his school
    result = mark_gap_of_comparison(sides, exam)
    assert result.pupil_variance == pytest.approx(2 * within)


# ---- the real region


@pytest.fixture(scope="module")
def real(shared: Path) -> dict[tuple[int, int, str], tuple[PaperArrays, float]]:
    """Arrays and α of all twelve real papers, read as the package reads them."""
    rows = pl.scan_parquet(shared / "data" / "altai" / PARQUET).with_columns(
        pl.col("procedure", "subject", "municipality", "school").cast(pl.String),
        # four negative points stand in the file; ingest empties them
        pl.when(pl.col("^item_.*$") >= 0).then(pl.col("^item_.*$")).name.keep(),
    )
    moments = item_moments(rows)
    tables = [
        table.to_pandas()
        for table in (
            count(rows).mark_pairs,
            moments.item_values,
            moments.score_item_values,
            moments.item_products,
        )
    ]
    return {
        (year, one.paper.grade, one.paper.subject): (one, alpha(items[one.paper].counts))
        for year, arrays in altai_years(shared).items()
        for items in [arrange_items(arrays, *tables)]
        for one in arrays.papers
    }


def judged(result: MarkGap) -> tuple[np.ndarray, np.ndarray]:
    """z and mean score of the schools that have a verdict."""
    by_score = result.pairs.sum(axis=1)
    with np.errstate(invalid="ignore"):
        mean = by_score @ np.arange(by_score.shape[1]) / result.n
    has = np.isfinite(result.z)
    return result.z[has], mean[has]


def test_known_shares_of_lower_same_higher(real: dict) -> None:
    # README of the data: school mark against VPR mark, %.
    for key, known in (
        ((2021, 4, "MA"), (12.9, 65.3, 21.8)),
        ((2021, 4, "RU"), (19.3, 68.5, 12.2)),
    ):
        arrays, _ = real[key]
        compared = compare_marks(arrays.pairs, arrays.mark_of_score)
        total = arrays.pairs.sum()
        shares = [
            100 * part.sum() / total for part in (compared.lower, compared.same, compared.higher)
        ]
        assert np.round(shares, 1).tolist() == list(known)


def test_real_gaps_do_not_follow_the_level_of_schools(real: dict) -> None:
    assert len(real) == 12
    for key, (arrays, rho) in real.items():
        naive = mark_gap(arrays.pairs, reliability=1.0, level_degree=0)
        region = mark_gap(arrays.pairs, reliability=rho, level_degree=0)
        ours = mark_gap(arrays.pairs, reliability=rho)
        corrs = [np.corrcoef(*judged(result))[0, 1] for result in (naive, region, ours)]
        called = np.mean(judged(ours)[0] > 2.326)
        print(
            key, f"α {rho:.3f}; naive, regional, ours", np.round(corrs, 3), f"p<.01: {called:.3f}"
        )
        assert abs(corrs[2]) <= 0.05, key
        # Real schools mark by their own level: one standard for all would call the weak ones.
        assert corrs[0] < -0.2, key
        assert 0.002 < called < 0.04, key
