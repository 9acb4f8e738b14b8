"""No document contradicts itself: what is said about schools is held against the findings behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from reading import cells, words

from msoko_analysis.documents.letter import Letter, of_one_school
from msoko_analysis.documents.overview import build_overview
from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.wording.advice import SINCE
from msoko_analysis.wording.names import school_name
from msoko_analysis.wording.sign_kinds import KINDS

CONCERN, WATCH, CALM, FEW = Verdict.CONCERN, Verdict.WATCH, Verdict.NO_CONCERN, Verdict.TOO_FEW


def plain(page: str) -> str:
    """The words of a page with simple blanks and without separators of thousands."""
    return words(page).replace("\u00a0", " ").replace("\u202f", "")


def units(facts: Facts, code: str, *verdicts: Verdict) -> int:
    return len({one.unit for one in facts.of(code, *verdicts)})


def marked(facts: Facts) -> tuple[int, int]:
    """Schools with an official marker, and all that can have one."""
    row = facts.measure("municipality", "p19")
    return int(row["count"]), int(row["n"])


# A number of schools in a sentence of some block, and the numbers that its findings give.
STATEMENTS: tuple[tuple[str, str, Callable[[Facts], tuple[int, ...]]], ...] = (
    (
        "summary",
        r"Из (\d+) школ\w*, по котор\w+ можно судить, признаки, требующие проверки, есть у (\d+)",
        lambda facts: (units(facts, "signs_school", CONCERN, CALM), units(facts, "signs_school", CONCERN)),
    ),
    (
        "summary",
        r"(?:Признаков, требующих проверки, нет|Ни одна школа[^;]*); судить можно по (\d+) школ",
        lambda facts: (units(facts, "signs_school", CALM),),
    ),
    (
        "summary",
        r"По (\d+) школ\w* работ слишком мало",
        lambda facts: (units(facts, "signs_school", FEW),),
    ),
    (
        "summary",
        r"из (\d+) школ\w*, где процедуры можно сопоставить",
        lambda facts: (units(facts, "link_school", *Verdict),),
    ),
    (
        "summary",
        r"расходится с более ранней у (\d+) школ",
        lambda facts: (len({one.unit for one in facts.of("link_school", *Verdict) if one.details["apart"]}),),
    ),
    (
        "summary",
        r"медалистов ниже порога заметно чаще, чем в регионе, у (\d+) школ",
        lambda facts: (units(facts, "medals_school", CONCERN),),
    ),
    (
        "medals",
        r"признак, требующий проверки, есть у (\d+) школ",
        lambda facts: (units(facts, "medals_school", CONCERN),),
    ),
    ("summary", r"Хотя бы один признак — у (\d+) из (\d+) школ", marked),
    ("official", r"хотя бы один признак есть у (\d+) из (\d+) школ", marked),
    (
        "level",
        r"Уровень в обычных пределах для своих условий и размера: (\d+) школ",
        lambda facts: (units(facts, "level_school", CALM),),
    ),
    (
        "low_results",
        r"Правилу отвеча\w+ (\d+) из",
        lambda facts: (units(facts, "shnor_school", WATCH),),
    ),
    (
        "equity",
        r"результат выше ожидаемого при своих условиях у (\d+) школ\w*, ниже — у (\d+) школ\w* из (\d+)",
        lambda facts: (
            *(
                sum(one.details["side"] == side for one in facts.of("expectation_school", *Verdict))
                for side in (1, -1)
            ),
            units(facts, "expectation_school", *Verdict),
        ),
    ),
)  # fmt: skip


def numbers_of_schools(facts: Facts, pages: dict[str, str]) -> Iterator[str]:
    """Sentences that tell another number of schools than their findings."""
    for block, said, wanted in STATEMENTS:
        for found in re.finditer(said, plain(pages[block]), flags=re.I):
            if tuple(map(int, found.groups())) != wanted(facts):
                yield f"{block}: «{found[0]}», а по находкам {wanted(facts)}"


def named_schools(facts: Facts, pages: dict[str, str]) -> Iterator[str]:
    """Schools the first page, the table of signs and its notes do not name alike."""
    first = re.search(r"Объективность\.(.*)", plain(pages["summary"]))
    rows = cells(pages["signs"])[1:]
    table = {row[0].replace("\u00a0", " ") for row in rows if "требует проверки" in row}
    wanted = {
        school_name(facts, one.unit).replace("\u00a0", " ")
        for one in facts.of("signs_school", CONCERN)
    }
    if table != wanted:
        yield f"signs: в таблице {sorted(table)}, по находкам {sorted(wanted)}"
    said = set(re.findall(r"(?:: |; )([^:;—]+?) — ", first[1])) if first else set()
    if said != wanted:
        yield f"summary: названы {sorted(said)}, по находкам {sorted(wanted)}"
    for one in facts.of("medals_school", CONCERN):
        if wanted and school_name(facts, one.unit) not in plain(pages["signs"]):
            yield f"signs: о признаке медалистов не сказано: {school_name(facts, one.unit)}"


def sizes(facts: Facts, pages: dict[str, str]) -> Iterator[str]:
    """Sizes on the first page that the table of signs prints otherwise."""
    of_table = plain(pages["signs"])
    for said in re.findall(r"лишних примерно (\d+) из (\d+)", plain(pages["summary"])):
        if not re.search(rf"\n{said[1]}\n.*примерно {said[0]} \(", of_table):
            yield f"summary: лишних {said} нет в таблице"
    for said in re.findall(r"\(на ([\d,]+) отметки\)", plain(pages["summary"])):
        if f"выше на {said} отметки (" not in of_table:
            yield f"summary: {said} отметки нет в таблице"


def works(facts: Facts, pages: dict[str, str]) -> Iterator[str]:
    """The sum of works on the first page against the tables of papers."""
    said = int(re.search(r"(\d+) работ\w* учеников", plain(pages["summary"]))[1])
    rows = [*cells(pages["results"])[1:], *cells(pages["exams"])[1:]]
    shown = [row[1].replace("\u202f", "") for row in rows]
    if said != sum(int(one) for one in shown if one.isdigit()):
        yield f"summary: {said} работ, в таблицах {shown}"
    held = re.search(r"(\d+) работ\w* против", plain(pages["quality_remarks"]))
    if held and int(held[1]) > said:
        yield f"quality_remarks: {held[0]} больше, чем на первой странице"


def news(facts: Facts, pages: dict[str, str]) -> Iterator[str]:
    """Grounds that are called new in one place and repeated in another, or not as a year ago."""
    text = plain(pages["recommendations"])
    for made in facts.recommendations if facts.compared else ():
        for one in made.grounds:
            school = school_name(facts, one.finding.unit)
            if one.finding.code not in KINDS:
                continue
            start = re.escape(f"{school}: {KINDS[one.finding.code].name} — ")
            for label in re.findall(rf"{start}[^\n]*?\((новое|повторяется|год назад[^)]*)\)", text):
                if label != SINCE[one.since]:
                    yield f"recommendations: {school} — {label}, а основание {SINCE[one.since]}"
    if "повторяется" in plain(pages["signs"]):
        yield "signs: уровень говорит о повторе, о котором говорит основание"


def shares(facts: Facts, pages: dict[str, str]) -> Iterator[str]:
    """Shares that are not printed in per cent."""
    for block, page in pages.items():
        yield from (
            f"{block}: «{found[0]}»"
            for found in re.finditer(
                r"\bдол[яиюей]+\b[^.;:\n]{0,60}?\b0,\d+(?! %| п\.|\d)", plain(page)
            )
        )
        header: list[str] = []
        for row in cells(page):
            header = row if row[0] in _FIRST else header
            of_row = row[0].startswith("Доля") and "%" not in row[0]
            for name, cell in zip(header, row, strict=False):
                of_column = (
                    name.lower().startswith("доля") and "%" not in name and "раз" not in name
                )
                if (of_row or of_column) and re.fullmatch(r"0,\d+", cell):
                    yield f"{block}: «{name}» — {cell}"


_FIRST = ("Показатель", "Предмет, класс", "Предмет", "Школа", "Проверка")


def empty_places(facts: Facts, pages: dict[str, str]) -> Iterator[str]:
    """Headings, items, paragraphs and tables with nothing in them."""
    for block, page in pages.items():
        for bare in (
            r"<h3>[^<]*</h3>\s*(?=<h3>|</div>\s*<h3>|$)", r"<(p|li)[^>]*>\s*</\1>", r"<tbody>\s*</tbody>",
        ):  # fmt: skip
            yield from (f"{block}: {found[0]}" for found in re.finditer(bare, page))


# Short forms whose full stop ends no sentence; «ст. откл.» and «п. п.» stand in the middle of one.
_SHORT = re.compile(r"(?:п|ст|откл|г|т|д|е|см|др|ред|руб|№)\.$")


def small_letters(facts: Facts, pages: dict[str, str]) -> Iterator[str]:
    """Paragraphs, items and sentences that begin with a small letter."""
    for block, page in pages.items():
        for _, text in re.findall(r"<(p|li)[^>]*>(.*?)</\1>", page, flags=re.S):
            said = plain(text).strip()
            for place in [0, *(one.end() for one in re.finditer(r"[.!?] +(?=[а-яё])", said))]:
                before = said[:place].rstrip()
                if re.match(r"[а-яё]", said[place:]) and not _SHORT.search(before):
                    yield f"{block}: «{said[place : place + 40]}»"


WALKS = (numbers_of_schools, named_schools, sizes, works, news, shares, empty_places, small_letters)


def contradictions(facts: Facts, pages: dict[str, str]) -> list[str]:
    return [found for walk in WALKS for found in walk(facts, pages)]


@pytest.mark.parametrize("year", [2025, 2026])
@pytest.mark.parametrize("district", ["M01", "M02", "M03"])
def test_a_note_does_not_contradict_its_findings(district, year, demo_notes, demo_blocks) -> None:
    assert contradictions(demo_notes[district, year].facts, demo_blocks[district, year]) == []


def test_every_kind_of_statement_is_met_in_the_demo(demo_blocks) -> None:
    for block, said, _ in STATEMENTS:
        assert any(
            re.search(said, plain(pages[block]), flags=re.I) for pages in demo_blocks.values()
        ), said


PLANTED = (
    ("summary", r"есть у 3\u00a0школ", "есть у 4\u00a0школ"),
    ("summary", r"регионе, у 1.школы", "регионе, у 2 школ"),
    ("summary", "Школа №.6 — отметки", "Школа № 7 — отметки"),
    ("summary", r"на 0,55.отметки", "на 0,6 отметки"),
    ("summary", r"15\u202f753", "15\u202f754"),
    ("signs", r"3 — подтверждается", "3 — повторяется"),
    ("signs", r"<p class=\"table-note\">Признак по результатам ЕГЭ медалистов[^<]*</p>", ""),
    ("recommendations", r"\(новое\)", "(повторяется)"),
    ("level", r"размера: 18\u00a0школ", "размера: 22\u00a0школы"),
    ("official", r"есть у 9 из 22", "есть у 8 из 22"),
    ("equity", r"доля", "доля 0,13"),
    ("gaps", r"школы,.%</th><td[^>]*>18,1[^<]*<", "школы</th><td>0,18<"),
    ("medals", r"<p>По школам", "<p>по школам"),
    ("recommendations", r"(<h3>Уровень школы</h3>)", r"<h3>Без мер</h3>\1"),
)


@pytest.mark.parametrize(("block", "there", "planted"), PLANTED, ids=range(len(PLANTED)))
def test_a_planted_contradiction_is_found(block, there, planted, demo_notes, demo_blocks) -> None:
    pages = demo_blocks["M01", 2026]
    page, changed = re.subn(there, planted, pages[block], count=1)
    assert changed, f"{block} has no «{there}» any more"
    assert contradictions(demo_notes["M01", 2026].facts, {**pages, block: page}) != []


def _number(cell: str) -> float:
    return float(cell.replace("\u2212", "-").replace("+", "").replace(",", "."))


def test_letters_tell_what_their_tables_show(demo_notes) -> None:
    facts, told = demo_notes["M01", 2026].facts, 0
    for school in facts.schools:
        letter = Letter(of_one_school(facts, school))
        page, rows = plain(letter.page._repr_html_()), cells(letter.results._repr_html_())[1:]
        known = [(_number(row[4]), _number(row[5])) for row in rows if re.match("[+−\\d]", row[5])]
        for word, sign in (("выше", 1), ("ниже", -1)):
            said = re.search(rf"больше чем на погрешность [^.]*?{word} в (\d+)", page)
            surely = sum(sign * value > half for value, half in known)
            perhaps = sum(sign * value >= half for value, half in known)  # equal when rounded
            assert surely <= (int(said[1]) if said else 0) <= perhaps, (school, page)
            told += said is not None
        assert (" рисунок" in page) == ("<figure" in letter.signs._repr_html_())
        assert ("рекомендации — в приложении" in page) == bool(letter.facts.recommendations)
    assert told > 5


def test_an_overview_tells_the_numbers_of_its_tables_and_notes(
    project, demo_data, demo_blocks
) -> None:
    run = str(project / "params/runs/demo.yaml")
    overview = build_overview(run, year=2026, data=str(demo_data))
    first = plain(overview.summary._repr_html_())
    frame = overview.tables["signs"].frame
    said = re.search(r"признаки, требующие проверки, есть у (\d+) школ\w* в (\d+) муниц", first)
    named = frame["Признаки, требующие проверки"]
    assert tuple(map(int, said.groups())) == (named.sum(), (named > 0).sum())
    kinds = overview.tables["kinds"].frame.set_index("Что найдено")["Число школ"]
    often = re.search(r"чаще всего — (.*?) \((\d+) школ", first)
    assert kinds[often[1][0].upper() + often[1][1:]] == int(often[2])
    of_notes = {
        re.search(r"(\d+) работ\w* против (\d+)", plain(pages["quality_remarks"])).groups()
        for (_, year), pages in demo_blocks.items()
        if year == 2026
    }
    data = overview.tables["data"].frame
    printed = zip(data["Работ"], data["Работ год назад"], strict=True)
    assert {(f"{now:.0f}", f"{before:.0f}") for now, before in printed} == of_notes
