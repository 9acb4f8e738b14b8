"""Claims of the demo's documents: none is missing, names are stable, findings stand behind them."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from msoko_analysis.findings import Verdict
from msoko_analysis.provenance.claims import NAME, with_claims, write_claims

DOCUMENTS = {
    "notes": "M02",
    "letters": "letters/M02/S024",
    "overview": "overview/region",
    "monitoring": "monitoring/M02",
    "order": "order/M02",
    "roadmap": "roadmap/M02",
}
TOLD = (Verdict.CONCERN, Verdict.WATCH)


@pytest.fixture(scope="module")
def documents(demo_documents: Path):
    """Page and claims of one document of every kind, by kind; its file of claims has the same."""
    found = {}
    for kind, place in DOCUMENTS.items():
        folder = demo_documents / "2026" / place
        found[kind] = with_claims((folder / "note.html").read_text(encoding="utf-8"))
        saved = json.loads((folder / NAME).read_text(encoding="utf-8"))["claims"]
        assert [one["id"] for one in saved] == [claim.id for claim in found[kind][1]]
        assert [one["text"] for one in saved] == [claim.text for claim in found[kind][1]]
    return found


class Reader(HTMLParser):
    """An independent reading of a page: text and attributes of what a claim may be, numbers outside."""

    TELLING = ("p", "li", "tr", "figcaption")
    SILENT = ("nav", "details", "footer", "thead", "svg", "style")
    HEADINGS = ("h1", "h2", "h3", "h4", "caption")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.silent, self.open, self.heading, self.naming = 0, [], False, False
        self.blocks: list[dict] = []
        self.above, self.anchor, self.outside = "", "", []
        self.feed(page[page.index("<main>") :])

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        if tag in self.SILENT:
            self.silent += 1
        if tag in self.HEADINGS:
            self.heading, self.above = True, "" if tag != "caption" else self.above
        self.naming = tag == "th"
        if tag == "figure":
            self.anchor = given.get("id", "")
        if tag in self.TELLING and not self.silent:
            anchor = self.anchor if tag == "figcaption" else given.get("id", "")
            behind = given.get("data-findings", "").split()
            new = {"id": anchor, "text": "", "told": "", "behind": behind, "above": self.above}
            self.blocks.append(new)
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SILENT:
            self.silent -= 1
        if tag in self.HEADINGS:
            self.heading = False
        self.naming = self.naming and tag != "th"
        if self.open and tag == self.open[-1]:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        if self.open:
            self.blocks[-1]["text"] += data + " "
            self.blocks[-1]["told"] += "" if self.naming else data + " "
        elif self.heading:
            self.above += data
        elif data.strip():
            self.outside.append(data)


def fractions(text: str) -> list[float]:
    """What can only be a value: numbers with a comma or in percent."""
    found = re.findall(r"(−?)(\d+(?:\u202f\d{3})*(?:,\d+)?)(?=(\s?%)?)", text)
    sure = [(sign, digits) for sign, digits, unit in found if "," in digits or unit]
    plain = (digits.replace("\u202f", "").replace(",", ".") for _, digits in sure)
    return [float(digits) for digits in plain]


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_no_number_stands_without_a_claim(documents, kind):
    page, claims = documents[kind]
    named = {claim.id: claim for claim in claims}
    reader = Reader(page)
    assert len(reader.blocks) > 20
    assert not [text for text in reader.outside if re.search(r"\d", text)]
    for block in reader.blocks:
        if not re.search(r"\d", block["text"]):
            continue
        claim = named[block["id"]]
        digits = re.findall(r"\d+", block["text"])
        assert re.findall(r"\d+", claim.text)[: len(digits)] == digits, "says what is printed"
        below = "<" in block["text"]  # half of the least printed one
        read = {abs(value.value) for value in claim.values}
        assert below or set(fractions(block["told"])) <= read, claim


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_claims_are_anchors_in_the_order_of_the_page(documents, kind):
    page, claims = documents[kind]
    ids = re.findall(r'<[^>]*? id="([^"]+)"', re.sub(r"<svg.*?</svg>", "", page, flags=re.S))
    assert len(set(ids)) == len(ids)
    assert [claim.id for claim in claims] == [one for one in ids if "." in one]
    assert [claim.order for claim in claims] == list(range(1, len(claims) + 1))
    assert all(claim.id.isascii() and claim.id.startswith(claim.place + ".") for claim in claims)
    assert {claim.place for claim in claims} <= set(ids)


# ------------------------------------------------------------------------------ findings behind


def ids_behind(claims) -> set[str]:
    return {one for claim in claims for one in claim.findings}


def test_every_told_finding_stands_behind_a_claim(demo_notes, demo_blocks):
    for which, note in demo_notes.items():
        pages = "".join(demo_blocks[which].values())
        behind = set(" ".join(re.findall(r'data-findings="([^"]*)"', pages)).split())
        told = {one.id for one in note.facts.findings if one.verdict in TOLD}
        # a school on the list of ШНОР is told there, its marks «2» are not told once more
        listed = {one.unit for one in note.facts.of("shnor_school", Verdict.WATCH)}
        told -= {f"low_share_school:{unit}" for unit in listed}
        assert told - behind == set(), which
        assert behind <= {one.id for one in note.facts.findings}, which


def test_a_letter_tells_the_findings_of_its_school(documents, demo_notes):
    findings = demo_notes["M02", 2026].facts.findings
    told = {one.id for one in findings if one.verdict in TOLD and one.unit == "S024"}
    behind = ids_behind(documents["letters"][1])
    assert told
    assert told <= behind
    assert behind <= {one.id for one in findings if one.unit == "S024"}


# As many as our own demo has today: a link that is lost shows.
@pytest.mark.parametrize(("kind", "least"), [("notes", 88), ("order", 20), ("roadmap", 17)])
def test_a_block_names_the_schools_of_its_findings(demo_notes, documents, kind, least):
    facts = demo_notes["M02", 2026].facts
    units = {one.id: one.unit for one in facts.findings}
    linked = [block for block in Reader(documents[kind][0]).blocks if block["behind"]]
    assert len(linked) >= least
    for block in linked:
        said = " ".join((block["text"] + block["above"]).split())
        for one in block["behind"]:
            unit = units[one]
            assert unit == facts.district or facts.names[unit] in said, block


def numbers_of(finding) -> list[float]:
    """Every number a finding holds, shares in percent, and a mean over pupils as their sum."""
    own = (finding.value, finding.low, finding.high, finding.n, finding.q, finding.limit)
    own += (finding.value * finding.n,)
    all_of = [abs(one) for one in (*own, *finding.details.values()) if math.isfinite(one)]
    return [*all_of, *(100 * one for one in all_of)]


def test_a_recommendation_says_the_numbers_of_its_findings(documents, demo_notes):
    findings = {one.id: one for one in demo_notes["M02", 2026].facts.findings}
    cards = [one for one in documents["notes"][1] if one.kind == "recommendation" and one.findings]
    assert len(cards) > 5
    # «95 %» of an interval, «1–2 балла» of a sign's name, the share of the rule of ШНОР, the scores of
    # П29, and the surest that a probability is printed
    constant = {95.0, 1.0, 2.0, 30.0, 60.0, 70.0, 99.0}
    for card in cards:
        known = [number for one in card.findings for number in numbers_of(findings[one])]
        for value in card.values:
            size = type(value)(abs(value.value), value.tolerance)
            assert size.value in constant or any(size.holds(one) for one in known), (card, value)
        for one in card.findings:
            mine = findings[one]
            if mine.code == "shnor_school":  # told in words
                continue
            assert any(type(value)(abs(value.value), value.tolerance).holds(size)
                       for value in card.values for size in numbers_of(mine)), mine.id  # fmt: skip


# ------------------------------------------------------------------------------ stable names

PAGE = (
    "<main><h2 id='itog'>Итог</h2><p>Школ — {n}.</p><p>Другое: {n} %.</p>"
    "<table class='data'><caption>Таблица {t}. Школы</caption><thead><tr><th>Школа</th></tr></thead>"
    "<tbody><tr><th>Школа № 1</th><td>{n}</td></tr><tr data-findings='spike_school:S2'><th>Школа № 2"
    "</th><td>{verdict}</td></tr></tbody></table></main>"
)


def names(page: str) -> list[str]:
    return [claim.id for claim in with_claims(page)[1]]


def test_names_do_not_change_with_numbers_verdicts_or_what_stands_before():
    one = names(PAGE.format(n=5, t=3, verdict="к сведению"))
    assert len(set(one)) == 4
    assert names(PAGE.format(n="7,5", t=4, verdict="требует проверки")) == one
    longer = PAGE.format(n=5, t=3, verdict="").replace("</h2>", "</h2><p>Вставка 8.</p>")
    assert names(longer)[1:] == one
    fewer = PAGE.format(n=5, t=3, verdict="").replace("<p>Школ — 5.</p>", "")
    assert names(fewer) == one[1:]


def test_alike_claims_of_a_section_are_told_apart():
    page = "<main><h2 id='a'>А</h2><p>Школ — 5.</p><p>Школ — 6.</p></main>"
    one, two = names(page)
    assert two == f"{one}-2"


def test_what_is_no_conclusion_is_no_claim():
    page = (
        "<main><nav><li>Раздел 1</li></nav><h2 id='a'>А</h2><p>____ / ____</p><p> </p>"
        "<details><p>год 7</p></details><ul><li><p>внутри 3</p></li></ul>"
        "<figure><svg><p>9</p></svg><figcaption>Рисунок 1. Доли</figcaption></figure>"
        "<footer><p>отпечаток 12</p></footer></main>"
    )
    claims = with_claims(page)[1]
    assert [(one.kind, one.text) for one in claims] == [
        ("sentence", "внутри 3"),
        ("figure", "Рисунок 1. Доли"),
    ]


def test_the_file_says_what_the_page_says(tmp_path):
    _, claims = with_claims(PAGE.format(n="<b>1\u202f234</b>", t=1, verdict="—"))
    write_claims(tmp_path, claims, {"kind": "notes", "year": 2026})
    saved = json.loads((tmp_path / NAME).read_text(encoding="utf-8"))
    assert (saved["version"], saved["document"]) == (1, {"kind": "notes", "year": 2026})
    assert [one["id"] for one in saved["claims"]] == [claim.id for claim in claims]
    assert saved["claims"][0]["values"] == [{"value": 1234.0, "tolerance": 0.5, "unit": ""}]
    assert saved["claims"][3]["findings"] == ["spike_school:S2"]
