"""Official lists in measures and in the note: history, П19 by list, concordance with our signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from reading import text_of

from msoko_analysis.disclosure import publish
from msoko_analysis.documents.note import build_note
from msoko_analysis.ingest import read_files
from msoko_analysis.measures.aggregates import METHOD
from msoko_analysis.measures.markers import (
    BY_FORM,
    BY_RESULTS,
    BY_SCHOOLS,
    marker_rows,
    placed_lists,
)
from msoko_analysis.measures.places import Places
from msoko_analysis.measures.prepare import Prepared, load
from msoko_analysis.measures.rows import COLUMNS
from msoko_analysis.params.run import load_run
from msoko_analysis.wording import lists

DEMO_RUN = "params/runs/demo.yaml"
HEADER = "Год;Логин;Муниципалитет;ОО;4 РУ;4 МА;5 РУ;5 МА;Количество маркеров"


# --- rows ---------------------------------------------------------------------------------------

SCHOOLS = pd.DataFrame(
    {"school": ["A", "B", "C", "D", "E"], "municipality": ["M1", "M1", "M1", "M2", "M2"]}
)
LISTED = [(2024, "A"), (2025, "A"), (2025, "B"), (2025, "E")]


def listed(pairs: Sequence[tuple[int, str]] = LISTED) -> pd.DataFrame:
    table = pd.DataFrame(pairs, columns=["year", "school"])
    marks = {"ru4": 1, "ma4": 0, "ru5": 0, "ma5": 0}
    return placed_lists(
        table.assign(municipality="по списку", school_name=table["school"], **marks),
        Places({}, dict(SCHOOLS.itertuples(index=False))),
    )


def measure(level: str, unit: str, indicator: str, **values: object) -> dict[str, object]:
    home = dict(SCHOOLS.itertuples(index=False)).get(unit, unit)
    paper = {"year": 2025, "procedure": "VPR", "grade": 4, "subject": "RU"}
    base = dict.fromkeys(COLUMNS, np.nan) | paper | {"method": "pupils", "source": ""}
    return base | {"level": level, "municipality": home, "unit": unit, "n": 20.0, **values,
                   "indicator": indicator}  # fmt: skip


def rows(*measures: dict[str, object], pairs: Sequence[tuple[int, str]] = LISTED) -> pd.DataFrame:
    table = pd.DataFrame(list(measures), columns=list(COLUMNS))
    made = list(marker_rows(listed(pairs), table, SCHOOLS, 0.10))
    return pd.concat(made, ignore_index=True) if made else table


def value(table: pd.DataFrame, indicator: str, unit: str, year: int = 2025) -> pd.Series:
    mine = table[(table["indicator"] == indicator) & (table["unit"] == unit)]
    return mine[mine["year"] == year].iloc[0]


def test_each_school_has_its_year_and_its_history() -> None:
    table = rows()
    for school, now, years in (("A", 1, 2), ("B", 1, 1), ("C", 0, 0), ("E", 1, 1)):
        assert value(table, "official_list", school)["value"] == now
        row = value(table, "official_years", school)
        assert (row["value"], row["n"]) == (years, 2)
    first = value(table, "official_years", "B", 2024)
    assert (first["value"], first["n"]) == (0, 1)
    assert value(table, "official_list", "A")["municipality"] == "M1", "the table of schools knows"


def test_a_year_without_a_list_has_a_history_and_no_list() -> None:
    table = rows(measure("school", "A", "share_2", year=2026))
    assert value(table, "official_years", "A", 2026)["value"] == 2
    later = table[table["year"] == 2026]
    assert set(later["indicator"]) == {"official_years"}
    assert rows(measure("school", "A", "share_2"), pairs=[]).shape[0] == 1, "no list, no rows"


WROTE = [measure("school", school, "share_2") for school in "ABD"]
OF_RESULTS = [measure(level, unit, "share_2")
              for level, unit in (("municipality", "M1"), ("region", "region"))]  # fmt: skip
OF_FORM = [
    measure("municipality", "M1", "share_2", method=METHOD),
    measure("municipality", "M1", "form_schools", method=METHOD, value=10.0),
]


@pytest.mark.parametrize(
    ("measures", "unit", "count", "n", "method"),
    [
        (WROTE + OF_RESULTS, "M1", 2, 2, BY_RESULTS),
        (WROTE + OF_RESULTS, "region", 2, 3, BY_RESULTS),
        # results of a few schools do not describe the district: the form speaks
        (WROTE + OF_FORM, "M1", 2, 10, BY_FORM),
        (WROTE + OF_FORM, "M2", 1, 2, BY_SCHOOLS),
        ([], "M1", 2, 3, BY_SCHOOLS),
        ([], "region", 3, 5, BY_SCHOOLS),
    ],
)
def test_the_denominator_is_the_best_there_is_and_is_named(
    measures: list, unit: str, count: int, n: int, method: str
) -> None:
    row = value(rows(*measures), "p19_list", unit)
    assert (row["count"], row["n"], row["method"]) == (count, n, method)
    assert np.isclose(row["value"], 100 - 100 * count / n)


def test_a_form_that_counts_fewer_schools_than_are_listed_gives_no_index() -> None:
    one = [OF_FORM[0], OF_FORM[1] | {"value": 1.0}]
    table = rows(*one)
    mine = table[(table["indicator"] == "p19_list") & (table["unit"] == "M1")]
    assert mine["year"].tolist() == [2024], "the form is of 2025"


def test_the_gate_lets_numbers_of_schools_through() -> None:
    """П19 by list counts schools, not pupils: two listed schools of three are no secret."""
    run = load_run(DEMO_RUN)
    public = publish(rows(*WROTE, *OF_RESULTS), run.thresholds).table
    assert not public["hidden"].any()


def test_concordance_counts_only_schools_both_could_flag() -> None:
    pooled = {"subject": "", "grade": 0, "procedure": ""}
    spikes = [
        measure("school", school, "spike", q=q, **pooled)
        for school, q in (("A", 0.01), ("B", 0.5), ("C", 0.10), ("D", 0.9), ("E", np.nan))
    ]
    table = rows(*spikes)
    kappa = value(table, "list_spike_kappa", "region")
    # A both, C ours only, B theirs only, D neither; E was listed but could not be tested
    assert (kappa["n"], kappa["count"], kappa["value"]) == (4, 1, 0)
    ours, theirs = (value(table, f"list_spike_{name}", "region") for name in ("ppv", "found"))
    assert (ours["n"], ours["count"], ours["value"]) == (2, 1, 50)
    assert (theirs["n"], theirs["count"]) == (2, 1)
    assert value(table, "list_spike_kappa", "M1")["n"] == 3


def test_rule_a_marks_a_school_by_any_of_its_papers() -> None:
    marks = [
        measure("school", school, "fioko_a", value=value, subject=subject)
        for school, subject, value in (("A", "RU", 0.0), ("A", "MA", 1.0), ("C", "RU", 0.0))
    ]
    kappa = value(rows(*marks), "list_fioko_kappa", "region")
    assert (kappa["n"], kappa["count"], kappa["value"]) == (2, 1, 1)


# --- the note -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with lists of 2024, 2025, 2026: its planted spike schools and two honest ones."""
    place = tmp_path_factory.mktemp("lists")
    folder = project / "data" / "demo"
    truth = yaml.safe_load((folder / "truth.yaml").read_text(encoding="utf-8"))
    planted = sorted({one["school"] for one in truth["planted"] if one["kind"] == "spike"})
    schools = pd.read_csv(folder / "schools.csv", sep=None, engine="python").set_index("school")
    honest = [code for code in schools.index if schools.loc[code, "municipality"] == "M03"][:2]
    lines = [
        f"{year};{code};{schools.loc[code, 'municipality']};{code};1;;;1;2"
        for year, codes in ((2024, honest), (2025, honest[:1]), (2026, [*planted, honest[0]]))
        for code in codes
    ]
    (place / "lists.csv").write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    files = [folder / "results.parquet", folder / "schools.csv", place / "lists.csv"]
    read_files(files, place / "derived")
    return place / "derived"


