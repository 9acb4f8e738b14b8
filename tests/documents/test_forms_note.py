"""Aggregate forms instead of pupils' results: the same shares, nothing told twice, nothing guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from reading import text_of, words

from msoko_analysis.documents.note import Note, Withheld, build_note
from msoko_analysis.ingest import read_files
from msoko_analysis.measures.aggregates import (
    METHOD,
    aggregate_rows,
    mismatches,
    schools_told,
    with_forms,
)
from msoko_analysis.measures.places import Places
from msoko_analysis.measures.prepare import Prepared, load
from msoko_analysis.params.districts import Cases, District
from msoko_analysis.params.methods import has_step
from msoko_analysis.params.run import RunParams, load_run
from msoko_analysis.params.scales import Paper
from msoko_analysis.publish.runner import run_notes

PAPER = ["year", "procedure", "grade", "subject"]
KEY = [*PAPER, "level", "municipality", "unit", "indicator"]
DEMO_RUN = "params/runs/demo.yaml"
BLOCKS = (
    *("requisites", "summary", "results", "distributions", "level", "funnel", "low_results"),
    *(
        "exams",
        "marks",
        "procedures",
        "medals",
        "signs_explained",
        "signs",
        "named_schools",
        "district_cuts",
        "official",
    ),
    *(
        "official_lists",
        "monitoring",
        "recommendations",
        "quality",
        "quality_remarks",
        "scales",
        "methods",
    ),
    *("limits", "schools"),
)


# --- the demo without its pupils ----------------------------------------------------------------


def as_forms(data: Path, run: RunParams) -> dict[str, pl.DataFrame]:
    """What ФИС ОКО would print about the results of a derived folder: two contract tables.

    Counted here pupil by pupil with polars, not with the package's count tables.
    """
    cuts = [(*key, scale.max_primary, *scale.cuts) for key, scale in run.scales.items()]
    types = {"year": pl.Int32, "procedure": pl.String, "grade": pl.Int32, "subject": pl.String}
    types |= dict.fromkeys(("top", "c3", "c4", "c5"), pl.Int32)
    pupils = (
        pl.read_parquet(data / "results/**/*.parquet", hive_partitioning=False)
        .join(pl.DataFrame(cuts, schema=types, orient="row"), on=PAPER)
        .filter(pl.col("total") <= pl.col("top"))
        .with_columns(
            given=2 + pl.sum_horizontal(pl.col("total") >= pl.col(c) for c in ("c3", "c4", "c5"))
        )
    )
    home = pl.col("municipality")
    levels = {
        "school": (pl.col("school"), home),
        "municipality": (home, pl.lit(None, pl.String)),
        "region": (pl.lit("Демонстрационная область"), pl.lit(None, pl.String)),
    }
    marks, prior = [], []
    for level, (unit, municipality) in levels.items():
        groups = pupils.with_columns(
            level=pl.lit(level), unit=unit, unit_name=unit, municipality=municipality
        )
        keys = [*PAPER, "municipality", "level", "unit", "unit_name"]
        schools = pl.lit(None) if level == "school" else pl.col("school").n_unique()
        marks.append(groups.group_by(keys).agg(
            schools.cast(pl.Int32).alias("n_schools") if level != "school" else
            pl.lit(None, pl.Int32).alias("n_schools"),
            pl.len().alias("n"),
            *((100 * (pl.col("given") == mark).mean()).round(2).alias(f"share_{mark}")
              for mark in (2, 3, 4, 5)),
        ))  # fmt: skip
        known = groups.filter(pl.col("prior_mark").is_not_null())
        given, school = pl.col("given"), pl.col("prior_mark")
        parts = {"lower": given < school, "same": given == school, "higher": given > school}
        prior.append(known.group_by(keys).agg(
            pl.len().alias("n"),
            *(part.sum().alias(name) for name, part in parts.items()),
            *((100 * part.mean()).round(2).alias(f"share_{name}") for name, part in parts.items()),
        ))  # fmt: skip
    return {"mark_statistics": pl.concat(marks), "mark_vs_prior": pl.concat(prior)}


@pytest.fixture(scope="module")
def demo(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Derived folders of the demo: its pupils with forms, and the forms alone."""
    place = tmp_path_factory.mktemp("demo")
    files = [project / "data" / "demo" / name for name in ("results.parquet", "schools.csv")]
    read_files(files, place / "pupils")
    forms = []
    for name, table in as_forms(place / "pupils", load_run(DEMO_RUN)).items():
        forms.append(place / f"{name}.csv")
        table.write_csv(forms[-1], separator=";")
    read_files([*files, *forms], place / "both", strict=False)
    read_files([files[1], *forms], place / "forms", strict=True)
    return {name: place / name for name in ("both", "forms")}


