"""Partners of schools in need: by hand, against all ways of pairing, whatever the order."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msoko_analysis.errors import StatsInputError
from msoko_analysis.measures.partners import Schools, partners

LIMITS = {"probability": 0.8, "distance": 0.5, "at_most": 2}


def region(seed: int, size: int = 12) -> tuple[Schools, np.ndarray]:
    rng = np.random.default_rng(seed)
    schools = Schools(
        np.array([f"S{number:02}" for number in range(size)]),
        rng.choice(["secondary", "basic"], size).astype(object),
        rng.choice(["village", "town"], size).astype(object),
        rng.normal(size=(size, 2)) * [100, 0.2],
        np.round(rng.random(size), 3),
    )
    return schools, rng.random(size) < 0.4


def of(table, school: str) -> tuple:
    row = table.set_index("school").loc[school]
    return row["partner"], row["reason"]


def test_by_hand() -> None:
    context = np.array([0.0, 1, 2, 40, 0, 0, np.nan, 100, 1])[:, None]
    schools = Schools(
        np.array(list("ABCDEFGHL")),
        np.array(["s", "s", "s", "s", "s", "b", "s", "s", "s"], dtype=object),
        np.array(["v", "v", "v", "v", "t", "v", "v", None, "v"], dtype=object),
        context,
        np.array([0.1] * 8 + [0.9]),
    )
    needs = np.array([True] * 8 + [False])
    table = partners(schools, needs, **LIMITS)
    # L takes its two nearest: B at 0 and, of A and C at the same distance, the one.
    assert of(table, "B") == ("L", "matched")
    assert sorted([of(table, "A")[1], of(table, "C")[1]]) == ["all_taken", "matched"]
    assert of(table, "D") == (None, "none_near")
    assert of(table, "E") == (None, "no_leader_alike")
    assert of(table, "F") == (None, "no_leader_alike")
    assert of(table, "G") == (None, "no_context")
    assert of(table, "H") == (None, "no_context")
    assert table.set_index("school").loc["B", "better"] == 0.9


def best_by_trying(schools: Schools, needs: np.ndarray) -> tuple[int, float]:
    """Most pairs and the least sum of distances, over all ways of pairing."""
    spread = schools.context.std(axis=0)
    weak = np.flatnonzero(needs)
    strong = np.flatnonzero(~needs & (schools.better >= 0.8))
    best = (0, 0.0)
    for way in product([-1, *strong], repeat=len(weak)):
        if any(way.count(leader) > 2 for leader in strong):
            continue
        pairs, total = 0, 0.0
        for school, leader in zip(weak, way, strict=True):
            if leader < 0:
                continue
            difference = (schools.context[school] - schools.context[leader]) / spread
            apart = np.sqrt((difference**2).mean())
            alike = schools.kind[school] == schools.kind[leader]
            alike &= schools.settlement[school] == schools.settlement[leader]
            if not alike or apart > 0.5:
                break
            pairs, total = pairs + 1, total + apart
        else:
            best = min(best, (-pairs, total))
    return -best[0], best[1]


@pytest.mark.parametrize("seed", range(12))
def test_as_many_as_possible_and_as_near_as_possible(seed: int) -> None:
    schools, needs = region(seed)
    needs &= np.cumsum(needs) <= 4
    kinds = np.full(12, "s", dtype=object)
    schools = Schools(schools.code, kinds, schools.settlement, schools.context, schools.better)
    table = partners(schools, needs, **LIMITS)
    pairs, total = best_by_trying(schools, needs)
    assert table["partner"].notna().sum() == pairs
    assert table["distance"].sum() == pytest.approx(total)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_conditions_hold_and_order_does_not_matter(seed: int) -> None:
    schools, needs = region(seed, 40)
    table = partners(schools, needs, **LIMITS)
    assert table["school"].tolist() == schools.code[needs].tolist()
    place = {code: number for number, code in enumerate(schools.code)}
    matched = table[table["partner"].notna()]
    for row in matched.itertuples():
        mine, theirs = place[row.school], place[row.partner]
        assert schools.kind[mine] == schools.kind[theirs]
        assert schools.settlement[mine] == schools.settlement[theirs]
        assert schools.better[theirs] >= 0.8
        assert not needs[theirs]
        assert row.distance <= 0.5
    assert matched["partner"].value_counts().max() <= 2 or matched.empty
    order = np.random.default_rng(seed).permutation(40)
    mixed = Schools(*(getattr(schools, name)[order] for name in Schools.__dataclass_fields__))
    again = partners(mixed, needs[order], **LIMITS)
    first, second = (one.set_index("school")["partner"].sort_index() for one in (table, again))
    assert first.equals(second)


def test_edges() -> None:
    schools, needs = region(1)
    nobody = partners(schools, np.zeros(12, dtype=bool), **LIMITS)
    assert len(nobody) == 0
    alone = partners(schools, np.ones(12, dtype=bool), **LIMITS)
    assert set(alone["reason"]) == {"no_leader_alike"}
    unknown = Schools(
        schools.code, schools.kind, schools.settlement, schools.context, np.full(12, np.nan)
    )
    assert partners(unknown, needs, **LIMITS)["partner"].isna().all()
    with pytest.raises(StatsInputError, match="every school"):
        partners(schools, needs[:-1], **LIMITS)
    with pytest.raises(StatsInputError, match="one row a school"):
        Schools(schools.code, schools.kind, schools.settlement, schools.context[:3], schools.better)
