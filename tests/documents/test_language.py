"""Russian an official would sign: no filler, nouns that agree with 0…125, numbers of the findings."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from reading import words

from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.russian import counted
from msoko_analysis.wording.advice import ground
from msoko_analysis.wording.names import school_name

PROJECT = Path(__file__).resolve().parents[2]
WORDING = sorted((PROJECT / "msoko_analysis" / "wording").rglob("*.py"))
# Words that name no act, no person and no day.
FILLER = (
    *("необходимо повысить", "необходимо улучшить", "повысить качество", "улучшить качество"),
    *("продолжить работу", "в том же направлении", "усилить контроль", "усилить работу"),
    *("обратить внимание", "обратить особое внимание", "активизировать работу", "принять меры"),
    *("держать на контроле", "взять на контроль", "провести соответствующую работу"),
    *("работу в данном направлении", "повысить эффективность", "повысить уровень"),
    *("совершенствовать работу", "систематизировать работу", "проводить целенаправленную"),
)


@pytest.mark.parametrize("name", ["recommendations.yaml", "monitoring_actions.yaml"])
def test_catalogues_hold_no_filler(name: str) -> None:
    text = " ".join((PROJECT / "params" / name).read_text(encoding="utf-8").lower().split())
    assert [filler for filler in FILLER if filler in text] == []


def test_notes_of_the_demo_hold_no_filler(demo_blocks) -> None:
    for which, blocks in demo_blocks.items():
        text = " ".join(words(" ".join(blocks.values())).lower().split())
        assert [filler for filler in FILLER if filler in text] == [], which


# --- nouns after numbers --------------------------------------------------------------------------

# Singular: nominative, genitive, dative, accusative, instrumental, prepositional; plural: genitive,
# dative, instrumental, prepositional. Accusative of what lives is the genitive also after 2…4.
NOUNS = """
балл балла баллу балл баллом балле баллов баллам баллами баллах
диаграмма диаграммы диаграмме диаграмму диаграммой диаграмме диаграмм диаграммам диаграммами диаграммах
единица единицы единице единицу единицей единице единиц единицам единицами единицах
задание задания заданию задание заданием задании заданий заданиям заданиями заданиях
значение значения значению значение значением значении значений значениям значениями значениях
медалист медалиста медалисту медалиста медалистом медалисте медалистов медалистам медалистами медалистах
мера меры мере меру мерой мере мер мерам мерами мерах
мероприятие мероприятия мероприятию мероприятие мероприятием мероприятии мероприятий мероприятиям мероприятиями мероприятиях
муниципалитет муниципалитета муниципалитету муниципалитет муниципалитетом муниципалитете муниципалитетов муниципалитетам муниципалитетами муниципалитетах
наблюдатель наблюдателя наблюдателю наблюдателя наблюдателем наблюдателе наблюдателей наблюдателям наблюдателями наблюдателях
отметка отметки отметке отметку отметкой отметке отметок отметкам отметками отметках
пара пары паре пару парой паре пар парам парами парах
позиция позиции позиции позицию позицией позиции позиций позициям позициями позициях
показатель показателя показателю показатель показателем показателе показателей показателям показателями показателях
признак признака признаку признак признаком признаке признаков признакам признаками признаках
рекомендация рекомендации рекомендации рекомендацию рекомендацией рекомендации рекомендаций рекомендациям рекомендациями рекомендациях
работа работы работе работу работой работе работ работам работами работах
сравнение сравнения сравнению сравнение сравнением сравнении сравнений сравнениям сравнениями сравнениях
участник участника участнику участника участником участнике участников участникам участниками участниках
ученик ученика ученику ученика учеником ученике учеников ученикам учениками учениках
школа школы школе школу школой школе школ школам школами школах
экзамен экзамена экзамену экзамен экзаменом экзамене экзаменов экзаменам экзаменами экзаменах
этап этапа этапу этап этапом этапе этапов этапам этапами этапах
"""  # noqa: E501
# With an adjective the form after 2…4 is the nominative plural for feminine nouns.
PHRASES = {("средняя школа", "средние школы", "средних школ")}


def right_forms() -> set[tuple[str, str, str]]:
    """The form after 1, after 2…4 and after 5 in every case, by the rule of Russian grammar."""
    found = set(PHRASES)
    for line in NOUNS.split("\n"):
        if not line:
            continue
        nom, gen, dat, acc, ins, prep, gens, dats, inss, preps = line.split()
        found |= {(nom, gen, gens), (gen, gens, gens), (dat, dats, dats)}
        found |= {(ins, inss, inss), (prep, preps, preps)}
        found.add((acc, gens, gens) if acc == gen else (acc, gen, gens))
    return found


def triples() -> set[tuple[str, str, str]]:
    """Three forms of every noun that prose counts: written at the call or as a constant."""
    found = set()
    for path in WORDING:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            forms = ()
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
                forms = node.value.elts
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "counted":
                forms = node.args[1:]
            said = [one.value for one in forms if isinstance(one, ast.Constant)]
            if len(forms) == 3 and len(said) == 3 and all(isinstance(one, str) for one in said):
                found.add(tuple(said))
    # Constants of three texts that are no nouns hold spaces, tags or codes.
    return {
        one for one in found if all(re.fullmatch(r"[а-яё]+( школ[аы]?)?", form) for form in one)
    }


def test_every_counted_noun_has_its_right_forms() -> None:
    assert triples() - right_forms() == set()
    assert len(triples()) >= 25


# The last words of numerals decide: «сто двадцать один», «сто одиннадцать».
TEENS = range(11, 15)


@pytest.mark.parametrize("forms", sorted(triples()), ids=lambda forms: forms[0])
def test_nouns_agree_with_numbers_up_to_125(forms: tuple[str, str, str]) -> None:
    one, few, many = forms
    for n in range(126):
        last, two = int(str(n)[-1]), int(str(n)[-2:])
        wanted = many if two in TEENS or last in (0, 5, 6, 7, 8, 9) else (few if last > 1 else one)
        assert counted(n, one, few, many) == f"{n}\u00a0{wanted}"


# --- numbers of a ground ----------------------------------------------------------------------------

# «2» a mark, 1–2 points, 95 % of an interval, 2019 the method, 4–5 marks or grades, 0,001 a bound.
FIXED = {1.0, 2.0, 3.0, 4.0, 5.0, 95.0, 2019.0, 0.001}
OURS = (
    *("spike_school", "low_share_school", "fioko_markers_school", "level_school", "jump_school"),
    *("mark_gap_school", "items_hard_school", "items_profile_school", "similarity_school"),
    *("homogeneity_school", "vanished_school", "participation_district", "topic_district"),
)


def _numbers_of(finding: Finding) -> list[float]:
    own = [finding.n, finding.value, finding.low, finding.high, finding.limit, finding.q]
    own += [float(one) for one in finding.details.values()]
    if finding.paper:
        own.append(finding.paper.grade)
    return [abs(one) * scale for one in own if one == one for scale in (1, 100)]


def _said(text: str) -> list[tuple[float, int]]:
    """Numbers of a text with their decimal places."""
    found = re.findall(r"\d[\d\u202f]*(?:,\d+)?", text)
    return [
        (float(one.replace("\u202f", "").replace(",", ".")), len(one.partition(",")[2]))
        for one in found
    ]


def test_numbers_of_a_ground_are_those_of_its_finding(demo_notes) -> None:
    seen = 0
    for note in demo_notes.values():
        facts = note.facts
        grounds = {one.id: one for made in facts.recommendations for one in made.findings}
        for one in grounds.values():
            if one.code not in OURS:
                continue
            text = ground(facts, one).replace(school_name(facts, one.unit), "")
            for value, places in _said(text):
                near = [abs(own - value) <= 0.5 * 10**-places + 1e-9 for own in _numbers_of(one)]
                assert any(near) or value in FIXED, (text, value)
                seen += 1
    assert seen > 50


def test_every_asking_finding_of_the_demo_has_words(demo_notes) -> None:
    for note in demo_notes.values():
        for made in note.facts.recommendations:
            for one in made.findings:
                assert one.verdict in (Verdict.CONCERN, Verdict.WATCH)
                assert len(ground(note.facts, one)) > 20
