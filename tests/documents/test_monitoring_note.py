"""The note on monitoring end to end: what was planted is told, nothing else is, same bytes again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pytest
import yaml
from openpyxl import load_workbook
from reading import words

from msoko_analysis.documents.monitoring_note import MonitoringNote, build_monitoring_note
from msoko_analysis.documents.note import Withheld
from msoko_analysis.errors import DataError
from msoko_analysis.findings.interventions import Conclusion
from msoko_analysis.monitoring.actions import load_actions
from msoko_analysis.monitoring.demo import FOLDER, demo_registry, write_monitoring_demo
from msoko_analysis.monitoring.inputs import read_inputs
from msoko_analysis.monitoring.roadmap.completeness import GapKind
from msoko_analysis.monitoring.roadmap.status import Status
from msoko_analysis.wording.monitoring.advice import of_indicators
from msoko_analysis.wording.monitoring.summary import in_yearly_note

RUN = "params/runs/demo.yaml"
NAMES = {"M01": "Заречный городской округ", "M02": "Северный район", "M03": "Луговой район"}
PLACES = NAMES | {f"M{n:02}": f"M{n:02}" for n in range(4, 12)}


@pytest.fixture(scope="module")
def truth(project: Path) -> dict:
    return yaml.safe_load((project / "data/demo/monitoring/truth.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def notes(project: Path, demo_data: Path) -> dict[str, MonitoringNote]:
    """The notes of the three districts for 2026."""
    return {
        code: build_monitoring_note(
            str(project / RUN), district=code, year=2026, data=str(demo_data)
        )
        for code in NAMES
    }


def page(note: MonitoringNote) -> str:
    """The words of all blocks of a note."""
    names = [
        name for name, value in vars(MonitoringNote).items() if isinstance(value, cached_property)
    ]
    blocks = [getattr(note, name) for name in names if not name.startswith("_")]
    return "\n".join(words(block._repr_html_()) for block in blocks).replace("\u00a0", " ")


# --- what was planted is told, and nothing else ----------------------------------------------------


def test_only_the_planted_indicator_fell(notes, truth: dict) -> None:
    told = {
        (code, row.indicator, row.period)
        for code, note in notes.items()
        for row in note.facts.worse.itertuples()
    }
    fell = truth["fell"]
    assert told == {(fell["municipality"], fell["indicator"], fell["period"])}


def test_only_the_planted_target_is_missed(notes, truth: dict) -> None:
    told = {
        (code, row.indicator)
        for code, note in notes.items()
        for row in note.facts.missed.itertuples()
    }
    assert told == {(truth["missed_target"]["municipality"], truth["missed_target"]["indicator"])}


def test_experts_differ_where_planted(notes, truth: dict) -> None:
    planted = truth["experts_differ"]
    for code, note in notes.items():
        positions = list(note.facts.assessed.differ["position"])
        assert positions == ([planted["position"]] if code == planted["municipality"] else [])
    # 1.1 has 27 positions of one point, the others 9: 90; four lost whole, one by half
    assert notes["M01"].facts.assessed.result.points == 85.5
    assert notes["M01"].facts.assessed.result.maximum == 90


def test_roadmaps_stand_as_planted(notes, truth: dict) -> None:
    for code in ("M01", "M02"):
        (one,) = notes[code].facts.roadmaps
        for status, name in ((Status.OVERDUE, "overdue"), (Status.NO_EVIDENCE, "no_evidence")):
            found = [dated.activity.number for dated in one.dated if dated.status is status]
            assert found == truth["roadmaps"][code][name]
    (first,) = notes["M01"].facts.roadmaps
    short = {gap.direction for gap in first.cycle.gaps}
    assert short == {truth["roadmaps"]["M01"]["two_stages_only"]}
    assert {gap.kind for gap in first.cycle.gaps} == {GapKind.NO_ACTIVITY}
    (second,) = notes["M02"].facts.roadmaps
    assert second.cycle.gaps == ()


def test_a_measure_without_effect_is_not_praised(notes, truth: dict) -> None:
    (finding,) = notes["M01"].facts.effects
    assert finding.result.measure == truth["measure"]["measure"]
    assert finding.conclusion is Conclusion.UNCLEAR
    # chosen for a low year, they rise by themselves: the plain difference says so, the honest one not
    assert finding.result.difference.estimate > finding.result.adjusted.estimate
    assert finding.low <= truth["measure"]["true_effect"] <= finding.high
    assert "Заключить, изменила ли мера результаты, нельзя" in page(notes["M02"])


def test_recommendations_follow_from_what_is_shown(notes) -> None:
    def addressed(code: str) -> set[str]:
        text = words(notes[code].recommendations._repr_html_())
        return set(re.findall(r"^Проблема\n(.+)\.$", text, flags=re.M))

    always = "Заключить, изменила ли мера результаты, нельзя"
    for code, others in (("M01", 4), ("M02", 0), ("M03", 0)):
        told = of_indicators(notes[code].facts)
        asked = {one.problem for one in load_actions() if set(one.indicators) & set(told)}
        assert asked | {always} <= addressed(code)
        assert len(addressed(code)) == len(asked) + 1 + others


def test_an_indicator_is_told_only_where_it_fell_missed_or_stays_behind(notes) -> None:
    told = {code: of_indicators(notes[code].facts) for code in ("M01", "M02", "M03")}
    # planted in M01: П8 fell and ДК1 missed its target; elsewhere only what stays behind is told
    (fell,), (missed, *_) = told["M01"]["П8"], told["M01"]["ДК1"]
    assert re.search(
        r"было [\d,]+, стало [\d,]+ % \(изменение — примерно 27 из 1.137 посчитанных\)$", fell
    )
    assert "при цели 5,00" in missed
    for code in ("M02", "M03"):
        lines = [line for mine in told[code].values() for line in mine]
        assert lines
        assert all("второй год подряд" in line and "95\u00a0%: от" in line for line in lines)


def test_a_change_that_is_no_share_names_no_people(notes) -> None:
    facts = notes["M01"].facts
    row = facts.changed[facts.changed["municipality"] == "M01"].query(
        "period.str.startswith('2026')"
    )
    one = row[row["units"].isna()].iloc[[0]].assign(towards=-1.0)
    bare = replace(facts, changed=one, behind=(), short_of=facts.short_of.iloc[:0])
    ((line,),) = of_indicators(bare).values()
    assert "посчитанных" not in line


def test_the_summary_says_it_all(notes) -> None:
    text = words(notes["M01"].summary._repr_html_()).replace("\u00a0", " ")
    for told in ("П8", "ДК1", "1.2 — анализ результатов мониторинга", "1.5. Анализ причин", "1.6."):
        assert told in text
    quiet = words(notes["M02"].summary._repr_html_())
    assert "просроченных и неподтверждённых нет" in quiet
    assert "не стал ни один" in quiet


# --- what is ours is called so, nobody is ranked ---------------------------------------------------


def test_models_are_named_beside_their_numbers(notes) -> None:
    text = page(notes["M01"])
    for block in ("values", "index"):
        beside = words(getattr(notes["M01"], block)._repr_html_())
        assert "расчётн" in beside
        assert "официальные максимумы не найдены" in beside
    assert "муниципальная расчётная модель" in words(notes["M01"].computed._repr_html_())
    assert "100 · x / лучшее" in text


def test_no_municipality_but_its_own_is_named(notes) -> None:
    for code, note in notes.items():
        text = page(note)
        assert not [one for one in PLACES if one != code and re.search(rf"\b{one}\b", text)]
        assert not [name for one, name in NAMES.items() if one != code and name in text]
        assert not re.search(r"\bранг\b|место в рейтинге|-е место", text)


def test_computed_indicators_are_never_called_worse(notes) -> None:
    for note in notes.values():
        computed = set(note.facts.computed["indicator"])
        assert {"П19", "П22", "П23"} <= computed
        assert computed.isdisjoint(note.facts.changed["indicator"])


def test_tables_and_figures_are_numbered_in_the_order_of_the_page(notes) -> None:
    for note in notes.values():
        captions = [table.caption for table in note.tables()]
        assert [int(re.match(r"Таблица\u00a0(\d+)\. ", one)[1]) for one in captions] == list(
            range(1, len(captions) + 1)
        )
        assert len({table.name for table in note.tables()}) == len(captions)
        assert note.directions.caption.startswith("Рисунок\u00a01. ")


def test_the_notebook_shows_the_blocks_in_their_order(project: Path, notes) -> None:
    source = (project / "notebooks/monitoring_note.ipynb").read_text(encoding="utf-8")
    shown = re.findall(r'"note\.(\w+)"', source)
    blocks = [name for name in shown if name in notes["M01"]._numbered]
    assert blocks == list(notes["M01"]._numbered)
    properties = {
        name
        for name, value in vars(MonitoringNote).items()
        if isinstance(value, cached_property) and not name.startswith("_")
    }
    assert set(shown) | {"requisites"} == properties


# --- saved, and the same again ---------------------------------------------------------------------


def test_the_same_bytes_twice(notes, project: Path, demo_data: Path, tmp_path: Path) -> None:
    again = build_monitoring_note(
        str(project / RUN), district="M01", year=2026, data=str(demo_data)
    )
    for note, name in ((notes["M01"], "one"), (again, "two")):
        note.save(str(tmp_path / name))
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert Path("tables/tables.xlsx") in files
    assert Path("figures/mechanisms.png") in files
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes(), (
            path
        )
    assert page(notes["M01"]) == page(again)


def test_the_runner_makes_it_in_a_folder_of_its_own(
    project: Path, demo_data: Path, tmp_path: Path
) -> None:
    from msoko_analysis.publish.runner import run_notes

    made = run_notes(
        project / RUN, data=demo_data, kinds=["monitoring"], districts=["M03"], years=[2025],
        reports=tmp_path, jobs=1,
    )  # fmt: skip
    assert made.exit_code == 0, made.text()
    folder = tmp_path / "2025" / "monitoring" / "M03"
    assert (folder / "note.html").is_file()
    assert (folder / "note.docx").is_file()
    assert "мотивирующему мониторингу" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_committed_demo_is_what_the_seed_gives(project: Path, tmp_path: Path) -> None:
    demo = project / "data/demo"
    for name in ("schools.csv", "results.parquet", "truth.yaml"):
        (tmp_path / name).symlink_to(demo / name)
    write_monitoring_demo(tmp_path)
    registry, editions = demo_registry(), _editions()
    made, kept = (
        read_inputs(folder / FOLDER, registry, editions, PLACES) for folder in (tmp_path, demo)
    )
    assert made.filled.entries.equals(kept.filled.entries)
    assert made.filled.targets.equals(kept.filled.targets)
    assert made.points.equals(kept.points)
    assert repr(made.roadmaps) == repr(kept.roadmaps)
    for name in ("school_measures.csv", "truth.yaml"):
        assert (tmp_path / FOLDER / name).read_bytes() == (demo / FOLDER / name).read_bytes()


# --- inputs that are not there, or are wrong -------------------------------------------------------


def _editions() -> dict:
    from msoko_analysis.monitoring.editions import load_editions

    return load_editions()


@pytest.fixture
def with_folder(project: Path, demo_data: Path, tmp_path: Path) -> Callable[[Path], MonitoringNote]:
    """A note of M01, 2026, from another folder of monitoring."""

    def build(folder: Path) -> MonitoringNote:
        run = yaml.safe_load((project / RUN).read_text(encoding="utf-8"))
        run["monitoring"]["folder"] = str(folder)
        (tmp_path / "run.yaml").write_text(
            yaml.safe_dump(run, allow_unicode=True), encoding="utf-8"
        )
        return build_monitoring_note(
            str(tmp_path / "run.yaml"), district="M01", year=2026, data=str(demo_data)
        )

    return build


def test_an_empty_folder_says_so_in_plain_lines(with_folder, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    note = with_folder(tmp_path / "empty")
    text = page(note)
    for told in (
        "Показатели мониторинга не загружены.",
        "Баллы экспертов не загружены; индекс механизмов управления не рассчитан.",
        "Дорожная карта не загружена.",
    ):
        assert told in text
    assert all(not table.frame.empty for table in note.tables())
    assert {"Показатели", "Вычисленные", "Меры"} == {table.name for table in note.tables()}
    note.save(str(tmp_path / "saved"))


def test_no_roadmap_of_m03_is_told(notes) -> None:
    assert "Дорожная карта не загружена." in words(notes["M03"].roadmap._repr_html_())
    assert "Дорожная карта не загружена." in words(notes["M03"].summary._repr_html_())


def test_a_run_without_monitoring_withholds_the_note(
    project: Path, demo_data: Path, tmp_path: Path
) -> None:
    run = yaml.safe_load((project / RUN).read_text(encoding="utf-8"))
    del run["monitoring"]
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(run, allow_unicode=True), encoding="utf-8")
    with pytest.raises(Withheld, match="нет раздела monitoring"):
        build_monitoring_note(
            str(tmp_path / "run.yaml"), district="M01", year=2026, data=str(demo_data)
        )


def test_faults_of_all_files_are_listed_at_once(with_folder, project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "wrong"
    shutil.copytree(project / "data/demo/monitoring", folder)
    book = load_workbook(folder / "indicators/2026.xlsx")
    book["Ввод"]["A2"], book["Ввод"]["E3"] = "П999", -5
    book.save(folder / "indicators/2026.xlsx")
    book = load_workbook(folder / "experts/2026.xlsx")
    sheet = book["Баллы"]
    sheet["A3"], sheet["B4"], sheet["G5"], sheet["H6"], sheet["H7"] = "Нигде", "9.9", None, 2, "да"
    sheet["B9"] = sheet["B8"].value
    book.save(folder / "experts/2026.xlsx")
    (folder / "roadmaps/M01 2026.xlsx").rename(folder / "roadmaps/план.xlsx")
    (folder / "roadmaps/M02 2026.xlsx").write_text("не книга", encoding="utf-8")
    with pytest.raises(DataError) as raised:
        with_folder(folder)
    places = {(Path(one.file).name, one.cell) for one in raised.value.problems}
    experts = {("2026.xlsx", cell) for cell in ("A3", "B4", "G5", "H6", "H7", "H9")}
    assert places == experts | {
        *(("2026.xlsx", cell) for cell in ("A2", "E3")),
        ("план.xlsx", ""), ("M02 2026.xlsx", ""),
    }  # fmt: skip


def test_a_position_nobody_judged_stops_the_index(
    with_folder, project: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "part"
    shutil.copytree(project / "data/demo/monitoring", folder)
    book = load_workbook(folder / "experts/2026.xlsx")
    for row in book["Баллы"].iter_rows(min_row=3):
        if row[0].value == NAMES["M01"] and row[1].value == "2.4.goals":
            row[7].value = None
    book.save(folder / "experts/2026.xlsx")
    note = with_folder(folder)
    assert note.facts.assessed is None
    assert "никем не оценено 1 позиция (2.4.goals)" in page(note)


# --- in the yearly note ----------------------------------------------------------------------------


def test_the_yearly_note_repeats_the_first_page(notes) -> None:
    for note in notes.values():
        told = words(in_yearly_note(note.facts)._repr_html_())
        assert words(note.summary._repr_html_()).strip() in told
    assert "не загружены" in words(in_yearly_note(None)._repr_html_())


def test_faults_of_forms_do_not_stop_the_yearly_note(notes) -> None:
    told = words(in_yearly_note(DataError("ошибка"))._repr_html_())
    assert "есть ошибки" in told
    assert "ошибка" not in told.replace("ошибки", "")
