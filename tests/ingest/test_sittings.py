"""Participants without a score, and which day counts where somebody sat an exam twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from gia_files import EGE, OGE, SCHOOLS, ege_row, oge_row, table, workbook

from msoko_analysis.errors import DataError

JUNE, JULY = ["02 - Математика профильная 2026.06.08"], ["02 - Математика профильная 04.07.2026"]


@pytest.fixture
def read(tmp_path: Path, derived: Callable[..., tuple]) -> Callable[..., tuple]:
    """Ingest files together with the table of schools; (report, results by school and score)."""

    def run(*paths: Path, **options: object) -> tuple:
        schools = table(tmp_path / "schools.csv", SCHOOLS)
        report, out = derived(*paths, schools, salt=tmp_path / "salt", **options)
        rows = pl.read_parquet(out / "results/**/*.parquet", hive_partitioning=False)
        return report, rows.sort("school", "total", nulls_last=True)

    return run


def sat(k: int, score: object) -> list[object]:
    """A line of a protocol of ЕГЭ; the primary score is half of the other if that is a number."""
    return ege_row(k, "++", "1(1)", score // 2 if isinstance(score, int) else "", score)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("Удалён", "удалён"),
        ("удалена с экзамена", "удалён"),
        ("Не завершил", "не завершил"),
        ("не завершила (уваж. причина)", "не завершил"),
        ("неявка", "неявка"),
        ("Не явился", "неявка"),
        ("Н/Я", "неявка"),
        ("отсутствовал", "неявка"),
        ("аннулирован", "аннулирован"),
        ("результат аннулирован", "аннулирован"),
    ],
)
@pytest.mark.parametrize("place", ["score", "answers", "status"])
def test_a_participant_without_a_score_is_told_as_such(
    place: str, written: str, why: str, tmp_path: Path, read: Callable[..., tuple]
) -> None:
    first = sat(0, 70)
    if place == "score":
        header, rows = EGE, [first, sat(1, written)]
    elif place == "answers":
        header, rows = EGE, [first, ege_row(1, written, "", 0, 0)]
    else:  # the protocol has points for what was written before
        header, rows = [*EGE, "Статус"], [[*first, "явился"], [*sat(1, 40), written]]
    report, found = read(workbook(tmp_path / "p.xlsx", Лист1=[JUNE, header, *rows]), strict=True)
    assert sorted(found["total"].to_list(), key=str) == [70, None]
    assert found.filter(pl.col("total").is_null())["item_01"].to_list() == [None]
    (warning,) = report.warnings
    assert f"участников без балла: 1 ({why} — 1)" in str(warning)


def test_a_status_nobody_knows_leaves_the_score_and_is_told(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    rows = [JUNE, [*EGE, "Статус участника"], [*sat(0, 70), "на апелляции"]]
    report, found = read(workbook(tmp_path / "p.xlsx", Лист1=rows))
    assert found["total"].to_list() == [70]
    assert ["в столбце статуса" in str(w) for w in report.warnings] == [True]


@pytest.mark.parametrize("order", [("main", "retake"), ("retake", "main")])
@pytest.mark.parametrize(
    ("first", "second", "right", "told"),
    [
        (20, 60, 60, "main"),
        (60, 20, 20, "main"),  # the retake annuls the better result too
        (20, "неявка", 20, "retake"),
        (20, "", 20, "retake"),
        (20, "не завершил", 20, "retake"),
        (20, "удалён", None, "main"),
        (20, "аннулирован", None, "main"),
        ("неявка", 60, 60, "main"),
        ("аннулирован", 60, 60, "main"),
        ("неявка", "неявка", None, "main"),
    ],
)
def test_the_last_day_with_a_result_counts_in_any_order(
    first: object,
    second: object,
    right: int | None,
    told: str,
    order: tuple[str, str],
    tmp_path: Path,
    read: Callable[..., tuple],
) -> None:
    days = {"main": (JUNE, first), "retake": (JULY, second)}
    paths = [
        workbook(
            tmp_path / f"{n}.xlsx", Лист1=[days[name][0], EGE, sat(0, days[name][1]), sat(k, 50)]
        )
        for n, (name, k) in enumerate(zip(order, (1, 2), strict=True))
    ]
    report, found = read(*paths, strict=True)
    mine = found.filter((pl.col("total") != 50).fill_null(True))
    assert mine["total"].to_list() == [right]
    about = [w for w in report.warnings if "строки 3)" in str(w)]
    assert [w.file for w in about] == [f"{order.index(told)}.xlsx"]
    cards = {card["source"]: card for card in report.cards}
    assert cards[about[0].file]["other_day"] == 1
    assert sum(card["rows_in"] for card in report.cards) == sum(
        card["rows_out"] + card["other_day"] for card in report.cards
    )


def test_days_of_one_workbook_and_an_annulment_of_the_same_day(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    path = workbook(
        tmp_path / "p.xlsx",
        Лист1=[JULY, EGE, sat(0, 60), JUNE, EGE, sat(0, 20), sat(1, 40)],
        Лист2=[JUNE, EGE, sat(1, "аннулирован")],
    )
    report, found = read(path, strict=True)
    assert found["total"].to_list() == [60, None]
    assert any("результат аннулирован в протоколе того же дня" in str(w) for w in report.warnings)


def test_two_scores_of_one_day_stay_a_repeat(tmp_path: Path, read: Callable[..., tuple]) -> None:
    rows = [JUNE, EGE, sat(0, 20), sat(0, 60), JULY, EGE, sat(1, 30)]
    report, found = read(workbook(tmp_path / "p.xlsx", Лист1=rows))
    assert found["total"].to_list() == [20, 30]
    assert [(f.rows, f.reason.split(":")[0]) for f in report.rejected] == [((4,), "повтор")]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_retake_under_another_school_replaces_the_first_day(
    order: tuple[int, int], tmp_path: Path, read: Callable[..., tuple]
) -> None:
    """By the document a pupil is one whatever his school: the row of the later day is kept."""
    moved = oge_row(0, "++", "1(1)", 20, 5)
    moved[1] = "050102"
    days = [(JUNE, oge_row(0, "+-", "1(1)", 4, 2)), (JULY, moved)]
    paths = [
        workbook(
            tmp_path / f"{k}.xlsx", Лист1=[days[k][0], OGE, days[k][1], oge_row(2, "+", "", 9, 3)]
        )
        for k in order
    ]
    report, found = read(*paths, strict=True)
    assert found.select("school", "total").rows() == [("050102", 9), ("050102", 20)]
    assert sum(card["other_day"] for card in report.cards) == 2


def test_the_same_name_and_code_under_another_school_are_told(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    """Without a document nobody knows whether that is a retake or two people."""
    moved = sat(0, 60)
    moved[2] = "050102"
    path = workbook(tmp_path / "p.xlsx", Лист1=[JUNE, EGE, sat(0, 20), JULY, EGE, moved])
    report, found = read(path, strict=True)
    assert found["total"].to_list() == [20, 60]
    told = [warning for warning in report.warnings if "под другой школой" in warning.rule]
    assert [w.rule.partition("(строки ")[2] for w in told] == ["3)", "6)"]


@pytest.mark.parametrize("other", ["Итоговый балл", "Тестовый балл"])
@pytest.mark.parametrize(("score", "good"), [(70, True), ("", True), (71, False)])
def test_two_columns_of_final_scores_must_agree(
    other: str, score: object, good: bool, tmp_path: Path, read: Callable[..., tuple]
) -> None:
    path = workbook(tmp_path / "p.xlsx", Лист1=[JUNE, [*EGE, other], [*sat(0, 70), score]])
    if good:
        assert read(path)[1]["total"].to_list() == [70]
    else:
        with pytest.raises(DataError, match="столбцов «Итоговый балл» несколько"):
            read(path)
