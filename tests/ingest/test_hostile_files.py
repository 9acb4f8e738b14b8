"""Bombs, pipes, panics: each input is answered in seconds, within memory, by its name."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from samples import HEADER, ROWS

from msoko_analysis.errors import DataError
from msoko_analysis.ingest import apart, pipeline, read_files
from msoko_analysis.ingest.sheets import unique_headings

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PUPILS = [HEADER.split(";"), *(row.split(";") for row in ROWS)]


@pytest.fixture(autouse=True)
def seconds() -> Iterator[None]:
    """Every test of this file answers within seconds of processor time, children included."""

    def spent() -> float:
        used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(one.ru_utime + one.ru_stime for one in used)

    before = spent()
    yield
    assert spent() - before < 20


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_files([path], path.parent / "out")
    assert path.name in str(caught.value)
    assert not (path.parent / "out").exists()
    return str(caught.value)


def read_or_refused(path: Path) -> None:
    """Either will do, but nothing else, and a refusal names the file."""
    try:
        read_files([path], path.parent / "out")
        said = path.name
    except DataError as error:
        said = str(error)
    assert path.name in said


def workbook(path: Path, cells: str | Iterator[str], extra: dict[str, str] | None = None) -> Path:
    """A workbook of one sheet whose XML inside ``sheetData`` is given, in parts if it is large."""
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        'officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships"><sheets><sheet name="Лист1" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/'
        '2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/'
        '2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    } | (extra or {})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for part in [cells] if isinstance(cells, str) else cells:
                sheet.write(part.encode())
            sheet.write(b"</sheetData></worksheet>")
    return path


def letters(column: int) -> str:
    """Name of a column from 0."""
    name = ""
    while column >= 0:
        name, column = chr(65 + column % 26) + name, column // 26 - 1
    return name


def row(number: int, values: list[str]) -> str:
    cells = (
        f'<c r="{letters(at)}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
        for at, value in enumerate(values)
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


TABLE = "".join(row(number, values) for number, values in enumerate(PUPILS, 1))


def stray(cell: str, text: str = " ") -> str:
    """A cell somewhere, with a space."""
    number = cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    filled = f'<is><t xml:space="preserve">{text}</t></is>'
    return f'<row r="{number}"><c r="{cell}" t="inlineStr">{filled}</c></row>'


def test_the_workbook_of_these_tests_is_one(
    tmp_path: Path, derived: Callable[..., tuple], read_results: Callable[[Path], pl.DataFrame]
) -> None:
    _, out = derived(workbook(tmp_path / "a.xlsx", TABLE))
    assert read_results(out)["total"].to_list() == [12, 9, 17]


@pytest.mark.parametrize("cell", ["L1048576", "A1048576", "XFD9"])
def test_a_space_far_from_the_table_is_nothing(
    cell: str,
    tmp_path: Path,
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    _, out = derived(workbook(tmp_path / "a.xlsx", TABLE + stray(cell)))
    assert read_results(out)["total"].to_list() == [12, 9, 17]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (TABLE + stray("XFD1048576"), "удалите лишние строки и столбцы"),
        (TABLE + stray("XFD2000"), "удалите лишние строки и столбцы"),
        (TABLE + stray("A999999", "я"), "строка 999999"),
        (TABLE + stray("ZZZ9", "я"), "столбцов больше"),
        (TABLE + stray("A99999999999999999999"), "повреждён"),
        (TABLE + stray("ZZZZZZZZZZZZZZZZ9"), "повреждён"),
        (TABLE + row(9, ["я" * 40_000]), "в ячейке больше 32767 знаков"),
        ((" " * 1_000_000 for _ in range(450)), "книга слишком велика"),
        (TABLE + '<row r="9"><c r="A9" t="s"><v>77</v></c></row>', "повреждён"),
        (TABLE + "<row", "повреждён"),
    ],
    ids=lambda value: str(value)[-40:] if isinstance(value, str) else type(value).__name__,
)
def test_workbooks_that_are_refused(tmp_path: Path, cells: str, said: str) -> None:
    assert said in refused(workbook(tmp_path / "a.xlsx", cells))


def test_a_cell_of_200_megabytes(tmp_path: Path) -> None:
    text = ("я" * 1_000_000 for _ in range(100))
    cells = iter(['<row r="1"><c r="A1" t="inlineStr"><is><t>', *text, "</t></is></c></row>"])
    assert "a.xlsx" in refused(workbook(tmp_path / "a.xlsx", cells))


def test_entities_that_multiply(tmp_path: Path) -> None:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    strings = (
        f'<!DOCTYPE s [<!ENTITY l0 "ха">{lines}]><sst xmlns="{MAIN}"><si><t>&l11;</t></si></sst>'
    )
    book = workbook(tmp_path / "a.xlsx", TABLE, {"xl/sharedStrings.xml": strings})
    read_or_refused(book)


def test_a_reader_that_dies_takes_nobody_along(
    tmp_path: Path, write_csv: Callable[..., Path]
) -> None:
    """Faults of all files are told, those behind the one that ended the reader included."""
    bad = workbook(tmp_path / "a.xlsx", TABLE + stray("XFD1048576"))
    good = workbook(tmp_path / "b.xlsx", TABLE)
    empty = write_csv([HEADER], name="c.csv")
    with pytest.raises(DataError) as caught:
        read_files([bad, good, empty], tmp_path / "out")
    assert "\n  1. a.xlsx" in str(caught.value)
    assert "\n  2. c.csv" in str(caught.value)
    assert read_files([good], tmp_path / "out").papers[0]["rows"] == 3


def test_a_reader_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_SECONDS", 0.5)
    monkeypatch.setattr(apart, "_process", apart._Process())
    monkeypatch.setattr(apart, "_SCRIPT", tmp_path / "sleeper.py")
    (tmp_path / "sleeper.py").write_text("import time; time.sleep(100)", encoding="utf-8")
    started = time.monotonic()
    assert "не читается" in refused(workbook(tmp_path / "a.xlsx", TABLE))
    assert time.monotonic() - started < 30


def test_same_headings_by_the_thousand(
    tmp_path: Path, derived: Callable[..., tuple], write_csv: Callable[..., Path]
) -> None:
    many = 3000
    lines = [HEADER + ";балл" * many, *(line + ";1" * many for line in ROWS)]
    report, _ = derived(write_csv(lines))
    assert report.papers[0]["rows"] == 3
    assert "столбцов больше" in refused(write_csv([HEADER + ";балл" * 6000, *ROWS], name="b.csv"))


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_or_a_row_of_a_csv_without_end(
    quote: str, tmp_path: Path, write_csv: Callable[..., Path]
) -> None:
    long = f"2021;ВПР;4;МА;M01;{quote}{'S' * 5_000_000}{quote};а;1;м;4;12"
    assert "строка 5" in refused(write_csv([HEADER, *ROWS, long]))
    many = f"2021;ВПР;4;МА;M01;{quote}S{quote}" + ";" * 3_000_000
    assert "строка 5" in refused(write_csv([HEADER, *ROWS, many], name="b.csv"))


def test_headings_are_unique_whatever_they_are() -> None:
    """A twin: 2000 headings of few words, among them some that look numbered already."""
    words = ["балл", "балл (2)", "", "столбец 3", "_row", "балл (2) (2)"]
    names = unique_headings([words[n * n % len(words)] for n in range(2000)])
    assert len(set(names)) == 2000
    assert "_row" not in names


NESTED = {
    "списки": pl.Series([[1], [2], [3]]),
    "записи": pl.Series([{"a": 1}] * 3),
    "байты": pl.Series([b"\xff\xfe"] * 3),
    "пары": pl.Series([[{"key": "a", "value": 1}]] * 3),
}


def parquet(path: Path, **more: pl.Series) -> Path:
    columns = dict(zip(PUPILS[0], zip(*PUPILS[1:], strict=True), strict=True))
    table = pl.DataFrame({name: list(cells) for name, cells in columns.items()})
    table.with_columns(series.alias(name) for name, series in more.items()).write_parquet(path)
    return path


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("place", ["x", "prior_mark", "school"])
def test_parquet_columns_that_are_no_values(name: str, place: str, tmp_path: Path) -> None:
    assert f"«{place}»" in refused(parquet(tmp_path / "a.parquet", **{place: NESTED[name]}))


def test_parquet_headings(
    tmp_path: Path, derived: Callable[..., tuple], read_results: Callable[[Path], pl.DataFrame]
) -> None:
    path = parquet(tmp_path / "a.parquet", **{"": pl.Series([None, "x", None])})
    table = pl.read_parquet(path)
    table.columns = [f" {name} " if name else "" for name in table.columns]
    table.write_parquet(path)
    _, out = derived(path)
    assert read_results(out)["total"].to_list() == [12, 9, 17]


@pytest.mark.parametrize("at", [8, 100, -300, -60])
def test_parquet_damaged_anywhere(at: int, tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet")
    data = bytearray(path.read_bytes())
    data[at : at + 40] = b"\xff" * 40
    path.write_bytes(bytes(data))
    read_or_refused(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_devices(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "p.csv")
    assert "канал или устройство" in refused(tmp_path / "in" / "p.csv")
    assert "канал или устройство" in refused(Path("/dev/zero"))
    with pytest.raises(DataError, match=r"p\.csv: это не файл"):
        read_files([tmp_path / "in"], tmp_path / "out")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not take such names")
def test_a_name_that_is_no_utf8(tmp_path: Path, write_csv: Callable[..., Path]) -> None:
    os.rename(write_csv(), os.fsencode(tmp_path) + b"/\xf8\xea.csv")
    with pytest.raises(DataError, match=r"\\xf8\\xea\.csv: имя файла"):
        read_files([tmp_path], tmp_path / "out")


def test_a_folder_that_can_not_be_read_is_told(
    tmp_path: Path, write_csv: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv()
    (tmp_path / "закрыто").mkdir()
    real = os.scandir

    def closed(place: str | Path) -> object:
        if Path(place).name == "закрыто":  # whoever runs the tests as root may read it
            raise PermissionError(13, "Permission denied", str(place))
        return real(place)

    monkeypatch.setattr(pipeline.os, "scandir", closed)
    with pytest.raises(DataError, match="закрыто: папка не читается"):
        read_files([tmp_path], tmp_path / "out")


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(3_000_000_000)  # takes no room
    assert "слишком велик: 3000 МБ" in refused(tmp_path / "a.csv")


def test_memory_of_a_bomb(tmp_path: Path) -> None:
    """The whole command in a fresh process: below 1 GB, its children too."""
    book = workbook(tmp_path / "a.xlsx", TABLE + stray("L1048576"))
    code = (
        "import sys, resource; from msoko_analysis.ingest import read_files\n"
        "read_files([sys.argv[1]], sys.argv[2])\n"
        "print(max(resource.getrusage(who).ru_maxrss for who in"
        " (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(book), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 1_000_000  # KB
