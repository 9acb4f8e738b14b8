"""Tables nobody wrote a reader for: a description in YAML is enough, and its faults are located."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pytest

from msoko_analysis.errors import DataError, ParamsError
from msoko_analysis.measures.prepare import prepare
from msoko_analysis.params.run import DEMO_RUN, load_run

LAYOUTS = Path(__file__).resolve().parents[1] / "layouts"


def command(*arguments: object) -> str:
    """What ``msoko ingest`` prints."""
    start = "from msoko_analysis.cli import main; main()"
    run = [sys.executable, "-c", start, "ingest", *map(str, arguments)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_second_country_through_the_public_command(shared: Path, tmp_path: Path) -> None:
    source, out = shared / "data/romania_brasov/brasov.parquet", tmp_path / "out"
    layout = LAYOUTS / "romania_brasov.yaml"
    text = command(source, "--layout", layout, "--out", out, "--strict")
    assert "замечаний нет" in text
    (one,) = json.loads((out / "rows.json").read_text("utf-8"))
    assert one["rows"] == one["read"] == pl.read_parquet(source).height
    rows = pl.read_parquet(out / "results/**/*.parquet", hive_partitioning=False)
    years = rows.group_by("subject", "year").len().sort("subject", "year")
    # the README of the file: 3,072 / 3,084 / 3,093 rows
    assert years.filter(pl.col("subject") != "RL")["len"].to_list() == [3072, 3084, 3093] * 2
    original = pl.read_parquet(source)
    assert rows.filter(pl.col("subject") == "RL").height == original["mt_final"].count()
    joined = rows.filter(pl.col("subject") == "MA").join(
        original.with_row_index("line", offset=1).with_columns(pl.col("line").cast(pl.String)),
        left_on="pupil",
        right_on="line",
    )
    grade, total = joined["math_final"].to_numpy(), joined["total"].to_numpy()
    assert abs(grade * 20 - total).max() < 1e-9, "every step of 0.05 is a point of its own"
    assert (np.digitize(grade, [5, 7, 9]) + 2).tolist() == joined["mark"].to_list()


def test_counts_per_school_in_ordered_levels(shared: Path, derived: Callable[..., tuple]) -> None:
    source = shared / "data/moscow_ege/moscow_ege_2016_2018.csv"
    _, out = derived(source, layout=LAYOUTS / "moscow_ege.yaml", strict=True)
    counts = pl.read_parquet(out / "level_counts.parquet")
    schools = counts.group_by("year").agg(pl.col("school").n_unique()).sort("year")
    assert schools["school"].to_list() == [626, 758, 740]
    districts = counts.group_by("year").agg(pl.col("municipality").n_unique()).sort("year")
    assert districts["municipality"].to_list() == [125, 138, 137]
    by_level = dict(counts.filter(pl.col("year") == 2016).group_by("level").agg(pl.sum("n")).rows())
    raw = pl.read_csv(source).filter(pl.col("school_year") == "2015-2016")
    assert sum(by_level.values()) == raw["passed_total"].sum()
    assert by_level[3] == raw["n_over_220"].sum()
    later = counts.filter(pl.col("year") > 2016)["level"].unique().sort().to_list()
    assert later == [2, 3], "a level the source does not count is not 0"


FILE = ["Anul;Școala;Localitate;Nota;Media;Sex", "2024;S1;Bran;8,5;9;F", "2024;S2;Bran;x;9;M"]
LAYOUT = """\
title: проба
tables:
  - contract: results
    constants: {procedure: DIAG, grade: 8, subject: MA}
    columns:
      year: anul
      school: Școala
      municipality: Localitate
      pupil: {line: true}
      gender: {column: Sex, values: {F: f, M: m}}
      total: {column: Nota, multiply: 10, round: true}
      prior_mark: {column: Media, bands: {2: 1, 3: 5, 4: 7, 5: 9}}
