"""What every sign is called, how its size is told, and what else explains it."""

from __future__ import annotations

from dataclasses import dataclass

from msoko_analysis.findings import Finding
from msoko_analysis.russian import NBSP, between, counted, number, percent


@dataclass(frozen=True)
class SignKind:
    """One sign in words: its name, innocent causes to be ruled out, what to look at first."""

    name: str
    causes: tuple[str, ...]
    look_first: str


KINDS = {
    "spike_school": SignKind(
        "скопление работ у границы отметки",
        (
            "работы у границы читались второй раз, и балл уточнялся в обе стороны",
            "критерии частичного балла одного из заданий понимались в школе по-своему, и задание дало "
            "как раз недостающий балл",
            "классы или варианты работы заметно различались, и распределение баллов имеет собственную "
            "форму",
            "на проверке введён пересчитанный, а не первичный балл",
        ),
        "работы, набравшие ровно пограничный балл, и задания, в которых балл ставится по критериям",
    ),
    "mark_gap_school": SignKind(
        "отметки школы выше, чем объясняют баллы",
        (
            "школа учитывает в отметке прилежание, устные ответы, проекты",
            "работа проверяла не то, чему школа учила в этом периоде",
            "в день работы отсутствовали слабые или болели сильные ученики",
        ),
        "локальный акт об оценивании и журналы тех предметов, где расхождение больше",
    ),
    "jump_school": SignKind(
        "резкое изменение результатов к прошлому году",
        (
            "пришёл другой учитель или другой по составу класс",
            "в прошлом или в этом году работу писали в необычных условиях",
            "школа целенаправленно занималась этим предметом",
        ),
        "кто учил и кто писал в оба года, условия проведения, состав классов",
    ),
    "homogeneity_school": SignKind(
        "баллы учеников необычно близки",
        ("в школу или класс отбирают учеников", "писала часть класса, близкая по подготовке"),
        "состав писавших и порядок приёма в классы",
    ),
    "items_profile_school": SignKind(
        "отдельные задания выполнены необычно",
        (
            "тему задания прошли недавно или не проходили вовсе",
            "задание разбирали на уроках по похожему варианту",
            "критерии этого задания понимались в школе по-своему",
        ),
        "работы учеников по названным заданиям и сроки прохождения темы",
    ),
    "items_hard_school": SignKind(
        "трудные задания выполнены лучше, чем лёгкие",
        (
            "школа углублённо готовит по трудным темам",
            "лёгкие задания теряли баллы из-за оформления или нехватки времени в начале",
        ),
        "решения трудных заданий: есть ли в работах ход решения",
    ),
    "similarity_school": SignKind(
        "ответы учеников похожи сильнее обычного",
        (
            "класс учился по одному образцу решения",
            "одна тема пропущена всем классом, и ошибки совпали",
        ),
        "рассадку, варианты и совпадающие ошибки в соседних работах",
    ),
}


def size_text(one: Finding) -> str:
    """The size of a sign with its interval, in words a table cell can hold."""
    match one.code:
        case "spike_school":
            share = percent(one.details["share"])
            return (
                f"лишних работ над границей примерно {number(one.value)} "
                f"({between(one.low, one.high)}), {share} недобравших 1–2 балла"
            )
        case "mark_gap_school":
            pupils = counted(one.n * one.value, "отметка", "отметки", "отметок")
            return (
                f"выше на {number(one.value, 2)} отметки ({between(one.low, one.high, 2)}), примерно "
                f"{pupils} из {number(one.n)} на балл выше"
            )
        case "jump_school":
            side = "выше" if one.value > 0 else "ниже"
            low, high = sorted((abs(one.low), abs(one.high)))
            if one.low < 0 < one.high:
                low = 0.0
            return f"{side} на {number(abs(one.value), 2)} ст.{NBSP}откл. ({between(low, high, 2)})"
        case "homogeneity_school":
            return (
                f"разброс меньше ожидаемого в {number(one.value, 1)} раза "
                f"({between(one.low, one.high, 1)})"
            )
        case "items_profile_school" | "items_hard_school":
            what = "по заданию до" if one.code == "items_profile_school" else "трудных от лёгких на"
            return f"отличие {what} {number(100 * one.value)}{NBSP}п.{NBSP}п. от ожидаемого"
        case "similarity_school":
            points = f"{number(one.value, 1)}{NBSP}п.{NBSP}п."
            return f"одинаковых ответов больше на {points}"
    raise ValueError(f"no words for the size of {one.code}")
