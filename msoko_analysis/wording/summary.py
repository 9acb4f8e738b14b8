"""The first page: what matters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.findings.recommendations import Addressed
from msoko_analysis.page.prose import Bullets, Heading, Paragraph, Stack, stack
from msoko_analysis.russian import (
    counted,
    first_capital,
    listed,
    natural,
    number,
    percent,
)
from msoko_analysis.wording.advice import term_text
from msoko_analysis.wording.equity import alone_text, change, change_sentence, share_text
from msoko_analysis.wording.forms import marks_sign, not_determined
from msoko_analysis.wording.levels import only_levels
from msoko_analysis.wording.levels import result as levels_result
from msoko_analysis.wording.names import (
    over_papers,
    paper_name,
    school_name,
    school_names,
)
from msoko_analysis.wording.numbering import in_table, see_table
from msoko_analysis.wording.procedures import disagreements
from msoko_analysis.wording.quality import lost_point
from msoko_analysis.wording.region_habit import region_habit
from msoko_analysis.wording.requisites import MARKING
from msoko_analysis.wording.results import low_beside_shnor
from msoko_analysis.wording.sign_kinds import KINDS, brief_size
from msoko_analysis.wording.signs import against_region, compared_with, judged_signs
from msoko_analysis.wording.summary_results import marks_of_forms, results_point, scope

_SCHOOLS = ("школа", "школы", "школ")
_OF_SCHOOLS = ("школы", "школ", "школ")
# More names than this push the summary off its page; the section has them all.
_NAMES = 6
#: More first steps push the summary off its page.
_STEPS = 3


def summary(facts: Facts) -> Stack:
    """What took part, what stands out, what to do first: one page."""
    parts = (
        *(
            _alone,
            lost_point,
            partial(_without_scale, "absent"),
            partial(_without_scale, "marks_told"),
            results_point,
            levels_result,
            marks_of_forms,
            _signs,
            _independent,
        ),
        *(_equity, _low, _official, _participation),
    )
    points = [Paragraph(part(facts), _behind(facts, part)) for part in parts]
    first = _first_steps(facts)
    return stack(
        [
            _opened(facts),
            Paragraph(scope(facts)),
            Bullets(tuple(point for point in points if point.text)),
            not_determined(facts),
            Heading("Что сделать в первую очередь") if first else None,
            Bullets(first, numbered=True) if first else None,
        ],
        box="lead",
    )


def _opened(facts: Facts) -> Paragraph | None:
    """What the official issue shows and the public one does not."""
    if facts.issue == "public":
        return None
    small = number(facts.run.thresholds["small_cell"].value)
    least = number(facts.run.thresholds["share_min_n"].value)
    shown = counted(
        facts.opened, "рассчитанное значение", "рассчитанных значения", "рассчитанных значений"
    )
    return Paragraph(
        f"{MARKING}, не для публикации. Только в этом выпуске есть {shown}: показатели "
        f"групп меньше {small} учеников, доли при числе участников меньше {least} и числа, по которым их "
        "можно восстановить. Результат единственного ученика не показан и здесь. Выводы и рекомендации "
        "в обоих выпусках одни и те же."
    )


def _alone(facts: Facts) -> str:
    if not facts.alone or not facts.distributions:
        return ""  # forms that speak for the municipality have rows of the region
    if facts.of("spike_school", *Verdict) and not against_region(facts):
        return (
            "Региона в данных нет. В них результаты одного муниципалитета: скопление работ у границ отметок "
            f"сравнивается с {compared_with(facts)}, остальное, для чего нужны школы других муниципалитетов, "
            "не определяется."
        )
    return (
        "Сравнить не с чем. В данных результаты одного муниципалитета: ни он, ни его школы с регионом не "
        "сравниваются, признаки, для которых нужны школы других муниципалитетов, не определяются."
    )


_NO_SCALE = {
    "absent": (
        "Без отметок. {which}. Отметки, скопление работ у границы отметки и низкие результаты поэтому не "
        "рассматривались; результат показан в процентах от максимума, а где он неизвестен — от наибольшего "
        "балла в данных."
    ),
    "marks_told": (
        "Отметки из данных. {which}: отметки взяты такими, какими они стоят рядом с баллами в загруженных "
        "данных. Скопление работ у границы отметки поэтому не рассматривалось, с прошлым годом результаты "
        "не сравниваются."
    ),
}


def _without_scale(status: str, facts: Facts) -> str:
    """What is not told of papers that have no scale; "" where there are none of that status."""
    papers = [paper for paper, scale in facts.scales.items() if scale.status == status]
    if not papers:
        return ""
    which = "Шкалы отметок нет"
    if len(papers) < len(facts.distributions):
        which += f" по следующим работам: {listed(paper_name(facts, one) for one in papers)}"
    return _NO_SCALE[status].format(which=which)


def _behind(facts: Facts, part: Callable[[Facts], str]) -> tuple[Finding, ...]:
    """Findings a point of the summary tells; of schools only where it names them."""
    named, changed = facts.of("signs_school", Verdict.CONCERN), change(facts)
    return {
        _signs: named if len(named) <= 2 * _NAMES else (),
        _equity: (*facts.of("inequality_district", *Verdict), *([changed] if changed else [])),
        _participation: facts.of("participation_district", Verdict.WATCH),
    }.get(part, ())


def _signs(facts: Facts) -> str:
    levels = facts.of("signs_school", *Verdict)
    named = facts.of("signs_school", Verdict.CONCERN)
    few = facts.of("signs_school", Verdict.TOO_FEW)
    tested = len(levels) - len(few)
    if levels and not facts.distributions:
        return marks_sign(facts)
    if not levels:
        # where there are only forms, the paragraph on what they can not tell says so
        unknown = "Признаки, требующие проверки, по этим данным не определяются."
        said_once = facts.papers_without_scores or only_levels(facts)
        return "" if said_once and not facts.distributions else unknown
    said = ["Объективность."]
    habit = region_habit(facts) if facts.of("spike_school", *Verdict) else ""
    if named:
        said.append(
            f"Из {counted(tested, *_OF_SCHOOLS)}, {'по которой' if tested == 1 else 'по которым'} можно "
            "судить, признаки, требующие проверки, "
            f"есть у {counted(len(named), *_OF_SCHOOLS)}{_with_signs(facts, named)}. Это повод "
            "посмотреть работы и документы, а не вывод о нарушении."
        )
        if habit:
            said.append(
                f"Школы сравниваются с результатами {habit}: эта привычка в сравнение не входит."
            )
    elif tested:
        schools = counted(tested, "школе", "школам", "школам")
        said.append(
            f"Ни одна школа не отличается так, чтобы это требовало проверки, от {habit}; судить можно по "
            f"{schools}. Это значит «как в регионе», а не «баллы не поднимали»."
            if habit
            else f"Признаков, требующих проверки, нет; судить можно по {schools}{_looked_for(facts)}."
        )
    if few:
        schools = counted(len(few), "школе", "школам", "школам")
        said.append(f"По {schools} работ слишком мало, чтобы судить.")
    return " ".join(said)


def _looked_for(facts: Facts) -> str:
    """Which signs were looked for, where the main one was not."""
    if facts.of("spike_school", *Verdict):
        return ""
    return f" и только по таким признакам: {'; '.join(judged_signs(facts))}"


def _independent(facts: Facts) -> str:
    """School marks, procedures and medals against one another, in one bullet."""
    said = [part(facts) for part in (_district_marks, _links, _medals)]
    told = "; ".join(part for part in said if part)
    if not told:
        return ""
    return f"Отметки школы и независимые процедуры. {first_capital(told)}."


def _district_marks(facts: Facts) -> str:
    found = facts.of("marks_district", Verdict.WATCH)
    if not found:
        return ""
    names = listed(paper_name(facts, one.paper) for one in found)
    return (
        f"отметки школ расходятся с отметками других школ региона по следующим предметам: {names}"
    )


def _links(facts: Facts) -> str:
    judged = {one.unit for one in facts.of("link_school", *Verdict)}
    if not judged:
        return ""
    found = disagreements(facts)
    among = f"из {counted(len(judged), *_OF_SCHOOLS)}, где процедуры можно сопоставить"
    if not found:
        return f"{among}, более поздняя процедура нигде не расходится с более ранней"
    units = list(dict.fromkeys(one.unit for one in found))
    return (
        f"{among}, более поздняя процедура расходится с более ранней у "
        f"{counted(len(units), *_OF_SCHOOLS)} ({_named(facts, units)}), к сведению"
    )


def _medals(facts: Facts) -> str:
    found = facts.of("medals_school", Verdict.CONCERN)
    if not facts.of("medals_school", *Verdict):
        return ""
    if not found:
        return "результаты ЕГЭ медалистов ни в одной школе заметно не отличаются от обычных для региона"
    units = [one.unit for one in found]
    return (
        "результаты ЕГЭ медалистов ниже порога заметно чаще, чем в регионе, у "
        f"{counted(len(units), *_OF_SCHOOLS)} ({_named(facts, units)}): признак, требующий проверки, "
        "считается отдельно от признаков в работах"
    )


def _named(facts: Facts, units: list[str]) -> str:
    """Names of schools, or where to find them when they are many."""
    return listed(school_names(facts, units)) if len(units) <= _NAMES else "перечень — в разделе"


def _with_signs(facts: Facts, found: tuple[Finding, ...]) -> str:
    """Every school with its signs; only names, then only the table, as the schools grow many."""
    if len(found) > 2 * _NAMES:
        return f" (перечень — {in_table(facts, 'signs')})"
    if len(found) > _NAMES:
        return f" ({see_table(facts, 'signs')}): {listed(school_names(facts, [one.unit for one in found]))}"
    ordered = sorted(found, key=lambda one: natural(school_name(facts, one.unit)))
    return ": " + "; ".join(
        f"{school_name(facts, one.unit)} — {_kinds(facts, one.unit)}" for one in ordered
    )


def _kinds(facts: Facts, unit: str) -> str:
    return "; ".join(
        _with_size(one)
        for code in KINDS
        for one in facts.of(code, Verdict.CONCERN)
        if one.unit == unit
    )


def _with_size(one: Finding) -> str:
    """The name of a sign with its size in a few words; the whole of it stands in the table of signs."""
    size = brief_size(one)
    return f"{KINDS[one.code].name} ({size})" if size else KINDS[one.code].name


def _equity(facts: Facts) -> str:
    one = next(iter(facts.of("inequality_district", *Verdict)), None)
    if facts.alone and facts.value("municipality", "icc") == facts.value("municipality", "icc"):
        return f"Равенство. {alone_text(facts)}"
    if one is None:
        return ""
    text = (
        f"Равенство. На различия между школами приходится {share_text(one)} всех "
        f"различий результатов учеников, по региону — {percent(100 * one.limit)}."
    )
    changed = change(facts)
    return f"{text} {change_sentence(changed)}" if changed else text


def _low(facts: Facts) -> str:
    """Schools of the ШНОР rule, then those with many «2» beside them: one place for low results."""
    listed_now = facts.of("shnor_school", Verdict.WATCH)
    low = low_beside_shnor(facts)
    said = []
    if listed_now:
        said.append(
            f"По правилу ШНОР (расчётная модель, чтение «или»): {_some(facts, listed_now)}."
        )
    if low:
        said.append(
            f"Отметок «2» не меньше {percent(low[0].limit)} {over_papers(facts, 2)} и более, и это "
            f"больше, чем по региону, с учётом погрешности: {_some(facts, low)}."
        )
    return f"Низкие результаты. {' '.join(said)}" if said else ""


def _some(facts: Facts, found: tuple[Finding, ...]) -> str:
    """The names of the schools, or how many they are and where they stand."""
    if len(found) > _NAMES:
        return f"{counted(len(found), *_SCHOOLS)} (перечень — в разделе «Низкие результаты и ШНОР»)"
    return listed(school_names(facts, [one.unit for one in found]))


def _official(facts: Facts) -> str:
    row = facts.measure("municipality", "p19")
    if row is None:
        return ""
    region = facts.value("region", "p19")
    return (
        f"Официальные признаки ФИОКО (2019). Хотя бы один признак — у {number(row['count'])} из "
        f"{counted(row['n'], *_OF_SCHOOLS)}; 100 − доля таких школ (основа показателя П19) — "
        f"{percent(row['value'], 1)}"
        + (f", по региону {percent(region, 1)}" if np.isfinite(region) else "")
        + ". Один признак часто бывает и у честных школ."
    )


def _participation(facts: Facts) -> str:
    found = facts.of("participation_district", Verdict.WATCH)
    if not found:
        return ""
    return (
        f"Участие. Работ на {percent(found[0].value)} меньше, чем годом раньше: сравнение с прошлым "
        "годом надёжно, только если известно, кто не писал."
    )


def _first_steps(facts: Facts) -> tuple[Paragraph, ...]:
    urgent = [one for one in facts.recommendations if one.entry.verdict == "CONCERN"]
    chosen = urgent or list(facts.recommendations)
    return tuple(_step(facts, one) for one in chosen[:_STEPS])


def _step(facts: Facts, one: Addressed) -> Paragraph:
    """Who does what, for which schools, by when."""
    of_schools = tuple(found for found in one.findings if found.unit in facts.names)
    told = f"{one.entry.addressee}: {one.entry.measure[0].lower()}{one.entry.measure[1:]}"
    term = term_text(one.entry.term, facts.year)
    if not of_schools:
        return Paragraph(f"{told} ({term}).")
    if len(of_schools) > _NAMES:
        where = (
            f"{counted(len(of_schools), *_SCHOOLS)}, перечень — в разделе «Адресные рекомендации»"
        )
        return Paragraph(f"{told} ({where}; {term}).")
    names = listed(school_names(facts, list(dict.fromkeys(found.unit for found in of_schools))))
    return Paragraph(f"{told} ({names}; {term}).", of_schools)
