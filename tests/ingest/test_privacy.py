"""What names a pupil is in no file, no message and no temporary file that ``msoko ingest`` makes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from gia_files import (
    EGE,
    FORMS,
    OGE,
    OGE_CSV,
    PEOPLE,
    REGIONAL,
    SCHOOLS,
    ege_row,
    oge_csv_row,
    oge_row,
    regional_row,
    table,
    workbook,
)
from reading import blocks

from msoko_analysis.documents.note import build_note
from msoko_analysis.errors import DataError
from msoko_analysis.ingest import read_files

RU = ["01 - Русский язык 2026.05.30"]
START = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from msoko_analysis.cli import main
main()
"""
#: Everything about a person that stands in the files, with what stands in broken places.
PLANTED = sorted(
    {part for person in PEOPLE for part in person[:6]}
    | set(FORMS)
    | {"Добронравова", "Пелагея", "Пантелеймонов", "0555444333", "Скоробогатько"}
)


def good_files(folder: Path) -> list[Path]:
    """Files in every layout, some rows of which are shifted, torn or signatures."""
    shifted = [*ege_row(1, "+", "1(1)", 38, 70)]
    shifted.insert(2, "")
    torn = ege_row(2, "+", "1(1)", "Добронравова", 70)
    title = ["Председатель ГЭК Добронравова Пелагея", "", ""]
    ege = [
        *(title, RU, EGE, ege_row(0, "+", "1(1)", 38, 70), shifted[:-1], torn),
        *(ege_row(1, "+", "1(1)", 150, "abc"), ege_row(1, "+", "1(1)", 38, 70)),
        ege_row(1, "+", "1(1)", 39, 72),  # a repeat
        ["Пантелеймонов П. П.", "подпись"],
        [*ege_row(2, "Скоробогатько", "1(1)", 38, 70)],
        ["12 - Обществознание 2026.06.11"],
        ege_row(2, "-", "0(1)", 5, 10),
    ]
    regional = [
        ["02 - Математика 2026.06.02"],
        REGIONAL,
        *(regional_row(k, 60 + k) for k in (0, 1)),
    ]
    oge = [RU, OGE, oge_row(0, "+", "2(2)", 30, 5), oge_row(1, "+", "", "Пелагея", 9)]
    oge.append(oge_row(2, "+", "2(2)", 30, 8))  # a mark out of range costs its cell
    lines = [OGE_CSV, oge_csv_row(0, 20, 4), oge_csv_row(1, "0555444333", 4), oge_csv_row(2, 9, 7)]
    medals = [
        ["ФИО", "ОО", "Степень", "Паспорт"],
        [" ".join(PEOPLE[0][:3]), "050101", 1, "0871 654321"],
        [" ".join(PEOPLE[1][:3]), "директор Скоробогатько", 1, "0872 654322"],
        ["Добронравова Пелагея", "050102", 2, "0555444333"],
        [" ".join(PEOPLE[2][:3]), "050102", "Пантелеймонов", ""],
    ]
    plain = [
        [
            "year",
            "procedure",
            "grade",
            "subject",
            "municipality",
            "school",
            "pupil",
            "total",
            "ФИО",
        ],
        [2021, "VPR", 4, "MA", "M01", "S1", 1, 12, "Добронравова"],
        [2021, "VPR", 4, "MA", "M01", "S1", 1, "много", "Пантелеймонов"],
        [2021, "VPR", 4, "MA", "M01", "S1", "Скоробогатько Пров", 3, ""],
    ]
    typed = pl.DataFrame(
        {"school": ["050103"], "municipality": ["M01"], "ФИО директора": "Пелагея"}
    )
    typed.write_parquet(folder / "typed.parquet")
    return [
        workbook(folder / "егэ.xlsx", Лист1=ege),
        workbook(folder / "регион.xlsx", Лист1=regional),
        workbook(folder / "огэ.xlsx", Лист1=oge),
        table(folder / "02_2026.06.03.csv", lines),
        workbook(folder / "медали 2026.xlsx", Лист1=medals),
        table(folder / "plain.csv", plain),
        table(folder / "schools.csv", SCHOOLS),
        folder / "typed.parquet",
    ]