@pytest.fixture(scope="module")
def both(demo: Mapping[str, Path]) -> Prepared:
    return load(load_run(DEMO_RUN, data=demo["both"]))


@pytest.fixture(scope="module")
def forms_only(demo: Mapping[str, Path]) -> Prepared:
    return load(load_run(DEMO_RUN, data=demo["forms"]))


def test_forms_give_the_shares_of_the_pupils(both: Prepared, forms_only: Prepared) -> None:
    shares = ("share_2", "share_45", "prior_lower", "prior_same", "prior_higher")
    # rows over all papers of a school are worked out of pupils only
    papers = both.measures["subject"] != ""
    pupils = both.measures[both.measures["indicator"].isin(shares) & papers]
    assert pupils["method"].ne(METHOD).all()
    forms = forms_only.measures[forms_only.measures["indicator"].isin(shares)]
    assert forms["method"].eq(METHOD).all()
    assert set(forms["level"]) == {"school", "municipality", "region"}
    joined = pupils.merge(forms, on=KEY, how="outer", suffixes=("", "_form"), indicator=True)
    assert joined["_merge"].eq("both").all()
    assert (joined["n"] == joined["n_form"]).all()
    assert (joined["count"] == joined["count_form"]).all(), "a rounded share gives the pupils back"
    prior = joined["indicator"].str.startswith("prior")
    assert np.allclose(joined["value"][prior], joined["value_form"][prior], rtol=0, atol=1e-9)
    # two decimals, and «4» and «5» are two rounded numbers
    assert (joined["value"] - joined["value_form"]).abs().max() <= 0.01 + 1e-9
    schools = joined["level"] == "school"
    for side in ("low", "high"):
        assert np.allclose(joined[side][schools], joined[f"{side}_form"][schools])
        assert joined[f"{side}_form"][~schools].isna().all(), "no spread of schools, no interval"


def test_what_the_pupils_tell_is_not_told_twice(both: Prepared) -> None:
    assert not both.measures.duplicated(KEY).any()
    ours = both.measures[both.measures["method"] == METHOD]
    assert set(ours["indicator"]) == {"form_schools"}
    compared = both.quality[both.quality["check"] == "aggregate_mismatch"]
    assert compared["n_rows"].sum() > 1000
    assert compared["n_found"].sum() == 0


def test_nothing_that_needs_scores_is_worked_out_from_forms(forms_only: Prepared) -> None:
    found = set(forms_only.measures["indicator"])
    assert found == {
        *("share_2", "share_45", "prior_lower", "prior_same", "prior_higher", "form_schools"),
        *("mark_gap", "signs", "family_marks"),  # school marks against exam marks, from counts
        # differences between schools, from counts of marks
        *("icc", "isolation", "isolation_highest", "v_gap_location", "v_gap_type"),
        *("school_gap_quarter", "school_gap_tenth", "school_p90_p10"),
        *(f"{name}_change" for name in ("icc", "isolation", "isolation_highest", "v_gap_location")),
        *("v_gap_type_change", "school_gap_quarter_change", "school_gap_tenth_change"),
        *("highest_share", "lowest_share"),
    }
    assert forms_only.mark_pairs.empty
    assert forms_only.quality.empty


