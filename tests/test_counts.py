"""Count tables: additive, equal to a slow twin, and true to the known counts of the real region."""

from __future__ import annotations

import time
from collections import Counter
from functools import reduce
from itertools import combinations_with_replacement
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msoko_analysis.counts import CountTables, ItemMoments, add, count, item_moments, scan
from msoko_analysis.ingest import read_files

PAPER = ("year", "procedure", "grade", "subject")
SCHOOL = (*PAPER, "municipality", "school")
ITEMS = ("item_01", "item_02", "item_03")
SCHEMA = {
    **dict.fromkeys(("year", "grade"), pl.Int32),
    **dict.fromkeys(("procedure", "subject", "municipality", "school", "pupil"), pl.String),
    **dict.fromkeys(("prior_mark", "mark", "total", *ITEMS), pl.Int32),
}


def maybe(values: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.one_of(st.none(), values)


def of_school(school: str) -> str:
    return "M1" if school < "S3" else "M2"


pupils = st.fixed_dictionaries(
    {
        "year": st.sampled_from([2025, 2026]),
        "procedure": st.sampled_from(["VPR", "OGE"]),
        "grade": st.sampled_from([4, 9]),
        "subject": st.sampled_from(["MA", "RU"]),
        "school": st.sampled_from(["S1", "S2", "S3", "S4"]),
        "prior_mark": maybe(st.integers(2, 5)),
        "mark": maybe(st.integers(2, 5)),
        "total": maybe(st.integers(0, 12)),
        **{item: maybe(st.integers(0, 3)) for item in ITEMS},
    }
).map(lambda row: {**row, "municipality": of_school(row["school"]), "pupil": "1"})
regions = st.lists(pupils, min_size=1, max_size=60)


def frame(rows: list[dict]) -> pl.LazyFrame:
    return pl.LazyFrame(rows, schema=SCHEMA)


def values(table: pl.DataFrame) -> list[tuple]:
    return sorted(table.rows(), key=str)


def names(tables: CountTables | ItemMoments) -> tuple[str, ...]:
    """The tables a reader asks for."""
    if isinstance(tables, CountTables):
        return ("score_counts", "mark_pairs", "attendance")
    return tuple(vars(tables))


def same(one: CountTables | ItemMoments, other: CountTables | ItemMoments) -> None:
    """Equal tables: the same rows and types in the same order."""
    for name in names(one):
        left, right = getattr(one, name), getattr(other, name)
        assert left.schema == right.schema, name
        assert left.equals(right), name


# ---- twins


@settings(max_examples=60, deadline=None)
@given(regions)
def test_counts_equal_a_loop_over_pupils(rows: list[dict]) -> None:
    """Rows stand in any order, so one school is met in many runs."""
    scores, pairs, listed, scored = Counter(), Counter(), Counter(), Counter()
    for row in rows:
        school = tuple(row[name] for name in SCHOOL)
        listed[school] += 1
        if row["total"] is not None:
            scored[school] += 1
            scores[*school, row["total"]] += 1
            pairs[*school, row["prior_mark"], row["mark"], row["total"]] += 1
    tables = count(frame(rows))
    assert values(tables.score_counts) == sorted(((*k, n) for k, n in scores.items()), key=str)
    assert values(tables.mark_pairs) == sorted(((*k, n) for k, n in pairs.items()), key=str)
    attendance = ((*school, n, scored[school]) for school, n in listed.items())
    assert values(tables.attendance) == sorted(attendance, key=str)


@settings(max_examples=60, deadline=None)
@given(regions)
def test_moments_equal_a_loop_over_pupils(rows: list[dict]) -> None:
    by_school, by_score, products = Counter(), Counter(), Counter()
    for row in rows:
        if row["total"] is None:
            continue
        paper = tuple(row[name] for name in PAPER)
        done = [item for item in ITEMS if row[item] is not None]
        for item in done:
            by_school[*paper, row["municipality"], row["school"], item, row[item]] += 1
            by_score[*paper, row["total"], item, row[item]] += 1
            products[*paper, row["total"], item, ""] += row[item]
        for a, b in combinations_with_replacement(done, 2):
            products[*paper, row["total"], a, b] += row[a] * row[b]
    moments = item_moments(frame(rows))
    for table, twin in ((moments.item_values, by_school), (moments.score_item_values, by_score)):
        assert values(table) == sorted(((*key, n) for key, n in twin.items()), key=str)
    nonzero = ((*key, product) for key, product in products.items() if product)
    assert values(moments.item_products) == sorted(nonzero, key=str)


# ---- additivity


@settings(max_examples=40, deadline=None)
@given(regions, st.data())
@pytest.mark.parametrize("tables_of", [count, item_moments])
def test_parts_add_up_to_the_whole_in_any_order(
    tables_of: object, rows: list[dict], data: st.DataObject
) -> None:
    whole = tables_of(frame(rows))
    shuffled = data.draw(st.permutations(rows))
    same(tables_of(frame(shuffled)), whole)
    part = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    pieces = [[row for row, p in zip(rows, part, strict=True) if p == k] for k in range(4)]
    counted = [tables_of(frame(piece)) for piece in pieces if piece]
    same(reduce(add, counted), whole)
    same(reduce(add, reversed(counted)), whole)


def test_nobody_is_counted_as_nothing() -> None:
    one = frame([{**dict.fromkeys(SCHEMA), "year": 2026, "procedure": "VPR", "grade": 4,
                  "subject": "MA", "municipality": "M", "school": "S", "total": 3}])  # fmt: skip
    for tables_of in (count, item_moments):
        empty = tables_of(frame([]))
        assert all(getattr(empty, name).height == 0 for name in names(empty))
        same(add(tables_of(one), empty), tables_of(one))


def test_marks_may_be_missing_altogether() -> None:
    rows = [{"year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA", "municipality": "M",
             "school": "S", "total": total} for total in (3, 3, None)]  # fmt: skip
    tables = count(pl.LazyFrame(rows))
    assert tables.mark_pairs["prior_mark", "mark", "score", "n"].rows() == [(None, None, 3, 2)]
    assert tables.attendance["n_listed", "n_scored"].rows() == [(3, 2)]


# ---- the real region


@pytest.fixture(scope="module")
def derived(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = shared / "data" / "altai"
    out = tmp_path_factory.mktemp("counts") / "altai"
    read_files([source / "results_2020_2021_grades4-6_ma_ru.parquet", source / "schools.csv"], out)
    return out


@pytest.fixture(scope="module")
def tables(derived: Path) -> CountTables:
    return count(scan(derived))


def test_known_counts_of_the_region(tables: CountTables) -> None:
    scored = tables.attendance.group_by(PAPER).agg(pl.col("n_scored", "n_listed").sum())
    known = {("MA", 4): 24_933, ("RU", 4): 24_969, ("MA", 5): 23_705, ("RU", 6): 23_323}
    for (subject, grade), n in known.items():
        assert scored.filter(year=2021, subject=subject, grade=grade)["n_scored"].item() == n
    assert scored["n_listed"].sum() == 275_319
    assert tables.score_counts["n"].sum() == tables.mark_pairs["n"].sum()
    assert tables.score_counts["n"].sum() == scored["n_scored"].sum()
    # Counts at the cut for «3» and one point below.
    at = (
        tables.score_counts.filter(year=2021)
        .group_by("grade", "subject", "score")
        .agg(pl.col("n").sum())
    )
    for grade, subject, cut, spike, below in (
        (4, "MA", 6, 1070, 302), (4, "RU", 14, 864, 223), (5, "MA", 7, 4010, 469),
        (6, "MA", 6, 5087, 606), (6, "RU", 25, 1871, 159),
    ):  # fmt: skip
        paper = dict(at.filter(grade=grade, subject=subject)["score", "n"].iter_rows())
        assert (paper[cut], paper[cut - 1]) == (spike, below)


def test_school_marks_of_the_region(tables: CountTables) -> None:
    """Lower, same and higher than the school mark, per cent: known for both papers of grade 4."""
    known = {"MA": ((6, 10, 15), (12.9, 65.3, 21.8)), "RU": ((14, 24, 33), (19.3, 68.5, 12.2))}
    for subject, (cuts, shares) in known.items():
        pairs = tables.mark_pairs.filter(
            pl.col("prior_mark").is_not_null(), year=2021, grade=4, subject=subject
        )
        mark = 2 + sum((pl.col("score") >= cut).cast(pl.Int8) for cut in cuts)
        pairs = pairs.with_columns(step=(mark - pl.col("prior_mark")).sign())
        whole = pairs["n"].sum()
        ours = [100 * pairs.filter(step=sign)["n"].sum() / whole for sign in (-1, 0, 1)]
        assert ours == pytest.approx(shares, abs=0.05)


def test_moments_of_the_region(derived: Path) -> None:
    """Tasks of a paper summed over its schools: the sums of the columns themselves."""
    moments = item_moments(scan(derived))
    paper = {"year": 2021, "grade": 4, "subject": "MA"}
    rows = scan(derived).filter(pl.col("total").is_not_null(), **paper).collect()
    for table in (moments.item_values, moments.score_item_values):
        points = (pl.col("n") * pl.col("value")).sum().alias("points")
        sums = table.filter(**paper).group_by("item").agg(pl.col("n").sum(), points)
        for item, n, total in sums.iter_rows():
            assert (n, total) == (rows[item].count(), rows[item].sum())
    products = moments.item_products.filter(**paper)
    mixed = products.filter(item_a="item_01", item_b="item_02")["product"].sum()
    assert mixed == (rows["item_01"] * rows["item_02"]).sum()


def test_counting_takes_little_longer_than_reading(derived: Path) -> None:
    """The ratio is printed (pytest -s); the limit only catches a change of kind, not a busy day."""
    columns = [*SCHOOL, "prior_mark", "mark", "total"]

    def seconds(action: object) -> float:
        begin = time.perf_counter()
        action()
        return time.perf_counter() - begin

    reading, counting = [], []
    for _ in range(7):
        reading.append(seconds(lambda: scan(derived).select(columns).collect()))
        counting.append(seconds(lambda: count(scan(derived))))
    print(f"reading {min(reading):.3f} s, counting {min(counting):.3f} s: "
          f"ratio {min(counting) / min(reading):.2f}")  # fmt: skip
    assert min(counting) < 40 * min(reading)


def test_results_without_tasks_have_no_moments() -> None:
    rows = pl.LazyFrame(
        {"year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA", "municipality": "A"}
        | {"school": ["1", "1", "2"], "total": [3, 5, 4]}
    )
    moments = item_moments(rows)
    assert moments.item_values.is_empty()
    assert moments.score_item_values.is_empty()
    assert moments.item_products.is_empty()
