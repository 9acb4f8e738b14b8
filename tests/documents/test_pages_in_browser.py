"""Every kind of page in a real browser: nothing from outside, no script, no barrier, A4 on paper."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from msoko_analysis.errors import RenderError
from msoko_analysis.publish import pdf
from msoko_analysis.publish.index_page import write_index
from msoko_analysis.publish.pdf import BROWSERS, find_browser, print_page, print_pages

CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

# How many sheets of A4 a page takes in DejaVu, which comes with matplotlib, so that the fonts of the
# machine do not matter. A note of fourteen schools has about twenty tables and as many recommendations,
# a letter one page and an appendix: this school has the most signs of all.
PAGES = {
    "index.html": (1, 2),
    "2026/M02/note.html": (16, 32),
    "2026/official/M02/note.html": (16, 32),
    "2026/letters/M02/S024/note.html": (2, 5),
    "2026/order/M02/note.html": (3, 7),
    "2026/roadmap/M02/note.html": (3, 8),
    "2026/overview/region/note.html": (3, 8),
    "2026/monitoring/M02/note.html": (4, 12),
}
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def reports(demo_documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A document of every kind as a run makes them, and one withheld and one failed in the list."""
    out = tmp_path_factory.mktemp("pages") / "reports"
    shutil.copytree(demo_documents, out)
    withheld = {
        "status": "withheld", "year": 2026, "kind": "notes", "title": "Малый район, 2026 год",
        "reason": "в районе одна школа",
    }  # fmt: skip
    (out / "2026/M98").mkdir()
    (out / "2026/M98/manifest.json").write_text(json.dumps(withheld), encoding="utf-8")
    (out / "_failed").mkdir()
    (out / "_failed/2026-M99.log").write_text("Иной район, 2026 год\nячейка 3", encoding="utf-8")
    write_index(out)
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def opened(reports: Path, browser: Browser) -> Iterator:
    """A function that opens a page and collects what it asks for and complains of."""
    contexts = []

    def open_page(name: str, *, scripts: bool = False) -> tuple[Page, list[str]]:
        contexts.append(browser.new_context(java_script_enabled=scripts))
        page, noticed = contexts[-1].new_page(), []
        page.on("console", lambda message: noticed.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: noticed.append(str(error)))
        page.on("request", lambda request: noticed.append(request.url))
        page.goto((reports / name).as_uri())
        return page, noticed

    yield open_page
    for context in contexts:
        context.close()


@needs_browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_and_fits_every_screen(opened, reports: Path, name: str) -> None:
    page, noticed = opened(name)
    assert noticed == [(reports / name).as_uri()], "the page itself and nothing else"
    assert page.locator("script").count() == 0
    assert page.locator("h1").count() == 1
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        root = page.evaluate("() => document.documentElement.scrollWidth")
        assert root <= width, f"at {width} px the page scrolls sideways"
    goals = page.evaluate(
        "() => [...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href'))"
    )
    missing = [goal for goal in goals if page.locator(goal).count() != 1]
    assert not missing
    assert bool(goals) == (not re.search("letters|order|roadmap", name) and name != "index.html")


