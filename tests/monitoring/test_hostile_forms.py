"""Filled forms that are bombs or broken: one message that names the file, in seconds."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from msoko_analysis.errors import DataError
from msoko_analysis.monitoring.cells import opened
from msoko_analysis.monitoring.editions import load_editions
from msoko_analysis.monitoring.expert_form import read_expert_form
from msoko_analysis.monitoring.reading import read_template
from msoko_analysis.monitoring.registry import load_registry
from msoko_analysis.monitoring.roadmap.reading import read_roadmap

SHEET = "xl/worksheets/sheet1.xml"
ENTITY = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'


def book(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """A workbook whose first sheet's XML went through ``change``."""
    made = Workbook()
    made.active["A1"] = "Показатель"
    made.active["B2"] = 5
    content = io.BytesIO()
    made.save(content)
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(path, "w", 8) as target:
        for part in source.namelist():
            inside = source.read(part)
            target.writestr(part, change(inside) if part == SHEET else inside)
    return path


def laughing(xml: bytes) -> bytes:
    """Entities that multiply to ten thousand million letters."""
    names = [f"a{n}" for n in range(9)]
    nested = b"".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'.encode()
        for before, name in zip(["a", *names], names, strict=False)
    )
    return ENTITY + nested + b"]>" + xml.replace(b"<v>5</v>", b"<v>&a8;</v>")


def with_rows(count: int, row: str) -> Callable[[bytes], bytes]:
    """More rows below the filled ones."""
    more = "".join(row.format(n=n) for n in range(3, count + 3)).encode()
    return lambda xml: xml.replace(b"</sheetData>", more + b"</sheetData>")


BOMBS = {
    "laughs": laughing,
    "external": lambda xml: (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + xml.replace(b">5<", b">&e;<")
    ),
    "cut": lambda xml: xml[: len(xml) // 2],
    "reference": lambda xml: xml.replace(b'r="B2"', b'r="99ZZ"'),
    "beyond": lambda xml: xml.replace(b'r="B2"', b'r="ZZZZZZ99999999999"'),
    "nothing": lambda xml: b"",
    "zeros": lambda xml: b"\0" * 1000,
    "far": lambda xml: xml.replace(b'<row r="2"', b'<row r="1048576"').replace(b"B2", b"B1048576"),
    "rows": with_rows(60_000, '<row r="{n}"><c r="A{n}"><v>1</v></c></row>'),
    "letters": lambda xml: xml.replace(
        b'<c r="B2" t="n"><v>5</v></c>',
        b'<c r="B2" t="inlineStr"><is><t>' + b"a" * 40_000 + b"</t></is></c>",
    ),
}
READERS = {
    "template": lambda path: read_template(path, load_registry(), {"M01": "Район"}),
    "experts": lambda path: read_expert_form(path, load_editions(), {"M01": "Район"}),
    "roadmap": read_roadmap,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_form_that_can_not_be_read_is_refused_by_name(
    tmp_path: Path, bomb: str, reader: str
) -> None:
    path = book(tmp_path / "форма.xlsx", BOMBS[bomb])
    started = time.process_time()
    with pytest.raises(DataError) as caught:
        READERS[reader](path)
    said = str(caught.value)
    assert "форма.xlsx" in said
    assert re.search("[а-я]", said)
    assert " — " in said
    assert len(said) < 1000
    assert time.process_time() - started < 5


def test_empty_rows_below_a_form_cost_nothing(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", with_rows(1_000_000, '<row r="{n}" ht="15"/>'))
    started = time.monotonic()
    sheet = opened(path)["Sheet"]
    assert len(sheet.cells) == 2
    assert sheet.value(2, 2) == 5
    assert time.monotonic() - started < 20


def test_a_pipe_or_a_folder_is_no_form(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="а канал или устройство"):
        opened(tmp_path)


def test_cells_are_what_people_see(tmp_path: Path) -> None:
    made = Workbook()
    sheet = made.active
    sheet["B2"], sheet["C2"], sheet["D2"] = "да\nнет", 5, 2.5
    sheet["E2"], sheet["F2"] = "Школа_x000B_№ 3", " "
    sheet["B3"] = "общее"
    sheet.merge_cells("B3:B5")
    sheet["C5"] = "низ"
    made.create_sheet("Пусто")
    made.save(tmp_path / "a.xlsx")
    first, empty = opened(tmp_path / "a.xlsx").values()
    assert first.rows(2, 6).__next__() == (2, [None, "да\nнет", 5, 2.5, "Школа № 3", None])
    assert isinstance(first.value(2, 3), int)
    assert [row[1] for row in first.unmerged()[2:]] == ["общее"] * 3
    assert first.value(1, 1) is first.value(9, 9) is None
    assert empty.cells == []
