"""The explorer: answers agree with findings and measures, a finding leads to its counts, choices redraw."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import papermill
import polars as pl
import pytest
import yaml
from reading import cells, words
from typer.testing import CliRunner

from msoko_analysis.cli import app
from msoko_analysis.documents.note import build_note
from msoko_analysis.errors import MsokoError, ParamsError
from msoko_analysis.explorer import laboratory
from msoko_analysis.explorer.region import (
    DATA_VARIABLE,
    RUN_VARIABLE,
    Region,
    open_region,
    save_tables,
)
from msoko_analysis.explorer.widgets import TABS, Explorer
from msoko_analysis.facts.district import gather
from msoko_analysis.figures import Figure
from msoko_analysis.findings import Verdict
from msoko_analysis.findings.basis import basis_of
from msoko_analysis.page.prose import Paragraph
from msoko_analysis.page.tables import HIDDEN
from msoko_analysis.params.measures import registered
from msoko_analysis.params.scales import Paper
from msoko_analysis.russian import natural
from msoko_analysis.wording.explorer import chain as explorer_chain
from msoko_analysis.wording.explorer import school as explorer
from msoko_analysis.wording.sign_kinds import KINDS

TOLD = (Verdict.CONCERN, Verdict.WATCH)
TRUTH = yaml.safe_load((Path(__file__).parents[2] / "data/demo/truth.yaml").read_text("utf-8"))
# What was planted → the sign that has to lead back to it.
SIGN_OF = {
    "spike": "spike_school",
    "mark_inflation": "mark_gap_school",
    "leak": "items_hard_school",
    "low": "low_share_school",
    "doubtful_medals": "medals_school",
    "helped_vpr8": "link_school",
}
PLANTED = {
    (one["school"], SIGN_OF[one["kind"]])
    for one in (*TRUTH["planted"], *TRUTH["gia"])
    if one["kind"] in SIGN_OF and one["municipality"] in ("M01", "M02", "M03")
} - {("S027", "medals_school")}  # too few doubtful medals to be named (tests/cases)
SERVICE = "Для служебного пользования"


@pytest.fixture(scope="session")
def region(project: Path, demo_data: Path) -> Region:
    return open_region(project / "params/runs/demo.yaml", data=demo_data)


@pytest.fixture
def shown(region: Region) -> Explorer:
    return Explorer(region)


def picture(shown: Explorer) -> str:
    """The first tab."""
    return shown.pages[0].value


# --- answers ------------------------------------------------------------------------------------


def test_signs_of_a_district_are_those_of_its_note(region, project, demo_data) -> None:
    run = str(project / "params/runs/demo.yaml")
    note = build_note(run, district="M02", year=2026, data=str(demo_data))
    pd.testing.assert_frame_equal(region.signs("M02").frame, note.signs.frame)
    told = {one.unit for one in note.facts.findings if one.verdict in TOLD}
    schools = region.schools("M02")
    known = schools.index[(schools[["Требует проверки", "К сведению"]] != "").any(axis=1)]
    assert set(known) == told & set(schools.index)


def test_facts_of_a_district_are_gathered_once(region, monkeypatch) -> None:
    calls = []

    def counted(*args):
        calls.append(args[2:])
        return gather(*args)

    monkeypatch.setattr("msoko_analysis.explorer.region.gather", counted)
    fresh = Region(region.run, region.prepared)
    for unit in ("S003", "S006", "S003"):
        fresh.school(unit).signs()
    fresh.schools("M01")
    assert calls == [("M01", 2026)]
    assert fresh.school("S003") is fresh.school("S003", 2026)


@pytest.mark.parametrize(("unit", "code"), sorted(PLANTED))
def test_what_is_planted_is_reached_from_finding_to_counts(region, unit: str, code: str) -> None:
    """Sentence, limit with its source, the finding's own numbers among the rows, counts, causes."""
    school = region.school(unit, 2026)
    found = [one for one in school.findings if one.code == code]
    assert found, f"{unit}: {code} is not told"
    one = found[0]
    behind = explorer_chain.measures_behind(school.facts, one)
    own = behind[np.isclose(behind["value"], one.value)]
    assert len(own), f"no row of measures holds {one.value}"
    limits = explorer_chain.limits_table(school.facts, one).frame
    assert len(limits)
    assert limits["Источник"].str.len().gt(5).all()
    said = words(school.why()._repr_html_())
    for part in ("1. Вывод.", "2. Предел", "3. Показатели", "4. Подсчёты", "6. Что рекомендуется."):
        assert part in said
    for entry in explorer_chain.recommended(school.facts, one):
        assert entry.measure in said
    assert SERVICE in said
    if code in KINDS:
        assert "признак, требующий проверки" in said
        assert all(cause in said for cause in KINDS[code].causes)


