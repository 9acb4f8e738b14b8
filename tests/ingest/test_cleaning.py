"""What costs a row, what costs a cell, and that nothing is dropped silently."""

from __future__ import annotations

import csv
import json
import resource
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import HEADER, ROWS

from msoko_analysis.errors import DataError
from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.clean import clean
from msoko_analysis.ingest.contracts import RESULTS


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_every_dress_of_a_csv_reads_the_same(
    encoding: str,
    separator: str,
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    lines = [line.replace(";", separator) for line in (HEADER, *ROWS)]
    _, out = derived(write_csv(lines, encoding=encoding))
    table = read_results(out)
    assert table["total"].to_list() == [12, 9, 17]
    assert table["gender"].to_list() == ["m", "f", "f"]
    assert table["class_group"].to_list() == ["А", "А", "Б"]
    assert table["subject"].unique().to_list() == ["MA"]
    assert table["procedure"].unique().to_list() == ["VPR"]


def test_decimal_comma_blank_lines_and_crlf(
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    bad = ROWS[1].replace("\n", "")[:-1] + "9,5"
    lines = [HEADER, "", ROWS[0].replace(";12", ";12,0"), "", bad]
    path = write_csv(["\r\n".join(lines)])
    report, out = derived(path)
    assert read_results(out)["total"].to_list() == [12]
    assert report.rejected[0].reason == "не целое число"
    assert report.rejected[0].rows == (5,), "the line number as a person sees it"


def test_rows_that_can_not_be_placed_or_counted_are_set_aside_with_their_columns(
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    bad = {
        "не число": "две;ВПР;4;МА;M01;S1;а;11;м;4;12",
        "пусто": "2021;ВПР;4;МА;M01;;а;12;м;4;12",
        "вне допустимых значений: 0…100000": "2021;ВПР;4;МА;M01;S1;а;13;м;4;-2",
        "не целое число": "2021;ВПР;4;МА;M01;S1;а;14;м;4;7.5",
        "вне допустимых значений: 1…12": "2021;ВПР;14;МА;M01;S1;а;15;м;4;7",
    }
    subject = "2021;ВПР;4;ЯЯ;M01;S1;а;16;м;4;7"
    report, out = derived(write_csv([HEADER, *ROWS, *bad.values(), subject]))
    assert read_results(out).height == len(ROWS)
    aside = read_csv(out / "rejected" / "data.csv")
    assert [row["причина"] for row in aside[:5]] == list(bad)
    assert aside[5]["столбец"] == "subject"
    assert [row["pupil"] for row in aside] == ["11", "12", "13", "14", "15", "16"]
    assert [int(row["строка"]) for row in aside] == [5, 6, 7, 8, 9, 10]
    assert sum(fault.n for fault in report.rejected) == 6
    card = json.loads((out / "origin.json").read_text(encoding="utf-8"))[0]
    assert (card["rows_in"], card["rows_out"], card["set_aside"]) == (9, 3, 6)


def test_a_mistyped_mark_costs_its_cell_and_not_the_score(
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    rows = ["2021;ВПР;4;МА;M01;S3;а;1;муж.;8;12", "2021;ВПР;4;МА;M01;S3;а;2;м;нет отметки;9"]
    report, out = derived(write_csv([HEADER, *ROWS, *rows]))
    table = read_results(out).filter(pl.col("school") == "S3")
    assert table["total"].to_list() == [12, 9]
    assert table["prior_mark"].to_list() == [None, None]
    cells = read_csv(out / "rejected" / "data_cells.csv")
    assert {(row["столбец"], row["значение"]) for row in cells} == {
        ("gender", "скрыто"),
        ("prior_mark", "8"),
    }
    assert report.rejected == ()
    assert not (out / "rejected" / "data.csv").exists()


@pytest.mark.parametrize("word", ["", "отсутствовал", "X", "х", "-"])
def test_absent_pupils_are_kept_without_a_score(
    word: str,
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    _, out = derived(write_csv([HEADER, *ROWS, f"2021;ВПР;4;МА;M01;S9;;1;;;{word}"]))
    assert read_results(out).filter(pl.col("school") == "S9")["total"].to_list() == [None]


def test_duplicates_within_and_between_files_name_both_places(
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    first = write_csv([HEADER, *ROWS, ROWS[0]], name="a.csv")
    second = write_csv([HEADER, ROWS[1], "2021;ВПР;4;МА;M02;S2;Б;2;ж;5;1"], name="b.csv")
    report, out = derived(first, second)
    assert read_results(out).height == 4
    assert [(f.file, f.reason, f.n) for f in report.rejected] == [
        ("a.csv", "повтор: уже есть в a.csv", 1),
        ("b.csv", "повтор: уже есть в a.csv", 1),
    ]
    assert read_csv(out / "rejected" / "b.csv")[0]["причина"].endswith("a.csv, строка 3")


def test_strict_turns_faults_into_one_error(
    write_csv: Callable[..., Path], derived: Callable[..., tuple], tmp_path: Path
) -> None:
    path = write_csv([HEADER, *ROWS, "2021;ВПР;4;МА;M01;S3;а;1;м;8;-1", ROWS[0]])
    with pytest.raises(DataError, match="строгий режим") as caught:
        derived(path, strict=True)
    assert len(caught.value.problems) == 2
    assert not (tmp_path / "derived").exists()


def test_schools_from_results_or_from_their_own_table(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    _, out = derived(write_csv())
    made = pl.read_parquet(out / "schools.parquet")
    assert made["school"].to_list() == made["name"].to_list() == ["S1", "S2"]
    lines = ["school,municipality,school_type,pupils,учебник", "S1,M01,secondary,120.0,синий"]
    report, out = derived(write_csv(), write_csv(lines, name="schools.csv"), replace=True)
    given = pl.read_parquet(out / "schools.parquet")
    assert given.select("school", "name", "pupils").rows() == [("S1", "S1", 120.0)]
    assert report.cards[1]["ignored"] == ["учебник"]


def test_municipality_comes_from_the_table_of_schools(
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    lines = [HEADER.replace("municipality;", "")]
    lines += [";".join(p for i, p in enumerate(row.split(";")) if i != 4) for row in ROWS]
    schools = write_csv(["school;municipality", "S1;M07"], name="schools.csv")
    report, out = derived(write_csv(lines), schools)
    assert read_results(out)["municipality"].to_list() == ["M07", "M07"]
    assert [(f.column, f.reason, f.n) for f in report.rejected] == [("municipality", "пусто", 1)]


def test_one_school_under_two_codes_is_noticed(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    rows = [f"2021;ВПР;4;МА;M01;S1;а;{i};м;{2 + i % 4};{i * 7 % 20}" for i in range(12)]
    other = [row.replace(";M01;S1;", ";Район;edu990001;") for row in rows]
    report, _ = derived(
        write_csv([HEADER, *rows], name="a.csv"), write_csv([HEADER, *other], name="b.csv")
    )
    assert ["под другими кодами" in w.rule for w in report.warnings] == [True]
    changed = [*other[:-1], other[-1].replace(other[-1].split(";")[-1], "20")]
    report, _ = derived(
        write_csv([HEADER, *rows], name="a.csv"),
        write_csv([HEADER, *changed], name="b.csv"),
        replace=True,
    )
    assert report.warnings == ()


CELLS = st.sampled_from(
    ["", "4", " 3", "5,0", "x", "Х", "-", "6", "-1", "2.5", "кот", "отсутствовал"]
)


def slow_int(cell: str, low: int, high: int | None) -> tuple[int | None, bool]:
    """One cell by the rules, step by step: (value, is it bad)."""
    text = cell.strip().lower()
    if text in ("", "x", "х", "-", "отсутствовал"):
        return None, False
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None, True
    bad = number != int(number) or number < low or (high is not None and number > high)
    return (None, True) if bad else (int(number), False)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_columnwise_rules_equal_the_slow_reading_cell_by_cell(rows: list[tuple]) -> None:
    fixed = {"year": "2021", "procedure": "ВПР", "grade": "4", "subject": "МА"}
    fixed |= {"municipality": "M1", "school": "S1"}
    names = ("total", "prior_mark", "item_01")
    table = pl.DataFrame(
        {
            "_row": pl.Series(range(len(rows)), dtype=pl.UInt32),
            "pupil": [str(i) for i in range(len(rows))],
            **{name: [row[k] for row in rows] for k, name in enumerate(names)},
        }
    )
    columns = {name: name for name in ("pupil", *names)}
    done = clean(Block(RESULTS, "test", Path("a.csv"), "", table, columns, fixed))
    expected, aside, emptied = [], [], []
    for i, (total, prior, item) in enumerate(rows):
        value, bad = slow_int(total, 0, None)
        mark, mark_bad = slow_int(prior, 2, 5)
        points, points_bad = slow_int(item, 0, None)
        absent = [cell.strip() == "отсутствовал" for cell in (total, item)]
        if bad or (absent[0] and points) or (absent[1] and value is not None):
            aside.append(i)
            continue
        expected.append((i, value, mark, points))
        emptied += [(i, "prior_mark")] * mark_bad + [(i, "item_01")] * points_bad
    assert done.rows.sort("_row").select("_row", *names).rows() == expected
    assert sorted(done.rejected["_row"]) == aside
    assert sorted(done.cells.select("_row", "column").rows()) == sorted(emptied)


def test_typed_tables_with_nan_and_categories(
    tmp_path: Path, derived: Callable[..., tuple], read_results: Callable[[Path], pl.DataFrame]
) -> None:
    table = pl.DataFrame(
        {
            "year": pl.Series([2021, 2021], dtype=pl.Int16),
            "procedure": pl.Series(["VPR", "VPR"], dtype=pl.Categorical),
            "grade": [4, 4],
            "subject": pl.Series(["MA", "MA"], dtype=pl.Categorical),
            "municipality": ["M1", "M1"],
            "school": ["S1", "S1"],
            "pupil": [1, 2],
            "class_group": [1.0, None],
            "total": [12.0, float("nan")],
            "item_01": pl.Series([1, None], dtype=pl.Int8),
        }
    )
    table.write_parquet(tmp_path / "a.parquet")
    report, out = derived(tmp_path / "a.parquet")
    got = read_results(out)
    assert got.select("pupil", "class_group", "total", "item_01").rows() == [
        ("1", "1", 12, 1),
        ("2", None, None, None),
    ]
    assert report.rejected == report.cells == ()


def test_parquet_is_partitioned_by_year_sorted_and_complete(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    rows = [row.replace("2021", "2020") for row in ROWS]
    _, out = derived(write_csv([HEADER, *reversed(ROWS), *rows]))
    assert sorted(p.name for p in (out / "results").iterdir()) == ["year=2020", "year=2021"]
    for part in out.glob("results/*/*.parquet"):
        table = pl.read_parquet(part, hive_partitioning=False)
        assert table.select("municipality", "school").equals(
            table.select("municipality", "school").sort("municipality", "school")
        )
        assert "year" in table.columns
    with_hive = pl.scan_parquet(out / "results" / "**/*.parquet", hive_partitioning=True).collect()
    assert with_hive.height == 6


def test_the_same_input_gives_the_same_bytes(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    path = write_csv([HEADER, *ROWS, "2021;ВПР;4;МА;M01;S3;а;1;м;8;3", ROWS[0]])

    def contents(out: Path) -> dict[str, bytes]:
        return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}

    _, out = derived(path)
    first = contents(out)
    _, out = derived(path, replace=True)
    assert contents(out) == first
    assert {"origin.json", "quality.json", "rejected/data_cells.csv"} <= first.keys()


def test_schools_that_all_have_the_same_results_are_nobodys_twins(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    """Their pairs grow with the square of their number: 1500 a file would be millions of them."""

    def many(prefix: str) -> list[str]:
        return [
            f"2021;ВПР;4;МА;M01;{prefix}{school};а;{pupil};м;4;12"
            for school in range(1500)
            for pupil in range(10)
        ]

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    files = [write_csv([HEADER, *many(name)], name=f"{name}.csv") for name in ("S", "T")]
    report, _ = derived(*files)
    assert not any("под другими кодами" in warning.rule for warning in report.warnings)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB
