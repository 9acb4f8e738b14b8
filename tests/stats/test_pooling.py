"""A trait that a second paper repeats: the sum over papers without the strongest one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from msoko_analysis.stats.pooling import pooled_z

rows = st.lists(
    st.lists(st.one_of(st.floats(-5, 5), st.just(math.nan)), min_size=3, max_size=3),
    min_size=1,
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(rows)
def test_repetition_is_the_sum_without_the_strongest(z: list[list[float]]) -> None:
    pooled = pooled_z(np.array(z))
    for one, p in zip(z, pooled.repeated_p, strict=True):
        there = sorted(value for value in one if not math.isnan(value))
        if not there:
            assert math.isnan(p)
        elif len(there) == 1:
            assert p == 1
        else:
            m = len(there) - 1
            scale = math.sqrt(m + m * (m - 1) * pooled.correlation)
            assert p == pytest.approx(norm.sf(sum(there[:-1]) / scale), abs=1e-12)


@pytest.mark.parametrize("papers", [2, 3, 6])
def test_one_wild_paper_repeats_no_more_often_than_stated(papers: int) -> None:
    """One paper of a school is wild, all else honest: the sum without it keeps its size."""
    rng = np.random.default_rng(papers)
    schools = 20_000
    z = rng.normal(size=(schools, papers))
    z[:, 0] += 8
    rest = pooled_z(rng.normal(size=(schools, papers))).correlation
    assert rest < 0.02
    again = pooled_z(z).repeated_p
    error = math.sqrt(0.05 * 0.95 / schools)
    assert (again < 0.05).mean() < 0.05 + 4 * error
    wild = z[:, 0] > z[:, 1:].max(axis=1)
    assert wild.mean() > 0.99


def test_two_papers_that_show_it_are_a_repetition() -> None:
    honest = np.random.default_rng(1).normal(size=(2_000, 3))
    again = pooled_z(np.vstack([[[4.0, 0.0, 0.0], [4.0, 4.0, 1.0]], honest])).repeated_p
    assert again[0] == pytest.approx(0.5)
    assert again[1] < 0.01