def test_the_note_from_forms_says_once_what_it_can_not(demo: Mapping[str, Path]) -> None:
    note = build_note(DEMO_RUN, district="M01", year=2026, data=str(demo["forms"]))
    text = {name: text_of(getattr(note, name)) for name in BLOCKS}
    assert "22 школы" in text["summary"]
    said = "число отметок 2–5 показать его не может"
    assert [name for name, block in text.items() if said in block] == ["summary"]
    assert "Школ с признаками, требующими проверки, нет" not in text["signs"]
    assert "в обычных пределах" not in text["level"]
    assert all("nan" not in block for block in text.values())
    codes = {one.code for one in note.facts.findings}
    of_equity = {"inequality_district", "change_district", "gap_change_district"}
    assert codes == {"low_share_school", "mark_gap_school", "signs_school"} | of_equity
    assert "Рассчитано по числу отметок 2–5 по школам" in text_of(note.equity)
    assert "По формам проверено одно" in text["summary"]
    assert "Главная проверка" not in text["signs_explained"]


def test_the_sign_from_forms_is_that_of_the_counted_pupils(
    forms_only: Prepared, both: Prepared
) -> None:
    mine = forms_only.measures[forms_only.measures["indicator"] == "mark_gap"]
    assert mine["method"].map(lambda one: has_step(one, METHOD)).all()
    of_pupils = both.measures[both.measures["indicator"] == "mark_gap"]
    assert not of_pupils["method"].map(lambda one: has_step(one, METHOD)).any()  # not told twice
    pair = mine.merge(of_pupils, on=["year", "unit"], suffixes=("", "_pupils"))
    assert len(pair) > 100
    assert np.corrcoef(pair["value"], pair["value_pupils"])[0, 1] > 0.7


def test_low_results_are_found_from_forms_as_from_pupils(demo: Mapping[str, Path]) -> None:
    def low(name: str, district: str) -> list[tuple[str, float, float]]:
        facts = build_note(DEMO_RUN, district=district, year=2026, data=str(demo[name])).facts
        found = [one for one in facts.findings if one.code == "low_share_school"]
        return [(one.unit, one.verdict, one.details["papers"]) for one in found]

    for district in ("M01", "M02", "M03"):
        assert low("both", district) == low("forms", district)


def test_the_note_from_pupils_does_not_speak_of_forms(demo: Mapping[str, Path]) -> None:
    note = build_note(DEMO_RUN, district="M03", year=2026, data=str(demo["both"]))
    assert note.facts.papers_without_scores == ()
    assert "Не определяется по этим данным" not in text_of(note.summary)
    assert "Строка формы ФИС ОКО не сходится" in text_of(note.quality)


# --- the real forms -----------------------------------------------------------------------------

RUN = """
run: forms
region: {nominative: Регион, genitive: региона, dative: региону, prepositional: регионе}
organisation: Центр
data: null
years: [2024, 2026]
papers: [VPR-4-RU, VPR-4-MA]
districts: districts.yaml
scale_statuses: [found_official, found_secondary_confirmed_by_data]
seed: 1
"""
DISTRICTS = """
- code: {code}
  nominative: Северный муниципальный район
  genitive: Северного муниципального района
  dative: Северному муниципальному району
  prepositional: Северном муниципальном районе
"""
FORMS = ("f3_marks_statistics_ru4_2026.xlsx", "f4_marks_vs_journal_ma4_2024.xlsx")
PUPILS = "f1_individual_results_ru4_2026.xlsx"


