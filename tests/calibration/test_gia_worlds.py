"""The worlds of exams and medals hold what they were asked for, and honest gymnasiums stay honest."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from worlds import auc
from worlds_gia import PLANTED_SIZE, GiaWorld, gia_world


@pytest.fixture(scope="module")
def world() -> GiaWorld:
    return gia_world(7)


def gaps(world: GiaWorld) -> np.ndarray:
    """School mark less exam mark in ОГЭ, mean of every school (S,)."""
    nine = world.gia.results.filter(pl.col("mark").is_not_null(), procedure="OGE")
    gap = nine.group_by("school").agg(gap=(pl.col("prior_mark") - pl.col("mark")).mean())
    return world.region.join(gap, on="school", how="left", maintain_order="left")["gap"].to_numpy()


def test_it_has_the_planted_schools_asked_for(world):
    assert (world.inflating.sum(), world.doubtful.sum()) == (20, 10)
    assert not (world.inflating & world.doubtful).any()
    assert not ((world.inflating | world.doubtful) & world.gymnasium).any()
    assert world.region["size"].to_numpy()[world.inflating | world.doubtful].min() >= PLANTED_SIZE
    assert world.gymnasium.sum() >= 3


def test_inflated_marks_are_seen_and_gymnasiums_are_not_generous(world):
    gap = gaps(world)
    honest = ~world.inflating & ~world.gymnasium
    assert auc(gap, world.inflating) > 0.95
    assert gap[world.gymnasium].mean() < gap[honest].mean()


def test_doubtful_medals_are_given_only_where_planted(world):
    medals = world.gia.medals
    favoured = medals.filter("favoured").group_by("school", "year").len()
    assert set(favoured["school"]) == set(world.of(world.doubtful)["school"])
    assert favoured["len"].max() == 4
    assert favoured["len"].sum() > 0.9 * 10 * 3 * 4  # a small middle can be all there is
    assert not medals.filter("against_rule", ~pl.col("favoured")).height
    first = medals.filter(degree=1).with_columns(below=pl.col("lowest") < 70)
    rate = [
        first.join(world.of(mask), on="school")["below"].mean()
        for mask in (world.doubtful, world.gymnasium, ~world.doubtful)
    ]
    assert rate[0] > 2 * rate[2]
    assert rate[1] < 1.2 * rate[2]


def test_an_honest_world_has_nothing_planted():
    honest = gia_world(8, 60, inflating=0, doubtful=0, years=(2026,))
    assert not honest.gia.medals.select(pl.any_horizontal("favoured", "against_rule").any()).item()
    assert honest.region["leniency"].std() == pytest.approx(0.25, abs=4 * 0.25 / np.sqrt(2 * 60))
