"""The spike test against enumeration, simulation, another derivation, and its own symmetries."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import MEADOW, PRIOR, best_tilt, polynomials, tilted, with_lifting
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.spike import (
    PaperScores,
    SpikeTest,
    lifting_direction,
    spike_test,
    told_together,
    usable_cuts,
)
from msoko_analysis.stats.tilt import fit_tilt

HILL = np.array([1, 2, 4, 5, 4, 2, 1]) / 19
histograms = st.lists(st.integers(0, 12), min_size=1, max_size=60).map(
    lambda scores: np.bincount(scores, minlength=13).astype(float)
)
tables = st.lists(histograms, min_size=1, max_size=5).map(np.array)


def one(counts: np.ndarray, cuts: tuple[int, ...] = (6,), **options: int) -> SpikeTest:
    return spike_test([PaperScores(np.atleast_2d(counts), MEADOW, cuts)], **options)


def same(test: SpikeTest, other: SpikeTest) -> None:
    for name in ("n", "score", "information", "p"):
        assert getattr(test, name) == pytest.approx(getattr(other, name), nan_ok=True, abs=1e-9)


# ---- U and V by another derivation


def twin_score(
    counts: np.ndarray, reference: np.ndarray, cuts: tuple[int, ...], reach: int
) -> tuple[float, float]:
    """U and V of one school: numerical derivative of log q_θ, projection by least squares."""
    p = tilted(best_tilt(counts, reference, together=told_together(cuts, reach)), reference)
    step = 1e-6
    up, down = (with_lifting(p, cuts, theta, reach) for theta in (step, -step))
    h = (np.log(up) - np.log(down)) / (2 * step)
    for cut in cuts:  # the landing weighs at most five times its share of the lifted
        h[[cut, cut + 1]] = np.minimum(h[[cut, cut + 1]], [0.8 / 0.2, 0.2 / 0.2])
    # Regression of h on level and spread under p; the prior enters as two more observations.
    regressors = np.array([[1.0] * len(p), *polynomials(reference, 2)]).T
    prior = np.diag([0.0, *np.sqrt(np.array(PRIOR[:2]) / counts.sum())])[1:]
    design = np.vstack([regressors * np.sqrt(p)[:, None], prior])
    b = np.linalg.lstsq(design, np.r_[h * np.sqrt(p), 0, 0], rcond=None)[0]
    left = h - regressors[:, 1:] @ b[1:]
    mean = sum(x * y for x, y in zip(p, left, strict=True))
    score = sum(n * (x - mean) for n, x in zip(counts, left, strict=True))
    return score, counts.sum() * sum(y * (x - mean) ** 2 for x, y in zip(left, p, strict=True))


@pytest.mark.parametrize("pupils", [4, 25, 150])
@pytest.mark.parametrize(("cuts", "reach"), [((6,), 2), ((3, 6, 9), 2), ((6,), 1), ((6,), 3)])
def test_score_and_information(pupils: int, cuts: tuple[int, ...], reach: int) -> None:
    counts = np.random.default_rng([2, pupils]).multinomial(pupils, MEADOW[::-1])
    if reach != 2 or len(cuts) > 1:
        counts = counts + np.eye(13, dtype=int)[4]
    test = one(counts, cuts, reach=reach)
    score, information = twin_score(counts, MEADOW, cuts, reach)
    assert test.score[0] == pytest.approx(score, abs=1e-3)
    assert test.information[0] == pytest.approx(information, rel=1e-4)


# ---- p by enumeration and by simulation


def fixed_direction(
    counts: np.ndarray, reference: np.ndarray, cuts: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """The fitted distribution of a school and its direction, held fixed under the null."""
    tilt = fit_tilt(counts[None], reference, together=told_together(cuts))
    h = tilt.project(lifting_direction(tilt.pmf, cuts, 2))[0]
    return tilt.pmf[0], h - tilt.pmf[0] @ h


def every_outcome(pupils: int, scores: int) -> np.ndarray:
    """All histograms of so many pupils (outcomes × scores)."""
    bars = itertools.combinations(range(pupils + scores - 1), scores - 1)
    return np.array(
        [np.diff([-1, *places, pupils + scores - 1]) - 1 for places in bars], dtype=float
    )


@pytest.mark.parametrize(("pupils", "within"), [(6, 0.05), (8, 0.03), (10, 0.02)])
def test_p_against_every_possible_outcome(pupils: int, within: float) -> None:
    """The saddlepoint smooths the steps of a discrete tail: it is compared with the mid-p."""
    rng = np.random.default_rng([3, pupils])
    outcomes = every_outcome(pupils, 7)
    ways = np.array([
        math.factorial(pupils) / math.prod(math.factorial(int(n)) for n in row) for row in outcomes
    ])  # fmt: skip
    assert ways.sum() == 7**pupils
    for counts in rng.multinomial(pupils, HILL, size=40).astype(float):
        pmf, h = fixed_direction(counts, HILL, (3,))
        chance = ways * np.prod(pmf**outcomes, axis=1)
        values, observed = outcomes @ h, counts @ h
        above = chance[values > observed + 1e-9].sum()
        reached = chance[values >= observed - 1e-9].sum()
        p = spike_test([PaperScores(counts[None], HILL, (3,))]).p[0]
        assert p == pytest.approx((above + reached) / 2, abs=within)


@pytest.mark.parametrize("pupils", [12, 40])
def test_p_against_simulation(pupils: int) -> None:
    rng = np.random.default_rng([4, pupils])
    draws = 400_000  # a tail of 1e-4 has some forty of them
    for counts in rng.multinomial(pupils, MEADOW, size=5).astype(float):
        counts[[4, 5]], counts[6] = 0, counts[4:7].sum()  # everybody within reach lifted
        pmf, h = fixed_direction(counts, MEADOW, (6,))
        reached = (rng.multinomial(pupils, pmf, size=draws) @ h >= counts @ h - 1e-9).mean()
        error = np.sqrt(reached * (1 - reached) / draws)
        # A tenth for the steps of the discrete tail, four standard errors for the simulation.
        assert one(counts).p[0] == pytest.approx(reached, abs=0.1 * reached + 4 * error + 1e-5)


def test_pooled_p_against_simulation() -> None:
    rng = np.random.default_rng(5)
    counts = rng.multinomial(20, MEADOW, size=2).astype(float)
    counts[:, 5], counts[:, 6] = 0, counts[:, 5] + counts[:, 6]
    written = list(zip(counts, [(6,), (4, 6)], strict=True))
    fits = [fixed_direction(row, MEADOW, cuts) for row, cuts in written]
    draws = sum(rng.multinomial(20, pmf, size=100_000) @ h for pmf, h in fits)
    observed = sum(row @ h for row, (_, h) in zip(counts, fits, strict=True))
    papers = [PaperScores(row[None], MEADOW, cuts) for row, cuts in written]
    reached = (draws >= observed - 1e-9).mean()
    assert spike_test(papers).p[0] == pytest.approx(reached, abs=0.05 * reached + 0.004)


@pytest.mark.parametrize(("pupils", "cut"), [(3, 6), (5, 3)])
def test_everybody_at_the_top_of_the_direction_is_exact(pupils: int, cut: int) -> None:
    """The largest possible U has the probability of that one outcome."""
    counts = pupils * np.eye(13)[cut]
    pmf, h = fixed_direction(counts, MEADOW, (cut,))
    assert h.argmax() == cut
    assert one(counts, (cut,)).p[0] == pytest.approx(pmf[cut] ** pupils)


def test_a_school_far_from_every_cut_is_not_called() -> None:
    for pupils in (1, 2):
        assert one(pupils * np.eye(13)[0]).p[0] > 0.05
    assert one(np.array([15, 7, 1] + [0] * 10)).p[0] > 0.05


# ---- symmetries


@settings(max_examples=30, deadline=None)
@given(tables, st.randoms(use_true_random=False))
def test_order_of_schools_does_not_matter(counts: np.ndarray, random: object) -> None:
    order = list(range(len(counts)))
    random.shuffle(order)
    test, other = one(counts), one(counts[order])
    for name in ("n", "score", "information", "p"):
        assert getattr(other, name) == pytest.approx(getattr(test, name)[order], abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(tables)
def test_a_school_is_judged_alone_under_a_common_reference(counts: np.ndarray) -> None:
    whole = one(counts)
    for school, row in enumerate(counts):
        assert one(row).p[0] == pytest.approx(whole.p[school], abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(tables)
def test_an_unwritten_paper_changes_nothing(counts: np.ndarray) -> None:
    paper = PaperScores(counts, MEADOW, (6,))
    unwritten = PaperScores(np.zeros((len(counts), 7)), HILL, (3,))
    same(spike_test([paper, unwritten]), spike_test([paper]))
    same(spike_test([unwritten, paper]), spike_test([paper]))


@settings(max_examples=30, deadline=None)
@given(tables)
def test_papers_add_up(counts: np.ndarray) -> None:
    """A paper pooled with its own copy: twice the score and information, z times √2."""
    paper = PaperScores(counts, MEADOW, (6,))
    single, double = spike_test([paper]), spike_test([paper, paper])
    assert double.score == pytest.approx(2 * single.score)
    assert double.information == pytest.approx(2 * single.information)
    assert double.z == pytest.approx(np.sqrt(2) * single.z, nan_ok=True)


def test_a_paper_split_into_like_halves_is_the_same_paper() -> None:
    """Up to the prior, which counts once a paper and fades with the number of pupils."""
    counts = np.round(MEADOW * 4_000)
    counts[[4, 5]] -= 20
    counts[6] += 40
    half = PaperScores(counts[None] / 2, MEADOW, (6,))
    test, halves = one(counts), spike_test([half, half])
    assert halves.z == pytest.approx(test.z, rel=1e-3)
    assert norm.isf(halves.p) == pytest.approx(norm.isf(test.p), rel=1e-3)


@settings(max_examples=30, deadline=None)
@given(tables)
def test_unused_scores_at_the_ends_do_not_matter(counts: np.ndarray) -> None:
    """The same marks on a scale that has scores nobody can reach."""
    padded = np.pad(MEADOW, (1, 1), constant_values=1e-15)
    wide = PaperScores(np.pad(counts, ((0, 0), (1, 1))), padded / padded.sum(), (7,))
    test, shifted = one(counts), spike_test([wide])
    assert shifted.score == pytest.approx(test.score, abs=1e-5)
    assert shifted.information == pytest.approx(test.information, rel=1e-5)


@settings(max_examples=150, deadline=None)
@given(
    histograms,
    st.sampled_from([(6,), (3, 7), (2, 6, 10)]),
    st.sampled_from([2, 4]),
    st.lists(st.integers(0, 5), max_size=40),
)
def test_lifting_never_raises_p(
    counts: np.ndarray, cuts: tuple[int, ...], degree: int, moves: list[int]
) -> None:
    """z rises and p does not when pupils move from within reach of a cut onto it, however many stand
    there and whoever the others are: the null does not see where in the window they are."""
    path = [counts]
    for move in moves:
        cut, below = cuts[move % len(cuts)], 1 + move // 3
        if path[-1][cut - below]:
            path.append(path[-1] + np.eye(13)[cut] - np.eye(13)[cut - below])
    test = one(np.array(path), cuts, degree=degree)
    assert (np.diff(test.z) > 0).all()
    assert (np.diff(test.p) <= 1e-12).all()


@pytest.mark.parametrize("pupils", [1, 5, 25, 100, 1000])
def test_everybody_at_the_cut_is_the_strongest_sign(pupils: int) -> None:
    """The more of a class stand on the cut instead of under it, the smaller p; nobody escapes by
    lifting all."""
    k = np.arange(21)
    reference = np.exp(-0.5 * ((k - 12) / 4) ** 2) + 0.002
    counts = np.zeros((pupils + 1, 21))
    counts[:, 10], counts[:, 9] = np.arange(pupils + 1), pupils - np.arange(pupils + 1)
    test = spike_test([PaperScores(counts, reference / reference.sum(), (6, 10, 15))])
    assert (np.diff(test.z) > 0).all()
    assert (np.diff(test.p) <= 0).all()
    assert test.p[0] > 0.5
    if pupils >= 5:
        assert test.p[-1] < 0.01


# ---- edges


@pytest.mark.parametrize("cuts", [(6,), (3, 6, 9)])
def test_a_school_without_pupils_is_not_tested(cuts: tuple[int, ...]) -> None:
    test = one(np.stack([np.zeros(13), MEADOW * 89]), cuts)
    assert test.n.tolist() == [0, 89]
    assert test.information[0] == 0
    assert np.isnan([test.p[0], test.z[0]]).all()
    assert np.isfinite([test.p[1], test.z[1]]).all()
    assert test.papers_needed(0.5, 0.01)[0] == np.inf


@pytest.mark.parametrize("pupils", [1, 5, 50])
@pytest.mark.parametrize("score", range(13))
def test_all_at_one_score(pupils: int, score: int) -> None:
    test = one(pupils * np.eye(13)[score])
    assert 0 <= test.p[0] <= 1
    assert np.isfinite(test.z[0])
    if score == 12:
        assert test.p[0] > 0.4  # everybody at the maximum is a level, not a spike
    if score == 6 and pupils >= 5:
        assert test.p[0] < 0.01
    if score in (4, 5):
        assert test.p[0] > 0.5


@settings(max_examples=150, deadline=None)
@given(histograms, st.sampled_from([(6,), (3, 6, 9), (4, 10)]), st.integers(1, 3))
def test_p_is_a_probability_for_any_histogram(
    counts: np.ndarray, cuts: tuple[int, ...], reach: int
) -> None:
    test = one(counts, cuts, reach=reach)
    assert 0 <= test.p[0] <= 1


def test_papers_needed_give_the_power() -> None:
    test, theta = one(MEADOW * 200), 0.3
    needed = test.papers_needed(theta, 0.01, power=0.8)[0]
    # The score has mean θV under a small θ, and V grows with the papers.
    mean = theta * math.sqrt(test.information[0] * needed)
    assert 1 - norm.cdf(norm.ppf(0.99), loc=mean) == pytest.approx(0.8)


def test_bad_input_is_named() -> None:
    with pytest.raises(StatsInputError, match="at least one paper"):
        spike_test([])
    with pytest.raises(StatsInputError, match="same schools"):
        spike_test([PaperScores(np.ones((n, 13)), MEADOW, (6,)) for n in (1, 2)])
    for cut in (1, 12):
        with pytest.raises(StatsInputError, match=rf"cut {cut} .* 0\.\.12"):
            one(np.ones(13), (cut,))
    with pytest.raises(StatsInputError, match="not negative"):
        one(-np.ones(13))


@pytest.mark.parametrize(
    ("maximum", "cuts", "usable"),
    [(9, (4, 6), ()), (10, (2, 3, 7, 8), (3, 7)), (25, (7, 13, 19), (7, 13, 19)), (10, (), ())],
)
def test_usable_cuts_on_the_boundary(
    maximum: int, cuts: tuple[int, ...], usable: tuple[int, ...]
) -> None:
    assert usable_cuts(maximum, cuts) == usable