def test_every_finding_that_is_told_has_a_chain(region) -> None:
    for district in region.districts.index:
        schools = region.schools(district)
        for unit in schools.index[schools["Требует проверки"] != ""]:
            school = region.school(unit)
            for one in school.findings:
                assert len(explorer_chain.measures_behind(school.facts, one)), one.id
            titles = school.why()._repr_html_().count("<h3>")
            assert titles == len(school.findings)
    assert registered(
        name for code in (*KINDS, *explorer.ABOUT_SCHOOLS) for name in basis_of(code).measures
    )


def test_a_clean_school_gets_an_honest_nothing(region) -> None:
    school = region.school("S012", 2026)
    assert school.findings == ()
    said = words(school.why()._repr_html_())
    assert "признаков нет" in said
    assert "Это не доказывает, что всё в порядке" in said
    checked = school.signs().frame
    assert set(checked["Вывод"]) == {"признака нет"}
    few = region.school("S040", 2026)  # at most five pupils in a paper (data/README.md)
    assert "работ слишком мало" in words(few.why()._repr_html_())


def test_all_signs_that_were_looked_for_are_shown_with_their_numbers(region) -> None:
    school = region.school("S003", 2026)
    frame = school.signs().frame
    judged = [one for one in school.facts.findings if one.code in KINDS and one.unit == "S003"]
    assert len(frame) == len(judged)
    spike = next(one for one in judged if one.code == "spike_school")
    row = frame.iloc[0]
    assert (row["Величина"], row["q"], row["Работ"]) == (spike.value, spike.q, spike.n)
    assert "3 — подтверждается" in school.signs().caption


def test_counts_are_those_of_the_results(region, demo_data) -> None:
    files = str(demo_data / "results/**/*.parquet")
    rows = pl.read_parquet(files, hive_partitioning=False).to_pandas()
    school = region.school("S003", 2026)
    for code in school.papers:
        paper = Paper.parse(code)
        mine = rows[(rows["year"] == 2026) & (rows["school"] == "S003") & rows["total"].notna()]
        mine = mine[(mine[list(paper._fields)] == list(paper)).all(axis=1)]
        table = school.counts(code).frame
        seen = dict(zip(table["Балл"], table["Работ"], strict=True))
        told = mine["total"].astype(int).value_counts().to_dict()
        assert {score: n for score, n in seen.items() if n} == told, code


def test_expectation_has_the_size_and_the_level_of_the_school(region) -> None:
    """The reference is tilted to the school: works and mean agree, so level is not held against it."""
    school = region.school("S003", 2026)
    for code in ("VPR-4-MA", "OGE-9-RU", "EGE-11-RU"):
        counts = school._of_paper(code)
        scores = np.arange(len(counts.seen))
        assert counts.expected.sum() == pytest.approx(counts.n, rel=1e-6)
        means = [cells @ scores / counts.n for cells in (counts.seen, counts.expected)]
        assert means[1] == pytest.approx(means[0], abs=0.03 * scores[-1])


def test_the_figure_of_all_papers_is_the_one_the_test_saw(region) -> None:
    """Observed and expected around the cuts are those of the note's own figure."""
    school = region.school("S003", 2026)
    note, mine = school.facts.pictures["S003"], school._picture
    np.testing.assert_allclose(mine.near.usual, note.near.usual)
    shown = np.isfinite(note.near.seen.counts)
    np.testing.assert_array_equal(mine.near.seen.counts[shown], note.near.seen.counts[shown])


