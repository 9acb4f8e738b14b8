"""Scales recovered from data: told, written as a file, used only by a run that says so."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from reading import blocks, words
from samples import HEADER

from msoko_analysis.documents.note import build_note
from msoko_analysis.ingest import read_files
from msoko_analysis.measures.scale_recovery import Evidence, recover
from msoko_analysis.params.run import RunParams, load_run
from msoko_analysis.params.scales import Paper, PaperOfYear, Scale, choose_scales
from msoko_analysis.russian import NBSP
from msoko_analysis.start import steps
from msoko_analysis.start.draft import Contents
from msoko_analysis.start.recovered import disagreement, recovered_rows, recoveries, told
from msoko_analysis.start.scales_form import FilledScales, write_scales
from msoko_analysis.start.steps import Asked

CUTS, MAXIMUM = (7, 12, 16), 19
PAPER = PaperOfYear(2025, "VPR", 7, "MA")
PLACES = ("Лесной", "Луговой")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ф1-like rows of a paper without a published scale: every score with its mark."""
    folder = tmp_path_factory.mktemp("recovered")
    draws = np.random.default_rng(8)
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, delimiter=";")
        rows.writerow([*HEADER.split(";"), "mark"])
        for place in PLACES:
            for school in range(6):
                scores = [*range(MAXIMUM + 1), *draws.integers(0, MAXIMUM + 1, 20)]
                for pupil, score in enumerate(scores):
                    mark = 2 + np.searchsorted(CUTS, score, side="right")
                    which = (2025, "ВПР", 7, "МА", place, f"{place}{school}")
                    rows.writerow((*which, "", pupil, "", 4, score, mark))
    read_files([folder / "t.csv"], folder / "derived")
    return folder / "derived"


def run_file(project: Path, data: Path, statuses: list[str], scales: list[str]) -> Path:
    cases = dict.fromkeys(("nominative", "genitive", "dative", "prepositional"), "«{code}»")
    places = {"codes": list(PLACES), "pattern": cases}
    (data.parent / "places.yaml").write_text(yaml.safe_dump(places, allow_unicode=True), "utf-8")
    run = yaml.safe_load((project / "params/runs/demo.yaml").read_text("utf-8"))
    run |= {"papers": ["VPR-7-MA"], "years": [2025], "districts": "places.yaml"}
    run |= {"monitoring": None, "observation": None}
    run |= {"scales": scales, "scale_statuses": statuses}
    file = data.parent / f"{'-'.join(statuses)}.yaml"
    file.write_text(yaml.safe_dump(run, allow_unicode=True), "utf-8")
    return file


def test_a_note_prints_that_its_scale_comes_from_the_data(project: Path, data: Path) -> None:
    found = recoveries(data)
    (row,) = recovered_rows(found)
    assert (row.min_3, row.min_4, row.min_5, row.max_primary) == (*CUTS, MAXIMUM)
    assert told(PAPER, found[PAPER]).replace(NBSP, " ") == (
        "VPR-7-MA 2025: шкала восстановлена по данным — 7/12/16 из 19 "
        "(отметки рядом с баллами — 480 участников)."
    )
    write_scales(data.parent / "own.csv", [row])
    run = run_file(project, data, ["found_official", "recovered"], ["own.csv"])
    note = build_note(str(run), district=PLACES[0], year=2025, data=str(data))
    text = {name: words(page) for name, page in blocks(note).items()}
    assert "восстановлена по данным" in text["scales"]
    assert "данные запуска: отметки рядом с баллами" in text["scales"]
    assert "статус шкалы: восстановлена по данным" in " ".join(text.values())
    assert note.facts.value("municipality", "share_2", next(iter(note.facts.papers))) is not None


def test_a_run_that_does_not_accept_it_has_no_scale(project: Path, data: Path) -> None:
    write_scales(data.parent / "own.csv", recovered_rows(recoveries(data)))
    run = load_run(run_file(project, data, ["found_official"], ["own.csv"]), data=data)
    assert PAPER not in run.scales
    assert "«recovered» (восстановлена по данным) не принят" in dict(run.missing_scales)[PAPER]


def test_an_official_scale_goes_before_it_and_it_before_others(project: Path, data: Path) -> None:
    head = "year_from,year_to,procedure,grade,subject,max_primary,min_3,min_4,min_5,status,source\n"
    lines = [
        "2025,2025,VPR,7,MA,19,5,12,16,unconfirmed,x\n",
        "2025,2025,VPR,7,MA,19,7,12,16,recovered,x\n",
    ]
    (data.parent / "two.csv").write_text(head + "".join(lines), "utf-8")
    run = load_run(run_file(project, data, ["unconfirmed", "recovered"], ["two.csv"]), data=data)
    assert run.scales[PAPER].status == "recovered"
    (data.parent / "two.csv").write_text(
        head + lines[1] + lines[0].replace("unconfirmed", "found_official"), "utf-8"
    )
    run = load_run(run_file(project, data, ["found_official", "recovered"], ["two.csv"]), data=data)
    assert run.scales[PAPER].status == "found_official"


def evidence() -> np.ndarray:
    """Marks 2…5 beside the scores 0…6 by the cuts 2, 4, 6; nobody has 3 points."""
    marks = np.zeros((4, 7), dtype=int)
    for score in (0, 1, 2, 4, 5, 6):
        marks[np.searchsorted((2, 4, 6), score, side="right"), score] = 3
    return marks


