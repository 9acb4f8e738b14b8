"""Equity end to end: the demo's planted schools in the note, and the real region in one run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from altai import altai_years
from reading import cells, words

from msoko_analysis.disclosure import publish
from msoko_analysis.documents.note import Note
from msoko_analysis.findings import Verdict
from msoko_analysis.findings.equity import equity
from msoko_analysis.measures.context import context_rows
from msoko_analysis.measures.opportunity import opportunity_rows, partner_table
from msoko_analysis.measures.partners import MATCHED
from msoko_analysis.measures.prepare import load
from msoko_analysis.measures.rows import joined
from msoko_analysis.params.run import RunParams, load_run

NOTES = [(district, year) for year in (2025, 2026) for district in ("M01", "M02", "M03")]
each_note = pytest.mark.parametrize("which", NOTES, ids=lambda which: f"{which[0]}-{which[1]}")


@pytest.fixture(scope="module")
def run(project: Path) -> RunParams:
    return load_run(project / "params/runs/demo.yaml")


@pytest.fixture(scope="module")
def planted(project: Path) -> dict[str, set[str]]:
    truth = yaml.safe_load((project / "data/demo/truth.yaml").read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for one in truth["planted"]:
        found.setdefault(one["kind"], set()).add(one["school"])
    return found


def test_planted_low_schools_are_on_the_list_and_helped(demo_notes, planted) -> None:
    listed = {
        (year, one.unit)
        for (_, year), note in demo_notes.items()
        for one in note.facts.of("shnor_school", Verdict.WATCH)
    }
    assert planted["low"] == {"S016", "S039"}
    assert {(year, school) for year in (2025, 2026) for school in planted["low"]} <= listed
    for (_, year), note in demo_notes.items():
        for one in note.facts.of("shnor_school", Verdict.WATCH):
            if one.unit in planted["low"]:
                assert one.details["a"] == 1
                # Low in the same ВПР in 2025 and 2026; before 2025 there is only ГИА.
                assert one.details["b"] == 1 or year == 2025


def test_partners_are_no_doubtful_schools(demo_notes, planted, run, demo_data) -> None:
    doubtful = planted["spike"] | planted["leak"] | planted["mark_inflation"] | planted["low"]
    tables = [note.facts.partners.assign(note=str(which)) for which, note in demo_notes.items()]
    pairs = pd.concat(tables)
    pairs = pairs[pairs["reason"] == MATCHED]
    at_2026 = pairs[pairs["year"] == 2026]
    assert len(at_2026) > 3
    assert doubtful.isdisjoint(at_2026["partner"])
    assert (pairs["school"] != pairs["partner"]).all()
    assert pairs.groupby(["year", "partner"]).size().max() <= 2
    # a school with 30 % below the minimum in one of its papers needs help itself
    table = load(run.model_copy(update={"data": demo_data})).measures
    low = table[
        table["indicator"].isin(["share_2", "below_minimum"]) & (table["level"] == "school")
    ]
    low = {*low.loc[low["value"] >= 30, ["year", "unit"]].itertuples(index=False, name=None)}
    assert low.isdisjoint(pairs[["year", "partner"]].itertuples(index=False, name=None))
    for note in demo_notes.values():
        named = words(note.recommendations._repr_html_()).replace("\u00a0", " ")
        for partner in note.facts.partners["partner"].dropna():
            assert f"предлагаемый партнёр — {note.facts.names[partner]}" in named


@each_note
def test_a_low_school_is_told_in_one_place(which, demo_notes) -> None:
    facts = demo_notes[which].facts
    listed = {one.unit for one in facts.of("shnor_school", Verdict.WATCH)}
    for one in facts.recommendations:
        if one.entry.finding == "low_share_school":
            assert listed.isdisjoint(found.unit for found in one.findings)
    text = words(demo_notes[which].low_results._repr_html_())
    assert "Официального отнесения к ШНОР этот расчёт не заменяет" in text


def test_unclear_schools_are_counted_and_not_named(demo_notes) -> None:
    note = demo_notes["M02", 2026]
    table = note.facts.public.table
    rows = table[(table["indicator"] == "shnor_or") & (table["year"] == 2026)]
    hidden = set(rows.loc[rows["hidden"], "unit"])
    assert hidden
    text = words(note.low_results._repr_html_())
    assert "уточнения" in text
    assert not any(note.facts.names[unit] in text for unit in hidden)
    assert hidden.isdisjoint(one.unit for one in note.facts.findings if one.code == "shnor_school")


@each_note
def test_grew_and_shrank_are_what_the_interval_says(which, demo_notes) -> None:
    note: Note = demo_notes[which]
    header, *rows = cells(note.gaps._repr_html_())
    change, said = header.index("За год (95\u00a0%)"), header.index("Показатель за год")
    for row in rows:
        found = row[change].translate(str.maketrans({"−": "-", ",": "."}))
        if "(" not in found or row[said] == "справочно":
            continue
        low, high = (float(one) for one in found[found.index("(") + 1 : -1].split("…"))
        wanted = "вырос" if low > 0 else "сократился" if high < 0 else "не изменился"
        if low and high:  # a printed zero may be either side
            assert row[said] == wanted


@each_note
def test_ways_of_the_indicators_are_our_own_models_with_their_definitions(
    which, demo_notes, run
) -> None:
    text = words(demo_notes[which].models._repr_html_())
    assert "официальные формулы не найдены" in text
    for model in run.equity_models.of("p22"):
        assert model.definition_ru in text


def test_few_schools_say_nothing_about_differences(demo_notes, run) -> None:
    facts = demo_notes["M03", 2026].facts
    rows = facts.public.table.drop(columns="hidden")
    schools = sorted(rows.loc[rows["level"] == "school", "unit"].unique())[:2]
    little = rows[(rows["level"] != "school") | rows["unit"].isin(schools)]
    public = publish(little, run.thresholds)
    kept = equity(public, "M03", 2026, run.thresholds, [])
    assert not [one for one in kept if one.code in ("inequality_district", "gap_change_district")]
    note = Note(replace(facts, public=public, findings=kept))
    assert "школ слишком мало" in words(note.equity._repr_html_())


# --- context ------------------------------------------------------------------------------------


def test_context_rows_of_the_real_region(shared: Path, run: RunParams) -> None:
    rows = pd.concat(context_rows(altai_years(shared)[2021], run.thresholds))
    at = rows.pivot(index="unit", columns="indicator", values="value")
    assert 0.02 < at.loc["region", "context_strength"] < 0.4
    schools = at.drop("region")
    assert schools["better"].dropna().between(0, 1).all()
    # What is drawn to the expectation lies between it and the result.
    apart = schools["result"] - schools["expected_result"]
    known = apart.notna()
    assert (np.abs(schools["above_expected"])[known] <= np.abs(apart)[known] + 1e-9).all()
    # Above the expectation and above the median is less likely than above the expectation.
    odds = schools["resilient"].notna()
    assert 0.2 < odds.mean() < 0.3
    assert (schools["resilient"] <= schools["better"] + 1e-9)[odds].all()


def test_seventy_municipalities_in_one_run(shared: Path, run: RunParams) -> None:
    years = altai_years(shared)
    measures = pd.DataFrame(columns=["year", "level", "indicator", "procedure", "grade", "subject"])
    unknown = {year: {} for year in years}
    nobody = dict.fromkeys(years, ())
    rows = joined(opportunity_rows(run, years, measures, unknown, nobody))
    districts = rows[rows["level"] == "municipality"]["unit"].unique()
    assert len(districts) >= 60
    pooled = rows[(rows["year"] == 2021) & (rows["subject"] == "") & (rows["level"] != "school")]
    whole = pooled[pooled["unit"] == "region"].set_index("indicator")["value"]
    assert 0.07 < whole["icc"] < 0.16  # domain.md §1.5: .09–.16 by paper
    gate = publish(rows[rows["level"] != "school"], run.thresholds)
    assert gate.table.loc[gate.table["hidden"], "value"].isna().all()
    # A change is told of a municipality about as often as the interval may err, or more.
    told = pooled[pooled["indicator"] == "icc_change"]
    apart = (told["low"] > 0) | (told["high"] < 0)
    assert apart.mean() < 0.5
    # The rule of ШНОР is known from 2025 on: no list, no partners.
    assert not rows["indicator"].str.startswith("shnor").any()
    lists = pd.DataFrame(columns=["year", "school"])
    assert partner_table(run, years, rows, lists).empty