@pytest.fixture(scope="module")
def prepared(demo: Path) -> Prepared:
    return load(load_run(DEMO_RUN, data=demo))


def test_concordance_of_the_demo_counted_by_hand(prepared: Prepared) -> None:
    table = prepared.measures[prepared.measures["year"] == 2026]
    spikes = table[(table["indicator"] == "spike") & (table["subject"] == "") & table["q"].notna()]
    named = set(spikes.loc[spikes["q"] <= 0.10, "unit"])
    listed = set(prepared.lists.loc[prepared.lists["year"] == 2026, "school"]) & set(spikes["unit"])
    row = table[(table["indicator"] == "list_spike_kappa") & (table["level"] == "region")].iloc[0]
    assert (row["n"], row["count"]) == (len(spikes), len(named & listed))
    assert len(named & listed) >= 3, "the lists of this test name the planted schools"
    assert row["low"] <= row["value"] <= row["high"]


def test_the_block_of_a_district(demo: Path) -> None:
    note = build_note(DEMO_RUN, district="M03", year=2026, data=str(demo))
    text = text_of(note.official_lists)
    assert "2024–2026 годы" in text
    assert re.search(r"П19 по списку — [\d,]+ %: 100 − доля школ списка \(\d\) среди 7 школ", text)
    assert "один год — 1, все годы — 1" in text
    assert re.search(r"по 1\d\d школам региона: κ = 0,\d\d \(95 %: от", text)
    table = lists.lists_table(note.facts).frame
    assert table.columns.tolist() == ["Школа", "2024", "2025", "2026", "Лет в списках"]
    assert table["Лет в списках"].tolist() in ([3, 1], [1, 3])
    assert set(table["2024"]) == {"РУ4, МА5"}
    assert "nan" not in text