def test_what_is_open_and_what_contradicts_is_said() -> None:
    marks = evidence()
    assert "не определяется однозначно: «3» с 2; «4» с 3…4; «5» с 6 (" in told(
        PAPER, recover(Evidence(marks))
    )
    assert "«5» с балла больше 5, которого никто не набрал" in told(
        PAPER, recover(Evidence(marks[:, :6]))
    )
    nobody_above_four = marks * (np.arange(7) < 5)
    assert "«5» с 5 или больше (" in told(PAPER, recover(Evidence(nobody_above_four)))
    marks[0, 2] = 2
    said = told(PAPER, recover(Evidence(marks))).replace(NBSP, " ")
    assert "любой границе «3» противоречат: 2 отметки (" in said


def test_a_scale_that_the_marks_belie_is_told() -> None:
    found = recover(Evidence(evidence()))
    taken = {"max_primary": 6, "min_3": 1, "min_4": 4, "min_5": 6, "source": "x"}
    scale = Scale(**PAPER._asdict(), **taken, status="found_official")
    said = disagreement(scale, found)
    assert "«3» с 2, а не с 1" in said
    assert "«4»" not in said
    assert disagreement(scale.model_copy(update={"min_3": 2}), found) == ""


def test_the_step_has_a_command_of_its_own(data: Path, tmp_path: Path, project: Path) -> None:
    out = tmp_path / "own.csv"
    command = [sys.executable, "-c", "from msoko_analysis.cli import main; main()"]
    made = subprocess.run(
        [*command, "scales", str(data), "--out", str(out)],
        capture_output=True, text=True, check=True, cwd=project,
    )  # fmt: skip
    assert "scale_statuses: [found_official, recovered]" in made.stdout
    assert out.read_text("utf-8").splitlines()[1].startswith("2025,2025,VPR,7,MA,19,7,12,16")
    form = tmp_path / "form.xlsx"
    run = run_file(project, data, ["found_official"], [])
    made = subprocess.run(
        [*command, "template", "scales", str(run), str(form)],
        capture_output=True, text=True, check=True, cwd=project,
    )  # fmt: skip
    assert "работ без шкалы — 1" in made.stdout
    assert form.is_file()


def test_start_proposes_it_writes_it_and_drops_it_when_contradicted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores without marks, and Ф3 of the same schools: together they are the scale."""
    raw = tmp_path / "файлы"
    raw.mkdir()
    draws = np.random.default_rng(9)
    results = ["year;procedure;grade;subject;municipality;school;pupil;total"]
    head = "year;procedure;grade;subject;level;unit;unit_name;n;share_2;share_3;share_4;share_5"
    form = [head]
    for school in range(6):
        scores = np.concatenate([np.arange(MAXIMUM + 1), draws.integers(0, MAXIMUM + 1, 15)])
        results += [f"2025;ВПР;7;МА;Лесной;Л{school};{n};{x}" for n, x in enumerate(scores)]
        marks = np.bincount(np.searchsorted(CUTS, scores, side="right"), minlength=4)
        shares = ";".join(f"{100 * one / len(scores):.2f}" for one in marks)
        form.append(f"2025;VPR;7;MA;school;Л{school};Школа {school};{len(scores)};{shares}")
    (raw / "results.csv").write_text("\n".join(results), encoding="utf-8")
    (raw / "f3.csv").write_text("\n".join(form), encoding="utf-8")

    class Made:
        exit_code = 0

        def text(self) -> str:
            return ""

    monkeypatch.setattr(steps, "WORK", tmp_path)
    monkeypatch.setattr(steps, "run_notes", lambda *args, **more: Made())
    said: list[str] = []

    def start() -> tuple[RunParams, str]:
        said.clear()
        steps.start(
            raw, Asked(), say=said.append, ask=lambda question: True, reports=tmp_path / "r"
        )
        return load_run(tmp_path / "params/runs/файлы.yaml"), "\n".join(said)

    run, told_now = start()
    assert run.scales[PAPER].cuts == CUTS
    assert run.scales[PAPER].status == "recovered"
    assert (
        "Официальной шкалы нет, есть другая (восстановлена по данным): VPR-7-MA 2025." in told_now
    )
    assert "доли отметок Ф3 — 6 школ" in told_now.replace(NBSP, " ")
    text = (tmp_path / "params/runs/файлы.yaml").read_text("utf-8")
    assert "- файлы.scales.csv" in text
    assert "- recovered" in text

    shares = form[1].split(";")
    shares[-4:] = ["50.00", "30.00", "10.00", "10.00"]
    (raw / "f3.csv").write_text("\n".join([head, ";".join(shares), *form[2:]]), encoding="utf-8")
    run, told_now = start()
    assert PAPER not in run.scales
    assert "шкала по данным не определяется: любой границе «3» противоречат: 1 строка Ф3" in (
        told_now.replace(NBSP, " ")
    )


def test_where_a_scale_is_printed_is_told_by_procedure(tmp_path: Path) -> None:
    """A paper of ВПР and an exam, both of a year that nobody has entered: each has its own place."""
    papers = (PaperOfYear(2030, "VPR", 7, "MA"), PaperOfYear(2030, "OGE", 9, "MA"))
    choice = choose_scales([], [2030], [Paper(*paper[1:]) for paper in papers], ["found_official"])
    subjects = {"MA": SimpleNamespace(nominative="математика")}
    run = SimpleNamespace(missing_scales=choice.missing, subjects=subjects)
    said: list[str] = []
    form = tmp_path / "шкалы.xlsx"
    steps._ask_for_scales(run, Contents(papers, ("М",)), form, FilledScales((), ()), said.append)
    told_all = "\n".join(said)
    assert "Без шкалы: VPR-7-MA 2030, OGE-9-MA 2030." in told_all
    assert "«образец и описание» этой работы." in told_all
    assert "её рекомендует письмо Рособрнадзора этого года" in told_all
    assert form.is_file()
