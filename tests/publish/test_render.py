"""One note: strictness, a whole folder or none, bytes that depend on inputs only, the page."""

from __future__ import annotations

import errno
import html
import json
import os
import re
from pathlib import Path

import nbformat
import pytest
from small_notebooks import write_notebook

from msoko_analysis import folders
from msoko_analysis.errors import ParamsError, RenderError
from msoko_analysis.folders import clean_leftovers
from msoko_analysis.publish import render
from msoko_analysis.publish.execution import CellFailed, execute
from msoko_analysis.publish.forkserver import CAN_FORK
from msoko_analysis.publish.html import TEMPLATES, note_html
from msoko_analysis.publish.kernels import kernel_template
from msoko_analysis.publish.render import DiskFull, NoteWithheld, render_note

GIVEN = {"run_file": "run.yaml", "data": "demo", "district": "007", "year": 2026}
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><clipPath id="c"/>'
    "<linearGradient/><path d='M0 0L9 9'/></svg>"
)


@pytest.fixture(scope="module")
def kernel():
    """The address of a template: these tests start many kernels."""
    if not CAN_FORK:
        yield None
        return
    with kernel_template() as template:
        yield template.address


def make(tmp_path, *cells, kernel=None, given=GIVEN, out=None, **notebook):
    path = write_notebook(tmp_path / "note" / "t.ipynb", *cells, **notebook)
    out = out or tmp_path / "reports" / "2026" / "m07"
    manifest = {"fingerprint": "f" * 64, "year": 2026, "district": "m07"}
    return render_note(path, given, out, title="Район", manifest=manifest, kernel=kernel)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# ------------------------------------------------------------------------------ parameters


def test_types_and_cyrillic_survive(tmp_path, kernel):
    given = {"code": "007", "name": "Усть-Калманский «район»", "flag": False, "share": 1e3}
    cells = "code: str = ''\nname: str = ''\nflag: bool = True\nshare: float = 0.0"
    path = write_notebook(
        tmp_path / "t.ipynb", "print(repr((code, flag, share)))", parameters=cells
    )
    done = execute(path, given, kernel=kernel)
    assert done.cells[2].outputs[0].text == "('007', False, 1000.0)\n"
    assert "name = 'Усть-Калманский «район»'" in done.cells[1].source


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"distrikt": "007"}, "возможно, имелось в виду «district»"),
        ({"district": None}, "не задан параметр «district»"),
        ({"year": "2026"}, "«year» должен иметь тип int, а не str"),
        ({"year": True}, "«year» должен иметь тип int, а не bool"),
        ({"district": 7}, "«district» должен иметь тип str, а не int"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(tmp_path, change, message):
    given = {name: value for name, value in {**GIVEN, **change}.items() if value is not None}
    with pytest.raises(ParamsError, match=re.escape(message)):
        make(tmp_path, "1", given=given)
    assert files(tmp_path / "reports") == set()


@pytest.mark.parametrize(
    ("cells", "parameters", "message"),
    [
        (("1",), None, "ровно одна ячейка с меткой «parameters», найдено: 0"),
        (("1",), "for i in range(3): x = i", "только присваивания"),
    ],
)
def test_the_parameters_cell_is_checked(tmp_path, cells, parameters, message):
    with pytest.raises(RenderError, match=message):
        make(tmp_path, *cells, parameters=parameters, given={})


def test_two_parameters_cells_and_files_that_are_no_notebook(tmp_path):
    path = write_notebook(tmp_path / "t.ipynb", "x = 1", parameters="a: int = 0")
    notebook = nbformat.read(path, 4)
    notebook.cells[1].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, path)
    with pytest.raises(RenderError, match="найдено: 2"):
        execute(path, {"a": 1})
    path.write_text("это не тетрадь", encoding="utf-8")
    with pytest.raises(RenderError, match="не тетрадь"):
        execute(path, {})
    with pytest.raises(RenderError, match="Нет тетради"):
        execute(tmp_path / "no.ipynb", {})


