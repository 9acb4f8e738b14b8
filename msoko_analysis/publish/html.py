"""Turns an executed notebook into one HTML file that needs no network and no script.

The page comes from our own nbconvert template (``templates/note``). Stock templates load scripts
from the internet and start with code; a note starts with its text, keeps code folded, and prints.
"""

from __future__ import annotations

import html
import re
import sys
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

sys.modules.setdefault("rfc3987_syntax", None)  # slow and unused: see execution.py

import mistune  # noqa: E402
from nbconvert.exporters import HTMLExporter, TemplateExporter  # noqa: E402
from nbformat import NotebookNode  # noqa: E402

from msoko_analysis.errors import RenderError  # noqa: E402
from msoko_analysis.publish.empty import without_empty  # noqa: E402

TEMPLATES = Path(__file__).resolve().parent / "templates"
HEADING = re.compile(r"<h([1-3])((?:\s[^>]*)?)>(.*?)</h\1>", re.DOTALL)
_LOADING, _SHOWING = "script|link|iframe|object|embed", "img|image|source|video|audio|use"
_FROM_ELSEWHERE = re.compile(r"@import\b|url\((?!\s*[\"']?\s*(?:data:|#))", re.I)
# What any page that loads something has, and one whose text only speaks of it may have.
_SOURCES = "src|srcset|poster|href|xlink:href"
_SUSPICIOUS = re.compile(
    rf"<(?:{_LOADING})\b|{_FROM_ELSEWHERE.pattern}"
    rf"|<(?:{_SHOWING})\b[^>]*?\s(?:{_SOURCES})\s*=\s*[\"']?(?!data:|#|[\"'])",
    re.I,
)
# Attributes that hold words: names of schools, of findings.
_WORDS = re.compile(r"alt|title|id|class|aria-.*|data-.*")
LATIN = str.maketrans(
    dict(
        zip(
            "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
            "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya".replace(
                "_", ""
            ).split(" "),
            strict=True,
        )
    )
)


def slug(text: str) -> str:
    """An ASCII id for a heading; browsers would show a Cyrillic one as percent codes.

    >>> slug("Качество данных (2021)")
    'kachestvo-dannykh-2021'
    """
    plain = html.unescape(re.sub(r"<[^>]+>", "", text)).lower().translate(LATIN)
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "razdel"


class _Renderer(mistune.HTMLRenderer):
    """Markdown to HTML, with tables that can scroll on a narrow screen."""

    def __init__(self) -> None:
        super().__init__(escape=False)


def _table(renderer: Any, text: str) -> str:
    return f'<div class="scroll" tabindex="0"><table class="data">\n{text}</table></div>\n'


@cache
def _markdown() -> mistune.Markdown:
    renderer = _Renderer()
    markdown = mistune.create_markdown(renderer=renderer, plugins=["table", "strikethrough"])
    renderer.register("table", _table)
    return markdown


def markdown_to_html(text: str) -> str:
    """HTML of a Markdown text; HTML inside it stays as it is.

    >>> markdown_to_html("## Итог")
    '<h2>Итог</h2>\\n'
    """
    return str(_markdown()(text))


class NoteExporter(HTMLExporter):
    """nbconvert with our template and without its second pass over the finished page.

    That pass reads the page with BeautifulSoup to add alternative texts and tab stops; with inline
    SVG it takes longer than all the rest, and our template writes both itself.
    """

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page and nbconvert's resources."""
        return TemplateExporter.from_notebook_node(
            self, nb, self._init_resources(resources), **kwargs
        )


@cache
def exporter() -> NoteExporter:
    """The one exporter of the process: compiling its templates takes longer than a conversion."""
    made = NoteExporter(
        template_name="note",
        extra_template_basedirs=[str(TEMPLATES)],
        filters={"note_markdown": markdown_to_html},
    )
    made.from_notebook_node(NotebookNode(nbformat=4, nbformat_minor=5, metadata={}, cells=[]))
    return made


@dataclass(frozen=True)
class _Heading:
    level: int
    id: str
    text: str


