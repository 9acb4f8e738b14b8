"""Names somebody typed: as a folder, as a cell that Excel opens."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msoko_analysis.documents.kinds import KINDS, Target, year_folder
from msoko_analysis.safe_names import file_name, own_name, text_cell

WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400)
DEVICES = ("CON", "con.txt", "NUL", "aux.", "COM1", "lpt9.csv", "PRN ", "Com¹")


@given(WORDS)
def test_a_name_is_one_folder_on_any_disk(text: str) -> None:
    name = file_name(text)
    assert 0 < len(name.encode()) <= 100
    assert not set(name) & set('/\\:*?"<>|\0')
    assert name[0] not in ". "
    assert name[-1] not in ". "
    assert not any(unicodedata.category(sign) in ("Cc", "Cf") for sign in name)


@given(WORDS, WORDS)
def test_other_names_are_other_folders(one: str, two: str) -> None:
    assert (file_name(one) == file_name(two)) is (one == two)


@pytest.mark.parametrize(
    "code", ["M01", "Северный район", "Школа № 3", "edu990001", "0101", "a_b-c"]
)
def test_usual_codes_are_their_folders(code: str) -> None:
    assert file_name(code) == code


@pytest.mark.parametrize("code", DEVICES)
def test_no_folder_is_a_device_of_windows(code: str) -> None:
    assert file_name(code).startswith("%")


def test_long_names_with_the_same_beginning_are_told_apart() -> None:
    assert file_name("Ш" * 300) != file_name("Ш" * 301)
    assert file_name("/" * 99).count("%2F") * 3 + len(own_name("", "")) <= 100


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", ["{}", "{}-m01"])
def test_no_municipality_takes_the_folder_of_a_kind(kind: str, shape: str) -> None:
    code = shape.format(kind).upper()
    parts = Target("notes", 2026, code, "").parts
    assert parts[1].split("-")[0].casefold() not in KINDS


@pytest.mark.parametrize("district", ["M01", "2026", "..", "letters", "1999"])
@pytest.mark.parametrize("kind", ["notes", "official", "letters"])
def test_the_year_of_a_folder_is_found_whatever_the_codes(
    tmp_path, kind: str, district: str
) -> None:
    school = "2025" if kind == "letters" else ""
    out = tmp_path.joinpath(*Target(kind, 2026, district, "", school).parts)
    assert year_folder(out) == tmp_path / "2026"


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://a.invalid","Школа")',
        "=1+1",
        " =1+1",
        "\t=1+1",
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        '+ГИПЕРССЫЛКА("a")',
        "＝1+1",
        "-A1",
    ],
)
def test_what_excel_would_run_is_text(text: str) -> None:
    assert text_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    ["Школа = дом", "+0,55 (+0,09…+1,01)", "-1,5", "−3 балла", "+1,2 балла", "—", "", "скрыто"],
)
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert text_cell(text) == text
