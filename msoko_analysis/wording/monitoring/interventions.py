"""Whether measures worked, in words: what was compared, what could be seen, what may be said."""

from __future__ import annotations

import math

import pandas as pd

from msoko_analysis.findings.interventions import Conclusion, EffectFinding, Reason
from msoko_analysis.measures.interventions import MeasureEffect
from msoko_analysis.page.prose import Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.russian import NBSP, counted, listed, number
from msoko_analysis.stats.effect import Effect

_DATIVE = ("школой", "школами", "школами")
_GOT = ("школа", "школы", "школ")
_UNIT = {"mean": "стандартного отклонения", "share_2": f"п.{NBSP}п."}
_OUTCOME = {
    "mean": "средний результат относительно региона",
    "share_2": "доля отметки «2»",
}
_PLACES = {"mean": 2, "share_2": 1}
_CONCLUSION = {
    Conclusion.IMPROVED: "Улучшение подтверждается сравнением.",
    Conclusion.WORSENED: "Ухудшение подтверждается сравнением.",
}
_REASON = {
    Reason.FEW_SCHOOLS: "школ с мерой или сопоставимых с ними школ слишком мало",
    Reason.NO_OVERLAP: "среди школ сравнения мало школ с такими же исходными результатами",
    Reason.WIDE_INTERVAL: "интервал включает ноль, и при таком числе школ с данными согласуются и "
    "улучшение, и его отсутствие",
    Reason.CHANCE: "при таком малом числе школ такое же различие получается и при случайном выборе школ",
    Reason.SIGNS_DISAGREE: "разность изменений и оценка с поправкой на исходный результат разного знака",
    Reason.PLACEBO_TIME: "школы с мерой отличались от сопоставимых уже до неё",
    Reason.PLACEBO_OUTCOME: "такое же различие есть и там, где меры не было (в других работах)",
}
_LEFT_OUT = {
    "without_results": "без результатов в год меры",
    "had_it_before": "получали ту же меру раньше",
    "nothing_comparable": "нет сопоставимых школ того же вида и расположения",
    "other_measure": "без этой меры, но с другими мерами того же года (с ними не сравниваем)",
}


def effect_text(findings: tuple[EffectFinding, ...]) -> Stack:
    """All measures: for each what was compared and what may be said, then one table.

    >>> effect_text(()).blocks[0].text[:42]
    'Сведений о мерах, после которых есть резул'
    """
    if not findings:
        text = "Сведений о мерах, после которых есть результаты, нет; эффективность мер не оценивается."
        return stack([Paragraph(text)])
    blocks = [Paragraph(measure_text(one)) for one in findings]
    return stack([Paragraph(_how(len(findings))), *blocks, effect_table(findings)])


def _how(n: int) -> str:
    text = (
        "Школы, получившие меру, сравниваются со школами того же вида и расположения, которые её не "
        "получали: изменение «до — после» без сравнения ничего не говорит, потому что школы, "
        "отобранные по низкому результату, в следующем году чаще поднимаются сами. Главной считается "
        "оценка при одинаковом исходном результате. Сравнение не доказывает, что причина — сама мера: "
        "школы могли отличаться и тем, чего в данных нет."
    )
    if n > 1:
        text += f" Сравнений — {n}: при таком числе отдельное различие может быть и случайным."
    return text


def measure_text(finding: EffectFinding) -> str:
    """One measure: who was compared, what could be seen, the effect, the conclusion."""
    result = finding.result
    year = result.results.years[result.results.before]
    text = (
        f"Мера «{result.title}» ({_OUTCOME[result.outcome]}): после процедур {year}{NBSP}года её "
        f"получили {counted(result.treated, *_GOT)} с результатами до и после, сравнение — с "
        f"{counted(result.compared, *_DATIVE)}."
    )
    return " ".join(filter(None, (text, _power(result), _size(finding), _said(finding))))