def test_the_index_by_list_is_not_the_index_by_our_computation(demo: Path) -> None:
    facts = build_note(DEMO_RUN, district="M03", year=2026, data=str(demo)).facts
    own, by_list = (facts.measure("municipality", name) for name in ("p19", "p19_list"))
    assert own["source"] != by_list["source"]
    assert by_list["method"] == BY_RESULTS


def test_a_year_without_a_list_and_data_without_lists(demo: Path) -> None:
    facts = build_note(DEMO_RUN, district="M03", year=2026, data=str(demo)).facts
    before = replace(facts, list_years=(2023, 2024), lists=facts.lists[facts.lists["year"] == 2024])
    assert "Списка за 2026 год нет; последний загруженный — за 2024 год" in text_of(
        lists.lists_text(before)
    )
    nothing = replace(facts, list_years=(), lists=facts.lists[:0])
    assert text_of(lists.lists_text(nothing)).strip() == (
        "Официальные списки школ с маркерами необъективности не загружены."
    )
    assert lists.lists_table(nothing).frame.empty


def test_a_district_that_was_never_listed(demo: Path) -> None:
    facts = build_note(DEMO_RUN, district="M03", year=2026, data=str(demo)).facts
    clean = replace(facts, lists=facts.lists[:0])
    assert "школ муниципалитета в списках не было" in text_of(lists.lists_text(clean))


def test_the_real_list_in_a_district_of_the_region(shared: Path, tmp_path: Path) -> None:
    """Акушинский район by its name alone: three lists and one form, no pupils' results."""
    name = "Акушинский муниципальный район"
    cases = "\n".join(f"  {c}: {name}" for c in ("genitive", "dative", "prepositional"))
    (tmp_path / "districts.yaml").write_text(f"- code: D1\n  nominative: {name}\n{cases}\n")
    run = Path("params/runs/demo.yaml").read_text(encoding="utf-8")
    run = run.replace("districts: demo", "districts: districts.yaml")
    (tmp_path / "run.yaml").write_text(run, encoding="utf-8")
    form = (
        "year;procedure;grade;subject;level;unit;unit_name;n_schools;n;share_2;share_3;share_4;share_5\n"
        f"2025;VPR;4;RU;municipality;{name};{name};40;900;10;40;40;10\n"
    )
    (tmp_path / "f3.csv").write_text(form, encoding="utf-8")
    (source,) = (shared / "data" / "dagestan").glob("*.csv")
    read_files([source, tmp_path / "f3.csv"], tmp_path / "derived")
    note = build_note(
        str(tmp_path / "run.yaml"), district="D1", year=2025, data=str(tmp_path / "derived")
    )
    raw = pd.read_csv(source).drop_duplicates()
    mine = raw[raw["Муниципалитет"] == name]
    now = int((mine["Год"] == 2025).sum())
    assert len(note.facts.lists) == len(mine) > 0
    row = note.facts.measure("municipality", "p19_list")
    assert (row["count"], row["n"], row["method"]) == (now, 40, BY_FORM)
    text = text_of(note.official_lists)
    assert f"В списке за 2025 год — {now} школ" in text
    assert f"были {mine['Логин'].nunique()} школ" in text
