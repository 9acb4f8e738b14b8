"""Changed files of a report are found without computing anything."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from report_changes import edit, then_rehash
from small_report import SmallReport

from msoko_analysis.errors import ParamsError, ReportError
from msoko_analysis.provenance.crate import CRATE
from msoko_analysis.provenance.manifest import NAME, file_hash
from msoko_analysis.publish.pdf import print_page
from msoko_analysis.verify.check import check_document, check_reports
from msoko_analysis.verify.recompute import CHANGED, verify

FILES = {
    "a sentence edited in HTML": (
        edit("note.html", "балл не ниже", "балл выше"),
        ("note.html: файл изменён после выпуска", "стоит не то, что в перечне утверждений"),
    ),
    "a value forged in claims.json": (
        edit("claims.json", '"value": 12.6', '"value": 12.9'),
        ("claims.json: файл изменён после выпуска", "стоит не то, что в перечне утверждений"),
    ),
    "a value forged in claims.json and in the manifest": (
        then_rehash(edit("claims.json", '"value": 12.6', '"value": 12.9')),
        ("стоит не то, что в перечне утверждений",),
    ),
    "a hash forged in the manifest": (
        lambda document: edit(NAME, file_hash(document / "note.docx"), "0" * 64)(document),
        ("note.docx: файл изменён после выпуска",),
    ),
    "the Word document replaced": (
        lambda document: (document / "note.docx").write_bytes(b"other"),
        ("note.docx: файл изменён после выпуска",),
    ),
    "a figure deleted": (
        lambda document: (document / "figures" / "one.png").unlink(),
        ("figures/one.png: файла нет, а в описи он есть",),
    ),
    "findings.json edited": (
        edit("findings.json", '"CONCERN"', '"NO_CONCERN"'),
        ("findings.json: файл изменён после выпуска",),
    ),
    "a table edited": (
        edit("tables/schools.csv", "S001", "S002"),
        ("tables/schools.csv: файл изменён после выпуска",),
    ),
    "an extra file": (
        lambda document: (document / "tables" / "more.csv").write_text("1"),
        ("tables/more.csv: файла нет в описи",),
    ),
    "claims.json missing": (
        lambda document: (document / "claims.json").unlink(),
        ("claims.json: файла нет, а в описи он есть",),
    ),
    "claims.json missing from the manifest too": (
        then_rehash(lambda document: (document / "claims.json").unlink()),
        ("перечня утверждений нет",),
    ),
    "the manifest missing": (
        lambda document: (document / NAME).unlink(),
        ("описи нет или она не читается",),
    ),
    "the manifest cut short": (
        lambda document: (document / NAME).write_text("{"),
        ("описи нет или она не читается",),
    ),
    "the crate without its run": (
        then_rehash(edit(CRATE, '"CreateAction"', '"Action"')),
        ("RO-Crate составлено неверно",),
    ),
    "the crate without a file": (
        then_rehash(edit(CRATE, '"note.docx"', '"other.docx"')),
        ("в описании RO-Crate нет файлов: note.docx",),
    ),
    "a file beside the documents": (
        lambda document: (document.parent / "list.xlsx").write_bytes(b"1"),
        ("list.xlsx: файл не относится ни к одному документу",),
    ),
}
HARMLESS_FILES = {
    "nothing": lambda document: None,
    "times of files": lambda document: os.utime(document / "note.html", (0, 0)),
    "the list of documents": lambda document: (document.parents[1] / "index.html").write_text(
        "anew"
    ),
    "an earlier verification": lambda document: (
        (document.parents[1] / "_verify").mkdir(),
        (document.parents[1] / "_verify" / "verify.html").write_text("1"),
    ),
}


@pytest.mark.parametrize("planted", FILES)
def test_a_changed_file_is_found_without_computing(report: SmallReport, planted: str) -> None:
    change, said = FILES[planted]
    change(report.document)
    with pytest.raises(ReportError) as caught:
        check_reports(report.reports)
    assert caught.value.exit_code == CHANGED
    for words in said:
        assert words in str(caught.value)


@pytest.mark.parametrize("planted", HARMLESS_FILES)
def test_what_is_no_change_of_a_document_passes(report: SmallReport, planted: str) -> None:
    HARMLESS_FILES[planted](report.document)
    assert check_reports(report.reports) == 1


def test_every_problem_is_told_at_once(report: SmallReport) -> None:
    for planted in ("a sentence edited in HTML", "a figure deleted", "an extra file"):
        FILES[planted][0](report.document)
    with pytest.raises(ReportError) as caught:
        check_reports(report.reports)
    places = {
        problem.file.rpartition("/")[2].partition("#")[0] for problem in caught.value.problems
    }
    assert {"note.html", "one.png", "more.csv"} <= places


def test_a_single_document_can_be_checked_and_an_empty_folder_can_not(
    report: SmallReport, tmp_path: Path
) -> None:
    assert check_document(report.document, report.document) == []
    assert check_reports(report.document) == 1
    with pytest.raises(ParamsError, match="нет ни одного документа"):
        check_reports(tmp_path / "nothing")
    with pytest.raises(ParamsError, match="нет ни одного документа"):
        verify(tmp_path / "nothing")


# --- prints of the page ---------------------------------------------------------------------------


@pytest.fixture
def browser(tmp_path: Path) -> str:
    """A program that prints as a browser does: to the file it is told, from the page it is told."""
    program = tmp_path / "browser"
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        "told = next(one for one in sys.argv if one.startswith('--print-to-pdf='))\n"
        "pathlib.Path(told.split('=', 1)[1]).write_text('%PDF of ' + sys.argv[-1])\n"
    )
    program.chmod(0o755)
    return str(program)


def test_a_print_of_the_page_is_no_forgery(report: SmallReport, browser: str) -> None:
    page = next(report.reports.rglob("note.html"))
    printed = print_page(page, browser)
    assert check_reports(report.reports) == 1
    printed.write_bytes(b"%PDF of another page")
    with pytest.raises(ReportError, match=r"note\.pdf: PDF напечатан не с этой страницы"):
        check_reports(report.reports)


def test_a_print_of_another_page_is_found(report: SmallReport, browser: str) -> None:
    page = next(report.reports.rglob("note.html"))
    issued = page.read_bytes()
    page.write_bytes(issued.replace("балл не ниже".encode(), "балл выше".encode()))
    print_page(page, browser)
    page.write_bytes(issued)
    with pytest.raises(ReportError, match=r"note\.pdf: PDF напечатан не с этой страницы"):
        check_reports(report.reports)


def test_a_print_nobody_made_is_a_file_too_many(report: SmallReport) -> None:
    next(report.reports.rglob("note.html")).with_name("note.pdf").write_bytes(b"%PDF")
    with pytest.raises(ReportError, match=r"note\.pdf: файла нет в описи"):
        check_reports(report.reports)
