"""Known maximums of papers without a scale: as the sources have them, never above the pupils."""

from __future__ import annotations

import csv
from pathlib import Path

from msoko_analysis.errors import Problem
from msoko_analysis.params.maxima import FILE, read_maxima, without_marks
from msoko_analysis.params.run import PARAMS
from msoko_analysis.params.scales import HIGHEST, PaperOfYear, read_scales

CODES = {
    **{"РУ": "RU", "МА": "MA", "БИ": "BI", "ГГ": "GG", "ЛИ": "LI", "ЛЧ": "LC", "ИН.ЯЗ": "AYA"},
}


def test_they_are_those_of_the_sources(shared: Path) -> None:
    with (shared / "tables/2026/vpr_max.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["max_primary"]]
    told = {
        PaperOfYear(int(row["year"]), "VPR", int(row["grade"]), CODES[row["subject"]]): int(
            row["max_primary"]
        )
        for row in rows
    }
    problems: list[Problem] = []
    _, maxima = read_maxima(PARAMS / "scales" / FILE, problems)
    scales = read_scales([PARAMS / "scales/vpr.csv"], problems)
    ours = {paper: row.max_primary for paper, row in maxima.items()}
    of_scales = {
        PaperOfYear(year, *row.paper): row.max_primary
        for row, _, _ in scales
        for year in range(row.year_from, row.year_to + 1)
    }
    assert not problems
    assert not ours.keys() & of_scales.keys(), "a paper with a scale has its maximum there"
    assert told.items() <= (ours | of_scales).items()
    assert len(ours) == 9


def test_two_rows_for_one_paper_and_years_in_disorder_are_faults(tmp_path: Path) -> None:
    head = "year_from,year_to,procedure,grade,subject,max_primary,status,source\n"
    line = "2026,2026,VPR,5,MA,24,found_code,x\n"
    (tmp_path / FILE).write_text(
        head + line + line + line.replace("2026,2026", "2026,2025"), "utf-8"
    )
    problems: list[Problem] = []
    read_maxima(tmp_path / FILE, problems)
    said = " ".join(problem.rule for problem in problems)
    assert "максимум VPR-5-MA 2026 года уже есть выше" in said
    assert "year_to раньше, чем year_from" in said


def test_pupils_above_a_maximum_belie_it() -> None:
    paper = PaperOfYear(2026, "VPR", 5, "MA")
    known = read_maxima(PARAMS / "scales" / FILE, [])[1][paper]
    taken, belied = (without_marks(paper, highest, known) for highest in (20, 25))
    assert (taken.max_primary, belied.max_primary, belied.source) == (24, 25, HIGHEST)
    assert "взята из программного кода" in taken.source
    assert taken.cuts == ()
