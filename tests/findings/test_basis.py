"""What a finding rests on is what its judge used."""

from __future__ import annotations

from public_rows import judged, row

from msoko_analysis.findings.basis import Basis, basis_of
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.signs import load_signs


def test_a_sign_rests_on_the_limits_of_its_record() -> None:
    for sign in load_signs().signs:
        assert basis_of(sign.finding) == Basis(sign.limits, sign.shows)


def test_a_finding_of_no_sign_names_the_limit_it_was_judged_by_first(
    thresholds: Thresholds,
) -> None:
    rows = [
        row("fioko_markers", value=2.0),
        row("level", value=1.0, p=0.5),
        row("better", value=0.5),
    ]
    for code in ("fioko_markers_school", "level_school", "expectation_school"):
        one = judged(rows, thresholds)[code, "1"]
        assert basis_of(code).limits[0] == one.limit_name
        assert one.limit == thresholds[one.limit_name].value


def test_what_no_limit_decides_rests_on_nothing() -> None:
    assert basis_of("change_district") == Basis((), ())