"""


@pytest.fixture
def read(tmp_path: Path, derived: Callable[..., tuple]) -> Callable[..., tuple]:
    """Ingest a CSV of lines by a description that lies beside it; (report, results)."""

    def run(lines: list[str], layout: str = LAYOUT) -> tuple:
        (tmp_path / "x.layout.yaml").write_text(layout, encoding="utf-8")
        (tmp_path / "note.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        report, out = derived(tmp_path / "note.csv", replace=True)
        return report, pl.read_parquet(out / "results/**/*.parquet", hive_partitioning=False)

    return run


def test_a_description_beside_the_file_is_found(read: Callable[..., tuple]) -> None:
    report, rows = read(FILE[:2])
    row = rows.row(0, named=True)
    assert (row["procedure"], row["year"], row["pupil"]) == ("DIAG", 2024, "2")
    assert (row["total"], row["prior_mark"], row["gender"]) == (85, 5, "f")
    assert report.cards[0]["layout"] == "проба → results"


def test_a_bad_cell_is_a_fault_of_its_line(read: Callable[..., tuple]) -> None:
    lines = [*FILE, "2024;S3;Bran;7;много;F", "2024;S4;Bran;7;0,5;F", ";S5;Bran;7;9;F"]
    report, rows = read([*lines, "2024;S6;Bran;седьмой;9;F"])
    assert rows.select("school", "total", "prior_mark").sort("school").rows() == [
        ("S1", 85, 5),
        ("S2", None, 5),
        ("S3", 70, None),
        ("S4", 70, None),
    ]
    cells = {(f.column, f.reason, f.rows) for f in report.cells}
    assert cells == {("Media → prior_mark", "не число", (4, 5))}
    aside = {(f.column, f.reason, f.rows) for f in report.rejected}
    assert aside == {("Anul", "пусто", (6,)), ("Nota → total", "не число", (7,))}


SCORES = ("4,05", "4,95", "5", "5,05")


def scores(*values: str) -> list[str]:
    return [FILE[0], *(f"2024;S{k};Bran;{value};9;F" for k, value in enumerate(values))]


def test_halves_go_away_from_zero(read: Callable[..., tuple]) -> None:
    layout = LAYOUT.replace("multiply: 10, ", "")
    assert read(scores("4,5", "5,5", "6,49"), layout)[1].sort("school")["total"].to_list() == [
        5,
        6,
        6,
    ]


@pytest.mark.parametrize(("factor", "totals"), [(10, [40, 49, 50, 50]), (20, [81, 99, 100, 101])])
def test_multiplying_lifts_nobody_over_a_cut(
    factor: int, totals: list[int], read: Callable[..., tuple]
) -> None:
    """4.95 of a pass at 5 is a fail in any scale; what the factor leaves broken is told once."""
    report, rows = read(scores(*SCORES), LAYOUT.replace("multiply: 10", f"multiply: {factor}"))
    assert rows.sort("school")["total"].to_list() == totals
    told = [str(warning) for warning in report.warnings]
    assert len(told) == (factor == 10)
    assert all("дробных баллов: 3 и после" in one and "multiply: 20" in one for one in told)


def test_scores_with_a_step_are_told_once_with_the_step(read: Callable[..., tuple]) -> None:
    layout = LAYOUT.replace("{column: Nota, multiply: 10, round: true}", "Nota")
    report, _ = read(scores(*SCORES), layout)
    (told,) = report.warnings
    assert told.column == "Nota"
    assert "дробных баллов: 3 — шаг шкалы 0,05" in f"{told.rule} — {told.action}"
    assert "multiply: 20, round: true" in told.action
    assert "в её столбце step" in told.action


def test_words_for_nothing_are_absent_pupils(read: Callable[..., tuple]) -> None:
    words = ("abs", "Absent", "N/A", "n/a", "*", "")
    layout = f"missing: [abs, absent, n/a, '*']\n{LAYOUT}"
    report, rows = read(scores("4", *words), layout)
    assert rows.sort("school")["total"].to_list() == [40, *[None] * len(words)]
    assert not report.rejected


def test_the_first_filled_of_several_columns(read: Callable[..., tuple]) -> None:
    """The final mark is that of the appeal where there was one."""
    lines = ["Anul;Școala;Localitate;Nota;Media;Sex;Apel"]
    lines += ["2024;S1;Bran;4;9;F;", "2024;S2;Bran;4;9;F;5,5", "2024;S3;Bran;4;9;F;-"]
    report, rows = read(lines, LAYOUT.replace("column: Nota", "column: [Apel, Nota]"))
    assert rows.sort("school")["total"].to_list() == [40, 55, 40]
    assert not report.rejected


def test_a_key_of_several_columns(read: Callable[..., tuple]) -> None:
    """Pupils are numbered within their classes."""
    lines = [f"{FILE[0]};Clasa;Nr"]
    lines += [f"2024;S1;Bran;{k};9;F;{group};1" for k, group in enumerate("AB", 4)]
    report, rows = read(lines, LAYOUT.replace("{line: true}", "{join: [Clasa, Nr]}"))
    assert sorted(rows["pupil"]) == ["A-1", "B-1"]
    assert not report.rejected
    report, _ = read(lines, LAYOUT.replace("{line: true}", "Nr"))
    assert "в описании" in report.rejected[0].reason


def test_a_heading_has_other_names_or_only_a_place(read: Callable[..., tuple]) -> None:
    lines = [FILE[0].replace("Nota", "Nota finală").replace("Sex", ""), "2024;S1;Bran;4;9;F"]
    layout = f"also: {{Nota: [Nota 2023, Nota finală]}}\n{LAYOUT}".replace(
        "column: Sex", "column: №6"
    )
    row = read(lines, layout)[1].row(0, named=True)
    assert (row["total"], row["gender"]) == (40, "f")


def test_two_rows_of_headings(read: Callable[..., tuple]) -> None:
    lines = ["Anul;Școala;Localitate;Matematica;;Sex", ";;;Nota;Media;", *FILE[1:2]]
    layout = LAYOUT.replace("column: Nota", "column: Matematica Nota")
    layout = layout.replace("column: Media", "column: matematica media")
    row = read(lines, f"headings: 2\n{layout}")[1].row(0, named=True)
    assert (row["total"], row["prior_mark"], row["gender"]) == (85, 5, "f")


@pytest.mark.parametrize("named", ["cp1250", "iso8859-2"])
def test_an_encoding_is_taken_at_its_word(
    named: str, tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    lines = ["Anul;Škola;Nota", "2024;Žižkov;4"]
    (tmp_path / "a.csv").write_bytes("\n".join(lines).encode(named))
    layout = tmp_path / "a.layout.yaml"
    layout.write_text(
        f"title: проба\nencoding: {named}\ntables:\n  - contract: results\n"
        "    constants: {procedure: DIAG, grade: 8, subject: MA, municipality: M}\n"
        "    columns: {year: anul, school: Škola, pupil: {line: true}, total: Nota}\n",
        encoding="utf-8",
    )
    _, out = derived(tmp_path / "a.csv")
    assert pl.read_parquet(out / "results/**/*.parquet")["school"].to_list() == ["Žižkov"]
    (tmp_path / "a.csv").write_bytes("\n".join(lines).encode("cp1250"))
    layout.write_text(layout.read_text(encoding="utf-8").replace(named, "ascii"), encoding="utf-8")
    with pytest.raises(DataError, match=r"строка 1: файл не в кодировке ascii"):
        derived(tmp_path / "a.csv", replace=True)


def test_marks_of_another_scale_are_told_once(read: Callable[..., tuple]) -> None:
    lines = [
        FILE[0],
        *(f"2024;S{k};Bran;4;{mark};F" for k, mark in enumerate(("6", "5,5", "4", ""))),
    ]
    layout = LAYOUT.replace("{column: Media, bands: {2: 1, 3: 5, 4: 7, 5: 9}}", "Media")
    report, rows = read(lines, layout)
    assert rows["prior_mark"].to_list() == [None] * 4
    (told,) = report.warnings
    assert told.column == "Media"
    assert "отметки не из 2, 3, 4, 5 (дробные или больше 5): 2 из 3; столбец не взят" in told.rule
    assert "prior_mark: {column: …, bands:" in told.action
    assert not report.cells
    assert report.cards[0]["ignored"] == ["Media"]


def test_a_slip_among_marks_is_a_fault_of_its_cell(read: Callable[..., tuple]) -> None:
    """One mark in twenty at most: the others are kept, whoever made the file."""
    marks = ["6", *["4"] * 19, "1", "0", "нет"]
    lines = [FILE[0], *(f"2024;S{k:02};Bran;4;{mark};F" for k, mark in enumerate(marks))]
    layout = LAYOUT.replace("{column: Media, bands: {2: 1, 3: 5, 4: 7, 5: 9}}", "Media")
    report, rows = read(lines, layout)
    assert rows["prior_mark"].drop_nulls().to_list() == [4] * 19
    assert not report.warnings
    assert {fault.rows for fault in report.cells} == {(2, 22, 23), (24,)}


def test_marks_of_another_scale_without_a_description(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    """A file in the shape of the contract: its scores are read, its marks from 2,00 to 6,00 are not."""
    head = "year;procedure;grade;subject;municipality;school;pupil;prior_mark;mark;total"
    rows = [
        f"2024;EXAM;8;MA;M;S;{k};{mark};{k % 4 + 2};{k}" for k, mark in enumerate(("5,45", "6"))
    ]
    report, out = derived(write_csv([head, *rows]))
    table = pl.read_parquet(out / "results/**/*.parquet", hive_partitioning=False)
    assert table.select("prior_mark", "mark", "total").rows() == [(None, 2, 0), (None, 3, 1)]
    (told,) = report.warnings
    assert (told.column, "2 из 2" in told.rule) == ("prior_mark", True)
    with pytest.raises(DataError, match=r"строгий режим\n.*prior_mark.*столбец не взят"):
        derived(write_csv([head, *rows]), strict=True, replace=True)


COUNTS = """\
title: проба
tables:
  - contract: level_counts
    sum: true
    constants: {procedure: EXAM, grade: 12, year: 2009, subject: MA}
    columns: {municipality: town, school: school}
    rows:
      - {constants: {level: 1, title: fail}, columns: {n: fail}}
      - {constants: {level: 2, title: pass}, columns: {n: pass}}
