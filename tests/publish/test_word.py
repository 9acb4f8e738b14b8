"""The Word document says what the page says, with real headings, captions, tables and fields."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from docx import Document
from docx.oxml.ns import qn
from lxml import html

from msoko_analysis.disclosure import PublicCounts
from msoko_analysis.errors import RenderError
from msoko_analysis.figures import Distribution, Figure, score_distributions
from msoko_analysis.publish.word import note_document

PAGE = """<html><body><main>
<section class="text"><h1 id="a">Аналитическая справка</h1></section>
<details class="code"><summary>Показать расчёт</summary><pre>secret = 1</pre></details>
<nav class="toc"><details open><summary>Содержание</summary><ul>
<li class="level-2"><a href="#b">Результаты</a></li><li class="level-3"><a href="#c">По работам</a></li>
</ul></details></nav>
<section class="cell"><div class="output">
<table class="meta"><tbody><tr><th scope="row">Организация</th><td>Центр</td></tr></tbody></table>
</div></section>
<h2 id="b">Результаты</h2><h3 id="c">По работам</h3>
<div class="lead"><p>Всего 12&nbsp;% <b>работ</b>.</p><ul><li>Первое</li><li>Второе</li></ul></div>
<div class="table-box"><table class="data"><caption>Таблица 3. Итог</caption>
<thead><tr><th>Школа</th><th class="num">Работ</th></tr></thead>
<tbody><tr><th>Школа № 1</th><td class="num">24</td></tr>
<tr><th>Школа № 2</th><td class="hidden-cell">скрыто</td></tr>
</tbody></table></div><p class="table-note">Скрыто — группа мала.</p>
{figure}
<footer><p>Справка получена расчётом.</p></footer>
</main></body></html>"""


@pytest.fixture(scope="module")
def figure() -> Figure:
    counts = PublicCounts(np.full(11, 10.0), 110)
    return score_distributions(
        [Distribution("Математика", counts, counts, (3, 5, 8))],
        name="distributions-1",
        caption="Рисунок 1. Баллы",
        description="Столбцы по баллам",
    )


@pytest.fixture(scope="module")
def made(figure: Figure, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, bytes]:
    folder = tmp_path_factory.mktemp("figures")
    (folder / "distributions-1.png").write_bytes(figure.png)
    page = PAGE.format(figure=figure._repr_html_())
    return page, folder, note_document(page, folder, title="Справка")


def test_structure_is_real(made: tuple[str, Path, bytes]) -> None:
    word = Document(io.BytesIO(made[2]))
    styled = {(p.style.name, p.text) for p in word.paragraphs}
    assert ("Title", "Аналитическая справка") in styled
    assert {("Heading 1", "Результаты"), ("Heading 2", "По работам")} <= styled
    assert {("Caption", "Таблица 3. Итог"), ("Figure Caption", "Рисунок 1. Баллы")} <= styled
    assert ("List Bullet", "Первое") in styled
    assert ("Body Text", "Всего 12\xa0% работ.") in styled
    bold = [run.text for p in word.paragraphs for run in p.runs if run.bold]
    assert bold == ["работ"]


def test_fields_number_captions_and_fill_the_contents(made: tuple[str, Path, bytes]) -> None:
    body = Document(io.BytesIO(made[2])).element
    fields = [node.text.strip() for node in body.iter(qn("w:instrText"))]
    assert fields[0].startswith("TOC ")
    assert "SEQ Таблица \\* ARABIC" in fields
    assert "SEQ Рисунок \\* ARABIC" in fields
    marks = [node.get(qn("w:fldCharType")) for node in body.iter(qn("w:fldChar"))]
    assert marks == ["begin", "separate", "end"] * len(fields)


def test_tables_repeat_their_head_and_do_not_split_rows(made: tuple[str, Path, bytes]) -> None:
    plain, data = Document(io.BytesIO(made[2])).tables
    assert [[cell.text for cell in row.cells] for row in data.rows] == [
        ["Школа", "Работ"],
        ["Школа № 1", "24"],
        ["Школа № 2", "скрыто"],
    ]
    heads = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in data.rows]
    assert heads == [True, False, False]
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in data.rows)
    assert plain.style.name == "Normal Table"


def test_the_picture_has_its_description(made: tuple[str, Path, bytes]) -> None:
    word = Document(io.BytesIO(made[2]))
    (picture,) = word.inline_shapes
    assert picture._inline.docPr.get("descr") == "Столбцы по баллам"
    width = word.sections[0].page_width - word.sections[0].left_margin
    assert picture.width == pytest.approx(width - word.sections[0].right_margin, rel=1e-3)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w№%]+", text)


def test_the_document_says_what_the_page_says(demo_documents: Path) -> None:
    """Every word of a demo note's page, code and pictures aside, in the same order."""
    folder = demo_documents / "2026/M02"
    main = html.fromstring((folder / "note.html").read_text(encoding="utf-8")).find(".//main")
    for away in main.xpath(".//*[local-name()='svg'] | .//details[not(parent::nav)]"):
        away.drop_tree()
    body = Document(str(folder / "note.docx")).element.body
    numbered = re.compile(r"^\d+\.(?=[А-Я])")  # a numbered list writes its numbers out
    told = [
        numbered.sub("", "".join(node.text or "" for node in block.iter(qn("w:t"))))
        for block in body.iter(qn("w:p"))
    ]
    assert _words(" ".join(told)) == _words(" ".join(main.itertext()))


def test_the_same_page_gives_the_same_bytes(made: tuple[str, Path, bytes]) -> None:
    page, folder, document = made
    assert note_document(page, folder, title="Справка") == document


def test_nothing_is_left_out_silently(made: tuple[str, Path, bytes], tmp_path: Path) -> None:
    page, folder, _ = made
    with pytest.raises(RenderError, match="blockquote"):
        note_document(page.replace("<h2", "<blockquote>новое</blockquote><h2"), folder, title="С")
    with pytest.raises(RenderError, match=re.escape("distributions-1.png")):
        note_document(page, tmp_path, title="С")


def test_a_long_title_is_cut_in_the_properties_only(made: tuple[str, Path, bytes]) -> None:
    page, folder, _ = made
    word = Document(io.BytesIO(note_document(page, folder, title="Ш" * 300)))
    assert word.core_properties.title == "Ш" * 255
