"""A region that has only counts of pupils by level: measured, judged and told without scores."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reading import blocks, words
from scipy.stats import norm

from msoko_analysis.disclosure import publish
from msoko_analysis.documents.note import build_note
from msoko_analysis.ingest import read_files
from msoko_analysis.measures.arrays import CONTEXT
from msoko_analysis.measures.equity_levels import equity_level_rows
from msoko_analysis.measures.levels import LevelPaper, LevelYear, arrange_levels, level_rows
from msoko_analysis.measures.prepare import Prepared, load
from msoko_analysis.params.run import Thresholds, load_run
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.gaps import v_gap_of_marks
from msoko_analysis.stats.hetop import hetop
from msoko_analysis.stats.interval_of_change import interval_of_change
from msoko_analysis.stats.ordered_probit import ordered_probit

RUN = "tests/runs/moscow_ege.yaml"
SUM3 = Paper("EGE", 11, "SUM3")
CUTS = np.array([0.0, 0.9])


# --- made-up regions ----------------------------------------------------------------------------


def counted(rng: np.random.Generator, effect: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Pupils on three levels (schools × levels)."""
    edges = np.concatenate([[-np.inf], CUTS, [np.inf]])
    chances = np.diff(norm.cdf(edges - effect[:, None]), axis=1)
    return rng.multinomial(n, chances).astype(float)


def region(counts: np.ndarray, year: int, levels: tuple[int, ...], district: int = 5) -> LevelYear:
    codes = pd.Index([f"S{number:03}" for number in range(len(counts))])
    schools = pd.DataFrame(index=codes, columns=["municipality", *CONTEXT], dtype=object)
    schools["municipality"] = [f"M{place // district:02}" for place in range(len(counts))]
    return LevelYear(year, schools, (LevelPaper(SUM3, levels, counts),))