"""


def test_counts_of_one_key_are_added_up_and_entries_are_named(
    tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    """Girls and boys stand in rows of their own; a cell that is no number is told, not added."""
    lines = [
        "town,school,sex,fail,pass",
        "A,S1,f,3,10",
        "A,S1,m,4,20",
        "A,S2,f,1,5",
        "A,S2,m,много,7",
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "a.layout.yaml").write_text(COUNTS, encoding="utf-8")
    report, out = derived(tmp_path / "a.csv")
    table = pl.read_parquet(out / "level_counts.parquet")
    got = table.select("school", "level", "n").sort("school", "level").rows()
    assert got == [("S1", 1, 7), ("S1", 2, 30), ("S2", 1, 1), ("S2", 2, 12)]
    assert [(f.reason, f.rows) for f in report.rejected] == [("не число", (5,))]
    assert [card["layout"] for card in report.cards] == [
        "проба → level_counts (1, fail)",
        "проба → level_counts (2, pass)",
    ]
    for card in report.cards:
        assert card["rows_in"] + card["skipped"] == 4


def test_counts_of_two_municipalities_are_not_added_up(
    tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    """One code in two towns: whose the sum would be nobody knows; the second line is told."""
    lines = ["town,school,sex,fail,pass", "A,S1,f,3,10", "B,S1,f,4,20", "A,S1,m,1,1"]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "a.layout.yaml").write_text(COUNTS, encoding="utf-8")
    report, out = derived(tmp_path / "a.csv")
    table = pl.read_parquet(out / "level_counts.parquet").sort("level")
    assert table.select("municipality", "level", "n").rows() == [("A", 1, 4), ("A", 2, 11)]
    assert {fault.rows for fault in report.rejected} == {(3,)}


def test_a_heading_merged_over_both_rows_is_one(
    tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    book = openpyxl.Workbook()
    for row in (["Școala", "Nota", None], [None, "Scris", "Oral"], ["S1", 8, 9]):
        book.active.append(row)
    book.active.merge_cells("A1:A2")
    book.active.merge_cells("B1:C1")
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "a.layout.yaml").write_text(
        "title: t\nheadings: 2\ntables:\n  - contract: results\n    constants: {year: 2024, "
        "procedure: DIAG, grade: 8, subject: MA, municipality: M}\n    columns: {school: Școala, "
        "pupil: {line: true}, total: Nota Oral}\n",
        encoding="utf-8",
    )
    _, out = derived(tmp_path / "a.xlsx")
    rows = pl.read_parquet(out / "results/**/*.parquet").select("school", "total").rows()
    assert rows == [("S1", 9)]


TWICE = """\
title: проба
tables:
  - contract: results
    constants: {procedure: EXAM, grade: 8, year: 2024, subject: MA}
    columns: {municipality: town, school: school, pupil: {line: true}}
    rows:
      - {constants: {variant: A}, present: first, columns: {total: first}}
      - {constants: {variant: A}, present: second, columns: {total: second}}
