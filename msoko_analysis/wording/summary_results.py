"""What the first page says of results: who took part, levels of papers, marks of forms."""

from __future__ import annotations

import numpy as np

from msoko_analysis.facts.district import Facts
from msoko_analysis.russian import (
    NBSP,
    counted,
    first_capital,
    number,
    percent,
)
from msoko_analysis.wording.cells import of_unit
from msoko_analysis.wording.levels import only_levels
from msoko_analysis.wording.levels import scope as levels_scope
from msoko_analysis.wording.names import (
    all_papers,
    district_cases,
    over_papers,
    papers,
    procedures,
)
from msoko_analysis.wording.numbering import see_table
from msoko_analysis.wording.results import margin, works

_SCHOOLS = ("школа", "школы", "школ")
_WORKS = ("работа", "работы", "работ")


def works_total(facts: Facts) -> int:
    """Works of the district over all papers, hidden numbers left out."""
    known = [works(facts, paper) for paper in facts.papers]
    known += [
        of_unit(facts, "municipality", "mean_test_score", paper, column="n")
        for paper in facts.exams
    ]
    return round(sum(n for n in known if not isinstance(n, str)))


def scope(facts: Facts) -> str:
    if only_levels(facts):
        return levels_scope(facts)
    n = facts.n_schools
    schools = counted(n, *_SCHOOLS) if np.isfinite(n) else "школы"
    total = counted(works_total(facts), *_WORKS)
    return (
        f"{first_capital(procedures(facts))} {facts.year} года: {schools} {district_cases(facts).genitive}, "
        f"{papers(facts, len(facts.papers) + len(facts.exams))} (предмет и класс), {total} учеников. "
        "Ученик, писавший по двум предметам, учтён дважды."
    )


def _difference(facts: Facts, other: str) -> float:
    """Mean difference of the district over papers, weighted by works, in percentage points."""
    differences, weights = [], []
    for paper, (district, _) in facts.distributions.items():
        mine = facts.value("municipality", "mean_percent", paper)
        if other == "region":
            base = facts.value("region", "mean_percent", paper)
        elif not facts.comparable(paper):
            continue
        else:
            base = facts.value("municipality", "mean_percent", paper, year=facts.year - 1)
        if np.isfinite(mine - base):
            differences.append(mine - base)
            weights.append(district.n)
    return float(np.average(differences, weights=weights)) if differences else float("nan")


def _compared(difference: float, base: str, same: str) -> str:
    """«на 0,5 п. п. выше регионального», or ``same`` when the printed digits do not differ."""
    points = number(abs(difference), 1)
    if points == number(0, 1):
        return same
    return f"на {points}{NBSP}п.{NBSP}п. {'выше' if difference > 0 else 'ниже'} {base}"


def _own_results(facts: Facts) -> str:
    """Results of a municipality that stands beside no region."""
    mine = _mean(facts, "mean_percent")
    if not np.isfinite(mine):
        return ""
    text = f"Результаты. В среднем по {all_papers(facts)} результат — {percent(mine, 1)} максимального балла"
    year = _difference(facts, "year")
    if np.isfinite(year):
        text += f", {_compared(year, 'прошлогоднего', 'такой же, как годом раньше')}"
    shares = _shares(facts)
    return f"{text} ({see_table(facts, 'results')}). {shares}".rstrip()


def results_point(facts: Facts) -> str:
    if facts.alone:
        return _own_results(facts)
    region = _difference(facts, "region")
    if not np.isfinite(region):
        return ""
    text = (
        f"Результаты. В среднем по {all_papers(facts)} результат (доля максимального балла) "
        f"{_compared(region, 'регионального', 'такой же, как в регионе')}"
    )
    year = _difference(facts, "year")
    if np.isfinite(year):
        text += f", {_compared(year, 'прошлогоднего', 'такой же, как годом раньше')}"
    return f"{text}. {_beyond_margin(facts)}".rstrip()


def marks_of_forms(facts: Facts) -> str:
    """Marks, and marks against school marks, where forms are all there is."""
    if facts.distributions:
        return ""
    said = [_shares(facts), _against_journal(facts)]
    told = " ".join(one for one in said if one)
    return f"Отметки (по формам ФИС ОКО). {told}" if told else ""


def _shares(facts: Facts) -> str:
    said = []
    for indicator, marks in (("share_2", "«2»"), ("share_45", "«4» и «5»")):
        mine, apart = _mean(facts, indicator), _apart(facts, indicator)
        if np.isfinite(mine):
            text = f"отметок {marks} — {percent(mine, 1)}"
            if np.isfinite(apart):
                points = number(abs(apart), 1)
                more = f"на {points}{NBSP}п.{NBSP}п. {'больше' if apart > 0 else 'меньше'}, чем"
                same = points == number(0, 1)
                text += f", {'столько же, сколько' if same else more} в регионе"
            said.append(text)
    return first_capital(f"{'; '.join(said)}.") if said else ""


def _against_journal(facts: Facts) -> str:
    said = []
    for indicator, side in (("prior_lower", "ниже"), ("prior_higher", "выше")):
        mine, apart = _mean(facts, indicator), _apart(facts, indicator)
        if np.isfinite(mine):
            region = f" (в регионе {percent(mine - apart, 1)})" if np.isfinite(apart) else ""
            said.append(f"{side} отметки школы — {percent(mine, 1)}{region}")
    return f"Отметка за работу {', '.join(said)} ({see_table(facts, 'marks')})." if said else ""


def _mean(facts: Facts, indicator: str) -> float:
    """Share of the district over papers, weighted by its works; nan when not known."""
    rows = [facts.measure("municipality", indicator, paper) for paper in facts.papers]
    known = [row for row in rows if row is not None and not row["hidden"]]
    if not known:
        return float("nan")
    return float(np.average([row["value"] for row in known], weights=[row["n"] for row in known]))


def _apart(facts: Facts, indicator: str) -> float:
    """District less region over papers, weighted by the district's works; nan if one is not known."""
    differences, weights = [], []
    for paper in facts.papers:
        mine = facts.measure("municipality", indicator, paper)
        if mine is not None and not mine["hidden"]:
            differences.append(mine["value"] - facts.value("region", indicator, paper))
            weights.append(mine["n"])
    return float(np.average(differences, weights=weights)) if differences else float("nan")


def _beyond_margin(facts: Facts) -> str:
    """In how many papers the district differs from the region by more than the margin."""
    margins = {paper: margin(facts, paper) for paper in facts.papers}
    known = [paper for paper, half in margins.items() if np.isfinite(half)]
    if not known:
        return "Оценить погрешность нельзя: школ слишком мало."
    beyond = sum(
        abs(
            facts.value("municipality", "mean_percent", paper)
            - facts.value("region", "mean_percent", paper)
        )
        > margins[paper]
        for paper in known
    )
    where = f"больше неё {over_papers(facts, beyond)}" if beyond else "нигде не больше неё"
    shown = see_table(facts, "results")
    if len(known) == len(facts.papers):
        where = where.replace("неё", "погрешности")
        among = f" из {len(known)}" if beyond else ""
        return f"Отличие от региона {where}{among} ({shown})."
    return (
        f"Погрешность можно оценить {over_papers(facts, len(known))} из {len(facts.papers)}; отличие от "
        f"региона {where} ({shown})."
    )
