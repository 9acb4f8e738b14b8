"""What the explorer tells of one school: all that was looked for, its marks, links and circumstances."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.measures.procedures import earlier_paper
from msoko_analysis.page.prose import Paragraph, Stack, stack
from msoko_analysis.page.tables import HIDDEN, Digits, Table
from msoko_analysis.params.scales import Paper
from msoko_analysis.params.signs import load_signs
from msoko_analysis.russian import DASH, NBSP, first_capital, number
from msoko_analysis.wording.advice import ground
from msoko_analysis.wording.cells import Cell, of_school, of_unit
from msoko_analysis.wording.names import VERDICT, paper_name, procedure_name, school_name
from msoko_analysis.wording.sign_kinds import ABOUT_SCHOOLS, KINDS, finding_name
from msoko_analysis.wording.signs import LEVEL, Q, level_of

TOLD = (Verdict.CONCERN, Verdict.WATCH)
_TWO, _SIGNED = Digits(2), Digits(2, signed=True)


def signs_of(facts: Facts, unit: str) -> list[Finding]:
    """The findings of every sign that was looked for in a school, in the order of the signs."""
    return [one for code in KINDS for one in facts.of(code, *Verdict) if one.unit == unit]


def told_of(facts: Facts, unit: str) -> list[Finding]:
    """What is told of a school: its signs, those that need a check first, then the other findings."""
    signs = [one for one in signs_of(facts, unit) if one.verdict in TOLD]
    signs.sort(key=lambda one: one.verdict != Verdict.CONCERN)
    others = [one for code in ABOUT_SCHOOLS for one in facts.of(code, *TOLD) if one.unit == unit]
    return [*signs, *others]


def names_of(found: list[Finding], verdict: Verdict) -> str:
    """Names of the findings of a verdict: «скопление работ у границы отметки; …»."""
    mine = [one for one in found if one.verdict == verdict]
    return "; ".join(dict.fromkeys(name_of(one) for one in mine))


def name_of(one: Finding) -> str:
    """What a finding about a school is called."""
    return finding_name(one.code)


def headline(facts: Facts, unit: str) -> Stack:
    """What is known of a school in two lines."""
    level = level_of(facts, unit)
    said = [
        f"{name_of(one)} — "
        f"{'признак, требующий проверки' if one.verdict == Verdict.CONCERN else 'к сведению'}"
        for one in told_of(facts, unit)
    ]
    if level is None:
        conclusion = "Признаки, требующие проверки, по этим данным не определяются."
    elif level.verdict == Verdict.TOO_FEW:
        conclusion = (
            "Работ слишком мало, чтобы сказать, есть признаки, требующие проверки, или нет."
        )
    elif level.verdict == Verdict.NO_CONCERN:
        apart = any(one.verdict == Verdict.CONCERN for one in told_of(facts, unit))
        conclusion = (
            f"{'В самих результатах признаков' if apart else 'Признаков'}, требующих проверки, нет. "
            "Это не доказывает, что всё в порядке."
        )
    else:
        conclusion = f"Уровень по всем признакам: {LEVEL[int(level.value)]}."
    name = f"{school_name(facts, unit)}, {facts.year}{NBSP}год"
    lines = [Paragraph(f"{name}. {conclusion}")]
    return stack(
        [*lines, Paragraph(f"{first_capital('; '.join(said))}.") if said else None], box="lead"
    )


def signs_table(facts: Facts, unit: str) -> Table:
    """Every sign that was looked for, told or not, with its numbers and limits."""
    rows = [_sign_row(facts, one) for one in signs_of(facts, unit)]
    level = level_of(facts, unit)
    said = {
        None: "не определяется",
        Verdict.TOO_FEW: VERDICT[Verdict.TOO_FEW],
        Verdict.NO_CONCERN: "признаков нет",
    }.get(level and level.verdict) or LEVEL[int(level.value)]
    limit = number(facts.run.thresholds["spike_q"].value, 2)
    return Table(
        "signs",
        f"{school_name(facts, unit)}: все признаки, которые проверялись. Уровень школы: {said}",
        pd.DataFrame(rows),
        {
            "Работ": Digits(), "Величина": _TWO, "от": _TWO, "до": _TWO, "Предел величины": _TWO,
            "q": Q, "q внутри школы": Q,
        },
        (
            f"Признак требует проверки, когда q не больше {limit}, q внутри школы (с поправкой на то, что "
            f"признаков несколько) не больше {limit}, а величина не меньше предела. От и до — интервал "
            f"95{NBSP}%. Однородность баллов и отдельные задания сами по себе школу не называют. Прочерк — "
            "величина не оценивалась: отличие может быть случайным. Для скопления у границы пределов два: "
            f"{number(facts.run.thresholds['spike_min_pupils'].value)} работы и "
            f"{number(100 * facts.run.thresholds['spike_min_theta'].value)}{NBSP}% недобравших.",
        ),
        empty="Признаки, требующие проверки, для этой школы по этим данным не определяются.",
    )  # fmt: skip


def _sign_row(facts: Facts, one: Finding) -> dict[str, Cell]:
    spike = one.code == "spike_school"
    limit = facts.run.thresholds["spike_min_pupils"].value if spike else one.limit
    return {
        "Признак": first_capital(KINDS[one.code].name),
        "Вывод": VERDICT[one.verdict],
        "Работ": one.n,
        "Величина": one.value,
        "от": one.low,
        "до": one.high,
        "Единица": load_signs().of_code(one.code).unit_ru,
        "Предел величины": limit,
        "q": one.q,
        "q внутри школы": one.details.get("family_q", np.nan),
    }


def others_table(facts: Facts, unit: str) -> Table:
    """What else was judged about the school, told or not."""
    rows = []
    for code, name in ABOUT_SCHOOLS.items():
        mine = [one for one in facts.of(code, *Verdict) if one.unit == unit]
        told = [one for one in mine if one.verdict in TOLD]
        for one in told or mine[:1]:
            rows.append(
                {
                    "Что проверено": first_capital(name),
                    "Вывод": VERDICT[one.verdict]
                    if told or one.verdict == Verdict.TOO_FEW
                    else "нет",
                    "Основание": _ground(facts, one) if told else DASH,
                }
            )
    return Table(
        "others",
        f"{school_name(facts, unit)}: другие сведения, не признаки",
        pd.DataFrame(rows),
        notes=("Сведения для помощи школе и разговора с ней: о нарушении они не говорят.",),
        empty="Других сведений о школе нет.",
    )


def _ground(facts: Facts, one: Finding) -> str:
    return first_capital(ground(facts, one).removeprefix(f"{school_name(facts, one.unit)}: "))


def results_table(facts: Facts, unit: str) -> Table:
    """Every paper of the school with a mean result, against the region."""
    rows = []
    for paper in (*facts.papers, *facts.exams):
        indicator = "mean_test_score" if paper in facts.exams else "mean_percent"
        row = facts.of_paper(unit, indicator, paper)
        if row is None:
            continue
        low, high = (HIDDEN if row["hidden"] else row[end] for end in ("low", "high"))
        rows.append(
            {
                "Предмет, класс": paper_name(facts, paper),
                "Работ": HIDDEN if pd.isna(row["n"]) else row["n"],
                "Результат": of_school(facts, unit, indicator, paper=paper),
                "от": low,
                "до": high,
                "В регионе": of_unit(facts, "region", indicator, paper),
                "Отметок «2», %": of_school(facts, unit, "share_2", paper=paper),
                "«2» в регионе, %": of_unit(facts, "region", "share_2", paper),
            }
        )
    frame = pd.DataFrame(rows)
    return Table(
        "results",
        f"{school_name(facts, unit)}: результаты по предметам и классам",
        frame,
        dict.fromkeys(frame.columns[2:], Digits(1)) | {"Работ": Digits()},
        (
            f"ВПР и ОГЭ — % максимального балла, ЕГЭ — тестовый балл; от и до — интервал 95{NBSP}%. "
            "«Скрыто» — группа слишком мала или по числу её можно восстановить; это не ноль.",
        ),
        empty="Работ с результатами нет.",
    )


def links_table(facts: Facts, unit: str) -> Table:
    """Every comparison of a later procedure with an earlier one of the same pupils."""
    rows = []
    mine = [one for one in facts.of("link_school", *Verdict) if one.unit == unit]
    for one in sorted(mine, key=lambda one: facts.run.papers.index(one.paper)):
        earlier, years = earlier_paper(one.paper)
        rows.append(
            {
                "Более поздняя работа": _paper(facts, one.paper),
                "Более ранняя": f"{procedure_name(earlier.procedure)} {facts.year - years}{NBSP}года, "
                f"{earlier.grade}{NBSP}класс",
                "Учеников": one.n,
                "Отличие от ожидаемого": one.value,
                "от": one.low,
                "до": one.high,
                "q": one.q,
                "Вывод": "не согласуются" if one.details["apart"] else "согласуются",
            }
        )
    return Table(
        "links",
        f"{school_name(facts, unit)}: сопоставление процедур одних и тех же учеников",
        pd.DataFrame(rows),
        {
            "Учеников": Digits(), "Отличие от ожидаемого": _SIGNED, "от": _SIGNED, "до": _SIGNED,
            "q": Q,
        },
        (
            f"В стандартных отклонениях балла ученика; от и до — интервал 95{NBSP}%. Обещанное — что следует "
            "из более ранней работы с учётом погрешности обеих. Какая из двух точнее, по числам не видно.",
        ),
        empty="Сопоставлять нечего: школа не писала одну из процедур или учеников слишком мало.",
    )  # fmt: skip


def _paper(facts: Facts, paper: Paper) -> str:
    subject = facts.run.subjects[paper.subject].nominative
    return f"{procedure_name(paper.procedure)}: {subject}, {paper.grade}{NBSP}класс"


_WAYS = (("prior_lower", "Ниже, %"), ("prior_same", "Совпала, %"), ("prior_higher", "Выше, %"))


def marks_table(facts: Facts, unit: str) -> Table:
    """Marks of the school against marks of papers and exams, paper by paper."""
    rows = []
    for paper in facts.papers:
        shift = facts.of_paper(unit, "mark_shift", paper)
        if shift is None:
            continue
        gap = facts.of_paper(unit, "mark_gap_paper", paper)
        ends = ("value", "low", "high")
        corrected = [
            np.nan if gap is None else HIDDEN if gap["hidden"] else gap[end] for end in ends
        ]
        rows.append(
            {
                "Предмет, класс": paper_name(facts, paper),
                "Работ": HIDDEN if pd.isna(shift["n"]) else shift["n"],
                **{name: of_school(facts, unit, code, paper=paper) for code, name in _WAYS},
                "Сдвиг, отметки": of_school(facts, unit, "mark_shift", paper=paper),
                **dict(zip(("С поправкой", "от", "до"), corrected, strict=True)),
            }
        )
    digits = dict.fromkeys((name for _, name in _WAYS), Digits(1)) | {"Работ": Digits()}
    signed = dict.fromkeys(("Сдвиг, отметки", "С поправкой", "от", "до"), _SIGNED)
    return Table(
        "marks",
        f"{school_name(facts, unit)}: отметки школы и отметки за работы и экзамены",
        pd.DataFrame(rows),
        digits | signed,
        (
            "«Ниже» — отметка за работу ниже школьной. Сдвиг — школьная отметка минус отметка за работу. С "
            "поправкой — на уровень школы и погрешность работы: судить можно только по ней, и по всем "
            "работам вместе: отдельный предмет неточен.",
        ),
        empty="Отметок школы в данных нет.",
    )
