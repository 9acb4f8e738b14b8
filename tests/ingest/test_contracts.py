"""The contracts refuse what they must, and the data dictionary says what they say."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from msoko_analysis.errors import DataError
from msoko_analysis.ingest import contract_checks
from msoko_analysis.ingest.contract_checks import dtypes, validate
from msoko_analysis.ingest.contracts import CONTRACTS, RESULTS, SUBJECTS
from msoko_analysis.ingest.dictionary import data_dictionary

GOOD = {
    "year": 2021,
    "procedure": "VPR",
    "grade": 4,
    "subject": "MA",
    "municipality": "M01",
    "school": "S1",
    "class_group": "А",
    "pupil": "1",
    "gender": "f",
    "variant": "2",
    "prior_mark": 4,
    "total": 12,
    "mark": 4,
    "item_01": 1,
}


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([GOOD | row for row in rows], schema=dtypes(RESULTS, ("item_01",)))


def test_good_rows_pass_and_optional_columns_may_be_empty() -> None:
    optional = ("class_group", "gender", "variant", "prior_mark", "total", "mark", "item_01")
    both = frame({}, {"pupil": "2", **dict.fromkeys(optional)})
    assert validate(RESULTS, both).equals(both)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("year", None),
        ("year", 1999),
        ("procedure", "ВПР"),
        ("grade", 13),
        ("subject", "МА"),
        ("school", None),
        ("municipality", None),
        ("gender", "ж"),
        ("prior_mark", 1),
        ("mark", 6),
        ("total", -1),
        ("item_01", -1),
    ],
)
def test_each_rule_is_enforced(column: str, value: object) -> None:
    with pytest.raises(DataError, match=f"столбец «{column}»"):
        validate(RESULTS, frame({}, {"pupil": "2", column: value}))


def test_a_key_stands_once_and_a_pupil_may_sit_two_papers() -> None:
    validate(RESULTS, frame({}, {"subject": "RU"}, {"year": 2020}, {"school": "S2"}))
    with pytest.raises(DataError, match="нарушает контракт"):
        validate(RESULTS, frame({}, {"total": 3}))


def test_a_key_stands_once_wherever_the_rows_are_cut_to_be_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contract_checks, "_CHECKED", 1)
    with pytest.raises(DataError, match="ключ повторяется: 2 строк"):
        validate(RESULTS, frame({}, {"pupil": "2"}, {"total": 3}))


def test_all_faults_in_one_message_without_values() -> None:
    with pytest.raises(DataError) as caught:
        validate(RESULTS, frame({"prior_mark": 8, "total": -77}))
    assert len(caught.value.problems) == 2
    assert "77" not in str(caught.value)


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(DataError, match="surname"):
        validate(RESULTS, frame({}).with_columns(surname=pl.lit("—")))


def test_keys_are_columns_that_may_not_be_empty() -> None:
    for contract in CONTRACTS.values():
        assert set(contract.key) <= set(contract.required)


def test_subjects_cover_the_codes_of_the_forms() -> None:
    assert {"RU", "MA", "OM", "BI", "IS", "GG", "OB", "FI", "HI"} <= set(SUBJECTS)


def test_the_data_dictionary_is_up_to_date(project: Path) -> None:
    written = (project / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert written == data_dictionary(), (
        "python -m msoko_analysis.ingest.dictionary > docs/data-dictionary.md"
    )