# -------------------------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import os; os._exit(0)", "остановился"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "остановился"),
    ],
)
def test_every_way_to_stop_is_an_error_that_names_the_cell(tmp_path, kernel, code, said):
    out = tmp_path / "reports" / "2026" / "m07"
    make(tmp_path, "'прежняя'", kernel=kernel)
    before = {name: (out / name).read_bytes() for name in files(out)}
    with pytest.raises(RenderError) as caught:
        make(tmp_path, "# Заголовок", "x = 1", code, "'дальше'", kernel=kernel)
    message = str(caught.value)
    assert f"ячейка 4 («{code}»)" in message
    assert said in message
    assert "reports/_failed/2026-m07.log" in message
    log = tmp_path / "reports" / "_failed" / "2026-m07.log"
    assert log.read_text(encoding="utf-8").startswith("Район\nячейка 4")
    assert {name: (out / name).read_bytes() for name in files(out)} == before
    assert os.listdir(out.parent) == ["m07"]
    make(tmp_path, "'исправлена'", kernel=kernel)
    assert not log.exists()


@pytest.mark.parametrize("tag", ["skip-execution", "raises-exception"])
def test_tags_can_not_hide_a_cell_or_its_error(tmp_path, kernel, tag):
    path = write_notebook(tmp_path / "t.ipynb", "1 / 0", "2", parameters="a: int = 0")
    notebook = nbformat.read(path, 4)
    notebook.cells[1].metadata["tags"] = [tag]
    nbformat.write(notebook, path)
    with pytest.raises(CellFailed) as caught:
        execute(path, {"a": 1}, kernel=kernel)
    assert caught.value.cell == 2


def test_a_withheld_note_leaves_its_reason_and_no_older_note(tmp_path, kernel):
    make(tmp_path, "'прежняя'", kernel=kernel)
    code = "class Withheld(Exception): pass\nraise Withheld('в районе одна школа')"
    with pytest.raises(NoteWithheld, match=r"^в районе одна школа$"):
        make(tmp_path, code, kernel=kernel)
    out = tmp_path / "reports" / "2026" / "m07"
    assert files(out) == {"manifest.json"}
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["status"], manifest["reason"]) == ("withheld", "в районе одна школа")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_met_by_the_notebook(tmp_path, kernel):
    with pytest.raises(DiskFull, match="нет места"):
        make(tmp_path, "open('/dev/full', 'w', buffering=1).write('x\\n')", kernel=kernel)
    assert files(tmp_path / "reports") == set()


@pytest.mark.parametrize(
    ("problem", "expected"),
    [(OSError(errno.ENOSPC, "No space left on device"), DiskFull), (KeyboardInterrupt(),) * 2],
)
def test_an_end_while_writing_leaves_the_old_note(tmp_path, kernel, monkeypatch, problem, expected):
    page = make(tmp_path, "'прежняя'", kernel=kernel)
    before = page.read_bytes()

    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(render, "write_manifest", fail)
    with pytest.raises(expected if isinstance(expected, type) else type(expected)):
        make(tmp_path, "'новая'", kernel=kernel)
    assert page.read_bytes() == before
    assert os.listdir(page.parent.parent) == ["m07"]


def test_a_failed_move_puts_the_old_note_back(tmp_path, monkeypatch):
    out, new = tmp_path / "m07", tmp_path / "new"
    for folder in (out, new):
        folder.mkdir()
        (folder / "x").write_text(folder.name)
    rename = Path.rename

    def fail(self, target):
        if self == new:
            raise OSError(errno.EACCES, "denied", str(self))
        return rename(self, target)

    monkeypatch.setattr(folders, "_exchanged", lambda *_: False)  # as other systems do it
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="denied"):
        folders.replace_folder(new, out)
    assert (out / "x").read_text() == "m07"