"""


def test_entries_that_look_alike_are_told_apart(
    tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    """Both make a row of every line: the repeat is the description's, told once, and not «all taken»."""
    lines = ["town,school,first,second", "A,S1,3,4", "A,S1,4,", "A,S1,x,"]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "a.layout.yaml").write_text(TWICE, encoding="utf-8")
    report, _ = derived(tmp_path / "a.csv")
    assert [card["layout"] for card in report.cards] == [
        "проба → results (A, строка 1 описания)",
        "проба → results (A, строка 2 описания)",
    ]
    assert [card["skipped"] for card in report.cards] == [0, 2]
    text = report.text()
    assert text.count("повтор из-за описания") == 1
    assert "приняты все" not in text


def test_means_of_schools_are_a_table(tmp_path: Path, derived: Callable[..., tuple]) -> None:
    (tmp_path / "a.csv").write_text(
        "town,school,n,mean,mark\nA,S1,20,61.35,4.1\n", encoding="utf-8"
    )
    (tmp_path / "a.layout.yaml").write_text(
        "title: проба\ntables:\n  - contract: school_means\n"
        "    constants: {procedure: EXAM, grade: 8, year: 2024, subject: MA}\n"
        "    columns: {municipality: town, school: school, n: n, mean: mean, prior_mean: mark}\n",
        encoding="utf-8",
    )
    report, out = derived(tmp_path / "a.csv")
    table = pl.read_parquet(out / "school_means.parquet")
    assert [told.rule for told in report.warnings] == [
        "средние результаты школ записаны, но документы по ним не делаются"
    ]
    run = load_run(DEMO_RUN, data=out)
    with pytest.raises(DataError, match="только средние результаты школ, документы по ним не"):
        prepare(run)
    assert table.select("school", "n", "mean", "prior_mean").rows() == [("S1", 20, 61.35, 4.1)]