def test_a_school_of_few_works_has_no_expectation(region) -> None:
    figure = region.school("S040", 2026).histogram("VPR-5-RU")
    assert isinstance(figure, Figure)
    assert "ожидание не показано" in figure.caption
    assert isinstance(region.school("S040", 2026).histogram(), Figure | Paragraph)


def test_unknown_names_are_told_with_those_there_are(region) -> None:
    with pytest.raises(ParamsError, match="Результатов школы «S999» за 2026 год нет"):
        region.school("S999")
    with pytest.raises(ParamsError, match=r"нет 2019 года\. Есть: 2026, 2025"):
        region.schools("M01", 2019)
    with pytest.raises(ParamsError, match="Муниципалитета «M99» нет"):
        region.facts("M99")
    with pytest.raises(ParamsError, match="не писала VPR-4-OB"):
        region.school("S003").histogram("VPR-4-OB")


def test_medals_are_counted_and_not_called_a_sign_of_results(region) -> None:
    planted = next(one for one in TRUTH["gia"] if one["school"] == "S008")["years"][-1]
    school = region.school("S008", planted["year"])
    (table,) = school._behind(next(one for one in school.findings if one.code == "medals_school"))
    counted = dict(zip(table.frame["Медалистов"], table.frame["Число"], strict=True))
    assert counted["результаты не соответствуют правилу года"] == planted["against_rule"]
    assert "В самих результатах признаков, требующих проверки, нет" in words(
        school.headline()._repr_html_()
    )


# --- privacy ------------------------------------------------------------------------------------


def test_only_tables_for_service_use_show_small_groups(region) -> None:
    """The open tables hide what the note hides; counts say for whom they are."""
    limit = region.run.thresholds["small_cell"].value
    for unit in ("S003", "S040"):
        school = region.school(unit, 2026)
        for table in school.tables():
            assert SERVICE not in table.caption
        results = school.results().frame
        works = [n for n in results["Работ"] if n != HIDDEN]
        assert all(n >= limit for n in works)
        assert school.counts().caption.startswith(SERVICE)
        assert all(school.counts(code).caption.startswith(SERVICE) for code in school.papers)
        assert school.histogram("VPR-4-RU").caption.startswith(SERVICE)
        assert school.histogram().caption.startswith(SERVICE)


# --- export -------------------------------------------------------------------------------------


def test_an_exported_table_is_read_back_as_it_was_shown(region, tmp_path: Path) -> None:
    school = region.school("S003", 2026)
    path = save_tables(school.tables(), tmp_path / "new", name="S003")
    assert path == tmp_path / "new" / "S003.xlsx"
    book = pd.read_excel(
        path, sheet_name=None, dtype=object, keep_default_na=False, engine="openpyxl"
    )
    assert list(book) == [table.name for table in school.tables()]
    for table in school.tables():
        plain = table.plain()
        assert book[table.name].columns.tolist() == plain.columns.tolist()
        assert book[table.name].to_numpy().tolist() == plain.to_numpy().tolist()
    service = save_tables([school.counts("VPR-4-MA")], tmp_path)
    assert service.name == "counts-служебное.xlsx"


# --- widgets ------------------------------------------------------------------------------------


def test_the_first_screen_is_a_school_that_needs_a_check(shown) -> None:
    assert shown.district.value == "M01"
    assert shown.school.value == "S003"
    assert "признак, требующий проверки" in words(shown.head.value)
    assert "<svg" in picture(shown)
    labels = [label for label, _ in shown.school.options]
    assert labels == sorted(labels, key=natural)
    assert "Школа № 3 — требует проверки" in [label.replace("\xa0", " ") for label in labels]


def test_another_school_and_paper_change_the_figure(shown) -> None:
    first = picture(shown)
    shown.school.value = "S012"
    second = picture(shown)
    assert second != first
    assert "Школа № 12" in words(second).replace("\xa0", " ")
    shown.paper.value = "VPR-4-MA"
    third = picture(shown)
    assert "математика, 4 класс" in words(third).replace("\xa0", " ")
    shown.school.value = "S003"  # the paper stays chosen
    assert shown.paper.value == "VPR-4-MA"
    assert picture(shown) not in (first, second, third)
    shown.paper.value = ""
    assert picture(shown) == first


