"""Fits that begin where a like fit ended arrive where a cold one does; so does the robust centre."""

from __future__ import annotations

import numpy as np
import pytest

from msoko_analysis.stats import cleaning
from msoko_analysis.stats.cleaning import CleanedTest, cleaned_spike_test
from msoko_analysis.stats.overdispersion import CUT, _centre
from msoko_analysis.stats.reference import outside_municipality
from msoko_analysis.stats.spike import PaperScores, spike_test
from msoko_analysis.synthetic import count_scores, honest_world, lift
from msoko_analysis.synthetic.world import CUTS

SCHOOLS = 300
MUNICIPALITY = np.arange(SCHOOLS) // 20


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    """A region of schools of one pupil to hundreds, some empty; every fifth lifts."""
    rng = np.random.default_rng(31)
    world = honest_world(rng, SCHOOLS, median_size=25, size_spread=1.2)
    guilty = 0.8 * (np.arange(SCHOOLS) % 5 == 0)
    scores = lift(rng, world.scores, 13, guilty[world.school])
    table = count_scores(world.school, scores, SCHOOLS, world.tasks.max_score)
    table[:3] = 0
    table[3] = np.eye(table.shape[1])[-1] * 12  # all pupils at the maximum
    return table


@pytest.mark.parametrize("degree", [2, 4])
def test_a_warm_fit_is_the_cold_fit(counts: np.ndarray, degree: int) -> None:
    before, after = (
        [PaperScores(counts, outside_municipality(counts, MUNICIPALITY, weight=weight), CUTS)]
        for weight in (np.ones(SCHOOLS), np.where(np.arange(SCHOOLS) % 5 == 0, 0.1, 1.0))
    )
    cold = spike_test(after, degree=degree)
    warm = spike_test(after, degree=degree, start=spike_test(before, degree=degree))
    assert np.abs(warm.parts[0].coefficients - cold.parts[0].coefficients).max() < 1e-7
    np.testing.assert_allclose(warm.score, cold.score, atol=1e-6)
    np.testing.assert_allclose(warm.information, cold.information, rtol=1e-6)
    np.testing.assert_allclose(warm.p, cold.p, atol=1e-6)


def test_cleaning_is_the_same_with_cold_fits(
    counts: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clean() -> CleanedTest:
        return cleaned_spike_test(
            [counts, counts[:, ::-1]],
            [CUTS, CUTS],
            lambda table, weight: outside_municipality(table, MUNICIPALITY, weight=weight),
        )

    warm = clean()
    monkeypatch.setattr(
        cleaning, "spike_test", lambda papers, reach, start: spike_test(papers, reach=reach)
    )
    cold = clean()
    assert warm.accepted == cold.accepted
    for one, other in (
        (warm.test.p, cold.test.p),
        (warm.weight, cold.weight),
        (warm.groups.local_fdr, cold.groups.local_fdr),
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("cut", [CUT, 2.0])
def test_the_robust_centre_does_not_depend_on_its_start(cut: float) -> None:
    rng = np.random.default_rng(32)
    variance = rng.uniform(0.01, 1.0, 200)
    y = rng.normal(0, np.sqrt(variance)) + 5 * (rng.random(200) < 0.1)
    found = [_centre(y, variance, cut, start) for start in (np.median(y), -10.0, 10.0)]
    np.testing.assert_allclose(found, found[0], atol=1e-8)
    z = np.clip((y - found[0]) / np.sqrt(variance), -cut, cut)
    assert abs((z / np.sqrt(variance)).sum()) < 1e-6 * (1 / variance).sum()  # the equation itself