def note_html(notebook: NotebookNode, *, title: str, fingerprint: str = "") -> str:
    """The page of an executed notebook.

    Parameters
    ----------
    notebook : executed, with outputs; ``contents: false`` in its metadata leaves out the contents.
    title : title of the document; also its first heading when the notebook has none.
    fingerprint : short hash of the inputs, printed at the foot so that paper can be traced.

    Raises
    ------
    RenderError : the page would need a script or a file from elsewhere.
    """
    note = {"title": title, "fingerprint": fingerprint}
    page, _ = exporter().from_notebook_node(without_empty(notebook), {"note": note})
    if found := _outside(page):
        raise RenderError(f"Справка не должна ничего загружать и запускать, а в ней есть: {found}")
    head, body = page.split("<main>", 1)
    headings: list[_Heading] = []
    body = HEADING.sub(lambda match: _with_id(match, headings), body)
    if not any(heading.level == 1 for heading in headings):
        body = f"\n<h1>{html.escape(title)}</h1>{body}"
    # the summary stays first: the contents follow it
    summary = max(body.find('class="lead"'), 0)
    place = re.compile("(?=<h2[ >])").search(body, summary)
    at = place.start() if place else len(body)
    contents = _contents(headings) if notebook.metadata.get("contents", True) else ""
    return f"{head}<main>{body[:at]}{contents}{body[at:]}"


def _outside(page: str) -> str:
    """The first part of a page that a browser would load or run, "" if there is none.

    Only markup and styles count: a school may be called «@import url(a)».

    >>> _outside("<p>@import url(a)</p>"), _outside('<p style="background: url(a.png)">')
    ('', '<p style="background: url(a.png)">')
    """
    if not _SUSPICIOUS.search(page):
        return ""
    parser = _Loads()
    parser.feed(page)
    parser.close()
    return parser.found[:80]


class _Loads(HTMLParser):
    """Looks for the first element, attribute or style that makes a browser load something."""

    def __init__(self) -> None:
        super().__init__()
        self.found = ""
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element: what it is, where it takes its content from, its style."""
        self._style = tag == "style"
        loads = tag in _LOADING.split("|")
        for name, value in attrs:
            text = (value or "").strip()
            if name in _SOURCES.split("|"):
                shows = tag in _SHOWING.split("|")
                loads |= shows and text != "" and not text.lower().startswith(("data:", "#"))
            elif not _WORDS.fullmatch(name):
                loads |= bool(_FROM_ELSEWHERE.search(text))
        if loads:
            self.found = self.found or self.get_starttag_text() or tag

    def handle_endtag(self, tag: str) -> None:
        """The end of an element; styles do not stand inside one another."""
        self._style = False

    def handle_data(self, data: str) -> None:
        """Text: of interest in a style sheet only."""
        if self._style and (found := _FROM_ELSEWHERE.search(data)):
            self.found = self.found or data[found.start() :]


def _with_id(match: re.Match[str], headings: list[_Heading]) -> str:
    """Give a heading an id nobody else has, and remember it for the contents."""
    level, attributes, text = int(match[1]), match[2], match[3]
    present = re.search(r"\bid=[\"']([^\"']+)[\"']", attributes)
    name = base = present[1] if present else slug(text)
    number = 2
    while not present and name in {heading.id for heading in headings}:
        name, number = f"{base}-{number}", number + 1
    headings.append(_Heading(level, name, re.sub(r"<[^>]+>", "", text).strip()))
    shown = attributes if present else f'{attributes} id="{name}"'
    return f"<h{level}{shown}>{text}</h{level}>"


def _contents(headings: list[_Heading]) -> str:
    """The table of contents: sections and their parts, or nothing for a page of one section."""
    listed = [heading for heading in headings if heading.level > 1]
    if len(listed) < 2:
        return ""
    lines = [
        f'<li class="level-{heading.level}"><a href="#{heading.id}">{heading.text}</a></li>'
        for heading in listed
    ]
    items = "\n".join(lines)
    return (
        '<nav class="toc" aria-label="Содержание"><details open><summary>Содержание</summary>\n'
        f"<ul>\n{items}\n</ul></details></nav>\n"
    )
