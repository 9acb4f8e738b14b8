"""Scales recovered from derived data, as rows of a file of scales and in the words a person reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from msoko_analysis import counts
from msoko_analysis.measures.scale_recovery import (
    Evidence,
    Level,
    Recovery,
    gather,
    levels_of,
    recover,
)
from msoko_analysis.params.maxima import FILE as MAXIMA
from msoko_analysis.params.maxima import read_maxima, without_marks
from msoko_analysis.params.run import PARAMS
from msoko_analysis.params.scales import Paper, PaperOfYear, Scale, ScaleRow
from msoko_analysis.russian import counted, listed

_PAIRS = [*counts.SCHOOL, "mark", "score", "n"]
_PAPER = list(counts.PAPER)
_FORM = [*_PAPER, "level", "unit", "unit_name", "n", "share_2", "share_3", "share_4", "share_5"]
_UNITS = [*_PAPER, "level", "unit", "n"]
_COUNTRY = [*_PAPER, "kind", "score", "n"]
_BY_FORM = "по форме «Распределение первичных баллов»"
_LEVELS: dict[Level, tuple[str, str, str]] = {
    "school": ("школа", "школы", "школ"),
    "municipality": ("муниципалитет", "муниципалитета", "муниципалитетов"),
    "region": ("регион", "региона", "регионов"),
    "country": ("«Вся выборка»", "«Вся выборка»", "«Вся выборка»"),
}


def recoveries(data: Path) -> dict[PaperOfYear, Recovery]:
    """What the data of a folder that ``msoko ingest`` made say of the scale of each paper in it.

    Papers of which nothing is said are left out.
    """
    pairs = pd.DataFrame(columns=_PAIRS)
    if (data / "results").is_dir():
        pairs = counts.count(counts.scan(data)).mark_pairs.to_pandas()
    forms = _read(data / "mark_statistics.parquet", _FORM)
    country = _read(data / "reference_scores.parquet", _COUNTRY)
    file = data / "score_shares.parquet"
    printed = pd.read_parquet(file) if file.is_file() else pd.DataFrame(columns=_UNITS)
    keys = pd.concat([pairs[_PAPER], country[_PAPER]]).drop_duplicates()
    found = {}
    for key in sorted(PaperOfYear(*row) for row in keys.itertuples(index=False)):
        evidence = gather(key, pairs, forms, country, printed)
        if evidence is not None and not evidence.silent:
            found[key] = recover(evidence)
    return found


def _read(file: Path, columns: list[str]) -> pd.DataFrame:
    return (
        pd.read_parquet(file, columns=columns) if file.is_file() else pd.DataFrame(columns=columns)
    )


def recovered_rows(found: dict[PaperOfYear, Recovery]) -> list[ScaleRow]:
    """Rows of scales for the papers whose data leave no choice."""
    _, maxima = read_maxima(PARAMS / "scales" / MAXIMA, [])
    rows = []
    for paper, one in found.items():
        if one.cuts is not None:
            of = without_marks(paper, one.evidence.max_score, maxima.get(paper))
            highest = _BY_FORM if one.evidence.whole else of.source
            said = (
                f"{_witnesses(one.evidence)}; другой шкалы они не допускают; максимум — {highest}"
            )
            third, fourth, fifth = one.cuts
            row = ScaleRow(
                year_from=paper.year, year_to=paper.year, procedure=paper.procedure,
                grade=paper.grade, subject=paper.subject, max_primary=of.max_primary,
                min_3=third, min_4=fourth, min_5=fifth,
                status="recovered", source=f"данные запуска: {said}",
            )  # fmt: skip
            rows.append(row)
    return rows


def told(paper: PaperOfYear, found: Recovery) -> str:
    """One sentence on the scale of a paper: which it is, or why it can not be told.

    Names no school and no pupil; what contradicts is counted.
    """
    code = f"{Paper(*paper[1:]).code} {paper.year}"
    witnesses = _witnesses(found.evidence)
    if found.cuts is not None:
        cuts = "/".join(map(str, found.cuts))
        return f"{code}: шкала восстановлена по данным — {cuts} из {found.evidence.max_score} ({witnesses})."
    if not all(found.possible):
        return f"{code}: шкала по данным не определяется: {_against(found)} ({witnesses})."
    cuts = "; ".join(
        f"«{mark}» с {_range(one, found.evidence.max_score)}"
        for mark, one in enumerate(found.possible, 3)
    )
    return f"{code}: шкала по данным не определяется однозначно: {cuts} ({witnesses})."


def disagreement(scale: Scale, found: Recovery) -> str:
    """What to say where the data allow some scales but not the one in use; else nothing."""
    if not all(found.possible) or not scale.full:
        return ""
    against = [
        f"«{mark}» с {_range(possible, found.evidence.max_score)}, а не с {cut}"
        for mark, (cut, possible) in enumerate(zip(scale.cuts, found.possible, strict=True), 3)
        if min(cut, found.evidence.max_score + 1) not in possible
    ]
    if not against:
        return ""
    paper = Paper(scale.procedure, scale.grade, scale.subject).code
    return (
        f"{paper} {scale.year}: отметки в файлах поставлены не по принятой шкале: "
        f"{'; '.join(against)} ({_witnesses(found.evidence)}). Проверьте год, работу и шкалу."
    )


def _range(possible: tuple[int, ...], highest: int) -> str:
    first, last = possible[0], possible[-1]
    if first > highest:
        return f"балла больше {highest}, которого никто не набрал"
    if first == last:
        return str(first)
    return f"{first}…{last}" if last <= highest else f"{first} или больше"


def _against(found: Recovery) -> str:
    """How much contradicts each cut at best; without such a cut, that they do so only together."""
    said = []
    for mark, (pupils, units) in enumerate(found.clashes, 3):
        parts = []
        if pupils:
            parts.append(counted(pupils, "отметка", "отметки", "отметок"))
        if units:
            parts.append(counted(units, "строка Ф3", "строки Ф3", "строк Ф3"))
        if parts:
            said.append(f"любой границе «{mark}» противоречат: {listed(parts)}")
    return "; ".join(said) or "отметки и доли отметок противоречат друг другу"


def _witnesses(evidence: Evidence) -> str:
    return "; ".join(_parts(evidence))


def _parts(evidence: Evidence) -> Iterator[str]:
    pupils = int(evidence.marks.sum())
    if pupils:
        yield f"отметки рядом с баллами — {counted(pupils, 'участник', 'участника', 'участников')}"
    levels = levels_of(evidence.units)
    if levels:
        units = [counted(n, *_LEVELS[level]) for level, n in levels.items() if level != "country"]
        units += ["«Вся выборка»"] if "country" in levels else []
        yield f"доли отметок Ф3 — {listed(units)}"
    if evidence.others:
        rows = counted(evidence.others, "строка", "строки", "строк")
        yield f"не использовано: {rows} Ф3 с другим числом участников"
