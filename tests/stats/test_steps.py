"""A scale whose step is several points: reach and landing are counted in steps (decision 0040)."""

from __future__ import annotations

import numpy as np
import pytest
from models import MEADOW

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.cleaning import cleaned_spike_test
from msoko_analysis.stats.lifted import lifted_pupils
from msoko_analysis.stats.misfit import shape_misfit
from msoko_analysis.stats.region_spike import region_spike
from msoko_analysis.stats.spike import PaperScores, spike_test, usable_cuts

STEP = 10
CUT = 6


def stretched(table: np.ndarray, nothing: float = 0.0) -> np.ndarray:
    """The same pupils on a scale of tenths: every score ten times as high, what is between empty."""
    fine = np.full((*table.shape[:-1], (table.shape[-1] - 1) * STEP + 1), nothing)
    fine[..., ::STEP] = table
    return fine


def schools(seed: int, number: int = 12) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.multinomial(rng.integers(15, 90, number), MEADOW).astype(float)


@pytest.mark.parametrize("reach", [1, 2, 3])
def test_ten_points_a_step_are_the_same_test_as_one(reach: int) -> None:
    """Only the unit differs: score, variance, p and size must not."""
    counts = schools(reach)
    counts[0, [CUT - 1, CUT]] += [-counts[0, CUT - 1], counts[0, CUT - 1]]
    plain = [PaperScores(counts, MEADOW, (CUT,))]
    reference = stretched(MEADOW, 1e-13)
    fine = [PaperScores(stretched(counts), reference / reference.sum(), (CUT * STEP,), STEP)]
    one, other = spike_test(plain, reach=reach), spike_test(fine, reach=reach)
    for name in ("n", "score", "information", "p"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), abs=1e-5)
    one, other = lifted_pupils(plain, reach=reach), lifted_pupils(fine, reach=reach)
    assert other.pupils == pytest.approx(one.pupils, abs=1e-3)
    assert np.array(other.pupils_interval()) == pytest.approx(np.array(one.pupils_interval()))


def fine_world(seed: int, share: float, above: float = 0.2) -> tuple[np.ndarray, np.ndarray, int]:
    """Schools on a scale of 200 points of .05, a cut at 100; in the first a share of those less than
    half a mark below it was lifted, and of these the share ``above`` stands above the cut, within
    half a mark. Counts, the reference, pupils lifted."""
    rng = np.random.default_rng(seed)
    place = np.arange(201)
    pmf = np.exp(-(((place - 112) / 40) ** 2) / 2)
    pmf /= pmf.sum()
    counts = rng.multinomial(np.full(20, 300), pmf).astype(float)
    moved = rng.binomial(counts[0, 100 - STEP : 100].astype(int), share)
    counts[0, 100 - STEP : 100] -= moved
    higher = rng.binomial(moved.sum(), above)
    counts[0, 100] += moved.sum() - higher
    counts[0, 101 : 101 + STEP] += rng.multinomial(higher, np.full(STEP, 1 / STEP))
    return counts, pmf, int(moved.sum())


def test_the_size_of_a_spike_on_a_fine_scale_is_the_number_lifted() -> None:
    """Where two points are all that is looked at, most of those lifted are not seen."""
    covered, told, real = {1: 0, STEP: 0}, {1: 0.0, STEP: 0.0}, 0
    for seed in range(8):
        counts, pmf, moved = fine_world(seed, 1.0)
        real += moved
        for step in covered:
            size = lifted_pupils([PaperScores(counts[:1], pmf, (100,), step)])
            low, high = size.pupils_interval()
            covered[step] += low[0] <= moved <= high[0]
            told[step] += size.pupils[0]
    assert covered[STEP] >= 7
    assert told[STEP] == pytest.approx(real, rel=0.1)
    assert covered[1] <= 2
    assert told[1] < real / 3


def test_lifted_to_the_very_cut_the_size_is_a_little_too_large() -> None:
    """Nobody lands above: not the model, and still told within a quarter."""
    worlds = [fine_world(seed, 1.0, above=0.0) for seed in range(8)]
    told = sum(
        lifted_pupils([PaperScores(counts[:1], pmf, (100,), STEP)]).pupils[0]
        for counts, pmf, _ in worlds
    )
    real = sum(moved for *_, moved in worlds)
    assert real < told < real * 5 / 4


def test_an_emptied_band_below_the_cut_is_no_shape_of_its_own() -> None:
    counts, pmf, _ = fine_world(3, 1.0)
    seen, unseen = (shape_misfit([PaperScores(counts, pmf, (100,), step)]).p for step in (STEP, 1))
    assert seen[0] > 0.05
    assert unseen[0] < 0.01


def test_a_fine_scale_raises_no_more_false_alarms() -> None:
    """Honest schools of 300 pupils, p below .05 in one of twenty: 400 draws, three standard errors."""
    papers = [fine_world(seed, 0.0)[:2] for seed in range(100, 120)]
    p = np.concatenate(
        [spike_test([PaperScores(counts, pmf, (100,), STEP)]).p for counts, pmf in papers]
    )
    assert abs((p < 0.05).mean() - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 400)


def test_points_that_no_work_gets_take_no_part() -> None:
    """Marks by .1 kept in points of .05: the odd points between are empty in every school."""
    rng = np.random.default_rng(4)
    pmf = np.where(np.arange(201) % 2, 1e-6, np.exp(-(((np.arange(201) - 112) / 40) ** 2) / 2))
    pmf /= pmf.sum()
    counts = rng.multinomial(np.full(30, 200), pmf).astype(float)
    counts[0, 80:100] *= 0.5
    counts[0, 100] += 200 - counts[0].sum()
    test = spike_test([PaperScores(counts, pmf, (100,), STEP)])
    assert test.p[0] < 1e-6
    assert 0.2 < np.median(test.p[1:]) < 0.8
    assert test.information.max() < 400, "an empty point does not carry the whole statistic"


def test_a_region_on_a_fine_scale() -> None:
    place = np.arange(201)
    smooth = 60 * np.exp(-(((place - 112) / 40) ** 2) / 2)
    lifted = 0.3 * smooth[80:100]
    habit = smooth.copy()
    habit[80:100] -= lifted
    habit[100] += 0.8 * lifted.sum()
    habit[101:111] += 0.02 * lifted.sum()
    counts = np.random.default_rng(2).poisson(habit)
    result = region_spike(counts, (100,), step=STEP)
    low, high = result.interval()
    assert low[0] < lifted.sum() < high[0]
    assert result.z[0] > 5
    assert np.abs(result.placebo_cuts - 100).min() >= 4 * STEP
    with pytest.raises(StatsInputError, match="no room for reach 2"):
        region_spike(counts, (19,), step=STEP)


def test_steps_of_several_papers_go_with_their_papers() -> None:
    counts = schools(9, 30)
    fine = stretched(counts)

    def reference(table: np.ndarray, weight: np.ndarray) -> np.ndarray:
        whole = weight @ table + 1e-9
        return np.broadcast_to(whole / whole.sum(), table.shape)

    both = cleaned_spike_test(
        [counts, fine], [(CUT,), (CUT * STEP,)], reference, steps=[1, STEP]
    ).test
    one, other = both.parts
    assert other.variance == pytest.approx(one.variance, abs=1e-4)
    with pytest.raises(StatsInputError, match="cut 60 leaves no room for reach 7"):
        spike_test([PaperScores(fine, stretched(MEADOW, 1e-9), (CUT * STEP,), STEP)], reach=7)


@pytest.mark.parametrize(
    ("maximum", "step", "cuts", "usable"),
    [
        (99, 10, (50,), ()),
        (100, 10, (29, 30, 88, 89), (30, 88)),
        (13, 1, (2, 3, 10, 11), (3, 10)),
    ],
)
def test_usable_cuts_of_a_step(
    maximum: int, step: int, cuts: tuple[int, ...], usable: tuple[int, ...]
) -> None:
    assert usable_cuts(maximum, cuts, step) == usable


@pytest.mark.parametrize("step", [1, STEP])
def test_the_more_pupils_are_lifted_the_smaller_p(step: int) -> None:
    """With every pupil moved from below the cut to it p falls; it once came back as .5 at z = 10."""
    counts, pmf, _ = fine_world(8, 0.0)
    school = counts[0] / 3
    moved = np.cumsum([0, *[school[90:100].sum() / 12] * 12])
    table = np.repeat(school[None], len(moved), axis=0)
    table[:, 90:100] *= (1 - moved / school[90:100].sum())[:, None]
    table[:, 100] += moved
    test = spike_test([PaperScores(table, pmf, (100,), step)])
    assert test.z[-1] > 8
    assert (np.diff(test.p) < 0).all()
    assert test.p[-1] < 1e-6