@pytest.fixture(params=["reg99_m001", "M7"], ids=["by code", "by name"])
def run_file(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A run whose district has the code of the forms, or only their name."""
    (tmp_path / "run.yaml").write_text(RUN, encoding="utf-8")
    districts = DISTRICTS.format(code=request.param)
    (tmp_path / "districts.yaml").write_text(districts, encoding="utf-8")
    return tmp_path / "run.yaml", request.param


def real_note(
    shared: Path, tmp_path: Path, run_file: tuple[Path, str], year: int, *names: str
) -> Note:
    out = tmp_path / "derived"
    if not out.exists():
        read_files([shared / "data" / "fisoko" / name for name in names], out)
    return build_note(str(run_file[0]), district=run_file[1], year=year, data=str(out))


def test_real_forms_give_a_note(shared: Path, tmp_path: Path, run_file: tuple[Path, str]) -> None:
    marks = real_note(shared, tmp_path, run_file, 2026, *FORMS).facts
    paper = Paper("VPR", 4, "RU")
    assert marks.n_schools == 47
    assert marks.value("municipality", "share_2", paper) == 13.57
    assert marks.value("region", "share_2", paper) == 13.44
    assert np.isclose(marks.value("municipality", "share_45", paper), 33.65 + 5.88)
    assert marks.measure("municipality", "share_2", paper)["count"] == 429
    prior = real_note(shared, tmp_path, run_file, 2024).facts
    assert prior.papers == (Paper("VPR", 4, "MA"),)
    # the form prints 40.86, 56.66 and 2.48
    shares = [
        prior.value("municipality", f"prior_{name}", prior.papers[0])
        for name in ("lower", "same", "higher")
    ]
    assert np.round(shares, 2).tolist() == [40.86, 56.66, 2.48]


def test_a_few_pupils_do_not_speak_for_the_district(
    shared: Path, tmp_path: Path, run_file: tuple[Path, str]
) -> None:
    """Ф1 of one school: 50 of its 89 pupils, of a district of 47 schools and 3,162 pupils."""
    note = real_note(shared, tmp_path, run_file, 2026, PUPILS, *FORMS)
    facts, paper = note.facts, Paper("VPR", 4, "RU")
    assert facts.measure("municipality", "share_2", paper)["method"] == METHOD
    assert facts.measure("municipality", "mean_percent", paper) is None
    assert facts.value("municipality", "share_2", paper) == 13.57
    school = facts.public.table.query("unit == 'edu990001' and indicator == 'share_2'")
    assert school[["n", "method"]].to_numpy().tolist() == [[50, "wilson"]]
    (found,) = facts.quality.query("check == 'aggregate_mismatch'")[
        ["n_rows", "n_found"]
    ].to_numpy()
    assert found.tolist() == [2, 2]
    assert "только по 1 школе" in text_of(note.summary)


def test_a_few_pupils_without_a_scale_do_not_speak_either(
    shared: Path, tmp_path: Path, run_file: tuple[Path, str]
) -> None:
    """The same where the run does not accept the scale: nothing of 50 pupils is told of 3,162."""
    text = run_file[0].read_text("utf-8").replace(", found_secondary_confirmed_by_data", "")
    run_file[0].write_text(text, "utf-8")
    note = real_note(shared, tmp_path, run_file, 2026, PUPILS, *FORMS)
    facts, paper = note.facts, Paper("VPR", 4, "RU")
    assert facts.measure("municipality", "mean_percent", paper) is None
    assert facts.value("municipality", "share_2", paper) == 13.57
    said = text_of(note.summary)
    assert "3\u202f162 работы" in said
    assert "только по 1 школе" in said
    assert "Сравнить не с чем" not in said
    assert "регион" not in text_of(note.equity_schools)


def test_real_forms_become_pages(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(RUN, encoding="utf-8")
    (tmp_path / "districts.yaml").write_text(DISTRICTS.format(code="reg99_m001"), encoding="utf-8")
    read_files([shared / "data" / "fisoko"], tmp_path / "derived")
    made = run_notes(
        tmp_path / "run.yaml", data=tmp_path / "derived", reports=tmp_path / "reports", jobs=2
    )
    assert [note.status for note in made.results] == ["made", "made"], made.text()
    page = (tmp_path / "reports/2026/reg99_m001/note.html").read_text(encoding="utf-8")
    assert "Не определяется по этим данным" in page


def test_a_note_from_forms_has_no_heading_over_nothing(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(RUN, encoding="utf-8")
    (tmp_path / "districts.yaml").write_text(DISTRICTS.format(code="reg99_m001"), encoding="utf-8")
    out = tmp_path / "derived"
    read_files([shared / "data" / "fisoko" / name for name in FORMS], out)
    made = run_notes(tmp_path / "run.yaml", data=out, reports=tmp_path / "reports", jobs=1)
    assert [note.status for note in made.results] == ["made", "made"], made.text()
    for year in (2024, 2026):
        page = (tmp_path / f"reports/{year}/reg99_m001/note.html").read_text(encoding="utf-8")
        page = re.sub(r"(?s)<(style|nav)\b.*?</\1>|<details.*?</details>", "", page)
        pieces = re.split(r"<h([1-6])[^>]*>.*?</h\1>", page, flags=re.DOTALL)
        levels, below = [int(one) for one in pieces[1::2]], pieces[2::2]
        for place, (level, text) in enumerate(zip(levels, below, strict=True)):
            deeper = levels[place + 1 :][:1] > [level]
            assert deeper or re.sub(r"<[^>]+>|\s", "", text), (
                f"{year}: heading {place} over nothing"
            )
        told = words(page)
        for other in (
            "Медалист",
            "Скопление работ у границы отметки (методика",
            "воронка",
            "отивирующ",
        ):
            assert other not in told, (year, other)
        assert "Муниципалитет\nСеверный муниципальный район\n" in told, "no region without a name"


def test_the_first_page_tells_the_one_result_there_is(
    shared: Path, tmp_path: Path, run_file: tuple[Path, str]
) -> None:
    """Numbers as the forms print them: 13.57 and 33.65 + 5.88 against 13.44; 40.86 and 2.48."""
    marks = real_note(shared, tmp_path, run_file, 2026, *FORMS)
    said = text_of(marks.summary).replace("\u00a0", " ")
    assert "Отметок «2» — 13,6 %, на 0,1 п. п. больше, чем в регионе" in said
    assert "отметок «4» и «5» — 39,5 %" in said
    journal = real_note(shared, tmp_path, run_file, 2024)
    said = text_of(journal.summary).replace("\u00a0", " ")
    assert "ниже отметки школы — 40,9 % (в регионе" in said
    assert "выше отметки школы — 2,5 % (в регионе" in said
    assert "Доли отметок — как они напечатаны" not in text_of(journal.results)


# --- single rules -------------------------------------------------------------------------------

FORM = {
    "year": 2026, "procedure": "VPR", "grade": 4, "subject": "RU", "municipality": None,
    "level": "municipality", "unit": "reg1_m1", "unit_name": "Северный район", "n_schools": 3.0,
    "n": 200, "share_2": 10.0, "share_3": 40.0, "share_4": 40.0, "share_5": 10.0,
}  # fmt: skip
SCHOOL = FORM | {"level": "school", "unit": "edu1", "unit_name": "СОШ № 1", "n_schools": np.nan}
NO_COMPARISON = pd.DataFrame(
    columns=[*PAPER, "municipality", "level", "unit", "unit_name", "n", "lower", "same", "higher"]
)
CASES = Cases(nominative="Северный район", genitive="x", dative="x", prepositional="x")


def measured(*rows: Mapping[str, object], homes: Mapping[str, str] | None = None) -> pd.DataFrame:
    schools = pd.DataFrame(list((homes or {}).items()), columns=["school", "municipality"])
    forms = pd.DataFrame(list(rows))
    places = Places.of({"M1": District(code="M1", name=CASES)}, schools, [forms])
    return aggregate_rows(forms, NO_COMPARISON, places, {Paper("VPR", 4, "RU")})


def test_a_school_stands_where_the_form_or_the_table_of_schools_says() -> None:
    own = SCHOOL | {"municipality": "reg1_m1"}
    assert set(measured(FORM, own)["municipality"]) == {"M1"}
    assert set(measured(FORM, SCHOOL, homes={"edu1": "M1"})["municipality"]) == {"M1"}
    unknown = measured(FORM, SCHOOL)
    assert set(unknown["level"]) == {"municipality"}, "a school of no known place is in no district"


def test_of_two_regions_neither_is_the_region() -> None:
    region = FORM | {"level": "region", "unit": "А", "unit_name": "А"}
    assert "region" in set(measured(FORM, region)["level"])
    assert "region" not in set(measured(FORM, region, region | {"unit": "Б"})["level"])


def test_papers_outside_the_run_and_the_country_are_left_out() -> None:
    country = FORM | {"level": "country", "unit": "РФ"}
    assert measured(country, FORM | {"subject": "MA"}).empty


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([FORM], 3),
        ([FORM | {"n_schools": np.nan}], 2),
        ([FORM | {"n_schools": np.nan}, SCHOOL | {"n": 120}], 2),
        ([FORM | {"n_schools": np.nan}, SCHOOL], 1),
        ([SCHOOL], 0),
    ],
    ids=["counted", "none listed", "not all listed", "one school is all", "no municipality"],
)
def test_how_many_schools_a_form_is_about(rows: list, told: int) -> None:
    table = measured(*rows, homes={"edu1": "M1"})
    assert schools_told(table, "M1", 2026) == told
    assert schools_told(table, "M1", 2025) == 0


def pupil_rows(n: float, schools: int) -> pd.DataFrame:
    """Rows as pupils' results give them: a municipality and its schools."""
    base = measured(FORM, SCHOOL, homes={"edu1": "M1"}).assign(method="pupils")
    base = base[base["indicator"] != "form_schools"]
    whole = base[base["level"] == "municipality"].assign(n=n)
    each = [base[base["level"] == "school"].assign(unit=f"edu{i + 1}") for i in range(schools)]
    mean = whole[whole["indicator"] == "share_2"].assign(indicator="mean_percent")
    pooled = mean.assign(indicator="p19", subject="", grade=0, procedure="")
    return pd.concat([whole, mean, pooled, *each], ignore_index=True)


@pytest.mark.parametrize(
    ("n", "schools", "speaks"),
    [(200, 3, "pupils"), (100, 2, "pupils"), (99, 3, METHOD), (200, 1, METHOD)],
    ids=["all", "half", "less than half", "one school"],
)
def test_who_speaks_for_the_district(n: float, schools: int, speaks: str) -> None:
    forms = measured(FORM, SCHOOL, homes={"edu1": "M1"})
    table = with_forms(pupil_rows(n, schools), forms, 0.5)
    assert not table.duplicated(KEY).any()
    whole = table[table["level"] == "municipality"].set_index("indicator")
    assert whole.loc["share_2", "method"] == speaks
    # what a form can not give is left out rather than told by a few
    assert ("mean_percent" in whole.index) == (speaks == "pupils")
    assert ("p19" in whole.index) == (speaks == "pupils")
    own = table[(table["level"] == "school") & table["unit"].eq("edu1")]
    assert own["method"].eq("pupils").all(), "about a school its pupils always speak"


def test_a_disagreement_beyond_rounding_is_counted_by_row_of_the_form() -> None:
    forms = measured(FORM, SCHOOL, homes={"edu1": "M1"})
    pupils = pupil_rows(200, 1)

    def found(change: pd.DataFrame) -> tuple[int, int]:
        (row,) = mismatches(change, forms)[["n_rows", "n_found"]].to_numpy().tolist()
        return tuple(row)

    assert found(pupils) == (2, 0)
    near = pupils.assign(value=pupils["value"] + 0.005)
    assert found(near) == (2, 0)
    assert found(pupils.assign(value=pupils["value"] + 0.006)) == (2, 2)
    fewer = pupils.assign(n=pupils["n"].where(pupils["level"] == "school", 199))
    assert found(fewer) == (2, 1)


def test_a_form_of_a_single_school_district_is_withheld(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(RUN, encoding="utf-8")
    (tmp_path / "districts.yaml").write_text(DISTRICTS.format(code="M1"), encoding="utf-8")
    form = pl.DataFrame([FORM | {"unit": "M1", "n_schools": 1, "municipality": ""}])
    form.write_csv(tmp_path / "f3.csv", separator=";")
    read_files([tmp_path / "f3.csv"], tmp_path / "derived")
    with pytest.raises(Withheld, match="одна школа"):
        build_note(
            str(tmp_path / "run.yaml"), district="M1", year=2026, data=str(tmp_path / "derived")
        )
