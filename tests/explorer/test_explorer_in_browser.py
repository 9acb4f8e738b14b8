"""The explorer in a real JupyterLab: run all, choose another school, see the figure change."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]
ADDRESS = re.compile(r"http://(?:localhost|127\.0\.0\.1):\d+/\S*token=\w+")
SECONDS = 1000  # of Playwright's milliseconds


@pytest.fixture(scope="module")
def address(project: Path, demo_data: Path, tmp_path_factory) -> Iterator[str]:
    """``msoko explore`` on a port of its own; the address it prints."""
    home = tmp_path_factory.mktemp("jupyter")
    settings = {"ServerApp": {"allow_root": True, "port": 18890}}
    (home / "jupyter_server_config.json").write_text(json.dumps(settings), encoding="utf-8")
    own = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    env = os.environ | {f"JUPYTER_{name}": str(home) for name in own}
    env |= {"JUPYTERLAB_SETTINGS_DIR": str(home), "JUPYTERLAB_WORKSPACES_DIR": str(home)}
    command = [
        *(sys.executable, "-c", "from msoko_analysis.cli import main; main()", "explore"),
        *(str(project / "params/runs/demo.yaml"), "--data", str(demo_data), "--no-browser"),
    ]
    server = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        found = next(filter(None, map(ADDRESS.search, server.stderr)), None)
        assert found, "JupyterLab ended before it told its address"
        Thread(target=server.stderr.read, daemon=True).start()
        yield found[0]
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)
        server.stderr.close()


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(120 * SECONDS)
        page.goto(address)
        page.wait_for_selector(".jp-Notebook")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        page.wait_for_selector(".msoko svg")
        yield page
        browser.close()


def test_choosing_another_school_changes_the_figure(page: Page) -> None:
    figure = page.locator(".msoko figure").first
    first = figure.inner_html()
    schools = page.locator(".msoko-controls select").nth(2)
    other = next(
        place
        for place, name in enumerate(schools.locator("option").all_inner_texts())
        if name.replace("\xa0", " ").startswith("Школа № 6 ")
    )
    start = time.perf_counter()
    schools.select_option(index=other)
    page.get_by_text("Школа № 6, 2026 год").first.wait_for()
    page.wait_for_function(
        "before => { const now = document.querySelector('.msoko figure');"
        " return now && now.innerHTML !== before }",
        arg=first,
    )
    print(f"redrawn in {time.perf_counter() - start:.2f} s")
    assert "Школа № 6" in figure.inner_text().replace("\xa0", " ")


def test_why_leads_to_limits_measures_and_counts(page: Page) -> None:
    page.get_by_role("tab", name="Почему эта школа в списке?").click()
    page.get_by_text("4. Подсчёты за показателями.").first.wait_for()
    for text in ("2. Предел", "3. Показатели", "6. Что рекомендуется."):
        assert page.get_by_text(text).first.is_visible()


def test_nothing_on_the_screen_is_cut_or_asked_in_english(page: Page) -> None:
    assert page.get_by_text("Jupyter news").count() == 0
    for tab in page.locator(".msoko-tabs .lm-TabBar-tabLabel").all():
        assert tab.evaluate("one => one.scrollWidth <= one.clientWidth + 1"), tab.inner_text()
    wide = page.locator(".msoko-tabs").evaluate("one => one.scrollWidth - one.clientWidth")
    assert wide <= 1


def test_a_table_is_downloaded_and_a_saved_notebook_has_no_counts(
    page: Page, project: Path, tmp_path: Path
) -> None:
    stored = project / "notebooks/explore.ipynb"
    before = json.loads(stored.read_text(encoding="utf-8"))
    page.get_by_role("tab", name="Выгрузка в Excel").click()
    tables = page.locator(".msoko-tabs select")
    tables.get_by_text("все таблицы справки").wait_for(state="attached")
    folder = page.locator(".msoko-tabs input[type=text]")
    folder.fill(str(tmp_path))
    folder.press("Tab")
    page.get_by_role("button", name="Сохранить в Excel").click()
    with page.expect_download() as download:
        page.locator("a[download]").click()
    assert download.value.suggested_filename == "2026 S006 tables.xlsx"
    assert (tmp_path / "2026 S006 tables.xlsx").stat().st_size > 5000
    try:
        with page.expect_response(lambda told: told.request.method == "PUT"):
            page.get_by_role("menuitem", name="File", exact=True).click()
            page.get_by_text("Save Notebook", exact=True).click()
        after = json.loads(stored.read_text(encoding="utf-8"))
        assert [cell.get("outputs", []) for cell in after["cells"]] == [[], [], []]
    finally:
        text = json.dumps(before, ensure_ascii=False, indent=1) + "\n"
        stored.write_text(text, encoding="utf-8")
