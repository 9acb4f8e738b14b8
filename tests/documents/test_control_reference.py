"""A control sample from its file to the words of the note: used where it is there and large enough."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from msoko_analysis.facts.district import gather
from msoko_analysis.findings import Verdict
from msoko_analysis.ingest import read_files
from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.prepare import load
from msoko_analysis.measures.reference import choose, control_of
from msoko_analysis.measures.spike import expected_of, spike_of_year
from msoko_analysis.params.methods import arguments
from msoko_analysis.params.run import load_run
from msoko_analysis.params.scales import Paper, Scale
from msoko_analysis.stats.reference import control_reference, mean_schools
from msoko_analysis.stats.spike import PaperScores, spike_test, told_together
from msoko_analysis.stats.tilt import fit_tilt
from msoko_analysis.wording.methods import methods_text
from msoko_analysis.wording.signs import compared_with

MA4, RU4 = Paper("VPR", 4, "MA"), Paper("VPR", 4, "RU")
CUTS = {"MA": (6, 10, 15), "RU": (14, 24, 33)}
TOP = {"MA": 20, "RU": 38}
SCHOOLS, PUPILS, YEAR = 24, 40, 2026


def bell(top: int) -> np.ndarray:
    """A smooth distribution over the scale."""
    score = np.arange(top + 1)
    weight = np.exp(-(((score - 0.55 * top) / (0.25 * top)) ** 2) / 2)
    return weight / weight.sum()


def scores(paper: Paper, seed: int = 1) -> np.ndarray:
    """24 schools of 40 pupils in which half of those within reach of every cut are lifted to it."""
    rng = np.random.default_rng([seed, TOP[paper.subject]])
    counts = rng.multinomial(PUPILS, bell(TOP[paper.subject]), size=SCHOOLS)
    for cut in CUTS[paper.subject]:
        moved = rng.binomial(counts[:, [cut - 2, cut - 1]], 0.5)
        counts[:, [cut - 2, cut - 1]] -= moved
        counts[:, cut] += moved.sum(axis=1)
    return counts.astype(float)


def control(paper: Paper, pupils: int) -> np.ndarray:
    return np.round(pupils * bell(TOP[paper.subject]))


def arrays(paper: Paper, **controls: np.ndarray) -> PaperArrays:
    cuts = CUTS[paper.subject]
    scale = Scale(
        year=YEAR, **paper._asdict(), max_primary=TOP[paper.subject], min_3=cuts[0], min_4=cuts[1],
        min_5=cuts[2], status="synthetic", source="made up",
    )  # fmt: skip
    counts = scores(paper)
    return PaperArrays(paper, scale, counts, np.zeros((SCHOOLS, 4, counts.shape[1])), controls)


def region(*papers: PaperArrays, towns: int = 2) -> Year:
    names = [f"S{number:02}" for number in range(SCHOOLS)]
    homes = [f"M{1 + number % towns:02}" for number in range(SCHOOLS)]
    schools = pd.DataFrame({"municipality": homes}, index=names)
    return Year(YEAR, schools, papers)


# --- the choice ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("controls", "kind"),
    [
        ({}, None),
        ({"control": 4_100, "country": 10_000}, "control"),
        ({"control": 3_900, "country": 10_000}, "country"),  # 100 schools of 40 pupils are wanted
        ({"country": 3_900}, None),
    ],
)
def test_control_then_country_then_the_region(controls: dict[str, int], kind: str | None) -> None:
    paper = arrays(MA4, **{name: control(MA4, n) for name, n in controls.items()})
    assert control_of(paper) == kind
    year = region(paper)
    # of 24 schools in two municipalities 12 are outside: too few, so the curve comes last
    assert choose(year, paper).kind == (kind or "smooth")
    assert choose(year, paper, own=True).kind == "smooth"


def test_every_paper_has_its_own_reference_in_test_and_figure() -> None:
    with_control, without = arrays(MA4, control=control(MA4, 8_000)), arrays(RU4)
    year = region(with_control, without)
    thresholds = load_run("params/runs/demo.yaml").thresholds
    result = spike_of_year(year, year.papers, thresholds)
    assert [one.kind for one in result.references] == ["control", "smooth"]
    pmf = control_reference(control(MA4, 8_000))
    assert result.papers[0].reference == pytest.approx(np.broadcast_to(pmf, (SCHOOLS, 21)))
    chosen = np.array([3, 7])
    nobody = np.zeros(SCHOOLS, dtype=bool)
    expected = expected_of(year, with_control, np.ones(SCHOOLS), nobody, chosen)
    together = told_together(with_control.near_cuts())
    by_hand = fit_tilt(with_control.scores[chosen], pmf, together=together)
    assert expected == pytest.approx(PUPILS * by_hand.pmf)


def test_a_habit_of_the_whole_region_is_seen_only_by_the_control_sample() -> None:
    paper = arrays(MA4, control=control(MA4, 8_000))
    year = region(paper, towns=SCHOOLS)
    assert choose(year, paper, own=True).kind == "outside"
    cuts = CUTS["MA"]
    seen, unseen = (
        spike_test([PaperScores(paper.scores, one.of(paper.scores, np.ones(SCHOOLS)), cuts)])
        for one in (choose(year, paper), choose(year, paper, own=True))
    )
    assert np.median(seen.z) > 1.5 > 0.7 > abs(np.median(unseen.z))


def test_size_of_a_sample_in_schools_and_refusals() -> None:
    counts = np.array([[4.0, 6.0], [0.0, 0.0], [15.0, 15.0]])
    assert mean_schools(np.array([60.0, 40.0]), counts) == 5.0  # 100 of (10 + 30)/2
    assert np.isnan(mean_schools(np.array([60.0, 40.0]), np.zeros((2, 2))))
    for wrong in (np.zeros(3), np.array([1.0, -1.0]), np.ones((2, 2)), np.array([np.nan, 1.0])):
        with pytest.raises(ValueError, match="control"):
            control_reference(wrong)


# --- from the file to the note ------------------------------------------------------------------


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory):
    """Two papers, a control sample of one of them and one too small of the other."""
    place = tmp_path_factory.mktemp("control")
    rows, names = [], region().schools
    for paper in (MA4, RU4):
        for (school, card), counts in zip(names.iterrows(), scores(paper), strict=True):
            points = np.repeat(np.arange(len(counts)), counts.astype(int))
            rows += [
                [YEAR, *paper, card["municipality"], school, number, total]
                for number, total in enumerate(points, 1)
            ]
    key = ["year", "procedure", "grade", "subject"]
    columns = [*key, "municipality", "school", "pupil", "total"]
    pd.DataFrame(rows, columns=columns).to_csv(place / "results.csv", sep=";", index=False)
    samples = [
        [YEAR, *paper, "control", score, int(n)]
        for paper, pupils in ((MA4, 6_000), (RU4, 1_000))
        for score, n in enumerate(control(paper, pupils))
    ]
    pd.DataFrame(samples, columns=[*key, "kind", "score", "n"]).to_csv(
        place / "control.csv", sep=";", index=False
    )
    read_files([place / "results.csv", place / "control.csv"], place / "derived", strict=True)
    run = load_run("params/runs/demo.yaml", data=place / "derived")
    return run, load(run)


def test_measures_name_the_reference(prepared) -> None:
    table = prepared[1].measures
    samples = table[table["indicator"] == "spike_reference"].set_index("subject")
    pupils = {one: control(one, n).sum() for one, n in ((MA4, 6_000), (RU4, 1_000))}
    assert samples["n"].to_dict() == {one.subject: n for one, n in pupils.items()}
    assert samples["value"].to_dict() == {one.subject: n / PUPILS for one, n in pupils.items()}
    assert samples["method"].to_dict() == {
        "MA": "reference(control)",
        "RU": "reference(control)+unused",
    }
    spikes = table[table["indicator"].eq("spike") & table["unit"].eq("S00")]
    methods = spikes.set_index(["grade", "subject"])["method"].to_dict()
    kinds = {paper: arguments(said, "reference") for paper, said in methods.items()}
    assert (kinds[4, "MA"], kinds[4, "RU"]) == (("control",), ("smooth",))
    assert kinds[0, ""] == ("control", "smooth")


def test_the_note_names_the_reference(prepared) -> None:
    facts = gather(*prepared, "M01", YEAR)
    assert facts.of("spike_school", *Verdict)
    assert compared_with(facts) == (
        "распределением независимо проверенной контрольной выборки, а где его нет — сглаженным "
        "распределением по остальным школам"
    )
    text = methods_text(facts)._repr_html_().replace("\u00a0", " ").replace("\u202f", " ")
    assert "контрольная выборка (6 001 участник, как 150 средних школ)" in text
    assert "слишком мала, не использована" in text


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("spike+reference(country)", "распределением по стране"),
        (
            "spike+reference(outside)+downweighted",
            "распределением по региону без своего муниципалитета",
        ),
        ("spike+reference(smooth)", "сглаженным распределением по остальным школам"),
        ("", "распределением по региону без своего муниципалитета"),
    ],
)
def test_words_of_every_reference(method: str, words: str) -> None:
    found = [SimpleNamespace(method=method)] if method else []
    facts = SimpleNamespace(of=lambda *_: found)
    assert compared_with(facts) == words


def test_path_is_not_needed_without_a_sample(prepared) -> None:
    """Derived data without the table have no sample; nothing else changes."""
    run, tables = prepared
    assert not tables.references.empty
    (Path(run.data) / "reference_scores.parquet").rename(run.data.parent / "aside.parquet")
    try:
        assert load(run).references.empty
    finally:
        (run.data.parent / "aside.parquet").rename(Path(run.data) / "reference_scores.parquet")