def worlds(
    seed: int, schools: int, icc: float, after: float | None = None
) -> tuple[np.ndarray, ...]:
    """Counts of two years: the same schools, four fifths alike."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=schools)
    n = np.maximum(rng.lognormal(np.log(60), 0.7, schools), 3).astype(int)
    return tuple(
        counted(
            rng,
            np.sqrt(share / (1 - share))
            * (np.sqrt(0.8) * common + np.sqrt(0.2) * rng.normal(size=schools)),
            n,
        )
        for share in (icc, icc if after is None else after)
    )


def table(frames) -> pd.DataFrame:
    return pd.concat([one for one in frames if len(one)], ignore_index=True)


def test_the_planted_share_comes_back_with_one_cut_and_with_two(thresholds: Thresholds) -> None:
    for levels, chosen in (((1, 2, 3), [0, 1, 2]), ((2, 3), [1, 2])):
        before, _ = worlds(1, 600, 0.2)
        rows = table(
            equity_level_rows(region(before[:, chosen], 2016, levels, 300), None, thresholds)
        )
        row = rows[rows["unit"].eq("region") & rows["indicator"].eq("icc") & rows["subject"].eq("")]
        row = row.iloc[0]
        if levels[0] == 1:
            # The error of the share of 600 schools is near .02 · (1 − .02).
            assert row["value"] == pytest.approx(0.2, abs=0.045)
            assert row["low"] < 0.2 < row["high"]
        assert row["value"] == pytest.approx(ordered_probit(before[:, chosen]).icc)
        assert not rows["indicator"].str.contains("ratio|theil|gini|pupil_gap").any()


@pytest.mark.parametrize("times", [40, pytest.param(400, marks=pytest.mark.slow)])
def test_interval_and_false_changes_of_small_districts(times: int) -> None:
    """Districts of 5 schools, as in the real region; tolerances are 3 standard errors."""
    covered, shrank, grew = [], [], []
    for seed in range(times):
        fits = [ordered_probit(one) for one in worlds(seed, 5, 0.15)]
        parts = [(one.icc, *one.interval()) for one in fits]
        covered += [low <= 0.15 <= high for _, low, high in parts[:1]]
        low, high = interval_of_change(*parts)
        shrank.append(high < 0)
        grew.append(low > 0)
    assert np.mean(covered) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / times)
    assert np.mean(shrank) <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / times)
    assert np.mean(grew) <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / times)


def test_no_change_is_told_of_no_change_and_a_large_one_is_seen(thresholds: Thresholds) -> None:
    false, seen = [], []
    for seed in range(3):
        for after, told in ((0.2, false), (0.05, seen)):
            before, now = worlds(seed, 200, 0.2, after)
            rows = table(
                equity_level_rows(
                    region(now, 2017, (1, 2, 3), 200),
                    region(before, 2016, (1, 2, 3), 200),
                    thresholds,
                )
            )
            change = rows[rows["indicator"].eq("icc_change") & rows["unit"].eq("region")].iloc[0]
            told.append(change["high"] < 0)
    assert not any(false)
    assert all(seen)


def test_a_year_against_itself_and_years_of_different_levels(thresholds: Thresholds) -> None:
    before, _ = worlds(3, 40, 0.2)
    same = table(
        equity_level_rows(
            region(before, 2017, (1, 2, 3)), region(before, 2016, (1, 2, 3)), thresholds
        )
    )
    changes = same[same["indicator"].str.endswith("_change")]
    assert len(changes) > 20
    assert np.allclose(changes["value"], 0, atol=1e-9)
    assert not ((changes["low"] > 0) | (changes["high"] < 0)).any()
    # the year before has one level more: both are compared on the two they share
    upper = before[:, 1:]
    rows = table(
        equity_level_rows(region(upper, 2017, (2, 3)), region(before, 2016, (1, 2, 3)), thresholds)
    )
    changes = rows[rows["indicator"].str.endswith("_change")]
    assert np.allclose(changes["value"], 0, atol=1e-9)
    assert "isolation" not in set(rows["indicator"]), "nobody counts the lowest level"


def test_interval_of_a_change_is_wider_for_unlike_years_and_reaches_over_zero() -> None:
    parts = (0.1, 0.05, 0.2), (0.2, 0.1, 0.35)
    low, high = interval_of_change(*parts)
    inner = interval_of_change(*parts, 0.5)
    assert low < inner[0] < 0.1 < inner[1] < high
    # symmetric parts: the usual error of a difference
    low, high = interval_of_change((0.0, -3.0, 3.0), (0.0, -4.0, 4.0))
    assert (low, high) == (-5.0, 5.0)


def test_gap_of_groups_is_exact_for_few_levels() -> None:
    rng = np.random.default_rng(1)
    for _ in range(10):
        counts = rng.integers(5, 90, (2, 3)).astype(float)
        fit = hetop(counts)
        slow = (fit.mean[0] - fit.mean[1]) / np.sqrt((fit.spread**2).mean())
        assert v_gap_of_marks(*counts) == pytest.approx(slow, rel=1e-9)
    two = v_gap_of_marks(np.array([20.0, 80]), np.array([50.0, 50]))
    assert two == pytest.approx(norm.ppf(0.8))
    assert np.isnan(v_gap_of_marks(np.array([0.0, 80]), np.array([50.0, 50])))
    assert np.isnan(v_gap_of_marks(np.array([0.0, 0]), np.array([50.0, 50])))


def test_a_level_that_is_not_counted_is_not_zero() -> None:
    rows = [
        (2016, "EGE", 11, "SUM3", "M1", f"S{school}", level, n)
        for school, counts in enumerate(((5, 9, 4), (7, 8, 3), (None, 9, 9)))
        for level, n in enumerate(counts, 1)
        if n is not None
    ]
    columns = ["year", "procedure", "grade", "subject", "municipality", "school", "level", "n"]
    schools = pd.DataFrame({"school": ["S0"]}).reindex(columns=["school", *CONTEXT])
    year = arrange_levels(pd.DataFrame(rows, columns=columns), schools, [SUM3])[2016]
    assert year.papers[0].levels == (1, 2, 3)
    assert year.papers[0].n.tolist() == [18, 18, 0], "a school without the level is left out"


def test_small_levels_are_hidden_and_can_not_be_worked_out(thresholds: Thresholds) -> None:
    rng = np.random.default_rng(2)
    counts = rng.integers(0, 25, (30, 3)).astype(float)
    year = region(counts, 2016, (1, 2, 3))
    rows = table([*level_rows(year), *equity_level_rows(year, None, thresholds)])
    public = publish(rows, thresholds).table
    school = public[public["level"].eq("school")]
    shares = school[school["indicator"].str.startswith("level_share_")]
    for unit, mine in shares.groupby("unit"):
        assert mine["hidden"].sum() != 1, unit
        shown = mine.loc[~mine["hidden"], "count"]
        assert not shown.between(1, 4).any()
    top = shares[shares["indicator"].eq("level_share_3") & shares["hidden"]]["unit"]
    drawn = school[school["indicator"].eq("highest_share")].set_index("unit")
    assert drawn.loc[list(top), "hidden"].all()


# --- the real region ----------------------------------------------------------------------------


NOTES = (("район Аэропорт", 2016), ("район Крюково", 2017), ("Басманный район", 2018))
SOURCE = "moscow_ege_2016_2018.csv"


@pytest.fixture(
    scope="module",
    params=[pytest.param(12, id="some"), pytest.param(None, marks=pytest.mark.slow, id="all")],
)
def source(
    request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The whole file, or that of some districts, one of a single school among them."""
    whole = shared / "data/moscow_ege" / SOURCE
    if request.param is None:
        return whole
    raw = pd.read_csv(whole)
    last = raw[raw["school_year"].str.endswith("2018")]
    sizes = last.groupby("district").size()
    kept = [name for name, _ in NOTES]
    kept += [sizes.index[sizes == 1][0], *sizes.index[sizes > 7][: request.param - len(kept) - 1]]
    some = tmp_path_factory.mktemp("source") / SOURCE
    raw[raw["district"].isin(kept)].to_csv(some, index=False)
    return some


