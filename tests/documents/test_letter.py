"""Letters to schools: what is planted is told, an honest school hears little, no other school is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from reading import blocks, cells, words

from msoko_analysis.documents import kinds as documents
from msoko_analysis.documents.letter import Letter, build_letter, of_one_school
from msoko_analysis.documents.note import Withheld
from msoko_analysis.findings import Verdict
from msoko_analysis.wording.sign_kinds import KINDS

CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "cases/demo_recommendations.yaml").read_text(encoding="utf-8")
)
NEEDS_CHECK = "признак, требующий проверки"
# Planted in the demo: all schools of the region lift .3 over «3» (data/demo/truth.yaml).
AS_THE_REGION = (
    "не отличается так, чтобы это требовало проверки, от региона, где над границей «3» поднято от"
)


@pytest.fixture(scope="session")
def letters(demo_notes) -> dict[tuple[str, int], Letter]:
    """The letters of all schools of the demo's districts by school and year."""
    return {
        (school, year): Letter(of_one_school(note.facts, school))
        for (_, year), note in demo_notes.items()
        for school in note.facts.schools
    }


def text(letter: Letter) -> str:
    return "\n".join(words(page) for page in blocks(letter).values())


@pytest.mark.parametrize(
    ("school", "said"),
    [
        ("S003", [f"Скопление работ у границы отметки — {NEEDS_CHECK}"]),
        ("S006", [f"Отметки школы выше, чем объясняют баллы — {NEEDS_CHECK}"]),
        ("S016", ["Низкие результаты. ", AS_THE_REGION, "Нужна помощь"]),
        ("S019", [AS_THE_REGION, "сами по себе действий не требуют"]),
        (
            "S024",
            [
                f"Трудные задания выполнены лучше, чем лёгкие — {NEEDS_CHECK}",
                f"Ответы учеников похожи сильнее обычного — {NEEDS_CHECK}",
            ],
        ),
    ],
)
def test_what_is_planted_is_told_and_nothing_else(letters, school: str, said: list[str]) -> None:
    page = words(letters[school, 2026].page._repr_html_())
    assert all(one in page for one in said)
    assert page.count(f"— {NEEDS_CHECK}") == sum(NEEDS_CHECK in one for one in said)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['school']}-{case['year']}")
def test_a_school_is_asked_for_its_own_measures(letters, case) -> None:
    letter = letters[case["school"], case["year"]]
    made = [one.entry.id for one in letter.facts.recommendations]
    own = [name for name in case["recommendations"] if name.split(".")[1] in ("school", "teachers")]
    assert sorted(made) == sorted(own)
    said = words(letter.recommendations._repr_html_())
    assert all(one.entry.measure in said for one in letter.facts.recommendations)


def test_an_honest_school_gets_a_short_letter_that_proves_nothing(letters) -> None:
    quiet = [
        letter
        for letter in letters.values()
        if letter.facts.of("signs_school", Verdict.NO_CONCERN)
        and not [one for one in letter.facts.findings if one.verdict in ("CONCERN", "WATCH")]
    ]
    assert len(quiet) > 20
    for letter in quiet:
        page = words(letter.page._repr_html_())
        assert AS_THE_REGION in page
        assert "Признаков, требующих проверки, нет" not in page
        assert "1–2 баллов. Это не доказывает, что всё в порядке" in page
        assert "Что посмотреть" not in page
        assert letter.signs._repr_html_() == ""
        assert "мер не предлагается" in words(letter.recommendations._repr_html_())


def test_a_school_too_small_to_judge_is_told_so_without_numbers(letters) -> None:
    letter = letters["S040", 2026]  # at most five pupils in a paper (data/README.md)
    page = words(letter.page._repr_html_())
    assert "Работ слишком мало, чтобы сказать" in page
    assert "Это не доказывает" not in page
    assert "Сравнить школу с регионом нельзя" in page
    assert "ни по одной из них числа не печатаются" in page
    assert cells(letter.results._repr_html_()) == []


def test_no_letter_names_another_school(letters, demo_notes) -> None:
    names = {code: name for note in demo_notes.values() for code, name in note.facts.names.items()}
    for (school, year), letter in letters.items():
        if year == 2025:
            continue
        said = "".join(blocks(letter).values())
        others = {*names, *names.values()} - {school, names[school]}
        found = [one for one in others if re.search(rf"{re.escape(one)}(?!\w)", said)]
        assert not found, (school, found)
        assert set(letter.facts.names) == {school}


def test_a_letter_hides_what_the_note_hides(letters, demo_notes) -> None:
    for (school, year), letter in letters.items():
        note = next(
            one for (_, y), one in demo_notes.items() if y == year and school in one.facts.schools
        )
        assert letter.facts.public is note.facts.public
        shown = [row for row in cells(letter.results._repr_html_())[1:] if row[2] != "скрыто"]
        table = letter.facts.public.table
        mine = table[
            (table["unit"] == school)
            & (table["indicator"] == "mean_percent")
            & (table["year"] == year)
            & (table["subject"] != "")
        ]
        assert len(shown) == (~mine["hidden"]).sum() or not shown


def test_numbers_of_signs_are_those_of_the_findings(letters) -> None:
    letter = letters["S003", 2026]
    (spike,) = letter.facts.of("spike_school", Verdict.CONCERN)
    assert f"лишних работ над границей примерно {round(spike.value)} " in text(letter)
    names = [row[0] for row in cells(letter.checked._repr_html_())[1:]]
    there = [kind.name for code, kind in KINDS.items() if letter.facts.of(code, *Verdict)]
    assert [name.lower() for name in names] == [name.lower() for name in there]


def test_no_letter_to_a_school_without_results(project, demo_data) -> None:
    run = str(project / "params/runs/demo.yaml")
    with pytest.raises(Withheld, match="нет результатов школы «S999»"):
        build_letter(run, district="M01", school="S999", year=2026, data=str(demo_data))


def test_a_run_makes_letters_and_an_overview_beside_notes(
    project, demo_data, tmp_path, monkeypatch
) -> None:
    from docx import Document

    from msoko_analysis.publish.runner import run_notes

    known = documents.schools_with_results
    monkeypatch.setattr(
        documents,
        "schools_with_results",
        lambda run: {(2026, "M02"): {"S024": known(run)[2026, "M02"]["S024"]}},
    )
    summary = run_notes(
        project / "params/runs/demo.yaml", data=demo_data, kinds=["letters", "overview"],
        years=[2026], reports=tmp_path,
    )  # fmt: skip
    assert summary.exit_code == 0, summary.text()
    letter = tmp_path / "2026/letters/M02/S024"
    assert (letter / "tables/tables.xlsx").exists()
    assert (tmp_path / "2026/overview/region/note.html").exists()
    page = (letter / "note.html").read_text(encoding="utf-8")
    assert "<h1" in page
    assert 'class="toc"' not in page
    word = Document(str(letter / "note.docx"))
    (appendix,) = [one for one in word.paragraphs if one.text == "Приложение"]
    assert appendix.paragraph_format.page_break_before
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    group = re.search(r"<details><summary>(.*?)</summary>(.*?)</details>", index, re.S)
    assert group[1] == "Северный район: 1\xa0документ"
    assert 'href="2026/letters/M02/S024/note.html"' in group[2]
    assert 'href="2026/overview/region/note.html"' in index.replace(group[0], "")
    assert "<script" not in index