def test_leftovers_of_dead_processes_go_and_of_living_ones_stay(tmp_path):
    dead = 2**22 + 1  # above the largest process number of Linux
    for name in (f".m07.{dead}.tmp", f".m07.{dead}.old", f".m07.{os.getpid()}.tmp", ".m08.1.tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    clean_leftovers(tmp_path / "m07")
    assert set(os.listdir(tmp_path)) == {"m07", f".m07.{os.getpid()}.tmp", ".m08.1.tmp"}
    assert (tmp_path / "m07" / "x").read_text().endswith(".old")


# -------------------------------------------------------------------------- the same bytes


def test_bytes_depend_on_neither_time_folder_nor_kind_of_kernel(tmp_path, kernel):
    cells = (
        "# Справка",
        "from pathlib import Path\nPath(save_to, 'tables').mkdir()\n"
        "Path(save_to, 'tables', 'a.csv').write_text('1;2')",
        "import matplotlib.pyplot as plt, pandas as pd\nplt.rcParams['svg.hashsalt'] = 'x'\n"
        "plt.plot([1, 2]);",
        "object()",
        "pd.DataFrame({'а': [1]}).style.set_uuid('t').hide(axis='index')",
        "import warnings; warnings.warn('внимание')",
        "from IPython.display import set_matplotlib_formats\n"
        "import matplotlib_inline.backend_inline as b; b.set_matplotlib_formats('svg')\n"
        "plt.plot([1, 2]);",
    )
    cells = (*cells[:-1], cells[-1].split("\n", 1)[1])
    made = []
    for place, used in (("one", kernel), ("two/deeper", kernel), ("three", None)):
        given = {**GIVEN, "data": str(tmp_path / place / "demo")}
        page = make(tmp_path / place, *cells, kernel=used, given=given)
        names = ("note.html", "note.ipynb", "claims.json", "tables/a.csv")
        made.append({name: (page.parent / name).read_bytes() for name in names})
        assert files(page.parent) == {*names, "manifest.json", "ro-crate-metadata.json"}
    assert made[0] == made[1] == made[2]
    text = made[0]["note.ipynb"].decode()
    assert str(tmp_path) not in text
    assert "papermill" not in text
    assert "save_to = ''" in text.replace('\\"', '"')
    assert "data = 'demo'" in text


def test_the_manifest_tells_what_came_out(tmp_path, kernel):
    found = '[{"verdict": "WATCH"}, {"verdict": "CONCERN"}, {"verdict": "WATCH"}]'
    cells = (
        f"open(save_to + '/findings.json', 'w').write({found!r})",
        "from IPython.display import HTML\n"
        "HTML('<table><tr><td class=\"num hidden-cell\">скрыто</td><td>7</td></tr></table>')",
    )
    page = make(tmp_path, *cells, kernel=kernel)
    manifest = json.loads((page.parent / "manifest.json").read_text(encoding="utf-8"))
    made = {"note.html", "note.ipynb", "claims.json", "findings.json", "ro-crate-metadata.json"}
    assert set(manifest["outputs"]) == made
    assert manifest["status"] == "made"
    assert manifest["started"] <= manifest["finished"]
    assert manifest["counts"] == {"findings": {"CONCERN": 1, "WATCH": 2}, "hidden_cells": 1}


# -------------------------------------------------------------------------------- the page

EVERYTHING = (
    "# Аналитическая справка",
    "from IPython.display import HTML, Markdown, SVG, display\nimport pandas as pd",
    "HTML('<table class=\"meta\"><tr><th>Кому</th><td>району</td></tr></table>')",
    "## Главное",
    "HTML('<div class=\"lead\"><p>Итог</p></div>')",
    "## Результаты\n\n| Предмет | n |\n|:--|--:|\n| Русский язык | 602 |",
    "Markdown('Таблица из вывода\\n\\n| а | б |\\n|--|--|\\n| 1 | 2 |\\n\\n### Русский язык')",
    f'HTML("""<figure>{SVG}<figcaption>Рис. 1</figcaption></figure>""")',
    "pd.DataFrame({'балл': [1, 2]})",
    "display(pd.DataFrame({'балл': [1]}), HTML('<table class=\"data\"></table>'))",
    f'SVG("""{SVG}""")',
    "import matplotlib.pyplot as plt; plt.plot([1, 2]);",
    "## Результаты",
    "print('напечатано <b>')",
    "import warnings; warnings.warn('сообщение')",
)


@pytest.fixture(scope="module")
def everything(kernel, tmp_path_factory):
    """A note with every kind of output: (executed notebook, page)."""
    page = make(tmp_path_factory.mktemp("everything"), *EVERYTHING, kernel=kernel)
    return nbformat.read(page.parent / "note.ipynb", 4), page.read_text(encoding="utf-8")


def test_no_table_or_figure_of_the_notebook_is_lost(everything):
    notebook, page = everything
    shown = [
        output.data
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    html = "".join(data.get("text/html", "") for data in shown)
    markdown = [data["text/markdown"] for data in shown if "text/markdown" in data]
    markdown += [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    tables = html.count("<table") + sum("|--" in text or "|:--" in text for text in markdown)
    drawings = html.count("<svg") + sum("image/svg+xml" in data for data in shown)
    pictures = sum("image/png" in data for data in shown)
    assert (tables, drawings, pictures) == (6, 2, 1)
    assert page.count("<table") == tables
    assert page.count("<svg") == drawings
    assert page.count("<img") == pictures
    assert page.count('viewBox="') == drawings, "case of SVG names lost"


def test_the_page_needs_nothing_from_elsewhere(everything):
    _, page = everything
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    assert "@import" not in page
    assert page.startswith('<!DOCTYPE html>\n<html lang="ru">')
    assert "<title>Район</title>" in page


def test_headings_have_latin_ids_and_stand_in_the_contents(everything):
    _, page = everything
    ids = re.findall(r'<h[1-3] id="([^"]+)"', page)
    assert ids == [
        *("analiticheskaya-spravka", "glavnoe", "rezultaty", "russkiy-yazyk", "rezultaty-2")
    ]
    contents = page[page.index('<nav class="toc"') : page.index("</nav>")]
    assert re.findall(r'href="#([^"]+)"', contents) == ids[1:]
    assert (
        page.index("Кому")
        < page.index("Итог")
        < page.index('<nav class="toc"')
        < page.index('<h2 id="rezultaty"')
    )


def test_code_is_folded_and_parameters_named(everything):
    _, page = everything
    assert page.count("<summary>Показать расчёт</summary>") == sum(
        not cell.startswith("#") for cell in EVERYTHING
    )
    assert page.count("<summary>Параметры справки</summary>") == 1
    assert "district = &#39;007&#39;" in page
    assert '<pre class="printed">напечатано &lt;b&gt;' in page
    assert "<summary>Сообщения расчёта</summary>" in page


@pytest.mark.parametrize(
    "markup",
    [
        "<script>1</script>",
        '<img alt="" src="https://example.org/a.png">',
        '<link rel="stylesheet" href="a.css">',
        "<style>@import 'a.css'</style>",
        '<iframe src="a.html"></iframe>',
        '<p style="background: url(a.png)">1</p>',
        '<svg><rect fill="url(a.svg#b)"/></svg>',
        '<img alt="" srcset="a.png 2x">',
        '<svg><image xlink:href="a.png"/></svg>',
        '<p title="</style>">1</p><style>p { background: URL( "a.png" ) }</style>',
    ],
)
def test_a_page_that_would_load_something_is_refused(markup):
    output = nbformat.v4.new_output("display_data", {"text/html": markup})
    cell = nbformat.v4.new_code_cell("1", outputs=[output], execution_count=1)
    with pytest.raises(RenderError, match="ничего загружать"):
        note_html(nbformat.v4.new_notebook(cells=[cell]), title="Т")


@pytest.mark.parametrize(
    "name",
    [
        "Школа @import url(http://a.invalid/c.css)",
        "url(x.ru)",
        '<script src="a.js">',
        '"><style>@import "a.css"</style>',
        "</main><main>",
        "<!-- -->",
    ],
)
def test_a_page_may_name_a_school_whatever_it_is_called(name):
    said = html.escape(name)
    block = (
        f'<p title="{said}" aria-label="{said}" data-name="{said}">{said}</p><svg><defs><g id="a"/></defs>'
        '<use xlink:href="#a" style="clip-path: url(&quot;#b&quot;)"/></svg>'
    )
    output = nbformat.v4.new_output("display_data", {"text/html": block})
    cell = nbformat.v4.new_code_cell("1", outputs=[output], execution_count=1)
    page = note_html(nbformat.v4.new_notebook(cells=[cell]), title=name)
    assert block in page
    assert f"<h1>{said}</h1>" in page


def test_a_page_may_name_and_link_its_sources():
    link = '<a href="https://example.org">приказ</a><img alt="" src="data:image/png;base64,">'
    cell = nbformat.v4.new_markdown_cell(link)
    page = note_html(nbformat.v4.new_notebook(cells=[cell]), title="Название")
    assert link in page
    assert "<h1>Название</h1>" in page, "a note without a heading gets its title"


# ------------------------------------------------------------------------- the style sheet


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_text_has_the_contrast_of_wcag_aa():
    css = (TEMPLATES / "note" / "note.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css))
    pairs = [("ink", "paper"), ("muted", "paper"), ("link", "paper"), ("ink", "tint")]
    pairs += [("ink", "watch-tint")]
    pairs += [(name, f"{name}-tint") for name in ("concern", "watch", "calm")]
    for text, ground in pairs:
        light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def test_the_style_sheet_keeps_its_promises():
    css = (TEMPLATES / "note" / "note.css").read_text(encoding="utf-8")
    for rule in (
        "size: A4",
        "counter(page)",
        "thead { display: table-header-group; }",
        "break-inside: avoid",
        ".lead",
        "table.meta",
        "td.num",
        "td.hidden-cell",
        ".verdict-concern",
        ".verdict-watch",
        ".verdict-none",
        ".verdict-few",
        ".note-warning",
    ):
        assert rule in css, rule
