"""The demo's notes end to end: who is named, what is saved, what is kept back, same bytes again."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pytest
import yaml
from reading import blocks, cells, words

from msoko_analysis.documents.note import Note, Withheld, build_note
from msoko_analysis.findings import Verdict
from msoko_analysis.ingest import read_files
from msoko_analysis.measures.prepare import load, prepare
from msoko_analysis.params.run import load_run

RUN = "params/runs/demo.yaml"


def named(notes: dict[tuple[str, int], Note], year: int) -> set[str]:
    """Schools the notes of a year name for the spike."""
    return {
        one.unit
        for (_, of_year), note in notes.items()
        for one in note.facts.of("spike_school", Verdict.CONCERN)
        if of_year == year
    }


@pytest.fixture(scope="module")
def planted(project: Path) -> set[str]:
    truth = yaml.safe_load((project / "data/demo/truth.yaml").read_text(encoding="utf-8"))
    return {one["school"] for one in truth["planted"] if one["kind"] == "spike"}


def test_the_planted_schools_are_named(demo_notes, planted: set[str]) -> None:
    found = named(demo_notes, 2026)
    assert len(planted) == 4
    assert planted <= found
    assert len(found - planted) <= 1


def test_nobody_is_named_in_the_honest_year(demo_notes) -> None:
    assert named(demo_notes, 2025) == set()


def test_interval_of_the_effect_holds_the_truth(demo_notes, project: Path) -> None:
    truth = yaml.safe_load((project / "data/demo/truth.yaml").read_text(encoding="utf-8"))
    lifted = {one["school"]: one["lifted"] for one in truth["planted"] if one["kind"] == "spike"}
    found = [
        one
        for note in demo_notes.values()
        for one in note.facts.of("spike_school", Verdict.CONCERN)
    ]
    # Four intervals of 95 %; a part of the lifted stand where honest lifting would not be seen.
    held = [one.low <= lifted[one.unit] <= one.high for one in found if one.unit in lifted]
    assert sum(held) >= len(held) - 1


# --- what is saved ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(demo_notes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("saved")
    demo_notes["M02", 2025].save(str(out))
    return out


def _no_constants(name: str) -> float:
    raise AssertionError(f"{name} is not JSON")


def test_findings_are_strict_json(saved: Path, demo_notes) -> None:
    text = (saved / "findings.json").read_text(encoding="utf-8")
    found = json.loads(text, parse_constant=_no_constants)
    wanted = demo_notes["M02", 2025].facts.findings
    assert [one["id"] for one in found] == [one.id for one in wanted]
    assert len({one["id"] for one in found}) == len(found)
    for said, one in zip(found, wanted, strict=True):
        for name in ("n", "value", "low", "high", "q"):
            number = getattr(one, name)
            told = said[name]
            assert told is None if np.isnan(number) else told == pytest.approx(number, rel=1e-9)


def test_findings_hold_nothing_the_gate_hides(demo_notes) -> None:
    for note in demo_notes.values():
        table = note.facts.public.table
        hidden = table[table["hidden"]]
        assert hidden[["value", "low", "high", "count", "p", "q"]].isna().all(axis=None)
        spikes = {one.unit for one in note.facts.of("spike_school", *Verdict)}
        pooled = hidden[(hidden["indicator"] == "spike") & (hidden["subject"] == "")]
        assert spikes.isdisjoint(pooled.loc[pooled["year"] == note.facts.year, "unit"])


_PLAIN = str.maketrans({"\u202f": "", "−": "-", "\u00a0": " "})


def plain(rows: list[list[str]]) -> list[list[str]]:
    """Cells as a file has numbers: no grouping, no typographic minus or plus."""
    return [[cell.translate(_PLAIN).removeprefix("+") for cell in row] for row in rows]


def test_csv_and_excel_hold_what_the_page_shows(saved: Path, demo_notes) -> None:
    book = openpyxl.load_workbook(saved / "tables/tables.xlsx")
    tables = demo_notes["M02", 2025].tables()
    assert book.sheetnames == [table.name for table in tables]
    for table in tables:
        path = saved / "tables" / f"{table.name}.csv"
        assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "Excel needs the mark to see UTF-8"
        with path.open(encoding="utf-8-sig", newline="") as file:
            written = list(csv.reader(file, delimiter=";"))
        sheet = [list(row) for row in book[table.name].iter_rows(values_only=True)]
        if table.frame.empty:
            assert written[1] == sheet[1] == [table.empty]
            continue
        on_page = plain(cells(table._repr_html_()))
        assert plain(written) == on_page
        assert plain(_as_text(sheet, on_page)) == on_page


def _as_text(sheet: list[list], like: list[list[str]]) -> list[list[str]]:
    """Numbers of a sheet with as many digits as the page has."""
    made = []
    for row, model in zip(sheet, like, strict=True):
        made.append([])
        for value, text in zip(row, model, strict=True):
            digits = len(text.partition(",")[2])
            shown = str(value)
            if isinstance(value, (int, float)):
                shown = f"{value:.{digits}f}".replace(".", ",")
            made[-1].append(shown)
    return made


def test_hidden_absent_and_zero_are_told_apart(demo_notes) -> None:
    header, *rows = cells(demo_notes["M02", 2025].results._repr_html_())
    place = header.index("К прошлому году, п.\u00a0п.")
    before = {row[place] for row in rows if "(" not in row[0]}
    assert before == {"—"}, "there is no ВПР before 2025: absent, not hidden"
    assert "—" not in {row[place] for row in rows if "(ОГЭ)" in row[0]}
    small = demo_notes["M03", 2026]
    assert "скрыто" in words(small.schools._repr_html_())
    assert small.facts.public.hidden > 0


# --- the same again -----------------------------------------------------------------------------


def test_two_builds_give_the_same_pages_and_files(
    project: Path, demo_data: Path, demo_blocks, tmp_path: Path
) -> None:
    run = str(project / RUN)
    again = build_note(run, district="M02", year=2026, data=str(demo_data))
    assert blocks(again) == demo_blocks["M02", 2026]
    for name in ("first", "second"):
        again.save(str(tmp_path / name))
    first, second = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in _files(tmp_path / name)}
        for name in ("first", "second")
    )
    assert first == second
    shown = re.findall(r'<figure data-name="([^"]+)"', "".join(blocks(again).values()))
    assert {path.stem for path in first if path.parts[0] == "figures"} == set(shown)
    assert {path.stem for path in first if path.suffix == ".csv"} == {
        table.name for table in again.tables()
    }


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# --- small regions made from the demo -------------------------------------------------------------


@pytest.fixture(scope="module")
def little(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """M02 whole, M03 with one school, one year: the rest of the region is left out."""
    folder = tmp_path_factory.mktemp("little")
    rows = pl.read_parquet(project / "data/demo/results.parquet")
    kept = rows.filter(
        (pl.col("year") == 2026)
        & ((pl.col("municipality") == "M02") | (pl.col("school") == "S039"))
    )
    kept.write_parquet(folder / "results.parquet")
    shutil.copy(project / "data/demo/schools.csv", folder)
    out = folder / "derived"
    read_files([folder / "results.parquet", folder / "schools.csv"], out)
    return out


def test_one_school_gives_no_note(project: Path, little: Path) -> None:
    run = str(project / RUN)
    with pytest.raises(Withheld, match="одна школа") as caught:
        build_note(run, district="M03", year=2026, data=str(little))
    assert "Луговом районе" in str(caught.value)
    assert "S039" not in str(caught.value)
    assert "Прудов" not in str(caught.value)
    with pytest.raises(Withheld, match="нет школ"):
        build_note(run, district="M01", year=2026, data=str(little))


def test_a_first_year_and_a_small_region_still_make_a_note(project: Path, little: Path) -> None:
    note = build_note(str(project / RUN), district="M02", year=2026, data=str(little))
    text = "\n".join(words(page) for page in blocks(note).values())
    assert "прошлогоднего" not in text
    assert "Данных прошлого года нет" in text
    assert "nan" not in text


def test_prepared_tables_are_made_again_when_a_score_changes(
    project: Path, little: Path, tmp_path: Path
) -> None:
    data = tmp_path / "derived"
    shutil.copytree(little, data)
    run = load_run(project / RUN, data=data)
    first = prepare(run)
    assert prepare(run) == first
    before = load(run).measures
    (file,) = sorted((data / "results").glob("**/*.parquet"))
    rows = pl.read_parquet(file)
    place = rows.with_row_index().filter((pl.col("school") == "S025") & (pl.col("total") > 1))
    changed = rows.with_row_index().with_columns(
        pl.when(pl.col("index") == place["index"][0])
        .then(pl.col("total") - 1)
        .otherwise(pl.col("total"))
        .alias("total")
    )
    changed.drop("index").write_parquet(file)
    assert prepare(run) != first
    after = load(run).measures
    means = [
        table[(table["unit"] == "S025") & (table["indicator"] == "mean_percent")][
            "value"
        ].to_numpy()
        for table in (before, after)
    ]
    assert (means[0] != means[1]).sum() == 1
    assert means[1].sum() < means[0].sum()