@needs_browser
@pytest.mark.parametrize("name", PAGES)
def test_no_serious_barrier_for_anybody(opened, name: str) -> None:
    page, _ = opened(name, scripts=True)
    # a narrow screen has every barrier of a wide one, and what scrolls besides
    page.set_viewport_size({"width": min(WIDTHS), "height": 900})
    found = Axe().run(page).response["violations"]
    told = [
        f"{one['id']}: {one['help']} — {one['nodes'][0]['html'][:150]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not told, "\n".join(told)


def in_dejavu(page: Path) -> str:
    """The page in the fonts that matplotlib brings."""
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    faces = "".join(
        f"@font-face {{font-family: {family}; font-weight: {weight}; src: url({path.as_uri()})}}"
        for family, file in (("own-serif", "DejaVuSerif"), ("own-sans", "DejaVuSans"))
        for weight, path in ((400, fonts / f"{file}.ttf"), (700, fonts / f"{file}-Bold.ttf"))
    )
    chosen = ":root {--serif: own-serif !important; --sans: own-sans !important}"
    text = page.read_text(encoding="utf-8")
    assert text.count("</head>") == 1
    assert "var(--serif)" in text
    return text.replace("</head>", f"<style>{faces}{chosen}</style></head>")


@needs_browser
@pytest.mark.parametrize("name", PAGES)
def test_paper_is_a4_of_the_expected_number(reports: Path, tmp_path: Path, name: str) -> None:
    page = tmp_path / "note.html"
    page.write_text(in_dejavu(reports / name), encoding="utf-8")
    made = print_page(page, find_browser()).read_bytes()
    sheets = len(re.findall(rb"/Type /Page\b", made))
    least, most = PAGES[name]
    assert least <= sheets <= most
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", made)
    assert len(sizes) == sheets
    a4 = (210 / 25.4 * 72, 297 / 25.4 * 72)  # points
    for size in sizes:
        assert [float(side) for side in size] == pytest.approx(a4, abs=1)


@needs_browser
def test_what_stays_whole_on_paper(opened) -> None:
    page, _ = opened("2026/official/M02/note.html")
    page.emulate_media(media="print")

    def style(selector: str, name: str) -> str:
        return page.locator(selector).first.evaluate(f"element => getComputedStyle(element).{name}")

    assert style("main", "page") == "restricted", "the mark stands on every sheet"
    assert style("table.data thead", "display") == "table-header-group"
    assert style("figure", "breakInside") == "avoid"
    assert style("table.data tr", "breakInside") == "avoid"
    assert style("details.code", "display") == "none"


@needs_browser
def test_the_list_filters_without_scripts(opened) -> None:
    page, _ = opened("index.html")
    rows = page.locator("table.notes tbody tr:visible")
    assert "Иной район" in page.inner_text("main")
    page.check("#kind-official")
    assert [row.split("\t")[0] for row in rows.all_inner_texts()] == [
        "Северный район, 2026 год, для служебного пользования"
    ]
    page.check("input[name=kind] >> nth=0")
    page.check("#state-withheld")
    assert [row.split("\t")[0] for row in rows.all_inner_texts()] == ["Малый район, 2026 год"]
    page.check("#state-failed")
    assert [row.split("\t")[0] for row in rows.all_inner_texts()] == ["Иной район, 2026 год"]


@needs_browser
def test_a_pdf_that_is_there_is_not_printed_again(tmp_path: Path, monkeypatch) -> None:
    pages = [tmp_path / name / "note.html" for name in "аб"]
    for page in pages:
        page.parent.mkdir()
        page.write_text("<!DOCTYPE html><title>с</title><p>текст", encoding="utf-8")
    assert print_pages(pages, 2) == ""
    assert all(page.with_suffix(".pdf").read_bytes().startswith(b"%PDF-") for page in pages)
    left = sorted(path.name for path in tmp_path.rglob("*.*"))
    of_page = ["note.html", "note.pdf", "prints.json"]
    assert left == sorted(2 * of_page)
    monkeypatch.setattr(pdf, "print_page", lambda *_: pytest.fail("printed again"))
    assert print_pages(pages, 2) == ""


def test_without_a_browser_everything_else_is_made(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(pdf.shutil, "which", lambda _: None)
    said = print_pages([tmp_path / "note.html"], 2)
    assert "не найден Chromium" in said
    assert "Остальное сделано" in said
    assert print_pages([], 2) == "", "nothing to print, nothing to complain of"


def test_a_browser_that_fails_is_told(tmp_path: Path) -> None:
    page = tmp_path / "note.html"
    page.write_text("<p>текст", encoding="utf-8")
    with pytest.raises(RenderError, match="браузер не напечатал"):
        print_page(page, shutil.which("false"))
    assert [path.name for path in tmp_path.iterdir()] == ["note.html"]
