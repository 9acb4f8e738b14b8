"""Many notes: isolation, resume, statuses, the index, Ctrl-C, death of processes, a full disk."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from small_notebooks import write_notebook

from msoko_analysis.errors import ParamsError
from msoko_analysis.params.run import load_run
from msoko_analysis.provenance.manifest import describe_run
from msoko_analysis.publish import runner
from msoko_analysis.publish.failures import failure_log
from msoko_analysis.publish.forkserver import CAN_FORK
from msoko_analysis.publish.job import job_template
from msoko_analysis.publish.kernels import kernel_template

CALM = ("# Справка", "print(district, year)", "open(save_to + '/findings.json', 'w').write('{}')")


@pytest.fixture(scope="module")
def templates():
    """Running templates, imported once for all tests of this file."""
    with contextlib.ExitStack() as stack:
        yield {
            name: contextlib.nullcontext(stack.enter_context(template)) if template else None
            for name, template in (
                ("kernel_template", kernel_template()),
                ("job_template", job_template()),
            )
        }


@pytest.fixture
def world(tmp_path, project, monkeypatch, templates):
    """A function that runs notes of the demo from a small notebook, without counting anything."""
    monkeypatch.setattr(runner, "prepare_region", lambda run: None)
    for name, running_one in templates.items():
        monkeypatch.setattr(runner, name, lambda running_one=running_one: running_one)
    data = tmp_path / "data"
    data.mkdir()
    (data / "results.parquet").write_bytes(b"1")

    def run(*cells: str, run_file=project / "params" / "runs" / "demo.yaml", **options):
        path = write_notebook(tmp_path / "t.ipynb", *cells)
        return runner.run_notes(
            run_file,
            **{"data": data, "notebook": path, "reports": tmp_path / "reports", "jobs": 3}
            | options,
        )

    return run


def statuses(summary):
    return {
        (result.target.year, result.target.district): result.status for result in summary.results
    }


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_years_times_districts_in_folders_of_their_own_and_again_only_what_changed(
    world, tmp_path, capfd
):
    reports = tmp_path / "reports"
    first = world(*CALM)
    assert first.exit_code == 0
    assert set(statuses(first).values()) == {"made"}
    notes = {f"{year}/{code}" for year in (2025, 2026) for code in ("M01", "M02", "M03")}
    names = (
        *("note.html", "note.ipynb", "manifest.json", "findings.json"),
        *("claims.json", "ro-crate-metadata.json"),
    )
    assert tree(reports) == {f"{note}/{name}" for note in notes for name in names} | {"index.html"}
    lines = [line for line in capfd.readouterr().err.splitlines() if line]
    assert len(lines) == 6
    assert re.fullmatch(r"\[1/6\] готово: .+, 20\d\d год \(\d+,\d с\)", lines[0])

    stamp = (reports / "2025" / "M01" / "note.html").stat().st_mtime_ns
    again = world(*CALM)
    assert set(statuses(again).values()) == {"up_to_date"}
    assert (reports / "2025" / "M01" / "note.html").stat().st_mtime_ns == stamp

    (reports / "2025" / "M01" / "findings.json").unlink()
    assert [key for key, status in statuses(world(*CALM)).items() if status == "made"] == [
        (2025, "M01")
    ]
    forced = world(*CALM, force=True, districts=["M02"], years=[2026])
    assert statuses(forced) == {(2026, "M02"): "made"}


HOSTILE = ("..", "CON", "a/b", "letters", "M01", "m01", "2026", "конец.", "Р" * 300, "/etc")


@pytest.fixture
def hostile(project, tmp_path):
    """A run file whose municipalities have such codes."""
    run = yaml.safe_load((project / "params/runs/demo.yaml").read_text(encoding="utf-8"))
    cases = ("nominative", "genitive", "dative", "prepositional")
    districts = [{"code": code} | dict.fromkeys(cases, f"Район {code}") for code in HOSTILE]
    path = tmp_path / "run" / "hostile.yaml"
    path.parent.mkdir()
    (path.parent / "d.yaml").write_text(yaml.safe_dump(districts, allow_unicode=True), "utf-8")
    run |= {"districts": "d.yaml", "years": [2026]}
    del run["monitoring"]
    path.write_text(yaml.safe_dump(run, allow_unicode=True), "utf-8")
    return path


def test_municipalities_called_anything_get_folders_of_their_own(world, tmp_path, hostile):
    reports = tmp_path / "reports"
    (reports / "2026" / "letters" / "M01").mkdir(parents=True)
    summary = world(*CALM, run_file=hostile)
    assert {result.status for result in summary.results} == {"made"}, summary.text()
    made = {path.parent for path in reports.rglob("note.html")}
    assert {folder.parent for folder in made} == {reports / "2026"}
    assert len({folder.name.casefold() for folder in made}) == len(HOSTILE)
    about = {json.loads((one / "manifest.json").read_text("utf-8"))["district"] for one in made}
    assert about == set(HOSTILE)
    assert (reports / "2026" / "letters" / "M01").is_dir(), "the folder of letters is not a note's"
    index = (reports / "index.html").read_text("utf-8")
    assert all(f'href="2026/{quote(folder.name)}/note.html"' in index for folder in made)
    again = world(*CALM, run_file=hostile, districts=["m01"])
    assert statuses(again) == {(2026, "m01"): "up_to_date"}, (
        "the folder is the same asked for alone"
    )


def test_a_failed_note_of_a_strange_code_is_told_under_its_kind(world, tmp_path, hostile):
    summary = world("1 / 0", run_file=hostile, districts=["letters", "a/b"])
    assert {result.status for result in summary.results} == {"failed"}
    names = {path.name for path in (tmp_path / "reports" / "_failed").iterdir()}
    assert names == {"2026-%6Cetters.log", "2026-a%2Fb.log"}


def test_a_folder_with_another_document_is_not_replaced(world, tmp_path, project):
    reports = tmp_path / "reports"
    one = {"districts": ["M01"], "years": [2026]}
    world(*CALM, **one)
    manifest = reports / "2026" / "M01" / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"M01"', '"m01"'), "utf-8")
    before = manifest.read_bytes()
    summary = world(*CALM, force=True, **one)
    assert statuses(summary) == {(2026, "M01"): "failed"}
    assert "занята" in summary.text()
    assert "--reports" in summary.text()
    assert manifest.read_bytes() == before


def test_a_change_of_data_or_notebook_makes_notes_anew(world, tmp_path):
    one = {"districts": ["Северный район"], "years": [2026]}
    assert statuses(world(*CALM, **one)) == {(2026, "M02"): "made"}
    (tmp_path / "data" / "results.parquet").write_bytes(b"2")
    assert statuses(world(*CALM, **one)) == {(2026, "M02"): "made"}
    assert statuses(world(*CALM, "2", **one)) == {(2026, "M02"): "made"}
    assert statuses(world(*CALM, "2", **one)) == {(2026, "M02"): "up_to_date"}


def test_failed_and_withheld_notes_leave_the_others(world, tmp_path):
    reports = tmp_path / "reports"
    world(*CALM, years=[2026])
    summary = world(
        *CALM,
        "class Withheld(Exception): pass\n"
        "if district == 'M02': raise Withheld('в районе одна школа')",
        "if district == 'M03': raise ValueError('нет <граф>')",
        years=[2026],
    )
    assert statuses(summary) == {
        (2026, "M01"): "made",
        (2026, "M02"): "withheld",
        (2026, "M03"): "failed",
    }
    assert summary.exit_code == 5
    text = summary.text()
    assert "Справок: 3 — готово 1, не выдаётся 1, ошибка 1" in text
    assert "не выдаётся: Северный район, 2026 год — в районе одна школа" in text
    assert "ячейка 6" in text
    assert "ValueError: нет <граф>" in text
    assert "_failed/2026-M03.log" in text

    page = (reports / "index.html").read_text(encoding="utf-8")
    rows = dict(re.findall(r"<tr><td>(?:<a[^>]*>)?([^<]+)(?:</a>)?</td>\s*(.*?)</tr>", page, re.S))
    assert list(rows) == sorted(rows), "alphabetical, not by outcome"
    assert "готово" in rows["Заречный городской округ, 2026 год"]
    assert "в районе одна школа" in rows["Северный район, 2026 год"]
    assert "нет &lt;граф&gt;" in rows["Луговой район, 2026 год"]
    assert "прежний документ" in rows["Луговой район, 2026 год"]
    links = re.findall(r'href="([^"]+)"', page)
    assert links == ["2026/M01/note.html", "2026/M03/note.html"]
    assert all((reports / link).exists() for link in links)
    assert "<script" not in page

    mended = world(*CALM, years=[2026])
    assert mended.exit_code == 0
    assert not (reports / "_failed" / "2026-M03.log").exists()


def test_a_withheld_note_stays_withheld_without_being_made_again(world):
    cells = ("class Withheld(Exception): pass", "raise Withheld('одна школа')")
    one = {"districts": ["M01"], "years": [2026]}
    world(*cells, **one)
    again = world(*cells, **one)
    assert (again.results[0].status, again.results[0].message) == ("withheld", "одна школа")
    assert again.results[0].seconds == 0, "not run again"


def test_a_failed_note_is_tried_again(world):
    one = {"districts": ["M01"], "years": [2026]}
    world(*CALM, **one)
    world(*CALM, "1 / 0", **one)
    assert statuses(world(*CALM, **one)) == {(2026, "M01"): "made"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"districts": ["Севернй район"]}, "возможно, имелось в виду «Северный район»"),
        ({"districts": ["X9"]}, "M03 — Луговой район"),
        ({"years": [2031]}, "нет 2031 года. Есть: 2025, 2026"),
        ({"jobs": 0}, "не меньше 1"),
    ],
)
def test_what_is_not_in_the_run_is_refused_with_the_list(world, tmp_path, options, message):
    with pytest.raises(ParamsError, match=re.escape(message)):
        world(*CALM, **options)
    assert not (tmp_path / "reports").exists()


@pytest.mark.skipif(not CAN_FORK, reason="the death of a forked process")
def test_a_job_killed_outright_fails_alone_and_leaves_nothing(world, tmp_path):
    # the name of the temporary folder holds the number of the process that made it: the job
    kill = (
        "import os, signal, subprocess\n"
        "owner = os.path.basename(save_to).split('.')[2]\n"
        "if district == 'M01': os.kill(int(owner), signal.SIGKILL)"
    )
    summary = world(*CALM, kill, "import time; time.sleep(.2)", years=[2026])
    assert statuses(summary) == {
        (2026, "M01"): "failed",
        (2026, "M02"): "made",
        (2026, "M03"): "made",
    }
    assert "процесс справки прерван (код -9)" in summary.text()
    assert failure_log(tmp_path / "reports" / "2026" / "M01").exists()
    assert sorted(os.listdir(tmp_path / "reports" / "2026")) == ["M02", "M03"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_stops_the_run_with_one_message(world, tmp_path):
    full = "open('/dev/full', 'w', buffering=1).write('x\\n')"
    summary = world(*CALM, full, jobs=1)
    assert list(statuses(summary).values()) == ["failed"] + ["not_started"] * 5
    assert summary.text().count("нет места") == 1
    assert summary.exit_code == 5
    assert tree(tmp_path / "reports") <= {"index.html", "_failed/2025-M01.log"}


@pytest.mark.skipif(not CAN_FORK, reason="signals of unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interruption_leaves_no_half_written_report_and_no_process(tmp_path, project, number):
    mark, reports = tmp_path / "mark", tmp_path / "reports"
    slow = f"import os, time; open({str(mark)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(60)"
    path = write_notebook(tmp_path / "t.ipynb", *CALM, f"if district != 'M01':\n  {slow}")
    code = (
        "import sys; from pathlib import Path; from msoko_analysis.publish import runner\n"
        "runner.prepare_region = lambda run: None\n"
        f"summary = runner.run_notes(Path('params/runs/demo.yaml'), data=Path({str(tmp_path)!r}),"
        f" years=[2026], jobs=3, reports=Path({str(reports)!r}), notebook=Path({str(path)!r}))\n"
        "print(summary.text()); sys.exit(summary.exit_code)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    page = reports / "2026" / "M01" / "note.html"
    end = time.monotonic() + 300
    while (time.monotonic() < end and process.poll() is None) and not (
        page.exists() and mark.exists() and mark.read_text().count("\n") == 2
    ):
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()[1]
    kernels = [int(line) for line in mark.read_text().split()]
    process.send_signal(number)
    said, complained = process.communicate(timeout=300)  # only a process that hangs takes so long
    end = time.monotonic() + 60
    while time.monotonic() < end and (any(map(running, kernels)) or hidden(reports)):
        time.sleep(0.05)
    assert not any(map(running, kernels))
    assert hidden(reports) == []
    assert sorted(os.listdir(reports / "2026")) == ["M01"]
    json.loads((page.parent / "manifest.json").read_text(encoding="utf-8"))
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert said.startswith("Остановлено: готовые справки целы")
        assert "Traceback" not in said + complained


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def hidden(reports: Path) -> list[str]:
    return [path.name for path in reports.rglob(".*")]


def test_the_fingerprint_knows_no_paths_and_no_clock(project, tmp_path, monkeypatch):
    run_file = project / "params" / "runs" / "demo.yaml"
    seen = []
    for place in ("one", "two"):
        data = tmp_path / place
        data.mkdir()
        (data / "a.parquet").write_bytes(b"1")
        (data / "_cache").mkdir()
        (data / "_cache" / place).write_text(place)
        run = load_run(run_file, data=data)
        seen.append(describe_run(run, run_file=run_file)["inputs"])
    assert seen[0] == seen[1]
    assert seen[0]["data"].keys() == {"a.parquet"}
    assert str(tmp_path) not in json.dumps(seen)
    assert {"params", "run_file", "run", "package", "lock"} < seen[0].keys()


def test_without_fork_the_same_note_is_made_by_cold_processes(world, tmp_path, monkeypatch):
    one = {"districts": ["M01"], "years": [2026]}
    page = tmp_path / "reports" / "2026" / "M01" / "note.ipynb"
    world(*CALM, **one)
    warm = page.read_bytes()
    monkeypatch.setattr(runner, "kernel_template", lambda: None)
    monkeypatch.setattr(runner, "job_template", lambda: None)
    summary = world(*CALM, force=True, **one)
    assert statuses(summary) == {(2026, "M01"): "made"}, summary.text()
    assert page.read_bytes() == warm
