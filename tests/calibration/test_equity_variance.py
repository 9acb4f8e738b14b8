"""Inequality of schools against the targets of methods.md §1.8, §3.13: intervals, bias, false change.

Each figure is printed (``pytest -s``) and stands in the message of its assertion. The full version
is marked slow; the small one asks the same questions of fewer regions.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from moments import of_pupils
from scipy.stats import norm
from scipy.stats import t as student
from statsmodels.regression.mixed_linear_model import MixedLM
from worlds import check_mean, check_rate

from msoko_analysis.stats.context import context
from msoko_analysis.stats.icc_left_out import icc_left_out
from msoko_analysis.stats.jackknife import JackknifeDifference, from_left_out
from msoko_analysis.stats.ordered_probit import ordered_probit
from msoko_analysis.stats.school_moments import SchoolMoments, of_counts
from msoko_analysis.stats.variance_components import random_intercept

MARKS = np.array([-1.5, 0.0, 1.0])
SCORES = np.linspace(-2.2, 2.2, 20)
worlds = pytest.mark.parametrize(
    "times", [pytest.param(1, id="small"), pytest.param(20, marks=pytest.mark.slow, id="full")]
)


def sizes(rng: np.random.Generator, schools: int, median: float) -> np.ndarray:
    """Pupils of one paper: lognormal, from one pupil on."""
    return np.maximum(rng.lognormal(np.log(median), 0.7, schools), 1).astype(int)


def histograms(
    rng: np.random.Generator, effect: np.ndarray, n: np.ndarray, cuts: np.ndarray
) -> np.ndarray:
    """Counts (schools × steps) of a latent result cut into steps."""
    edges = np.concatenate([[-np.inf], cuts, [np.inf]])
    return rng.multinomial(n, np.diff(norm.cdf(edges - effect[:, None]), axis=1))


def spread_of(icc: float) -> float:
    """Standard deviation of schools when that of pupils inside a school is 1."""
    return float(np.sqrt(icc / (1 - icc)))


@worlds
@pytest.mark.parametrize("schools", [20, 60, 300])
def test_interval_of_the_share_between_schools(times: int, schools: int) -> None:
    for icc in (0.02, 0.1, 0.3):
        rng = np.random.default_rng(schools)
        covered, shares = [], []
        for _ in range(50 * times):
            n = sizes(rng, schools, 40)
            mean = rng.normal(0, np.sqrt(icc + (1 - icc) / n))
            within = (1 - icc) * rng.chisquare((n - 1).sum())
            result = random_intercept(SchoolMoments(n, mean[:, None], np.array([[within]])))
            low, high = result.interval()
            covered.append(low <= icc <= high)
            shares.append(result.icc)
        name = f"ICC {icc:g} of {schools} schools"
        check_rate(f"{name}, coverage", np.array(covered), 0.93, 0.97)
        check_mean(f"{name}, bias", np.array(shares) - icc, -0.01, 0.01)


@worlds
@pytest.mark.parametrize(("schools", "median"), [(20, 9), (60, 9), (60, 25)])
def test_share_from_marks(times: int, schools: int, median: int) -> None:
    # Medians 9 and 25 are means of 12 and 32 pupils.
    rng = np.random.default_rng(schools + median)
    covered, shares, naive = [], [], []
    for _ in range(20 * times):
        n = sizes(rng, schools, median)
        counts = histograms(rng, rng.normal(0, spread_of(0.2), schools), n, MARKS)
        result = ordered_probit(counts)
        low, high = result.interval()
        covered.append(low <= 0.2 <= high)
        shares.append(result.icc)
        school, mark = np.nonzero(counts)
        repeat = counts[school, mark]
        naive.append(
            random_intercept(of_pupils(np.repeat(school, repeat), np.repeat(mark, repeat))).icc
        )
    name = f"marks, {schools} schools of {median}"
    check_rate(f"{name}, coverage", np.array(covered), 0.93, 0.97)
    check_mean(f"{name}, bias", np.array(shares) - 0.2, -0.02 if schools < 60 else -0.01, 0.01)
    # Marks taken for numbers understate the share: this is what the model is for.
    check_mean(f"{name}, gain over numbers", np.array(shares) - np.array(naive), 0.01, 0.05)


def of_scores(counts: np.ndarray) -> tuple[float, np.ndarray]:
    """The share between schools of scores, and the same without each school."""
    return random_intercept(of_counts(counts)).icc, icc_left_out(counts)


def of_marks(counts: np.ndarray) -> tuple[float, np.ndarray]:
    """The same of marks."""
    fit = ordered_probit(counts)
    return fit.icc, fit.without_each_school()


def change(before: np.ndarray, after: np.ndarray, share_of: Callable) -> JackknifeDifference:
    """Change of the share, each school of either year left out of both."""
    there = (before.sum(axis=1) > 0) | (after.sum(axis=1) > 0)
    (first, without_first), (second, without_second) = (
        share_of(one[there]) for one in (before, after)
    )
    return from_left_out(np.asarray(second - first), without_second - without_first)


@worlds
@pytest.mark.parametrize("kind", ["normal", "gymnasiums"])
@pytest.mark.parametrize(
    ("schools", "icc", "likeness"), [(10, 0.2, 0.8), (25, 0.2, 0.8), (25, 0.05, 0.6)]
)
def test_a_gap_that_did_not_change(
    times: int, kind: str, schools: int, icc: float, likeness: float
) -> None:
    rng = np.random.default_rng(schools)
    narrowed, widened = [], []
    for _ in range(20 * times):
        common = rng.normal(size=schools)
        far = 3.0 * (rng.random(schools) < 0.08) if kind == "gymnasiums" else np.zeros(schools)
        n, years = sizes(rng, schools, 25), []
        for _year in range(2):
            own = np.sqrt(likeness) * common + np.sqrt(1 - likeness) * rng.normal(size=schools)
            present = np.where(rng.random(schools) < 0.05, 0, n)
            years.append(histograms(rng, spread_of(icc) * (own + far), present, SCORES))
        marks = [np.add.reduceat(one, [0, 5, 10, 15], axis=1) for one in years]
        changes = change(*years, of_scores), change(*marks, of_marks)
        narrowed.append([one.high < 0 for one in changes])
        widened.append([one.low > 0 for one in changes])
    name = f"no change, {kind}, {schools} schools, ICC {icc:g}"
    for which, tier in enumerate(("scores", "marks")):
        check_rate(f"{name}, {tier}, narrowed", np.array(narrowed)[:, which], 0.0, 0.025)
        check_rate(f"{name}, {tier}, widened", np.array(widened)[:, which], 0.0, 0.025)


@worlds
def test_a_gap_that_halved_is_seen(times: int) -> None:
    rng = np.random.default_rng(1)
    seen = []
    for _ in range(5 * times):
        n, level = sizes(rng, 60, 40), rng.normal(size=60)
        years = [histograms(rng, spread_of(icc) * level, n, SCORES) for icc in (0.25, 0.1)]
        seen.append(change(*years, of_scores).high < 0)
    check_rate("ICC from .25 to .10, 60 schools", np.array(seen), 0.8, 1.0)


@worlds
@pytest.mark.parametrize(("schools", "tau"), [(20, 0.25), (20, 0.08), (100, 0.25)])
def test_probabilities_of_schools_against_the_odds(times: int, schools: int, tau: float) -> None:
    rng = np.random.default_rng(schools)
    covered = []
    bands = {(kind, low): [] for kind in ("above", "resilient") for low in (0.0, 0.2, 0.5, 0.8)}
    for _ in range(16 * times):
        wealth, n = rng.normal(size=schools), sizes(rng, schools, 30)
        error, deviation = 0.9 / np.sqrt(n), rng.normal(0, tau, schools)
        true = 0.25 * wealth + deviation
        result = context(rng.normal(true, error), error, wealth)
        half = student.isf(0.025, schools - 2) * np.sqrt(result.covariance[1, 1])
        covered.append(abs(result.coefficients[1] - 0.25) <= half)
        for kind, probability, truth in (
            ("above", result.probability_above_expected(), deviation > 0),
            ("resilient", result.probability_resilient(0.1), (deviation > 0) & (true >= 0.1)),
        ):
            for (which, start), into in bands.items():
                end = {0.0: 0.2, 0.2: 0.5, 0.5: 0.8, 0.8: 1.01}[start]
                chosen = (probability >= start) & (probability < end)
                if which == kind and chosen.any():
                    # One value per region: schools of a region share the error of its line.
                    into.append((probability - truth)[chosen].mean())
    name = f"context, {schools} schools, tau {tau:g}"
    check_rate(f"{name}, slope covered", np.array(covered), 0.93, 0.98)
    for (kind, start), differences in bands.items():
        if len(differences) > 10:
            check_mean(f"{name}, {kind} from {start:g}", differences, -0.03, 0.03)


def ratio_to_mixedlm(schools: int, pupils: int) -> float:
    """How many times faster than statsmodels the profile fits, from moments that are known."""
    rng = np.random.default_rng(1)
    school = np.repeat(np.arange(schools), pupils)
    y = rng.normal(0, 0.5, schools)[school] + rng.normal(size=school.size)
    moments = of_pupils(school, y)
    frame = pd.DataFrame({"y": y, "one": 1.0})
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = MixedLM(frame["y"], frame[["one"]], groups=school).fit()
    slow = time.perf_counter() - start
    fast = []
    for _ in range(5):
        start = time.perf_counter()
        ours = random_intercept(moments)
        fast.append(time.perf_counter() - start)
    assert ours.tau2 == pytest.approx(theirs.cov_re.iloc[0, 0], rel=0.01)
    print(f"REML of {schools} x {pupils}: MixedLM {slow:.2f} s, ours {1e3 * min(fast):.2f} ms")
    return slow / min(fast)


def test_faster_than_mixedlm() -> None:
    assert ratio_to_mixedlm(1_000, 60) > 100