def _power(result: MeasureEffect) -> str:
    """What the comparison could see, told before the effect."""
    if result.power is None:
        return ""
    seen = number(result.power.smallest, _PLACES[result.outcome])
    when = "за тот же год" if result.power.during else "до меры"
    return (
        f"Ещё до взгляда на итог: по разбросу изменений школ сравнения {when} такое сравнение в 80 "
        f"случаях из 100 замечает изменение от {seen} {_UNIT[result.outcome]}."
    )


def _size(finding: EffectFinding) -> str:
    effect, outcome = finding.result.adjusted, finding.result.outcome
    if effect is None:
        return ""
    places = _PLACES[outcome]
    signed = Digits(places, signed=True)
    sure = number(100 * (1 - finding.level))
    return (
        f"При одинаковом исходном результате школы с мерой отличаются через год на "
        f"{signed(effect.estimate)} {_UNIT[outcome]} (интервал {sure}{NBSP}%: от{NBSP}"
        f"{signed(finding.low)} до{NBSP}{signed(finding.high)})."
    )


def _said(finding: EffectFinding) -> str:
    if finding.conclusion is not Conclusion.UNCLEAR:
        return _CONCLUSION[finding.conclusion]
    reasons = "; ".join(_REASON[one] for one in finding.reasons)
    return f"Заключить, изменила ли мера результаты, нельзя: {reasons}."


def effect_table(findings: tuple[EffectFinding, ...]) -> Table:
    """Every estimate of every measure with its interval and p.

    >>> effect_table(()).frame.columns.tolist()[:3]
    ['Мера', 'Показатель', 'Оценка']
    """
    rows = [row for one in findings for row in _rows(one)]
    columns = ["Мера", "Показатель", "Оценка", "Школ с мерой", "Школ сравнения"]
    frame = pd.DataFrame(rows, columns=[*columns, "Изменение", "Интервал", "p"])
    notes = [
        "Средний результат — в стандартных отклонениях результатов учеников региона, доля «2» — в "
        f"процентных пунктах. Проверки должны быть близки к нулю. p — {_P_IS}."
    ]
    notes += [text for one in findings if (text := _left_out(one.result))]
    digits = {
        "Школ с мерой": Digits(), "Школ сравнения": Digits(), "p": Digits(3, least=0.001),
    }  # fmt: skip
    caption = "Результаты школ, получивших меры, в сравнении с сопоставимыми"
    return Table("Меры", caption, frame, digits, tuple(dict.fromkeys(notes)))


_P_IS = "вероятность такого же или большего различия при отсутствии эффекта"


def _rows(finding: EffectFinding) -> list[tuple]:
    result = finding.result
    last = result.results.before
    named: list[tuple[str, Effect | None]] = [
        ("С поправкой на исходный результат (главная)", result.adjusted),
        ("Разность изменений", result.difference),
        ("Проверка: до меры", result.placebo_time),
        ("Проверка: другие работы", result.placebo_outcome),
        *(
            (f"Разность изменений, {year}{NBSP}год к {result.results.years[last]}", effect)
            for year, effect in result.study.items()
            if year != result.results.years[last + 1]
        ),
    ]
    signed = Digits(_PLACES[result.outcome], signed=True)
    head = result.title, _OUTCOME[result.outcome]
    rows = []
    for name, effect in named:
        if effect is not None:
            low, high = map(signed, effect.interval(1 - finding.level))
            interval = f"от{NBSP}{low} до{NBSP}{high}"
            sizes = effect.treated, effect.compared, signed(effect.estimate), interval
            rows.append((*head, name, *sizes, effect.p))
    if not math.isnan(result.permutation):
        sizes = result.treated, result.compared, "—", "—", result.permutation
        rows.append((*head, "Случайный выбор школ", *sizes))
    return rows


def _left_out(result: MeasureEffect) -> str:
    """«Мера «…»: не вошли …» or "" where nobody was left out."""
    told = [f"{_LEFT_OUT[name]} — {n}" for name, n in result.left_out.items() if n]
    return f"Мера «{result.title}», не вошли школы: {listed(told)}." if told else ""
