"""Pupils numbered anew in every class are as many as there are rows; one pupil stays one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl
import pytest

HEADER = "year;procedure;grade;subject;municipality;school;class_group;pupil;gender;total"
Run = Callable[..., tuple]


def lines(class_group: str, numbers: Iterable[int], shift: int = 0) -> list[str]:
    """Pupils with these numbers; the score follows from number and shift."""
    return [
        f"2026;VPR;4;MA;M01;S1;{class_group};{k};{'мж'[(k + shift) % 2]};{(7 * k + shift) % 20}"
        for k in numbers
    ]


@pytest.fixture
def ingest(
    write_csv: Callable[..., Path], derived: Run, read_results: Callable[[Path], pl.DataFrame]
) -> Run:
    """Ingest files of such lines; (report, results)."""

    def run(*files: list[str]) -> tuple:
        paths = [write_csv([HEADER, *rows], f"{n}.csv") for n, rows in enumerate(files)]
        report, out = derived(*paths, replace=True)
        return report, read_results(out)

    return run


def test_numbers_that_start_anew_in_every_class(ingest: Run) -> None:
    report, rows = ingest(lines("4А", range(1, 16)) + lines("4Б", range(1, 15), 3))
    assert rows.height == rows["pupil"].n_unique() == 29
    assert rows.filter(pl.col("class_group") == "4Б")["total"].to_list() == [
        int(line.rsplit(";", 1)[1])
        for line in sorted(lines("4Б", range(1, 15), 3), key=lambda line: line.split(";")[7])
    ]
    assert set(rows["pupil"].head(2)) == {"4А-1", "4А-10"}
    assert not report.rejected
    (warning,) = report.warnings
    assert "школ: 1, участников: 29 — номера участников повторяются в разных классах" in str(
        warning
    )


def test_classes_in_two_files_in_any_order(ingest: Run) -> None:
    first, second = lines("А", range(1, 11)), lines("Б", range(1, 11), 5)
    report, rows = ingest(second, first)
    assert rows.height == 20
    assert [w.file for w in report.warnings] == ["0.csv", "1.csv"]


def test_a_file_given_twice_stays_one(ingest: Run) -> None:
    both = lines("4А", range(1, 11)) + lines("4Б", range(1, 11), 3)
    once = lines("", range(1, 11))
    report, _ = ingest(once, once)
    assert not report.warnings
    report, rows = ingest(both, both)
    assert rows.height == 20
    assert sum(fault.n for fault in report.rejected) == 20


@pytest.mark.parametrize(("one", "other"), [("4А", "А"), ("4А", "4-А"), ("4А", "1")])
def test_one_class_written_in_two_ways_is_one(one: str, other: str, ingest: Run) -> None:
    again = [
        line.rsplit(";", 1)[0] + ";19" if ";9;" in line else line
        for line in lines(other, range(1, 11))
    ]
    report, rows = ingest(lines(one, range(1, 11)), again)
    assert rows.height == 10
    assert sum(fault.n for fault in report.rejected) == 10


def test_a_source_that_tells_less_makes_no_second_pupil(ingest: Run) -> None:
    bare = [line.replace(";м;", ";;").replace(";ж;", ";;") for line in lines("1", range(1, 11))]
    _, rows = ingest(lines("4А", range(1, 11)), bare)
    assert rows.height == 10


def test_one_number_in_two_classes_is_set_aside_and_names_the_class(ingest: Run) -> None:
    report, rows = ingest(lines("4А", range(1, 16)) + lines("4Б", [3, *range(16, 30)], 3))
    assert rows.height == 29
    (fault,) = report.rejected
    assert (fault.rows, fault.reason.split(":")[0]) == (
        (17,),
        "повтор кода участника в другом классе",
    )


@pytest.mark.parametrize("first", ["4А", ""])
def test_without_every_class_nothing_is_told_apart_and_the_cause_is_named(
    first: str, ingest: Run
) -> None:
    report, rows = ingest(lines(first, range(1, 11)) + lines("", range(1, 11), 3))
    assert rows.height == 10
    assert sum(fault.n for fault in report.rejected) == 10
    (warning,) = report.warnings
    assert "школ: 1 — номера участников повторяются с другими баллами" in str(warning)
    assert "укажите класс" in warning.action