@pytest.fixture(scope="module")
def data(source: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("moscow") / "derived"
    read_files([source], out, layout=project / "tests/layouts/moscow_ege.yaml", strict=True)
    return out


@pytest.fixture(scope="module")
def prepared(project: Path, data: Path) -> Prepared:
    start = time.perf_counter()
    found = load(load_run(project / RUN, data=data))
    print(f"three years measured in {time.perf_counter() - start:.0f} s")
    return found


def test_all_districts_of_three_years_are_measured(
    prepared: Prepared, project: Path, data: Path, source: Path
) -> None:
    run = load_run(project / RUN, data=data)
    measures = prepared.measures
    raw = pd.read_csv(source)
    assert set(raw["district"]) <= set(run.districts)
    pooled = measures[measures["subject"].eq("")].set_index(["year", "unit", "indicator"])
    for year in (2016, 2017, 2018):
        mine = raw[raw["school_year"].str.endswith(str(year))]
        high, at_least = mine["n_over_220"], mine["n_160_or_more"]
        counts = [at_least - high, high]
        if year == 2016:
            counts = [mine["passed_total"] - at_least, *counts]
        fit = ordered_probit(np.column_stack(counts))
        row = pooled.loc[(year, "region", "icc")]
        assert row["value"] == pytest.approx(fit.icc, abs=1e-6)
        assert (row["low"], row["high"]) == pytest.approx(fit.interval(), abs=1e-4)
        levels = measures[measures["year"].eq(year) & measures["level"].eq("municipality")]
        assert levels["unit"].nunique() == mine["district"].nunique()
    # 2016 counts all pupils, later years only those from 160 points on
    isolated = measures[measures["indicator"].eq("isolation")]
    assert set(isolated["year"]) == {2016}
    changed = measures[measures["indicator"].eq("icc_change") & measures["level"].ne("school")]
    assert set(changed["year"]) == {2017, 2018}
    told = (changed["low"] > 0) | (changed["high"] < 0)
    assert len(changed) > 1.5 * raw["district"].nunique()
    assert told.mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / len(changed))


@pytest.mark.parametrize(("district", "year"), NOTES)
def test_a_note_tells_what_levels_tell(
    district: str, year: int, prepared: Prepared, project: Path, data: Path
) -> None:
    note = build_note(str(project / RUN), district=district, year=year, data=str(data))
    text = {name: words(page).replace("\u00a0", " ") for name, page in blocks(note).items()}
    everything = "".join(text.values())
    assert not re.search(r"\bnan\b|\bNone\b", everything)
    assert note.facts.papers == () == note.facts.exams
    assert "ЕГЭ" in text["requisites"]
    assert "только число участников на уровнях" in text["summary"]
    below = "Участников ниже уровня «160–219» источник за этот год не считает"
    assert (below in text["summary"]) == (year > 2016)
    assert "Участники по уровням результата" in text["exams"]
    assert "Доля различий результатов, приходящаяся на школы" in text["gaps"]
    assert "Таблица" not in text["results"] + text["signs"] + text["models"]
    assert "скопление работ у границ" in text["summary"]
    assert "средний результат по работам" not in everything
    assert all(table.csv() for table in note.tables())


def test_one_school_has_no_note(prepared: Prepared, project: Path, data: Path) -> None:
    from msoko_analysis.documents.note import Withheld

    measures = prepared.measures
    mine = measures[measures["year"].eq(2018) & measures["level"].eq("school")]
    sizes = mine.groupby("municipality")["unit"].nunique()
    alone = sizes.index[sizes == 1][0]
    with pytest.raises(Withheld, match="одна школа"):
        build_note(str(project / RUN), district=alone, year=2018, data=str(data))