def broken_files(folder: Path) -> list[Path]:
    """Files that can not be read at all, each in its own way."""
    no_score = [cell for cell in EGE if cell not in ("Итоговый балл", "Первичный балл")]
    ragged = folder / "рваный.csv"
    ragged.write_text('SurnameCell;NameCell\n"Добронравова;Пелагея\n' + "x;" * 9, encoding="cp1251")
    return [
        workbook(folder / "а.xlsx", Лист1=[EGE, ege_row(0, "+", "1(1)", 38, 70)]),
        workbook(folder / "б.xlsx", Лист1=[RU, no_score, ege_row(1, "+", "1(1)", 38, 70)]),
        workbook(
            folder / "в.xlsx",
            Лист1=[["77 - Добронравова 2026.05.30"], OGE, oge_row(2, "+", "", 1, 2)],
        ),
        workbook(folder / "г.xlsx", Лист1=[["Фамилия", "Баллы"], ["Скоробогатько", 7]]),
        workbook(folder / "д.xlsx", Лист1=[["ФИО", "ОО", "Степень"], ["Пантелеймонов", "1", 1]]),
        ragged,
    ]


class Watch:
    """Keeps a copy of all that appears in a folder, however short it lives."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.seen, self._over = folder, {}, threading.Event()

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.005):
            # os.walk passes over folders that go away while it looks; rglob would raise
            for folder, folders, files in os.walk(self.folder):
                for path in (Path(folder, name) for name in (*folders, *files)):
                    try:
                        self.seen[path] = path.read_bytes() if path.is_file() else b""
                    except OSError:
                        continue  # it went away meanwhile


def ingest(folder: Path, files: list[Path]) -> tuple[int, dict[str, bytes]]:
    """Exit code of the command and everything it produced: by name, as bytes."""
    made, temporary = folder / "made", folder / "temporary"
    made.mkdir()
    temporary.mkdir()
    arguments = ["ingest", *map(str, files), "--out", str(made / "out")]
    environment = os.environ | {"TMPDIR": str(temporary), "PYTHONIOENCODING": "utf-8"}
    with Watch(made) as outputs, Watch(temporary) as temps:
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-c", START, *arguments, "--salt", str(made / "salt")],
            capture_output=True,
            env=environment,
            cwd=made,
            check=False,
        )
    found = {str(path): data for watch in (outputs, temps) for path, data in watch.seen.items()}
    found |= {str(path): path.read_bytes() for path in made.rglob("*") if path.is_file()}
    return done.returncode, found | {"stdout": done.stdout, "stderr": done.stderr}


def texts(produced: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    """All that was produced as text: names of files, bytes, and the cells of Parquet."""
    for name, data in produced.items():
        yield name, name.rsplit("/", 1)[-1]
        for encoding in ("utf-8", "cp1251", "utf-16-le"):
            yield name, data.decode(encoding, errors="replace")
        if data.startswith(b"PAR1") and data.endswith(b"PAR1"):
            frame = pl.read_parquet(data)
            yield name, "\n".join(map(str, [frame.columns, *frame.rows()]))


#: Check sums and pseudonyms: four digits of a document stand in some of them by chance.
DIGEST = re.compile(r"\b[0-9a-f]{16,}\b")


def found_in(produced: dict[str, bytes]) -> set[tuple[str, str]]:
    """(planted text, where it was found), whatever its case."""
    return {
        (planted, name)
        for name, text in texts(produced)
        for low in (DIGEST.sub("", text.lower()),)
        for planted in PLANTED
        if planted.lower() in low
    }


def test_nothing_planted_is_in_anything_produced(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    code, produced = ingest(tmp_path, good_files(tmp_path / "raw"))
    assert found_in(produced) == set()
    assert code == 0, produced["stderr"].decode()
    names = {Path(name).name for name in produced}
    assert {"егэ.csv", "огэ.csv", "огэ_cells.csv", "медали 2026.csv", "plain.csv"} <= names
    out = tmp_path / "made" / "out"
    rows = pl.read_parquet(out / "results/**/*.parquet", hive_partitioning=False)
    assert rows.filter(pl.col("person").is_not_null()).height == 9
    cards = json.loads((out / "origin.json").read_text(encoding="utf-8"))
    assert sum(card["set_aside"] for card in cards) >= 8


def test_nor_in_the_message_of_a_strict_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="строгий режим") as caught:
        read_files(good_files(tmp_path), tmp_path / "out", strict=True, salt=tmp_path / "salt")
    assert found_in({"error": str(caught.value).encode()}) == set()


def test_nor_in_what_is_told_of_files_that_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    code, produced = ingest(tmp_path, broken_files(tmp_path / "raw"))
    assert code == 3
    assert found_in(produced) == set()
    told = produced["stderr"].decode()
    for name in ("а.xlsx", "б.xlsx", "в.xlsx", "г.xlsx", "д.xlsx", "рваный.csv"):
        assert name in told


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": ["x Перепелицына y"] * 50})
    frame.write_parquet(tmp_path / "a.parquet", compression="zstd")
    produced = {"a.parquet": (tmp_path / "a.parquet").read_bytes()}
    produced["b"] = "СКОРОБОГАТЬКО".encode("cp1251")
    assert {planted for planted, _ in found_in(produced)} == {"Перепелицына", "Скоробогатько"}


# --- the notes ----------------------------------------------------------------------------------

RUN_FILE = """\
run: gia
region: {nominative: Регион, genitive: региона, dative: региону, prepositional: регионе}
organisation: Проверка
data: null
years: [2026]
papers: [OGE-9-RU, OGE-9-MA, EGE-11-RU, EGE-11-MA, EGE-11-OB]
districts: districts.yaml
scale_statuses: [found_official, found_recommended, found_secondary, unconfirmed]
seed: 1
"""
DISTRICTS = (
    "- {code: M01, nominative: Город, genitive: Города, dative: Городу, prepositional: Городе}\n"
)


def gia_run(folder: Path) -> tuple[Path, Path]:
    """A derived folder of ГИА in which every pupil is a planted one, and a run over it."""
    raw = folder / "raw"
    raw.mkdir()
    oge = [RU, OGE, *(oge_row(k, "+", "2(2)", 20 + k, 4) for k in range(3))]
    files = [*good_files(raw), workbook(raw / "огэ-2.xlsx", Лист1=oge)]
    read_files(files, folder / "out", salt=folder / "salt")
    (folder / "run.yaml").write_text(RUN_FILE, encoding="utf-8")
    (folder / "districts.yaml").write_text(DISTRICTS, encoding="utf-8")
    return folder / "out", folder / "run.yaml"


@pytest.mark.parametrize("issue", ["public", "official"])
def test_nor_in_a_note_its_tables_and_the_prepared_data(tmp_path: Path, issue: str) -> None:
    out, run = gia_run(tmp_path)
    note = build_note(str(run), district="M01", year=2026, data=str(out), issue=issue)
    pages = {f"block {name}": page.encode() for name, page in blocks(note).items()}
    note.save(str(tmp_path / "saved"))
    kept = [*out.rglob("*"), *(tmp_path / "saved").rglob("*")]
    written = {str(path): path.read_bytes() for path in kept if path.is_file()}
    assert any(".prepared" in name for name in written)
    assert found_in(pages | written) == set()


@pytest.mark.slow
def test_nor_in_anything_a_run_of_notes_makes(tmp_path: Path) -> None:
    out, run = gia_run(tmp_path)
    made, temporary = tmp_path / "made", tmp_path / "temporary"
    made.mkdir()
    temporary.mkdir()
    arguments = ["notes", str(run), "--data", str(out), "--reports", str(made / "reports")]
    arguments += ["--kind", "notes", "--kind", "official"]
    environment = os.environ | {"TMPDIR": str(temporary), "PYTHONIOENCODING": "utf-8"}
    with Watch(made) as outputs, Watch(temporary) as temps:
        done = subprocess.run(
            [sys.executable, "-c", START, *arguments],
            capture_output=True, env=environment, cwd=made, check=False,
        )  # fmt: skip
    produced = {str(path): data for watch in (outputs, temps) for path, data in watch.seen.items()}
    produced |= {str(path): path.read_bytes() for path in made.rglob("*") if path.is_file()}
    assert done.returncode == 0, done.stderr.decode()
    assert any(name.endswith("note.html") for name in produced)
    assert found_in(produced | {"stdout": done.stdout, "stderr": done.stderr}) == set()
