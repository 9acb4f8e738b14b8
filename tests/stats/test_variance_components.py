"""Variance components: lme4's numbers, dense restricted likelihood, analysis of variance, edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from anova import anova_icc
from hypothesis import given, settings
from hypothesis import strategies as st
from moments import of_pupils
from scipy.optimize import minimize

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.school_moments import SchoolMoments, of_counts
from msoko_analysis.stats.variance_components import (
    random_intercept,
    random_intercept_regression,
)

# --- lme4 1.1-31 and published values (shared/data/mlm_reference, methods.md §1.9), 1e-4 relative


def pupils(shared: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(shared / f"data/mlm_reference/{name}.csv.gz")


def close(*pairs: tuple[float, float]) -> None:
    for ours, theirs in pairs:
        assert ours == pytest.approx(theirs, rel=1e-4)


def test_high_school_and_beyond(shared: Path) -> None:
    # Raudenbush & Bryk (2002), ch. 4: 8.61 and 39.15; lme4 for the digits.
    data = pupils(shared, "Hsb82")
    school, result = data["school"], data["mAch"].to_numpy()
    moments = of_pupils(school, result)
    alone = random_intercept(moments)
    close((alone.tau2, 8.614025), (alone.sigma2, 39.148322), (alone.icc, 0.18035))
    close((alone.coefficients[0], 12.63697), (alone.standard_error[0], 0.2444))
    close((-alone.deviance / 2, -23558.4))
    assert anova_icc(result, school) == pytest.approx(0.1736, abs=5e-5)
    ordinary = random_intercept(moments, restricted=False)
    close(
        (ordinary.tau2, 8.553464), (ordinary.sigma2, 39.1484), (-ordinary.deviance / 2, -23557.91)
    )
    slope = random_intercept_regression(of_pupils(school, data[["ses", "mAch"]].to_numpy()))
    close((slope.coefficients[1], 2.390196), (slope.standard_error[1], 0.10572))
    close((slope.tau2, 4.7682), (slope.sigma2, 37.0344))
    own = data["ses"].to_numpy()
    of_school = data["ses"].groupby(school).transform("mean").to_numpy()
    split = random_intercept_regression(
        of_pupils(school, np.column_stack([own - of_school, of_school, result]))
    )
    close((split.coefficients[1], 2.191165), (split.standard_error[1], 0.10867))
    close((split.coefficients[2], 5.866203), (split.standard_error[2], 0.36169))
    close((split.tau2, 2.6924), (split.sigma2, 37.0191))


def test_london_exam(shared: Path) -> None:
    data = pupils(shared, "Exam")
    moments = of_pupils(data["school"], data[["standLRT", "normexam"]].to_numpy())
    alone = random_intercept(
        of_pupils(data["school"], data["normexam"].to_numpy()), restricted=False
    )
    close((alone.tau2, 0.1686389), (alone.sigma2, 0.8477605), (-alone.deviance / 2, -5505.324))
    slope = random_intercept_regression(moments, restricted=False)
    close((slope.tau2, 0.09212927), (slope.sigma2, 0.565731), (slope.coefficients[1], 0.56337))
    assert slope.coefficients[0] == pytest.approx(0.00239, abs=5e-6)


def test_coursework_and_written_paper(shared: Path) -> None:
    data = pupils(shared, "Gcsemv")
    for name, tau2, sigma2 in (("written", 49.62651, 126.06501), ("course", 76.51402, 190.77247)):
        some = data.dropna(subset=[name])
        result = random_intercept(of_pupils(some["school"], some[name].to_numpy()))
        close((result.tau2, tau2), (result.sigma2, sigma2))
    both = data.dropna()
    result = random_intercept(of_pupils(both["school"], (both.course - both.written).to_numpy()))
    close((result.tau2, 73.81207), (result.sigma2, 181.16554), (result.coefficients[0], 26.05629))


def test_altai(shared: Path) -> None:
    # domain.md §1.5: analysis of variance, schools of five pupils or more, spring 2021.
    rows = pl.read_parquet(shared / "data/altai/results_2020_2021_grades4-6_ma_ru.parquet")
    rows = rows.filter((pl.col("year") == 2021) & (pl.col("grade") == 4))
    rows = rows.filter(pl.col("total").is_not_null())
    for subject, published in (("MA", 0.094), ("RU", 0.103)):
        one = rows.filter(pl.col("subject") == subject)
        one = one.filter(pl.len().over("school") >= 5)
        school, total = one["school"].to_numpy(), one["total"].to_numpy()
        moments = of_pupils(school, total)
        assert anova_icc(total, school) == pytest.approx(published, abs=5e-4)
        twin = random_intercept(moments)
        low, high = twin.interval()
        # Another estimator, which gives small schools more weight: inside each other's error.
        assert low < published < high + 0.02
        assert 0.08 < twin.icc < 0.14


# --- twins


def world(seed: int, schools: int = 15, covariates: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    school = rng.integers(0, schools, 90)
    x = rng.normal(size=(90, covariates)) + rng.normal(size=(schools, covariates))[school]
    y = x.sum(axis=1) + rng.normal(size=schools)[school] + rng.normal(0, 1.5, 90)
    return school, np.column_stack([x, y])


def dense_deviance(
    log: np.ndarray, groups: list[np.ndarray], x: np.ndarray, y: np.ndarray
) -> float:
    """−2 log restricted likelihood with the whole covariance matrix of pupils."""
    *variances, pupil = np.exp(log)
    covariance = pupil * np.eye(len(y))
    for group, variance in zip(groups, variances, strict=True):
        covariance += variance * (group[:, None] == group)
    inverse = np.linalg.inv(covariance)
    information = x.T @ inverse @ x
    beta = np.linalg.solve(information, x.T @ inverse @ y)
    left = y - x @ beta
    dets = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1]
    return dets + left @ inverse @ left + (len(y) - x.shape[1]) * np.log(2 * np.pi)


@pytest.mark.parametrize("seed", range(3))
def test_equals_dense_restricted_likelihood(seed: int) -> None:
    school, columns = world(seed)
    design = np.column_stack([np.ones(90), columns[:, 0]])
    found = minimize(
        dense_deviance,
        [0.0, 0.0],
        args=([school], design, columns[:, 1]),
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-10},
    )
    result = random_intercept_regression(of_pupils(school, columns))
    assert result.deviance == pytest.approx(found.fun, abs=1e-6)
    assert [result.tau2, result.sigma2] == pytest.approx(np.exp(found.x), rel=1e-4)
    between, within = np.exp(found.x)
    covariance = between * (school[:, None] == school) + within * np.eye(90)
    information = design.T @ np.linalg.solve(covariance, design)
    error = np.sqrt(np.diag(np.linalg.inv(information)))
    assert result.standard_error == pytest.approx(error, rel=1e-4)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(2, 30), schools=st.integers(3, 12), seed=st.integers(0, 10_000))
def test_balanced_schools_have_the_closed_form(n: int, schools: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mean, within = rng.normal(size=schools), float(rng.uniform(0.5, 2) * schools * (n - 1))
    moments = SchoolMoments(np.full(schools, n), mean[:, None], np.array([[within]]))
    between, pupil = n * mean.var(ddof=1), within / (schools * (n - 1))
    result = random_intercept(moments)
    if between > pupil:
        assert result.tau2 == pytest.approx((between - pupil) / n, rel=1e-4, abs=1e-7)
        analysis = (between - pupil) / (between + (n - 1) * pupil)
        assert result.icc == pytest.approx(analysis, rel=1e-4, abs=1e-7)
    else:
        assert result.icc == 0
        assert result.interval()[0] == 0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-50, 50), scale=st.floats(0.01, 100))
def test_follows_shift_and_scale(seed: int, shift: float, scale: float) -> None:
    school, columns = world(seed)
    plain = random_intercept_regression(of_pupils(school, columns))
    columns[:, 1] = shift + scale * columns[:, 1]
    moved = random_intercept_regression(of_pupils(school, columns))
    assert moved.icc == pytest.approx(plain.icc, abs=1e-5)
    assert moved.sigma2 == pytest.approx(scale**2 * plain.sigma2, rel=1e-4)
    assert moved.coefficients[1] == pytest.approx(scale * plain.coefficients[1], rel=1e-4)
    assert moved.interval() == pytest.approx(plain.interval(), abs=1e-5)


def test_histograms_say_the_same_as_pupils() -> None:
    rng = np.random.default_rng(1)
    school, score = rng.integers(0, 9, 200), rng.integers(0, 12, 200)
    counts = np.zeros((9, 12))
    np.add.at(counts, (school, score), 1)
    one, other = of_counts(counts), of_pupils(school, score)
    assert np.allclose(one.mean, other.mean)
    assert np.allclose(one.within, other.within)
    halved = of_counts(counts, np.arange(12) / 2)
    assert random_intercept(halved).icc == pytest.approx(random_intercept(one).icc, abs=1e-6)


def test_empty_schools_change_nothing() -> None:
    counts = np.random.default_rng(2).integers(0, 5, (10, 8)).astype(float)
    more = np.insert(counts, 4, 0, axis=0)
    assert random_intercept(of_counts(more)).icc == random_intercept(of_counts(counts)).icc


def test_reliability_divides() -> None:
    # Errors of measurement with known variance: ICC of what is under them comes back.
    rng = np.random.default_rng(3)
    school = np.repeat(np.arange(2_000), 30)
    true = rng.normal(0, 0.5, 2_000)[school] + rng.normal(0, np.sqrt(0.75), 60_000)
    observed = true + rng.normal(0, 0.5, 60_000)
    result = random_intercept(of_pupils(school, observed))
    assert result.icc == pytest.approx(0.2, abs=0.015)  # two standard errors
    icc, low, high = result.corrected(0.8)
    assert low < 0.25 < high
    assert icc == pytest.approx(result.icc / 0.8)
    with pytest.raises(StatsInputError, match="reliability"):
        result.corrected(0.0)


def test_too_few_is_an_answer() -> None:
    one_school = of_counts(np.array([[3, 4, 5]]))
    single_pupils = of_counts(np.eye(3))
    alike_inside = of_counts(np.array([[9, 0, 0], [0, 9, 0], [0, 0, 4]]))
    all_at_maximum = of_counts(np.array([[0, 0, 9], [0, 0, 5]]))
    for moments in (one_school, single_pupils, alike_inside, all_at_maximum):
        result = random_intercept(moments)
        assert np.isnan([result.icc, result.tau2, *result.interval()]).all()


def test_refusals() -> None:
    school, columns = world(1)
    twice = of_pupils(school, columns[:, [0, 0, 1]])
    with pytest.raises(StatsInputError, match="depend"):
        random_intercept_regression(twice)
    with pytest.raises(StatsInputError, match="one column"):
        random_intercept(twice)
    with pytest.raises(StatsInputError, match="negative"):
        of_counts(np.array([[1, -1]]))
    with pytest.raises(StatsInputError, match="schools x columns"):
        SchoolMoments(np.ones(3), np.ones((2, 1)), np.ones((1, 1)))
    with pytest.raises(StatsInputError, match="finite"):
        SchoolMoments(np.ones(2), np.full((2, 1), np.nan), np.ones((1, 1)))
