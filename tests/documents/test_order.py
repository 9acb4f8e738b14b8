"""The draft of an order: points with schools, terms and findings, control, never a punishment."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from reading import words

from msoko_analysis.documents import order as module
from msoko_analysis.documents.note import Withheld
from msoko_analysis.documents.order import Order, build_order
from msoko_analysis.facts.district import Facts
from msoko_analysis.page.prose import Paragraph
from msoko_analysis.russian import natural
from msoko_analysis.wording import order
from msoko_analysis.wording.advice import term_text
from msoko_analysis.wording.requisites import TO_FILL

PUNISHING = "взыскан|выговор|наказ|дисциплин|уволь|лишить|лишени|штраф|виновн|рейтинг|худш|замечани"


@pytest.fixture(scope="module")
def facts(demo_notes) -> Facts:
    return demo_notes["M01", 2026].facts


def plain(block) -> str:
    """Words of a block with plain spaces."""
    return words(block._repr_html_()).replace("\xa0", " ")


def lines(facts: Facts) -> dict[str, Paragraph]:
    """Paragraphs of the order by their number."""
    found = {}
    for one in order.text(facts).blocks:
        if number := re.match(r"(\d+(?:\.\d+)?)\. ", one.text):
            found[number[1]] = one
    return found


def test_what_can_be_ordered_is_one_point(facts: Facts) -> None:
    said = lines(facts)
    made = [point for mine in order.points(facts).values() for point in mine]
    left = {one.entry.id for one in facts.recommendations} - {one.one.entry.id for one in made}
    assert left == {
        "fioko_markers_school.municipality",
        "level_school.municipality",
        "link_school.municipality",
    }
    assert f"не вошли {len(left)}" in plain(order.before_signing(facts))
    assert len(made) + len(left) == len(facts.recommendations)
    for point in made:
        entry, text = point.one.entry, said[point.number].text
        assert text.startswith(f"{point.number}. {entry.measure}.")
        assert term_text(entry.term, 2026) in text
        assert entry.responsible[1:] in text
        assert entry.evidence[1:] in text
        assert said[point.number].findings == point.one.findings


def test_points_are_numbered_without_gaps(facts: Facts) -> None:
    whole = [number for number in lines(facts) if "." not in number]
    assert whole == [str(place) for place in range(1, len(whole) + 1)]
    for level in range(1, len(whole) + 1):
        below = [one for one in lines(facts) if one.startswith(f"{level}.")]
        assert below == [f"{level}.{place}" for place in range(1, len(below) + 1)]


def test_schools_of_a_point_stand_by_alphabet(facts: Facts) -> None:
    for mine in order.points(facts).values():
        for point in mine:
            units = {one.unit for one in point.one.findings} - {facts.district}
            named = sorted((facts.names[unit] for unit in units), key=natural)
            told = re.search(r"Кого касается: (.*?)\. Срок", lines(facts)[point.number].text)
            assert (told[1].split(", ") if told else []) == named


def test_points_cite_findings_and_findings_their_points(facts: Facts) -> None:
    table = order.grounds_table(facts)
    said = table.frame["Что найдено"].tolist()
    cited = dict(zip((one.split(".")[0] for one in said), table.frame["Пункты"], strict=True))
    resting: dict[str, list[str]] = {number: [] for number in cited}
    for number, line in lines(facts).items():
        if rows := re.search(r"приложение 2, строк[аи] ([\d, ]+)\.$", line.text):
            mine = rows[1].split(", ")
            assert len(mine) == len({one.id for one in line.findings})
            for row in mine:
                resting[row].append(number)
    assert {row: ", ".join(points) for row, points in resting.items()} == cited
    for finding, text in zip(table.findings, said, strict=True):
        unit = finding[0].unit
        assert unit == facts.district or facts.names[unit] in text


def test_nobody_is_punished_and_somebody_controls(facts: Facts) -> None:
    said = plain(order.text(facts))
    assert not re.search(PUNISHING, said, re.IGNORECASE)
    assert "требуют проверки" in said
    assert "только для методической помощи" in said
    assert f"Контроль за исполнением приказа возложить на {TO_FILL}" in said


def test_the_grounds_of_the_year_come_first(facts: Facts) -> None:
    first, second, *_ = order.text(facts).blocks
    assert "№ 556" in first.text
    assert f"документ о проведении ВПР, ОГЭ и ЕГЭ 2026 года: {TO_FILL}" in first.text
    assert second.text.endswith("ПРИКАЗЫВАЮ:")


def test_one_level_alone_is_one_point(facts: Facts) -> None:
    (one, *_) = order.ordered(facts)
    few = replace(facts, recommendations=(one,))
    assert list(lines(few)) == ["1", "2", "2.1", "3", "4", "5"]
    assert "исполнении пункта 2 " in lines(few)["3"].text
    assert "не вошли" not in plain(order.before_signing(few))


def test_for_attention_alone_there_is_no_order(facts: Facts, monkeypatch) -> None:
    made = [point.one.entry.id for mine in order.points(facts).values() for point in mine]
    tied = tuple(one for one in facts.recommendations if one.entry.id not in made)
    assert {one.entry.verdict for one in tied} == {"WATCH"}
    monkeypatch.setattr(
        module, "gather_note", lambda *_, **__: replace(facts, recommendations=tied)
    )
    with pytest.raises(Withheld, match="можно поручить приказом"):
        build_order("", district="M01", year=2026)


def test_an_order_that_is_not_saved_writes_nothing(facts: Facts, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Order(facts).save("")
    assert list(tmp_path.iterdir()) == []
