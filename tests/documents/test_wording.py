"""Sentences: grammar for every number, no filler, no accusation, the same numbers as the findings."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from reading import cells, words

from msoko_analysis.disclosure import PublicMeasures
from msoko_analysis.documents.note import Note
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.wording import names, results, summary

# Which numbers a form may follow: one (1, 21, 101…), few (2–4, 22…), many (0, 5–20, 25…).
_ONE = "школа школе работа работе ученик признак проверочная проверочной"
_ONE_FEW = "школы работы ученика признака"
_FEW_MANY = "школ работ учеников признаков школам работам проверочным"
AFTER = {
    **dict.fromkeys(_ONE.split(), "one"),
    **dict.fromkeys(_ONE_FEW.split(), "one few"),
    **dict.fromkeys(_FEW_MANY.split(), "few many"),
    "проверочные": "few",
    "проверочных": "many",
}
FILLER = (
    "необходимо повысить",
    "необходимо улучшить",
    "продолжить работу",
    "уделить внимание",
    "усилить контроль",
    "активизировать",
    "в целом удовлетворительн",
    "имеет место",
)
ACCUSING = ("фальсиф", "виновн", "нечестн", "списал", "подтасов", "манипул", "завысил")
# What may be said about breaches: that a sign is none.
NO_BREACH = ("не вывод о нарушении", "не означает нарушения", "а не нарушение")


def kind(n: int) -> str:
    """The slow rule of Russian numerals."""
    if n % 100 in (11, 12, 13, 14):
        return "many"
    return {1: "one", 2: "few", 3: "few", 4: "few"}.get(n % 10, "many")


def disagreements(text: str) -> list[str]:
    """Places where a noun does not agree with its number."""
    wrong = []
    for number, noun in re.findall(r"(\d[\d\u202f]*)\u00a0([а-яё]+)", text):
        n = int(number.replace("\u202f", ""))
        if noun in AFTER and kind(n) not in AFTER[noun].split():
            wrong.append(f"{number} {noun}")
    return wrong


def test_the_check_of_agreement_sees_an_error() -> None:
    assert disagreements("по 1\u00a0работам, из 3\u00a0школа, 11\u00a0школы, 5\u00a0школе") == [
        "1 работам", "3 школа", "11 школы", "5 школе",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def light(demo_notes):
    """Facts of one paper without the rows of schools: many summaries are made from them."""
    facts = demo_notes["M01", 2026].facts
    table = facts.public.table
    paper = facts.papers[0]
    kept = table["level"].ne("school") & table["subject"].isin(["", paper.subject])
    kept &= table["grade"].isin([0, paper.grade])
    distributions = {paper: facts.distributions[paper]}
    return replace(facts, public=PublicMeasures(table[kept]), distributions=distributions)


def many(facts, n: int):
    """The same facts with n schools of every verdict."""
    spike = facts.of("spike_school", Verdict.CONCERN)[0]
    level = facts.of("signs_school", Verdict.CONCERN)[0]
    low = facts.of("low_share_school", Verdict.WATCH)[0]
    found: list[Finding] = []
    for place, verdict in enumerate(Verdict):
        codes = [f"{place}{k:03}" for k in range(n)]
        found += [replace(spike, unit=code, verdict=verdict, n=21.0 + n) for code in codes]
        found += [replace(level, unit=code, verdict=verdict) for code in codes]
    found += [replace(low, unit=f"5{k:03}") for k in range(n)]
    return replace(facts, findings=tuple(found), schools=tuple(f"{k:03}" for k in range(n)))


@pytest.mark.parametrize("first", range(0, 126, 14))
def test_summary_agrees_with_every_number(first: int, light) -> None:
    for n in range(first, min(first + 14, 126)):
        text = words(summary.summary(many(light, n))._repr_html_())
        assert disagreements(text) == [], n
        assert "nan" not in text


@pytest.mark.parametrize("n", range(126))
def test_papers_agree(n: int, light) -> None:
    for text in (names.papers(light, n), names.over_papers(light, n)):
        assert disagreements(text) == []
    low = light.of("low_share_school", Verdict.WATCH)[0]
    details = {**low.details, "papers": float(n), "papers_seen": 125.0}
    text = results.low_text(replace(light, findings=(replace(low, details=details),)))
    assert disagreements(words(text._repr_html_())) == []


def test_no_school_to_judge_is_not_a_clean_bill(light) -> None:
    few = [one for one in many(light, 3).findings if one.verdict == Verdict.TOO_FEW]
    text = words(summary.summary(replace(light, findings=tuple(few)))._repr_html_())
    assert "слишком мало" in text
    assert "требующих проверки, нет" not in text


# --- every note of the demo --------------------------------------------------------------------

NOTES = [(district, year) for year in (2025, 2026) for district in ("M01", "M02", "M03")]
each_note = pytest.mark.parametrize("which", NOTES, ids=lambda which: f"{which[0]}-{which[1]}")


@pytest.fixture(scope="module")
def texts(demo_blocks) -> dict[tuple[str, int], str]:
    return {
        which: "\n".join(words(page) for page in pages.values())
        for which, pages in demo_blocks.items()
    }


@each_note
def test_text_has_no_filler_and_accuses_nobody(which, texts) -> None:
    text = texts[which].lower()
    assert [phrase for phrase in (*FILLER, *ACCUSING) if phrase in text] == []
    for allowed in NO_BREACH:
        text = text.replace(allowed, "")
    assert "нарушени" not in text


@each_note
def test_text_agrees_and_numbers_are_russian(which, texts) -> None:
    text = texts[which]
    assert disagreements(text) == []
    bare = re.sub(r"\d{1,2}\.\d{2}\.\d{4}|\S+\.(?:ru|md)\S*|№\S*", "", text)
    # numbers of positions and activities, as the assessment and the roadmap have them
    bare = re.sub(r"(?<=[ ;:])\d\.\d+(?= — |\. [А-Я])", "", bare)
    assert re.findall(r"\d\.\d", bare) == [], "decimal point"
    assert re.findall(r"\d[ ]?%", bare) == [], "no-break space before %"
    assert re.findall(r"(?<![\w-])-\d", bare) == [], "hyphen for a minus"
    assert re.findall(r"\d{5,}(?!\w)", re.sub(r"/\d+", "", bare)) == [], "digits not grouped"
    assert not re.search(r"\b(?:nan|inf|None)\b", bare)


@each_note
def test_a_named_school_stands_with_the_word_check(which, demo_notes: dict, texts) -> None:
    note: Note = demo_notes[which]
    if note.facts.of("signs_school", Verdict.CONCERN):
        assert "признак, требующий проверки" in words(note.named_schools._repr_html_())
        assert "признаки, требующие проверки, есть у" in words(note.summary._repr_html_())
        assert "не означает нарушения" in words(note.named_schools._repr_html_())
    else:
        assert "признаки, требующие проверки, есть у" not in texts[which]


# --- numbers of the summary are those of the findings -------------------------------------------


@each_note
def test_numbers_of_the_summary_are_the_findings(which, demo_notes: dict) -> None:
    note: Note = demo_notes[which]
    facts, text = note.facts, words(note.summary._repr_html_()).replace("\u00a0", " ")
    named = facts.of("spike_school", Verdict.CONCERN)
    pattern = (
        r"(?:: |; )([^:;]+?) — скопление работ у границы отметки \(лишних примерно (\S+) из (\d+)\)"
    )
    said = re.findall(pattern, text)
    assert set(said) == {
        (facts.names[one.unit], f"{one.value:.0f}", f"{one.n:.0f}") for one in named
    }
    for one in facts.of("low_share_school", Verdict.WATCH):
        assert facts.names[one.unit] in text
    p19 = facts.measure("municipality", "p19")
    assert f"у {p19['count']:.0f} из {p19['n']:.0f} " in text
    assert f"{p19['value']:.1f}".replace(".", ",") + " %" in text


@each_note
def test_mean_difference_of_the_summary_follows_from_table_1(which, demo_notes: dict) -> None:
    note: Note = demo_notes[which]
    header, *rows = cells(note.results._repr_html_().replace("\u00a0", " "))
    n, mine, region = (header.index(name) for name in ("Работ", "Результат, %", "В регионе, %"))

    def value(text: str) -> float:
        return float(text.replace("\u202f", "").replace(",", ".").replace("−", "-"))

    works = [value(row[n]) for row in rows]
    apart = [value(row[mine]) - value(row[region]) for row in rows]
    mean = sum(w * d for w, d in zip(works, apart, strict=True)) / sum(works)
    text = words(note.summary._repr_html_())
    said = re.search(r"на (\S+)\u00a0п\.\u00a0п\. (выше|ниже) регионального", text)
    if said:
        told = value(said[1]) * (1 if said[2] == "выше" else -1)
    else:
        assert "такой же, как в регионе" in text
        told = 0.0
    assert told == pytest.approx(mean, abs=0.1)  # table 1 is rounded to 0.1
