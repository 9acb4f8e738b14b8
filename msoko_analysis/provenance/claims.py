"""Every conclusion a document prints, by a stable name: what a reviewer checks one by one.

A claim is a paragraph, a list item, a row of a table or a figure that says something. Claims are read
from the finished page, so what is printed and what is claimed can not differ; their names go into the
page as anchors. Contents, folded code, heads of tables and the foot of the page claim nothing.

A name must not change with a number or with what stands before it. It is the section and a hash of
what the claim is about: the table, the row's heading and the first finding behind it in a row; the
finding in a sentence that tells just one; the words without their values elsewhere.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from lxml import html
from lxml.html import HtmlElement

from msoko_analysis.provenance.printed import Value, skeleton, unit_of, values_in

NAME = "claims.json"
VERSION = 1
_SILENT = ("nav", "details", "footer", "thead")
_HEADINGS = ("h1", "h2", "h3", "h4")
_TELLING = ("p", "li", "tr", "figure")
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_OPENING = re.compile(rf"<svg\b.*?</svg>|<({'|'.join(_TELLING)})(?=[\s>])", re.DOTALL)
_MARK = "data-place"
_MARKED = re.compile(rf' {_MARK}="(\d+)"')
_NUMBERED = re.compile(r"^(?:(?:Таблица|Рисунок)\s\S+|\d+\.)\s")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Claim:
    """One conclusion: ``id`` is its anchor, ``place`` the id of the heading above, ``order`` its place
    among the claims, ``text`` as printed, ``values`` its numbers, ``findings`` ids of findings behind it.
    """

    id: str
    kind: Literal["sentence", "row", "recommendation", "figure"]
    place: str
    order: int
    text: str
    values: tuple[Value, ...]
    findings: tuple[str, ...]


def with_claims(page: str) -> tuple[str, tuple[Claim, ...]]:
    """The page with an anchor at every claim, and the claims.

    >>> page, (claim,) = with_claims("<main><h2 id='itog'>Итог</h2><p>Школ — 5.</p></main>")
    >>> claim.text, claim.place, f'<p id="{claim.id}">' in page
    ('Школ — 5.', 'itog', True)
    """
    numbers = itertools.count()
    marked = _OPENING.sub(
        lambda found: f'{found[0]} {_MARK}="{next(numbers)}"' if found[1] else found[0], page
    )
    main = html.fromstring(_SVG.sub("", marked[marked.index("<main>") :]))
    claims, anchors, place = [], {}, ""
    names: Counter[str] = Counter()
    for element in _telling(main):
        if element.tag in _HEADINGS:
            place = element.get("id", "")
        elif _says_something(printed := _printed(element)):
            base = f"{place}.{_hash(_about(element, printed))}"
            names[base] += 1
            name = base if names[base] == 1 else f"{base}-{names[base]}"
            anchors[element.get(_MARK)] = f' id="{name}"'
            claims.append(_claim(element, name, place, len(claims) + 1, printed))
    return _MARKED.sub(lambda found: anchors.get(found[1], ""), marked), tuple(claims)


def write_claims(folder: Path, claims: Sequence[Claim], document: Mapping[str, Any]) -> None:
    """Write claims.json, a claim a line; ``document`` says which document it is."""
    lines = ",\n".join(json.dumps(asdict(claim), ensure_ascii=False) for claim in claims)
    head = json.dumps({"version": VERSION, "document": dict(document)}, ensure_ascii=False)
    (folder / NAME).write_text(
        f'{head[:-1]}, "claims": [\n{lines}\n]}}\n', encoding="utf-8", newline="\n"
    )


def _telling(parent: HtmlElement) -> Iterator[HtmlElement]:
    """Headings and what may be a claim, in the order of the page; the outermost of nested ones."""
    for child in parent:
        if child.tag in (*_HEADINGS, *_TELLING):
            yield child
        elif child.tag not in _SILENT:
            yield from _telling(child)


def _claim(element: HtmlElement, name: str, place: str, order: int, printed: str) -> Claim:
    text, values = _SPACES.sub(" ", printed), _values(element, printed)
    return Claim(name, _kind(element), place, order, text, values, _findings(element))


def _says_something(text: str) -> bool:
    """Whether there is more than lines to sign on."""
    return re.search(r"[^\W_]", text) is not None


def _printed(element: HtmlElement) -> str:
    """What a reader is told: text, cells of a row, caption and description of a figure."""
    if element.tag == "tr":
        return " | ".join(cell.text_content().strip() for cell in element)
    if element.tag == "figure":
        caption = element.xpath(".//figcaption//text()")
        return " ".join((*caption, *element.xpath(".//@aria-label | .//@alt")))
    return element.text_content().strip()


def _kind(element: HtmlElement) -> Any:
    if element.tag == "tr":
        table = next(element.iterancestors("table"))
        return "recommendation" if "card" in table.classes else "row"
    return "figure" if element.tag == "figure" else "sentence"


def _about(element: HtmlElement, printed: str) -> str:
    """What stays the same when numbers change."""
    findings = _findings(element)
    if element.tag == "tr":
        caption = next(element.iterancestors("table")).findtext("caption") or ""
        first = findings[:1] if _kind(element) == "row" else ()
        return "\n".join((_NUMBERED.sub("", caption), element[0].text_content(), *first))
    return findings[0] if len(findings) == 1 else skeleton(printed)


def _values(element: HtmlElement, printed: str) -> tuple[Value, ...]:
    """The values of a claim; the heading of a row is a name, that of a column ends in its unit."""
    if element.tag != "tr":
        return values_in(printed)
    table = next(element.iterancestors("table"))
    columns = [cell.text_content() for cell in table.iterfind("thead/tr[1]/*")]
    found = []
    for place, cell in enumerate(element):
        unit = unit_of(columns[place]) if place < len(columns) else ""
        if cell.tag == "td":
            found += [
                value if value.unit else replace(value, unit=unit)
                for value in values_in(cell.text_content())
            ]
    return tuple(found)


def _findings(element: HtmlElement) -> tuple[str, ...]:
    return tuple(unquote(one) for one in element.get("data-findings", "").split())


def _hash(text: str) -> str:
    return hashlib.sha256(_SPACES.sub(" ", text).encode()).hexdigest()[:8]
