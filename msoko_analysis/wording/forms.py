"""What aggregate forms of ФИС ОКО can not tell, said once, with the reason."""

from __future__ import annotations

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.page.prose import Bullets, Paragraph, Stack, stack
from msoko_analysis.russian import counted, listed
from msoko_analysis.wording.levels import not_determined as levels_not_determined
from msoko_analysis.wording.levels import only_levels
from msoko_analysis.wording.names import paper_name, school_name

NOT_DETERMINED = "Не определяется по этим данным: см. раздел «Главное»."
_NEED_SCORES = (
    "распределение первичных баллов и средний результат — в формах есть только отметки;",
    "скопление работ у границ отметок — число отметок 2–5 показать его не может ни у школы, ни у "
    "муниципалитета: нужно знать, сколько работ набрали ровно столько баллов, сколько нужно для "
    "отметки;",
    "остальные признаки по школам (разброс результатов, скачки, выполнение заданий, похожие ответы), "
    "уровень среди похожих школ и официальные признаки ФИОКО — нужны баллы учеников;",
    "сопоставление процедур, медалисты и ЕГЭ, темы для методических объединений, план наблюдения — нужны "
    "результаты учеников;",
    "участие и проверки исходных данных — нужен список участников;",
    "погрешность показателей муниципалитета — форма не показывает различий между его школами.",
)


def not_determined(facts: Facts) -> Stack | None:
    """What this note can not say because there are only forms; None when there are all scores."""
    if only_levels(facts):
        return levels_not_determined(facts)
    papers = facts.papers_without_scores
    if not papers:
        return None
    if facts.distributions:
        names = listed(paper_name(facts, paper) for paper in papers)
        return stack(
            [
                Paragraph(
                    f"Только формы ФИС ОКО, без баллов учеников, есть по следующим работам: {names}. По "
                    "ним не определяется всё, что выводится из баллов: средний результат, "
                    "распределение, скопление работ у границ отметок."
                )
            ]
        )
    return stack(
        [
            Paragraph(f"{_loaded(facts)} Не определяется по этим данным:"),
            Bullets((*_absent(facts), *_NEED_SCORES)),
        ]
    )


def only_forms(facts: Facts) -> bool:
    """Whether the year has nothing but forms: no scores, no counts by level, no exam."""
    without = facts.papers_without_scores
    return bool(without) and not (facts.distributions or facts.exams or only_levels(facts))


def _loaded(facts: Facts) -> str:
    if not facts.schools:
        return "Загружены формы ФИС ОКО без баллов учеников."
    schools = counted(len(facts.schools), "школе", "школам", "школам")
    return (
        f"Баллы учеников загружены только по {schools}: о муниципалитете по ним судить нельзя, и его "
        "показатели взяты из форм ФИС ОКО."
    )


def marks_sign(facts: Facts) -> str:
    """The one sign that forms allow, with its limit; for a summary where there are only forms."""
    judged = facts.of("mark_gap_school", *Verdict)
    found = facts.of("mark_gap_school", Verdict.CONCERN)
    if not judged:
        return ""
    schools = counted(len(judged), "школе", "школам", "школам")
    named = listed(school_name(facts, one.unit) for one in found)
    said = (
        f"признак, требующий проверки: {named}" if found else "признаков, требующих проверки, нет"
    )
    return (
        f"Объективность. По формам проверено одно: не выше ли отметки школы, чем обычно у школ с такими "
        f"же отметками за работу (по {schools}) — {said}. Кто какую отметку получил, формы не показывают; "
        "расхождение на две отметки считается за одну, поэтому величина занижена."
    )


def _absent(facts: Facts) -> list[str]:
    """What forms could tell, had they been loaded."""
    indicators = {
        indicator
        for indicator in ("share_2", "prior_same")
        for paper in facts.papers
        if facts.measure("municipality", indicator, paper) is not None
    }
    said = []
    if "share_2" not in indicators:
        said.append("доли отметок — нет формы Ф3 «Статистика по отметкам»;")
    if "prior_same" not in indicators:
        said.append(
            "сравнение с отметками школы — нет формы «Сравнение отметок с отметками по журналу»;"
        )
    if not facts.of("mark_gap_school", *Verdict):
        said.append(
            "отметки школы против отметок за работу — нужны обе формы не меньше чем по 30 школам региона;"
        )
    if not facts.list_years:
        said.append("официальные списки школ с маркерами необъективности — не загружены;")
    if "share_2" in indicators and not facts.of("low_share_school", *Verdict):
        said.append(
            "школы с большой долей отметок «2» — школ с достаточным числом работ в формах нет;"
        )
    return said
