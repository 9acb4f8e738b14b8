"""The notebook for reviewers runs, and what its text says of each method is true of its numbers."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
from scipy.stats import binom

from msoko_analysis.documents.blindness import HONEST, METHODS, Seen, try_signs
from msoko_analysis.params.signs import load_signs
from msoko_analysis.synthetic.trial import Misuse

ALPHA = 0.01
ERROR = 1e-3
SPIKES = ("подъём к границе, 50 %", "подъём к границе, 80 %")
LEAK, CORRECTION = "три задания известны 80 %", "исправлено 40 % ошибок"
COPYING, MARKS, JUMP = "списано 60 % ответов", "отметки школы +0,5 σ", "помощь в один год +0,8 σ"


def check(seen: Seen, kind: str, method: str, low: float, high: float) -> None:
    """Assert that a share of the matrix lies in a range, up to its exact binomial error."""
    share, n = seen.shares(ALPHA).loc[kind, method], int(seen.concerned()[kind])
    hits = round(share * n)
    told = f"{kind}, {method}: {share:.3f} of {n}, expected {low:g}–{high:g}"
    print(told)
    assert binom.sf(hits - 1, n, high) > ERROR, told
    assert binom.cdf(hits, n, low) > ERROR, told


@pytest.fixture(
    scope="module",
    params=[pytest.param(1, id="small"), pytest.param(10, marks=pytest.mark.slow, id="full")],
)
def seen(request: pytest.FixtureRequest) -> Seen:
    """Every kind against every method, on one region or ten."""
    return try_signs(seed=1, schools=400, regions=request.param)


def test_honest_schools_are_called_at_the_nominal_rate(seen: Seen) -> None:
    for method in set(METHODS) - {"fioko", "level", "homogeneity"}:
        check(seen, HONEST, method, 0.004, 0.016)
    # Gymnasiums are here schools as any other; they are better and more alike in truth.
    check(seen, HONEST, "level", 0.004, 0.03)
    check(seen, HONEST, "homogeneity", 0.002, 0.02)


def test_the_official_rule_calls_honest_schools(seen: Seen) -> None:
    check(seen, HONEST, "fioko", 0.18, 0.30)


def test_the_spike_test_sees_spikes_and_is_blind_to_the_rest(seen: Seen) -> None:
    for kind, least in zip(SPIKES, (0.5, 0.75), strict=True):
        check(seen, kind, "spike", least, 1.0)
    for kind in (LEAK, CORRECTION, COPYING, MARKS, JUMP):
        check(seen, kind, "spike", 0.0, 0.03)


def test_tasks_and_likeness_see_what_the_spike_test_does_not(seen: Seen) -> None:
    for method in ("items_profile", "items_hard", "similarity"):
        check(seen, LEAK, method, 0.9, 1.0)
        check(seen, CORRECTION, method, 0.5, 1.0)
        for kind in (*SPIKES, MARKS):
            check(seen, kind, method, 0.0, 0.04)
    check(seen, COPYING, "similarity", 0.9, 1.0)
    check(seen, COPYING, "items_profile", 0.85, 1.0)
    check(seen, JUMP, "similarity", 0.0, 0.06)


def test_the_other_signs_see_their_own_kind(seen: Seen) -> None:
    check(seen, COPYING, "homogeneity", 0.35, 1.0)
    check(seen, MARKS, "mark_gap", 0.4, 1.0)
    check(seen, JUMP, "jump", 0.15, 1.0)
    for kind in SPIKES:
        for method in ("homogeneity", "mark_gap", "jump"):
            check(seen, kind, method, 0.0, 0.03)
    for kind in (*SPIKES, LEAK, CORRECTION):
        check(seen, kind, "mark_gap", 0.0, 0.03)


def test_together_the_signs_miss_nothing_that_is_sure(seen: Seen) -> None:
    """What one sign shows beyond its share of the level, the conclusion over all of them shows."""
    families = load_signs().naming()
    for members in families.values():
        for method in set(members) & set(METHODS):
            sure = seen.shares(ALPHA / len(families) / len(members))[method]
            assert (seen.shares(ALPHA)["signs"] >= sure - 1e-12).all(), method


def test_the_matrix_counts_the_guilty_and_in_the_honest_row_everybody() -> None:
    p = [0.001, 0.5, np.nan, 0.001]
    rows = pd.DataFrame(
        {"kind": ["a"] * 4, "region": 0, "school": range(4), "method": "spike", "p": p}
    )
    honest = rows.assign(kind=HONEST, guilty=False)
    seen = Seen(pd.concat([rows.assign(guilty=[True, True, True, False]), honest]))
    assert seen.shares().loc["a", "spike"] == pytest.approx(1 / 3)
    assert seen.shares().loc[HONEST, "spike"] == pytest.approx(1 / 2)
    assert seen.concerned().to_dict() == {"a": 3, HONEST: 4}


def test_regions_of_one_number_have_the_same_schools_for_every_kind() -> None:
    seen = try_signs(seed=3, schools=100, regions=1, kinds={"a": Misuse(), "b": Misuse()})
    one, other = (rows["p"].to_numpy() for _, rows in seen.table.groupby("kind"))
    np.testing.assert_array_equal(one, other)


def test_the_notebook_runs_and_shows_the_matrix(project: Path, tmp_path: Path) -> None:
    small = {"seed": 5, "schools": 200, "regions": 1}
    done = papermill.execute_notebook(
        project / "notebooks" / "methods.ipynb",
        tmp_path / "methods.ipynb",
        small,
        cwd=project / "notebooks",
        progress_bar=False,
    )
    shown = [
        output["data"]["text/html"]
        for cell in done.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    assert sum("<svg" in html for html in shown) == len(METHODS) + 1
    counts = dict(re.findall(r"<th>([^<]+)</th>\s*<td>(\d+)</td>", shown[0]))
    assert {kind: int(n) for kind, n in counts.items()} == try_signs(**small).concerned().to_dict()
    assert "Вид искажения × метод" in "".join(cell.source for cell in done.cells)
    nbformat.validate(done)
