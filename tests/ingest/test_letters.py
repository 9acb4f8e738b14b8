"""Whatever a text was saved in, its letters are those that were typed, or it is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from samples import HEADER, ROWS

from msoko_analysis.errors import DataError
from msoko_analysis.ingest import read_files
from msoko_analysis.ingest.letters import LettersError, decode

PLACES = ["Заречный городской округ", "Северный район", "Ёлкинский район", "пгт. Усть-Щучье"]
OLD = ["cp1251", "cp866", "koi8_r", "mac_cyrillic", "iso8859_5"]
WIDE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


def table(places: list[str], letters: str = "АБВГ") -> str:
    """A table of results with ASCII headings, in which only places and classes have other letters."""
    lines = [
        f"2026;VPR;4;MA;{place};S{n % 3};{letters[n % len(letters)]};{n};m;4;{n % 19}"
        for n, place in enumerate(places * 3)
    ]
    return "\n".join([HEADER, *lines]) + "\n"


@pytest.mark.parametrize("encoding", [*WIDE, *OLD])
@pytest.mark.parametrize("change", [str, str.upper, str.lower], ids=["as is", "upper", "lower"])
def test_russian_text_in_every_encoding(encoding: str, change: Callable[[str], str]) -> None:
    text = table([change(place) for place in PLACES])
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "cp866"])
def test_letters_of_classes_are_enough(encoding: str) -> None:
    text = table(["M01"])
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", OLD)
def test_a_russian_heading_is_enough(encoding: str) -> None:
    text = "год;процедура;предмет;район;школа;класс;код;пол;отметка;балл\n2026;VPR;MA;M01;S1;4;1;m;4;9\n"
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("encoding", "places"),
    [
        ("latin-1", ["Münster", "Köln", "Straße der Ärzte"]),
        ("latin-1", ["École élémentaire", "Orléans", "Nîmes", "Besançon", "Collège"]),
        ("cp1250", ["Łódź", "Szkoła Podstawowa", "Świętokrzyskie"]),
        ("iso8859_2", ["Łódź", "Szkoła Podstawowa", "Świętokrzyskie"]),
        ("iso8859_2", ["Şcoala Gimnazială", "Neniţescu", "Braşov", "Târgu"]),
    ],
)
def test_latin_letters_with_marks(encoding: str, places: list[str]) -> None:
    text = table(places, letters="AB")
    assert decode(text.encode(encoding)) == text


def test_what_could_be_two_words_is_refused() -> None:
    """ã of Latin-1 and ă of Latin-2 are one byte, and both stand in names."""
    with pytest.raises(LettersError, match="не распознана"):
        decode(table(["São"], letters="A").encode("latin-1"))


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb\xbf" * 3])
def test_marks_in_front_and_where_files_were_joined(mark: bytes) -> None:
    text = table(PLACES)
    assert decode(mark + text.encode() + b"\xef\xbb\xbf" + b"2026;") == text + "2026;"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
@pytest.mark.parametrize("line", [2, 7])
def test_one_broken_byte_is_named_with_its_line(encoding: str, line: int) -> None:
    lines = table(PLACES).encode(encoding).split(b"\n")
    # 0x98 stands for nothing in cp1251, and alone for nothing in UTF-8
    lines[line - 1] = lines[line - 1].replace(b";m;", b"\x98;m;")
    with pytest.raises(LettersError, match=f"строка {line}$") as caught:
        decode(b"\n".join(lines))
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("utf-8", "cp1251", r"строки 10, 11, 12, 13$"),
        ("utf-8", "cp866", r"строки 10, 11, 12, 13$"),
        ("cp1251", "cp866", "не распознана"),
    ],
)
def test_two_encodings_in_one_file(first: str, second: str, said: str) -> None:
    lines = table(PLACES).splitlines(keepends=True)
    data = b"".join(line.encode(first if n < 9 else second) for n, line in enumerate(lines))
    with pytest.raises(LettersError, match=said):
        decode(data)


def test_no_text_at_all() -> None:
    with pytest.raises(LettersError):
        decode(bytes(range(1, 256)) * 20)


def test_letters_lost_before_and_zero_bytes_are_named() -> None:
    with pytest.raises(LettersError, match="строка 2"):
        decode("школа\n\ufffdкола".encode())
    with pytest.raises(LettersError, match="строка 3"):
        decode("школа\nшкола\nшко\0ла".encode())


@pytest.mark.parametrize("encoding", [*WIDE, *OLD])
def test_the_data_are_the_same(
    encoding: str,
    tmp_path: Path,
    write_csv: Callable[..., Path],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    lines = table(PLACES).splitlines()
    read_files([write_csv(lines, encoding=encoding)], tmp_path / "out")
    read = read_results(tmp_path / "out")
    assert set(read["municipality"]) == set(PLACES)
    assert read.height == len(lines) - 1


def test_a_mark_alone_is_an_empty_file(tmp_path: Path) -> None:
    for data in (b"\xff\xfe", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"):
        (tmp_path / "a.csv").write_bytes(data)
        with pytest.raises(DataError, match="файл пуст"):
            read_files([tmp_path / "a.csv"], tmp_path / "out")


def test_the_message_names_file_and_line(tmp_path: Path) -> None:
    data = "\n".join([HEADER, *ROWS]).encode().replace("МА".encode(), b"\xcc\xc0")
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.csv, строка 2: нечитаемые знаки"):
        read_files([tmp_path / "a.csv"], tmp_path / "out")
