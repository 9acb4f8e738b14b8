"""Subjects and procedures of a run's own: lists beside its file, nothing of the project is edited."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from msoko_analysis.errors import ParamsError
from msoko_analysis.params.own_lists import name_run
from msoko_analysis.params.procedures import procedures
from msoko_analysis.params.run import DEMO_RUN, load_run
from msoko_analysis.verify.what_if import changed_run_file

CASES = "genitive: x, dative: x, prepositional: x"
LANGUAGE = f"- {{code: EL, short: ЭЛ, nominative: эльфийский язык, {CASES}}}\n"
FORMS = "one: матура, few: матуры, many: матур, dative: матуре, dative_plural: матурам"
MATURA = f"- {{code: MATURA, short: матура, kind: state, files: [матура], {FORMS}}}\n"
LAYOUT = """\
title: проба
tables:
  - contract: results
    constants: {procedure: MATURA, grade: 12, year: 2024, subject: EL}
    columns: {municipality: town, school: school, pupil: {line: true}, total: score}
"""
RUN = """\
run: own
region: {nominative: R, genitive: R, dative: R, prepositional: R}
organisation: O
data: null
years: [2024]
papers: [MATURA-12-EL]
districts: districts.yaml
scales: [scales.csv]
scale_statuses: [unconfirmed]
seed: 1
"""
DISTRICTS = """\
codes: [A]
pattern: {nominative: '{code}', genitive: '{code}', dative: '{code}', prepositional: '{code}'}
"""
SCALES = """\
year_from,year_to,procedure,grade,subject,max_primary,min_3,status,source
2024,2024,MATURA,12,EL,40,16,unconfirmed,invented
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A run with lists of its own; afterwards those of the project are in force again."""
    texts = {
        "run.yaml": RUN, "subjects.yaml": LANGUAGE, "procedures.yaml": MATURA,
        "districts.yaml": DISTRICTS, "scales.csv": SCALES, "marks.layout.yaml": LAYOUT,
        "marks.csv": "town,school,score\nA,S1,20\nA,S1,9\n",
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    yield tmp_path
    name_run(DEMO_RUN)


def ingest(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    start = "from msoko_analysis.cli import main; main()"
    files = [
        str(folder / "marks.csv"),
        "--out",
        str(folder / "derived"),
        "--salt",
        str(folder / "s"),
    ]
    run = [sys.executable, "-c", start, "ingest", *files, *more]
    return subprocess.run(run, capture_output=True, text=True, check=False)


def test_a_subject_and_a_procedure_beside_the_run(folder: Path) -> None:
    done = ingest(folder, "--run", str(folder / "run.yaml"))
    assert done.returncode == 0, done.stderr
    assert "2024 матура ЭЛ-12" in done.stdout
    rows = pl.read_parquet(folder / "derived/results/**/*.parquet", hive_partitioning=False)
    assert rows.select("procedure", "subject", "total").rows() == [
        ("MATURA", "EL", 20),
        ("MATURA", "EL", 9),
    ]
    run = load_run(folder / "run.yaml", data=folder / "derived")
    assert run.subjects["EL"].nominative == "эльфийский язык"
    assert run.subjects["MA"].short == "МА", "those of the project stay"
    assert run.procedures["MATURA"].kind == "state"
    assert [paper.code for paper in run.papers] == ["MATURA-12-EL"]
    assert [scale.cuts for scale in run.scales.values()] == [(16,)]


def test_what_stands_beside_goes_before_and_no_longer_than_its_run(folder: Path) -> None:
    own = MATURA.replace("MATURA", "EXAM").replace("kind: state", "kind: school")
    (folder / "procedures.yaml").write_text(MATURA + own, encoding="utf-8")
    assert load_run(folder / "run.yaml", data=folder).procedures["EXAM"].short == "матура"
    assert procedures()["EXAM"].kind == "school"
    (folder / "procedures.yaml").write_text(own + MATURA.replace("state", "school"), "utf-8")
    assert load_run(folder / "run.yaml", data=folder).procedures["MATURA"].kind == "school"
    assert "MATURA" not in load_run(DEMO_RUN).procedures
    assert procedures()["EXAM"].short == "экзамен"


def test_without_the_run_the_way_is_told(folder: Path) -> None:
    done = ingest(folder)
    assert done.returncode == 2
    assert "procedures.yaml рядом с файлом запуска и добавьте к команде --run ФАЙЛ" in done.stderr
    assert "subjects.yaml рядом с файлом запуска" in done.stderr
    done = ingest(folder, "--run", str(folder / "rum.yaml"))
    assert "rum.yaml: файла запуска нет" in done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("subjects.yaml", "short: ЭЛ, ", "", r"subjects.yaml, ключ «№1.short», строка 1: нет обяз"),
        (
            "procedures.yaml",
            "kind: state",
            "kind: stat",
            r"procedures.yaml.*имелось в виду «state»",
        ),
        ("subjects.yaml", "EL", "EN", "предмета «EL» нет"),
    ],
)
def test_faults_of_own_lists_are_located(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ParamsError, match=said):
        load_run(folder / "run.yaml", data=folder)


def test_another_limit_is_tried_with_the_same_lists(folder: Path, tmp_path: Path) -> None:
    """``msoko verify --with-threshold`` works on a copy of the run file in another folder."""
    other = tmp_path / "elsewhere"
    other.mkdir()
    copy = changed_run_file(folder / "run.yaml", {"spike_q": 0.2}, other)
    run = load_run(copy, data=folder)
    assert run.subjects["EL"].short == "ЭЛ"
    assert run.procedures["MATURA"].one == "матура"
    assert run.thresholds["spike_q"].value == 0.2
