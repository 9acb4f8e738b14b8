"""Real notes hold when they are made anew, in about the time it took to make them; at full size."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from msoko_analysis.params.run import load_run
from msoko_analysis.publish.runner import run_notes
from msoko_analysis.verify.check import check_reports
from msoko_analysis.verify.protocol import verify_report
from msoko_analysis.verify.recompute import HOLDS, Verification, verify
from msoko_analysis.verify.what_if import Conditions, clean_data
from msoko_analysis.verify.words import protocol_sentence

pytestmark = pytest.mark.slow
RATIO = 1.3  # of the time of verification to the time of making
ALTAI_NOTES = 5


def made_and_verified(run: Path, data: Path, folder: Path, **which: object) -> Verification:
    """Make documents from data nothing was counted of yet, check them, make them anew; in one run."""
    fresh = clean_data(data, folder / "data", Conditions())
    began = time.perf_counter()
    summary = run_notes(run, data=fresh, reports=folder / "reports", **which)
    making = time.perf_counter() - began
    assert summary.exit_code == 0, summary.text()
    assert check_reports(folder / "reports") == len(summary.results)
    began = time.perf_counter()
    done = verify(folder / "reports", data=fresh, run_file=run)
    verifying = time.perf_counter() - began
    print(f"{len(done.documents)} documents: made in {making:.1f} s, verified in {verifying:.1f} s")
    assert done.exit_code == HOLDS, protocol_sentence(done)
    for document in done.documents:
        assert {change.state for change in document.changes} <= {"same"}, document.title
        assert not [root for root in document.roots if not root.remark], document.roots
    assert verifying <= RATIO * making
    return done


def test_all_notes_of_the_demo_hold(project: Path, demo_data: Path, tmp_path: Path) -> None:
    run = project / "params/runs/demo.yaml"
    done = made_and_verified(run, demo_data, tmp_path)
    assert len(done.documents) == 6
    assert all(len(document.changes) > 200 for document in done.documents)


def test_one_document_of_every_kind_holds(project: Path, demo_data: Path, tmp_path: Path) -> None:
    run = project / "params/runs/demo.yaml"
    summary = run_notes(
        run,
        data=demo_data,
        kinds=["official", "overview", "monitoring"],
        districts=["M01"],
        years=[2026],
        reports=tmp_path / "reports",
    )
    assert summary.exit_code == 0, summary.text()
    done = verify(tmp_path / "reports", data=demo_data, run_file=run)
    assert done.exit_code == HOLDS, protocol_sentence(done)


def test_five_notes_of_the_real_region_hold(shared: Path, tmp_path: Path) -> None:
    from altai import PARQUET, RUN

    from msoko_analysis.ingest import read_files

    source = shared / "data" / "altai"
    read_files([source / PARQUET, source / "schools.csv"], tmp_path / "derived")
    districts = sorted(load_run(RUN, data=tmp_path / "derived").districts)[:ALTAI_NOTES]
    done = made_and_verified(RUN, tmp_path / "derived", tmp_path, districts=districts, years=[2021])
    assert len(done.documents) == ALTAI_NOTES


def test_which_conclusions_of_a_note_survive(
    project: Path, demo_data: Path, tmp_path: Path
) -> None:
    """A school whose sign was planted is told at its own limit and not at an impossible one."""
    run = project / "params/runs/demo.yaml"
    reports = tmp_path / "reports"
    run_notes(run, data=demo_data, districts=["M01"], years=[2026], reports=reports)
    findings = json.loads((reports / "2026/M01/findings.json").read_text(encoding="utf-8"))
    told = [
        one["unit"]
        for one in findings
        if (one["code"], one["verdict"]) == ("spike_school", "CONCERN")
    ]
    assert told, "the demo plants a spike in this municipality"
    given = {"data": demo_data, "run_file": run}
    conditions = Conditions({"spike_min_pupils": 10_000.0})
    (document,) = verify(reports, conditions=conditions, **given).documents
    lost = {
        one.unit for one in document.verdicts if one.code == "spike_school" and one.old != one.new
    }
    assert lost == set(told)
    protocol = verify_report(
        reports, conditions=Conditions(schools=(told[0],)), out=tmp_path / "out", **given
    )
    assert "исключена из данных" in protocol.text
    page = protocol.page.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "Проверка устойчивости выводов" in page