def test_the_example_of_the_manual_reads_what_it_says(
    project: Path, tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    """Every key of data/README.ru.md at once: letters, a place, an appeal, a missing word.

    Two rows of headings have a test of their own.
    """
    manual = (project / "data" / "README.ru.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", manual, re.S)
    assert example
    lines = [
        "Район;Код школы;Класс;Номер;Математика;Апелляция;№7;Русский;Средняя",
        "Север;S1;8А;1;4,95;;5,05;да;9,5",
        "Север;S1;8А;2;4,95;5,05;abs;да;4,9",
        "Север;S1;8Б;1;*;;6;;н/д",
    ]
    text = example[1].replace("headings: 2", "headings: 1")
    (tmp_path / "оценки.layout.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "оценки_2026.csv").write_text("\n".join(lines), encoding="cp1251")
    report, out = derived(tmp_path / "оценки_2026.csv", strict=True)
    table = pl.read_parquet(out / "results/**/*.parquet").sort("subject", "pupil")
    assert table.select("subject", "pupil", "total", "prior_mark").rows() == [
        ("MA", "8А-1", 99, 5),
        ("MA", "8А-2", 101, 2),
        ("MA", "8Б-1", None, None),
        ("RU", "8А-1", 101, 5),
        ("RU", "8А-2", None, 2),
    ]
    assert not report.warnings


def test_scores_with_a_step_in_a_file_without_a_description(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    head = "year;procedure;grade;subject;municipality;school;pupil;total"
    rows = [f"2024;EXAM;8;MA;M;S;{k};{score}" for k, score in enumerate(("4,5", "7", "7,25", "x"))]
    report, _ = derived(write_csv([head, *rows]))
    (told,) = report.warnings
    assert (told.column, told.rule) == ("total", "дробных баллов: 2")
    assert "шаг шкалы 0,25: опишите файл" in told.action


def test_words_for_nothing_have_a_key_and_the_report_says_so(read: Callable[..., tuple]) -> None:
    report, _ = read(scores("4", "wegbleiben"))
    assert "missing: [abs, n/a]" in report.text()


def test_columns_the_file_lacks_are_named(read: Callable[..., tuple]) -> None:
    with pytest.raises(DataError) as caught:
        read([FILE[0].replace("Nota", "Notă").replace("Sex", "Gen"), FILE[1]])
    first, second = caught.value.problems
    assert "нет столбца «Sex», названного в описании" in str(first)
    assert "строка 1" in str(second)
    assert "возможно, имелось в виду «Notă»" in str(second)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("contract: results", "contract: result", r"строка 3: .*имелось в виду «results»"),
        ("prior_mark:", "priormark:", r"строка 12: .*нет такого столбца — .*«prior_mark»"),
        ("procedure: DIAG", "procedure: TEST", r"строка 4: недопустимое значение; допустимы: VPR"),
        ("grade: 8", "grade: 13", r"«tables.№1.constants.grade», строка 4: недопустимое"),
        (", subject: MA", "", "откуда взять обязательный столбец «subject»"),
        ("year: anul", "year: {column: anul, extract: '20'}", "с частью в скобках"),
        ("{2: 1, 3: 5,", "{2: 6, 3: 5,", "границы не возрастают"),
        ("{line: true}", "{}", "нужен либо column, либо join, либо line: true"),
        ("multiply: 10", "multiply: 1.0e+9", r"строка 11: множитель не из"),
        ("column: Nota", "column: [Nota]", "не меньше двух столбцов"),
        ("title: проба", "title: проба\nencoding: cp0", r"строка 2: такой кодировки нет"),
        (LAYOUT[LAYOUT.index("tables:") :], "tables: []", "в описании нет ни одной таблицы"),
        ("contract: results", "contract: results\n    sum: true", "sum: true складывает"),
        ("multiply:", "times:", r"строка 11: неизвестный ключ"),
        ("tables:", "also: {Note: [N]}\ntables:", "«Note» не назван.*имелось в виду «Nota»"),
        ("subject: MA}", "subject: MA, year: 2024}", "«year» задан и в columns, и в constants"),
    ],
)
def test_faults_of_a_description_are_located(
    old: str, new: str, message: str, read: Callable[..., tuple]
) -> None:
    with pytest.raises(ParamsError, match=message):
        read(FILE, LAYOUT.replace(old, new))


def test_a_description_of_no_file_or_two_of_one(
    tmp_path: Path, read: Callable[..., tuple], derived: Callable[..., tuple]
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(LAYOUT.replace("tables:", "files: ['*.xlsx']\ntables:", 1), encoding="utf-8")
    read(FILE)
    with pytest.raises(DataError, match="не подходит ни к одному файлу"):
        derived(tmp_path / "note.csv", layout=other, replace=True)
    (tmp_path / "y.layout.yaml").write_text(LAYOUT, encoding="utf-8")
    with pytest.raises(DataError, match=r"несколько описаний: x.layout.yaml, y.layout.yaml"):
        read(FILE)
