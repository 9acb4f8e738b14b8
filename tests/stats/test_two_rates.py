"""Two-group beta-binomial: scipy's tails, numerical integration, properties, edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta, betabinom, binom

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.two_rates import SMALLEST, TwoRates, two_rates


def planted(seed: int, schools: int = 400, doubtful: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = rng.integers(0, 15, schools)
    rate = rng.beta(2, 8, schools)
    rate[:doubtful] = rng.uniform(0.5, 0.9, doubtful)
    return rng.binomial(n, rate), n


def shape(rate: float, spread: float) -> tuple[float, float]:
    return rate * (1 / spread - 1), (1 - rate) * (1 / spread - 1)


MODEL = TwoRates(np.array([3.0]), np.array([5.0]), 0.2, 0.1, 0.1, 0.6)


def test_tails_are_scipys() -> None:
    a, b = shape(0.2, 0.1)
    assert (a, b) == pytest.approx((1.8, 7.2))
    law = betabinom(5, 1.8, 7.2)
    assert MODEL.p[0] == pytest.approx(law.pmf([3, 4, 5]).sum())


def test_posteriors_equal_integration_over_the_rate() -> None:
    priors = [(0.9, beta(*shape(0.2, 0.1))), (0.1, beta(*shape(0.6, 0.1)))]

    def mass(low: float, weight: float, prior) -> float:
        return weight * quad(lambda t: prior.pdf(t) * binom.pmf(3, 5, t), low, 1)[0]

    whole = [mass(0, *one) for one in priors]
    assert MODEL.posterior_high[0] == pytest.approx(whole[1] / sum(whole), rel=1e-6)
    above = sum(mass(0.4, *one) for one in priors) / sum(whole)
    assert MODEL.posterior_above(0.4)[0] == pytest.approx(above, rel=1e-6)


def log_posterior(model: TwoRates) -> float:
    """The objective written out with scipy's distributions."""
    honest = betabinom.pmf(model.x, model.n, *shape(model.rate, model.overdispersion))
    high = betabinom.pmf(model.x, model.n, *shape(model.high_rate, 0.1))
    total = np.log((1 - model.high_share) * honest + model.high_share * high).sum()
    apart = np.log(model.high_rate / (1 - model.high_rate))
    apart -= np.log(model.rate / (1 - model.rate))
    spread, share = model.overdispersion, model.high_share
    total += 0.5 * np.log(spread) + 2 * np.log(1 - spread)
    return total + np.log(share) + 9 * np.log(1 - share) - (apart - 1.8) ** 2 / 2


def test_nothing_near_the_fit_is_more_likely() -> None:
    result = two_rates(*planted(1, 150, 15))
    fitted = np.array([result.rate, result.overdispersion, result.high_share, result.high_rate])
    best = log_posterior(result)
    rng = np.random.default_rng(2)
    for width in (0.3, 0.1):
        for step in rng.normal(0, width, (5, 4)):
            odds = np.exp(np.log(fitted / (1 - fitted)) + step)
            other = TwoRates(result.x, result.n, *(odds / (1 + odds)))
            assert other.high_rate <= other.rate or log_posterior(other) < best + 1e-3


def test_the_planted_model_is_recovered() -> None:
    found = [two_rates(*planted(seed)) for seed in range(3)]
    for values, true, error in (
        ([one.rate for one in found], 0.2, 0.02),
        ([one.high_share for one in found], 0.1, 0.03),
        ([one.high_rate for one in found], 0.7, 0.06),
        ([one.overdispersion for one in found], 1 / 11, 0.04),
    ):
        assert np.mean(values) == pytest.approx(true, abs=error)


def test_doubtful_schools_do_not_widen_the_yardstick() -> None:
    x, n = planted(3)
    clean = two_rates(x[40:], n[40:])
    with_them = two_rates(x, n)
    assert with_them.rate == pytest.approx(clean.rate, abs=0.02)
    assert with_them.overdispersion == pytest.approx(clean.overdispersion, abs=0.04)
    assert with_them.regional > clean.regional + 0.03


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000))
def test_order_of_schools_and_more_below_the_bar(seed: int) -> None:
    x, n = planted(seed, 80, 8)
    order = np.random.default_rng(seed).permutation(80)
    one, other = two_rates(x, n), two_rates(x[order], n[order])
    assert np.allclose(one.p[order], other.p, equal_nan=True)
    judged = one.n >= SMALLEST
    assert (np.isfinite(one.p) == judged).all()
    more = TwoRates(np.minimum(x + 1, n), n, *list(vars(one).values())[2:])
    assert (more.p[judged] <= one.p[judged]).all()
    assert (more.posterior_above(0.4) >= one.posterior_above(0.4) - 1e-12).all()


def test_how_many_would_be_needed() -> None:
    law = shape(0.2, 0.1)

    def power(n: int, rate: float) -> float:
        x = np.arange(n + 1)
        return binom.pmf(x[betabinom.sf(x - 1, n, *law) <= 0.05], n, rate).sum()

    for rate in (0.6, 0.95):
        least = int(MODEL.needed(rate, level=0.05, power=0.5))
        assert all(power(n, rate) >= 0.5 for n in [*range(least, least + 30), 199, 200])
        assert least == SMALLEST or power(least - 1, rate) < 0.5
    # Twice the regional rate is nothing unusual among schools that differ so much.
    assert np.isnan(MODEL.needed(0.4, level=0.05, power=0.5))


def test_edges() -> None:
    n = np.array([0, 1, 3, 4, 9] * 8)
    nobody, everybody = two_rates(np.zeros(40), n), two_rates(n, n)
    for result in (nobody, everybody):
        assert np.isnan(result.p[n < SMALLEST]).all()
        assert (result.p[n >= SMALLEST] > 0.5).all()
        assert np.isfinite(result.posterior_above(0.5)).all()
    assert nobody.rate < 0.03
    assert nobody.posterior_above(0.2).max() < 0.1
    with pytest.raises(StatsInputError, match="at least 20 schools"):
        two_rates(np.zeros(25), np.repeat([0, 4], [6, 19]))
    with pytest.raises(StatsInputError, match="between 0 and n"):
        two_rates(np.full(30, 5), np.full(30, 4))
    with pytest.raises(StatsInputError, match="between 0 and n"):
        two_rates(np.full(30, np.nan), np.full(30, 4))
    with pytest.raises(StatsInputError, match="same schools"):
        two_rates(np.zeros(30), np.zeros(31))
