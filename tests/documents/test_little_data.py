"""Notes from what an office has at first: one municipality without its region, a year without a scale."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml
from reading import blocks, words
from samples import HEADER

from msoko_analysis.documents.note import Note, build_note
from msoko_analysis.ingest import read_files
from msoko_analysis.measures.prepare import load
from msoko_analysis.params.run import load_run
from msoko_analysis.russian import NBSP

MAXIMUM = 22


def small_data(
    folder: Path,
    years: tuple[int, ...],
    places: tuple[str, ...],
    grade: int,
    beside: Sequence[str],
    cuts: tuple[int, ...],
) -> Path:
    """Results of eight schools a municipality, 25 pupils each, the highest score being MAXIMUM.

    With ``cuts`` each work has the mark of its score.
    """
    draws = np.random.default_rng(3)
    file = folder / "results.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, delimiter=";")
        rows.writerow([*HEADER.split(";"), *(["mark"] if cuts else [])])
        for year in years:
            for place in places:
                for school in range(8):
                    scores = draws.binomial(MAXIMUM, 0.55, 25)
                    scores[0] = MAXIMUM
                    for pupil, score in enumerate(scores):
                        rows.writerow(
                            (
                                year,
                                "ВПР",
                                grade,
                                "МА",
                                place,
                                f"{place}{school}",
                                "",
                                pupil,
                                "",
                                4,
                                score,
                                *([2 + np.searchsorted(cuts, score, "right")] if cuts else []),
                            )
                        )
    read_files([file, *(folder / name for name in beside)], folder / "derived")
    return folder / "derived"


def note_of(project: Path, folder: Path, places: tuple[str, ...], **more: object) -> Note:
    """The note of the first municipality in the last year of ``small_data``."""
    years, paper = more["years"], more["paper"]
    grade = int(paper.split("-")[1])
    beside, cuts = more.get("beside", ()), more.get("cuts", ())
    data = small_data(folder, years, places, grade, beside, cuts)
    cases = dict.fromkeys(("nominative", "genitive", "dative", "prepositional"), "«{code}»")
    (folder / "places.yaml").write_text(
        yaml.safe_dump({"codes": list(places), "pattern": cases}, allow_unicode=True), "utf-8"
    )
    run = yaml.safe_load((project / "params/runs/demo.yaml").read_text("utf-8"))
    run |= {"papers": [paper], "years": [years[-1]], "districts": "places.yaml", "monitoring": None}
    run |= {"scale_statuses": ["found_official"], "observation": None}
    (folder / "run.yaml").write_text(yaml.safe_dump(run, allow_unicode=True), "utf-8")
    return build_note(str(folder / "run.yaml"), district=places[0], year=years[-1], data=str(data))


@pytest.fixture(scope="module")
def alone(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Note:
    """ВПР 4 of 2021, mathematics, which has an official scale, of one municipality."""
    place = tmp_path_factory.mktemp("alone")
    return note_of(project, place, ("Лесной",), years=(2021,), paper="VPR-4-MA")


@pytest.fixture(scope="module")
def unscaled(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Note:
    """ВПР 7 of two years whose scales nobody has published, of two municipalities."""
    place = tmp_path_factory.mktemp("unscaled")
    return note_of(project, place, ("Лесной", "Луговой"), years=(2024, 2025), paper="VPR-7-MA")


def test_one_municipality_is_compared_with_nobody(alone: Note) -> None:
    text = {name: words(page) for name, page in blocks(alone).items()}
    assert "Сравнить не с чем" in text["summary"]
    assert alone.facts.alone
    table = alone.facts.public.table
    assert not (table["level"] == "region").any(), "its own numbers are not those of a region"
    assert not table["indicator"].str.startswith(("fioko", "p19")).any()
    for name in ("summary", "results"):
        assert not re.search(r"в регионе|регионального|от региона", text[name]), name
    assert "не определяются" in text["summary"]
    assert not re.search(r"\bnan\b", "".join(text.values()))


def test_one_municipality_is_told_what_it_has_and_no_region(alone: Note) -> None:
    """Results on the first page; no figure, caption or note that names a region nobody loaded."""
    text = {name: words(page) for name, page in blocks(alone).items()}
    assert re.search(
        r"результат — \d+,\d % максимального балла", text["summary"].replace(NBSP, " ")
    )
    assert "Равенство. На различия между школами приходится" in text["summary"]
    pages = blocks(alone)
    for name in ("distributions", "equity_schools", "district_cuts", "equity", "level", "funnel"):
        assert "регион" not in words(pages[name]).lower(), name
        assert "регион" not in pages[name].lower(), f"{name}: in the drawing"


def test_the_country_is_the_reference_of_one_municipality(project: Path, tmp_path: Path) -> None:
    draws = np.random.default_rng(4)
    counts = np.bincount(draws.binomial(20, 0.55, 100_000), minlength=21)
    lines = [f"2021;VPR;4;MA;country;{score};{n}" for score, n in enumerate(counts)]
    head = "year;procedure;grade;subject;kind;score;n"
    (tmp_path / "country.csv").write_text("\n".join((head, *lines)), encoding="utf-8")
    note = note_of(
        project, tmp_path, ("Лесной",), years=(2021,), paper="VPR-4-MA", beside=["country.csv"]
    )
    said = words(blocks(note)["summary"])
    assert "Сравнить не с чем" not in said
    assert "сравнивается с распределением по стране" in said
    assert "нужны первичные баллы участников)" not in words(blocks(note)["signs_explained"])


def test_without_a_scale_the_rest_is_told(unscaled: Note) -> None:
    text = {name: words(page) for name, page in blocks(unscaled).items()}
    facts = unscaled.facts
    (paper,) = facts.papers
    assert "Без отметок" in text["summary"]
    told = r"не определяются|и только по таким признакам"
    assert re.search(told, text["summary"]), "what was not looked for is no praise"
    table = facts.public.table
    now = table[table["year"] == 2025]
    assert {"mean_percent", "icc", "pupil_gap"} <= set(now["indicator"])
    assert (
        not now["indicator"].str.match(r"share_|prior_|spike|lifted|cut_ratio|p2[234]|shnor").any()
    )
    # a per cent of the highest score of one year says nothing about that of another
    assert not table["indicator"].isin(["mean_change", "icc_change"]).any()
    assert "прошлогоднего" not in text["summary"]
    assert "К прошлому году" not in text["results"]
    assert facts.scale(paper).max_primary == MAXIMUM
    assert "шкалы нет" in text["scales"]
    assert not re.search(r"\bnan\b", "".join(text.values()))


def test_marks_of_the_file_are_told_where_no_scale_is_known(project: Path, tmp_path: Path) -> None:
    """Cuts stay unknown, so nothing of them is told; marks are those of the rows."""
    note = note_of(
        project, tmp_path, ("Лесной", "Луговой"), years=(2025,), paper="VPR-7-MA", cuts=(11, 13, 16)
    )
    text = {name: words(page) for name, page in blocks(note).items()}
    assert "Отметки из данных. Шкалы отметок нет: отметки взяты" in text["summary"]
    assert "Без отметок" not in text["summary"]
    assert "шкалы нет, отметки взяты из загруженных данных" in text["scales"]
    facts = note.facts
    assert not facts.public.table["indicator"].str.match(r"spike|lifted|cut_ratio").any()
    pairs = load(load_run(tmp_path / "run.yaml", data=facts.run.data)).mark_pairs
    mine = pairs[pairs["municipality"].eq("Лесной")]
    (paper,) = facts.papers
    for indicator, marks in (("share_2", [2]), ("share_45", [4, 5])):
        counted = 100 * np.average(mine["mark"].isin(marks), weights=mine["n"])
        told = facts.value("municipality", indicator, paper)
        assert told == pytest.approx(counted, abs=1e-9)
    assert not re.search(r"\bnan\b", "".join(text.values()))


def test_a_known_maximum_is_what_the_per_cent_is_of(project: Path, tmp_path: Path) -> None:
    note = note_of(project, tmp_path, ("Лесной", "Луговой"), years=(2026,), paper="VPR-5-MA")
    text = " ".join(words(page) for page in blocks(note).values())
    (paper,) = note.facts.papers
    assert note.facts.scale(paper).max_primary == 24 > MAXIMUM
    assert re.search(r"от максимального балла \(24\)", text)
    assert "взята из программного кода" in text
    assert "не достигли минимума в работах правила ШНОР, не определяется" in text
    pairs = load(load_run(tmp_path / "run.yaml", data=note.facts.run.data)).mark_pairs
    mine = pairs[pairs["municipality"].eq("Лесной")]
    mean = 100 * np.average(mine["score"], weights=mine["n"]) / 24
    assert note.facts.value("municipality", "mean_percent", paper) == pytest.approx(mean, abs=1e-9)


def test_its_mean_is_the_mean_of_the_rows(unscaled: Note, project: Path) -> None:
    run = load_run(unscaled.facts.run.data.parent / "run.yaml", data=unscaled.facts.run.data)
    pairs = load(run).mark_pairs
    mine = pairs[pairs["year"].eq(2025) & pairs["municipality"].eq("Лесной")]
    mean = 100 * np.average(mine["score"], weights=mine["n"]) / MAXIMUM
    (paper,) = unscaled.facts.papers
    told = unscaled.facts.value("municipality", "mean_percent", paper)
    assert told == pytest.approx(mean, abs=1e-9)
