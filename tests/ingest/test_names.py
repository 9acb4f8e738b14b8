"""Nobody's name: of columns that nothing needs nothing is written, and names are known in any dress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest
from samples import HEADER, ROWS

from msoko_analysis.errors import DataError
from msoko_analysis.ingest import IngestReport

WHO = "Жирафенко Аполлинария Ксенофонтовна"
UNUSED = (
    *("Учащийся", "Ученик", "Участник", "Выпускник", "fio", "FIO", "full_name", "ФИ", "Примечание"),
    *("Ф.И. ученика", "Телефон родителя", "Nume", "Фамилия, имя", WHO),
    *("Жирафенко", "ЖИРАФЕНКО", "жирафенко", "4А Жирафенко", "Аполлинария"),
)
#: A row set aside, a cell emptied, a good row.
FAULTY = (ROWS[0][:-2] + "плохо", ROWS[1].replace(";3;9", ";12;9"), ROWS[2])


def each_once(ones: Sequence[str], others: Sequence[object]) -> list:
    """All pairs; in CI each of both at least once, the rest with the slow tests."""
    return [
        pytest.param(
            one, other, marks=() if (row - column) % len(others) == 0 else pytest.mark.slow
        )
        for row, one in enumerate(ones)
        for column, other in enumerate(others)
    ]


def written(out: Path, report: IngestReport) -> str:
    """All that an ingest made, as text: names of files, bytes, cells of Parquet, the report."""
    parts = [report.text()]
    for path in out.rglob("*"):
        parts.append(path.name)
        if path.suffix == ".parquet":
            parts.append(
                str(pl.read_parquet(path, hive_partitioning=False).to_dict(as_series=False))
            )
        elif path.is_file():
            parts.append(path.read_text(encoding="utf-8"))
    return "\n".join(parts)


def leaks(text: str) -> list[str]:
    low = text.casefold()
    return [part for part in WHO.casefold().split() if part in low]


def a_table(dress: str, heading: str, folder: Path, write_xlsx: Callable[..., Path]) -> Path:
    """The faulty rows with one more column of names in one dress of a file."""
    rows = [row.split(";") for row in FAULTY]
    header = [*HEADER.split(";"), heading]
    if dress == "xlsx":
        return write_xlsx([header, *([*row, WHO] for row in rows)], "a.xlsx")
    if dress == "parquet":
        table = pl.DataFrame([[*row, WHO] for row in rows], schema=header, orient="row")
        table.write_parquet(folder / "a.parquet")
        return folder / "a.parquet"
    lines = [";".join(header), *(f"{row};{WHO}" for row in FAULTY)]
    (folder / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    if dress == "described":
        columns = "".join(f"      {name}: {name}\n" for name in header[:-1])
        text = f"title: t\ntables:\n  - contract: results\n    columns:\n{columns}"
        (folder / "a.layout.yaml").write_text(text, encoding="utf-8")
    return folder / "a.csv"


@pytest.mark.parametrize(
    ("heading", "dress"), each_once(UNUSED, ["csv", "xlsx", "parquet", "described"])
)
def test_of_a_column_that_nothing_needs_nothing_is_written(
    heading: str,
    dress: str,
    tmp_path: Path,
    write_xlsx: Callable[..., Path],
    derived: Callable[..., tuple],
) -> None:
    report, out = derived(a_table(dress, heading, tmp_path, write_xlsx))
    text = written(out, report)
    assert leaks(text) == []
    assert (report.cards[0]["set_aside"], report.cards[0]["cells_blanked"]) == (1, 1)
    assert "строка" in text, "the lists of faults are there"


DRESSED = (
    *(WHO, WHO.upper(), WHO.lower(), "Жирафенко А.К.", "ЖИРАФЕНКО А. К.", "жирафенко а.к."),
    *("А.К. Жирафенко", "Zhirafenko Apollinariya Ksenofontovna"),
    *("Әхмәтҗанова Гөлнара Рәшит кызы", "Жирафенко Мария", "Мария Жирафенко"),
    *("Жирафенко_Мария", "Жирафенко, Мария", "ЖирафенкоМария", "12. Жирафенко Мария"),
    *("Жирафенко Мария 12", "Жирафенко А.К. (болеет)", "Zhirafenko Apollinariya"),
)


@pytest.mark.parametrize(("name", "column"), each_once(DRESSED, [4, 5, 6, 7]))
def test_a_name_in_a_column_that_is_used_is_set_aside_unseen(
    name: str, column: int, write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    """Municipality, school, class, pupil."""
    cells = ROWS[0].split(";")
    cells[column] = name
    report, out = derived(write_csv([HEADER, ";".join(cells), *ROWS[1:]]))
    assert name.split()[0].casefold() not in written(out, report).casefold()
    faults = report.cells if column == 6 else report.rejected
    assert ["похоже на имя" in fault.reason for fault in faults] == [True]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ВЫМЫСЛОВА АДЕЛАИДА",
            "вымыслова",
            "Вымыслова-Ева",
            "Popescu Ion",
            "IONESCU",
            "Вымыслова 4А",
        ),
        *("Բարեւ Անի", "გიორგი", "Ян", "И. И.", "Ева2 Вымыслова", "王小明"),
    ],
)
def test_a_name_is_no_code_of_a_pupil_in_any_script(
    name: str, write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    report, out = derived(write_csv([HEADER, ROWS[0].replace(";1;", f";{name};"), *ROWS[1:]]))
    assert name not in written(out, report)
    assert [(f.column, f.n) for f in report.rejected] == [("pupil", 1)]


@pytest.mark.parametrize(
    "code", ["1", "0012", "A-17", "edu990001_4", "3f2a9c", "б", "МА4-012", "abcdefabcdefabcd"]
)
def test_a_code_of_a_pupil_is_one(
    code: str, write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    report, _ = derived(write_csv([HEADER, ROWS[0].replace(";1;", f";{code};"), *ROWS[1:]]))
    assert report.rejected == ()


@pytest.mark.parametrize("column", [6, 8])
@pytest.mark.parametrize(
    "name", ["Жирафенко", "ЖИРАФЕНКО", "Zhirafenko", "Վարդանյան", "Аполлинария Ж"]
)
def test_a_class_or_a_variant_is_no_word(
    name: str, column: int, write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    cells = [row.split(";") for row in (HEADER, *ROWS)]
    if column == 8:
        cells = [[*row[:8], "1", *row[8:]] for row in cells]
        cells[0][8] = "variant"
    cells[1][column] = name
    report, out = derived(write_csv([";".join(row) for row in cells]))
    assert name.casefold() not in written(out, report).casefold()
    assert [fault.reason for fault in report.cells] == ["похоже на имя человека"]


@pytest.mark.parametrize("name", ["10 физмат", "Кадетский", "А", "4 «Б»", "общий", "11-1"])
def test_a_class_may_be_called_by_what_it_learns(
    name: str, write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    report, _ = derived(write_csv([HEADER, ROWS[0].replace(";4А;", f";{name};"), *ROWS[1:]]))
    assert report.cells == report.rejected == ()


@pytest.mark.parametrize("heading", ["_document", "_name", "_code", "_row"])
def test_a_column_may_be_called_like_one_of_ours(
    heading: str, write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    lines = [f"{HEADER};{heading}", *(f"{row};{WHO}" for row in ROWS)]
    report, out = derived(write_csv(lines))
    assert leaks(written(out, report)) == []
    assert report.cards[0]["rows_out"] == len(ROWS)


@pytest.mark.parametrize(
    "place",
    [
        *(
            "Нижний Новгород",
            "Сосновый Бор",
            "Лев-Толстовский район",
            "р.п. Выдумка",
        ),
        *("Школа № 3 имени Ивана Ивановича Выдумкина", "Великие Луки", "СОШ с. Ивановка", "Лицей"),
        *("пос. Красная Поляна", "Гимназия им. А. С. Выдумкина", "г. Казань", "ООШ д. Петровичи"),
    ],
)
def test_a_place_is_no_person(
    place: str, write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    rows = [row.replace(";M01;", f";{place};") for row in ROWS]
    report, _ = derived(write_csv([HEADER, *rows]))
    assert report.rejected == ()
    rows = [row.replace(";S1;", f";{place};") for row in ROWS]
    report, _ = derived(write_csv([HEADER, *rows]), replace=True)
    assert report.rejected == ()


def test_lists_of_faults_of_files_with_like_names_do_not_overwrite_each_other(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    emptied = write_csv([HEADER, FAULTY[1], ROWS[0]], name="a.csv")
    aside = [row.replace(";S", ";T") for row in (FAULTY[0], ROWS[2])]
    report, out = derived(emptied, write_csv([HEADER, *aside], name="a_cells.csv"))
    assert len(list((out / "rejected").iterdir())) == len([*report.rejected, *report.cells]) == 2


def test_an_absent_pupil_has_no_variant_and_is_nobody_elses_name(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    head = f"{HEADER};variant"
    without_points = ROWS[1].rpartition(";")[0]
    rows = [f"{ROWS[0]};1", f"{without_points};;отсутствовал"]
    report, out = derived(write_csv([head, *rows]))
    assert report.rejected == report.cells == ()
    kept = pl.read_parquet(out / "results" / "**" / "*.parquet")["variant"].to_list()
    assert sorted(kept, key=str) == ["1", None]


@pytest.mark.parametrize("name", ["Жирафенко", "4А Жирафенко", "Аполлинария", "Жирафенко А.К."])
def test_a_sheet_called_by_a_person_is_told_by_its_place(
    name: str, write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    rows = [row.split(";") for row in (HEADER, *FAULTY)]
    report, out = derived(write_xlsx(rows, "a.xlsx", name))
    assert leaks(written(out, report)) == []
    assert [card["sheet"] for card in report.cards] == ["лист 1 (название скрыто)"]


@pytest.mark.parametrize(
    "name",
    ["Жирафенко А.К.", "4А_Жирафенко Мария", "Жирафенко", "Бегемотова 4А", "zhirafenko_maria_7b"],
)
def test_a_file_called_by_a_person_must_be_renamed(
    name: str, write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    with pytest.raises(DataError, match="имя файла похоже на имя человека — переименуйте"):
        derived(write_csv(name=f"{name}.csv"))


@pytest.mark.parametrize(
    "name",
    [
        "Саратов",
        "Ново-Ивановский район_ma4_2021",
        "администрация г.о. Самара",
        "im_martin_school",
    ],
)
def test_a_file_called_by_a_place_is_read(
    name: str, write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    assert derived(write_csv(name=f"{name}.csv"))[0].cards
