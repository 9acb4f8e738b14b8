"""Each way a file can be broken gives one clear message and leaves nothing behind."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from samples import HEADER, ROWS

from msoko_analysis import folders
from msoko_analysis.errors import DataError
from msoko_analysis.ingest import read_files, store


def refusal(out: Path, *paths: Path, **options: object) -> str:
    """The message of the DataError; nothing may be left in the parent of ``out``."""
    before = sorted(out.parent.iterdir()) if out.parent.exists() else []
    with pytest.raises(DataError) as caught:
        read_files(paths, out, **options)
    after = sorted(out.parent.iterdir()) if out.parent.exists() else []
    assert after == before
    return str(caught.value)


def one_problem(message: str) -> str:
    assert "\n  1. " in message
    assert "\n  2. " not in message
    return message


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "derived" / "x"


def test_empty_file(tmp_path: Path, out: Path) -> None:
    for name in ("a.csv", "a.xlsx", "a.parquet"):
        (tmp_path / name).touch()
        assert "файл пуст" in one_problem(refusal(out, tmp_path / name))


def test_truncated_xlsx(write_xlsx: Callable[..., Path], out: Path) -> None:
    path = write_xlsx([HEADER.split(";"), *(row.split(";") for row in ROWS)], "a.xlsx")
    whole = path.read_bytes()
    for size in (len(whole) // 3, len(whole) - 30):
        path.write_bytes(whole[:size])
        assert "повреждён или скачан не полностью" in one_problem(refusal(out, path))


def test_damaged_inside(write_xlsx: Callable[..., Path], out: Path) -> None:
    path = write_xlsx([HEADER.split(";"), *(row.split(";") for row in ROWS)], "a.xlsx")
    whole = bytearray(path.read_bytes())
    at = whole.index(b"xl/worksheets/sheet1.xml") + 60
    whole[at : at + 40] = b"\xff" * 40
    path.write_bytes(bytes(whole))
    assert "повреждён" in one_problem(refusal(out, path))


def test_not_excel_renamed_to_xlsx(write_csv: Callable[..., Path], out: Path) -> None:
    path = write_csv(name="a.xlsx")
    assert "это не книга Excel, хотя файл так назван" in one_problem(refusal(out, path))


def test_word_document_renamed_to_xlsx(tmp_path: Path, out: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "это не книга Excel" in one_problem(refusal(out, tmp_path / "a.xlsx"))


def test_password_or_old_xls(tmp_path: Path, out: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1000))
    message = one_problem(refusal(out, tmp_path / "a.xlsx"))
    assert "паролем" in message
    assert ".xls" in message


def test_truncated_parquet(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"year": [2021]}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-8])
    assert "повреждён" in one_problem(refusal(out, path))


def test_header_without_rows(write_csv: Callable[..., Path], out: Path) -> None:
    assert "ни одной строки данных" in one_problem(refusal(out, write_csv([HEADER])))


@pytest.mark.parametrize(
    "lines",
    [
        ["год;процедура;класс;предмет;район;школа;класс;код;пол;отметка;балл", HEADER, *ROWS],
        [HEADER, "год;процедура;класс;предмет;район;школа;класс;код;пол;отметка;балл", *ROWS],
        [HEADER, HEADER, *ROWS],
    ],
)
def test_two_header_rows(
    lines: list[str], write_csv: Callable[..., Path], write_xlsx: Callable[..., Path], out: Path
) -> None:
    assert "две строки заголовков" in one_problem(refusal(out, write_csv(lines)))
    book = write_xlsx([line.split(";") for line in lines], "a.xlsx")
    assert "две строки заголовков" in one_problem(refusal(out, book))


def test_missing_column_is_named_with_the_similar_one(
    write_csv: Callable[..., Path], out: Path
) -> None:
    header = HEADER.replace("pupil", "pupils_id").replace("subject", "предм")
    message = refusal(out, write_csv([header, *ROWS]))
    assert "нет обязательного столбца «pupil»" in message
    assert "похож столбец «pupils_id»" in message
    assert "нет обязательного столбца «subject»" in message


def test_decimal_comma_in_a_comma_file(write_csv: Callable[..., Path], out: Path) -> None:
    lines = [line.replace(";", ",") for line in (HEADER, *ROWS)]
    lines[-1] += ",5"
    assert "строки разной длины" in one_problem(refusal(out, write_csv(lines)))


def test_unknown_table_and_missing_path(write_csv: Callable[..., Path], out: Path) -> None:
    path = write_csv(["товар;цена", "мел;10"])
    assert "не распознан" in one_problem(refusal(out, path))
    assert "файла или папки нет" in one_problem(refusal(out, path.with_name("нет.csv")))


def test_all_problems_of_all_files_at_once(
    tmp_path: Path, write_csv: Callable[..., Path], out: Path
) -> None:
    (tmp_path / "пусто.xlsx").touch()
    header = HEADER.replace(";pupil;", ";кто;").replace(";total", ";сколько")
    message = refusal(out, tmp_path / "пусто.xlsx", write_csv([header, *ROWS]))
    for number in (1, 2, 3):
        assert f"\n  {number}. " in message
    assert "пусто.xlsx" in message
    assert "«pupil»" in message
    assert "«total»" in message


def test_no_message_quotes_a_pupil(write_csv: Callable[..., Path], out: Path) -> None:
    rows = ["2021;ВПР;4;МА;M01;S1;а;Иванов Иван;м;777;-555"]
    message = refusal(out, write_csv([HEADER, *ROWS, *rows]), strict=True)
    assert "Иванов" not in message
    assert "777" not in message
    assert "555" not in message
    assert "похоже на имя" in message


def test_an_existing_folder_is_kept(write_csv: Callable[..., Path], out: Path) -> None:
    path = write_csv()
    read_files([path], out)
    assert "уже есть" in one_problem(refusal(out, path))
    before = (out / "origin.json").read_text(encoding="utf-8")
    broken = write_csv([HEADER], name="b.csv")
    refusal(out, broken, replace=True)
    assert (out / "origin.json").read_text(encoding="utf-8") == before
    read_files([write_csv([HEADER, *ROWS[:1]], name="c.csv")], out, replace=True)
    assert "c.csv" in (out / "origin.json").read_text(encoding="utf-8")
    assert [p.name for p in out.parent.iterdir()] == [out.name]


def test_a_foreign_folder_is_never_replaced(write_csv: Callable[..., Path], out: Path) -> None:
    out.mkdir(parents=True)
    (out / "важное.docx").touch()
    assert "не папка данных msoko" in one_problem(refusal(out, write_csv(), replace=True))
    assert (out / "важное.docx").exists()


@pytest.mark.parametrize("when", ["fill", "swap"])
def test_ctrl_c_leaves_the_old_folder_and_nothing_else(
    when: str, write_csv: Callable[..., Path], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv()
    read_files([path], out)
    before = (out / "origin.json").read_bytes()
    if when == "fill":

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(store, "_write_rejected", interrupted)
    else:
        move = Path.rename

        def second_move_interrupted(source: Path, target: Path) -> None:
            if ".new" in source.name:
                raise KeyboardInterrupt
            move(source, target)

        monkeypatch.setattr(folders, "_exchanged", lambda *_: False)
        monkeypatch.setattr(Path, "rename", second_move_interrupted)
    with pytest.raises(KeyboardInterrupt):
        read_files([path], out, replace=True)
    assert [p.name for p in out.parent.iterdir()] == [out.name]
    assert (out / "origin.json").read_bytes() == before


def test_full_disk_as_the_system_reports_it(
    write_csv: Callable[..., Path], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    out.parent.mkdir(parents=True)
    assert "на диске нет места" in one_problem(refusal(out, write_csv()))


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small tmpfs needs root"
)
def test_full_disk_for_real(tmp_path: Path, write_csv: Callable[..., Path]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let tests mount a tmpfs")
    try:
        rows = [f"2021;ВПР;4;МА;M01;S{i};а;{i * 7919 % 100_003};м;4;12" for i in range(40_000)]
        assert "на диске нет места" in one_problem(
            refusal(disk / "x", write_csv([HEADER, *rows], name="big.csv"))
        )
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_passes_by_what_is_not_data(
    tmp_path: Path, write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write_csv().rename(folder / "data.csv")
    (folder / "README.md").write_text("текст", encoding="utf-8")
    (folder / "цены.csv").write_text("товар;цена\nмел;10\n", encoding="utf-8")
    (folder / "~$data.xlsx").write_bytes(b"lock")
    (folder / "пустая.csv").write_text(HEADER + "\n", encoding="utf-8")
    report, _ = derived(folder)
    assert report.not_recognised == ("README.md", "цены.csv")
    assert [w.file for w in report.warnings] == ["пустая.csv"]
    assert "Не распознаны и пропущены" in report.text()


def test_openpyxl_is_not_needed_to_read() -> None:
    code = "import sys, msoko_analysis.ingest; sys.exit('openpyxl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert openpyxl is not None