def test_every_tab_of_every_kind_of_school_draws(shown) -> None:
    for unit in ("S003", "S006", "S012", "S016"):
        shown.school.value = unit
        for place, tab in enumerate(TABS):
            shown.tabs.selected_index = place
            assert len(words(shown.pages[place].value)) > 50, (unit, tab.title)
    shown.district.value, shown.tabs.selected_index = "M03", 0
    assert "<svg" in picture(shown)
    shown.year.value = 2025
    assert "2025" in words(shown.head.value)
    names = [row[0] for row in cells(shown.region.school("S012").signs()._repr_html_())[1:]]
    assert names == [KINDS[code].name.capitalize() for code in KINDS if _judged(shown, code)]


def _judged(shown: Explorer, code: str) -> bool:
    facts = shown.region.facts("M01")
    return any(one.unit == "S012" for one in facts.of(code, *Verdict))


def test_a_table_is_written_and_offered(shown, tmp_path: Path) -> None:
    shown.tabs.selected_index = len(TABS)
    captions = [label for label, _ in shown.table.options]
    assert any("Таблица" in label for label in captions)
    assert any(label.startswith(SERVICE) for label in captions)
    shown.folder.value = str(tmp_path)
    shown.save.click()
    (path,) = tmp_path.glob("*.xlsx")
    assert path.name == "2026 S003 tables.xlsx"
    assert str(path) in shown.saved.value
    assert 'download="2026 S003 tables.xlsx"' in shown.saved.value
    (tmp_path / "file").touch()
    shown.folder.value = str(tmp_path / "file")
    shown.save.click()
    assert "Не записано" in shown.saved.value


def test_the_code_it_offers_runs(shown, monkeypatch, project, demo_data, tmp_path) -> None:
    monkeypatch.setenv(RUN_VARIABLE, str(project / "params/runs/demo.yaml"))
    monkeypatch.setenv(DATA_VARIABLE, str(demo_data))
    monkeypatch.setattr("msoko_analysis.explorer.region.EXPORTS", tmp_path)
    names: dict[str, object] = {}
    for line in shown.code(shown.asked):
        exec(line, names)
    assert names["school"].unit == "S003"
    assert [path.name for path in tmp_path.iterdir()] == ["signs.xlsx"]


# --- the command and the notebook ---------------------------------------------------------------


def test_the_notebook_runs_without_a_browser(project, demo_data, tmp_path) -> None:
    made = papermill.execute_notebook(
        str(project / "notebooks/explore.ipynb"), str(tmp_path / "out.ipynb"),
        parameters={"run_file": str(project / "params/runs/demo.yaml"), "data": str(demo_data)},
        progress_bar=False, cwd=str(project / "notebooks"),
    )  # fmt: skip
    (output,) = made.cells[-1].outputs
    assert "application/vnd.jupyter.widget-view+json" in output["data"]


def test_the_command_opens_jupyterlab_on_the_notebook(monkeypatch, project, demo_data) -> None:
    calls = []

    def run(command, *, env, check):
        calls.append((command, env))
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr(laboratory.subprocess, "run", run)
    run_file = project / "params/runs/demo.yaml"
    done = CliRunner().invoke(
        app, ["explore", str(run_file), "--data", str(demo_data), "--no-browser"]
    )
    assert done.exit_code == 0, done.output
    ((command, env),) = calls
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--no-browser" in command
    assert any(part.endswith("/lab/tree/notebooks/explore.ipynb") for part in command)
    assert (env[RUN_VARIABLE], env[DATA_VARIABLE]) == (str(run_file), str(demo_data))


def test_without_jupyterlab_it_says_what_to_do(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(laboratory.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MsokoError, match=r"не установлено: jupyterlab, ipywidgets.*make lab"):
        laboratory.open_laboratory(tmp_path, tmp_path)


def test_names_of_findings_are_complete(region) -> None:
    codes = {one.code for one in region.facts("M01").findings if one.verdict in TOLD}
    about_schools = {code for code in codes if code.endswith("_school")} - {"signs_school"}
    assert about_schools <= {*KINDS, *explorer.ABOUT_SCHOOLS}
