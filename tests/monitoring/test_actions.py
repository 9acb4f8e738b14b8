"""Measures for indicators: one for each, and every fault of the catalogue told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from msoko_analysis.errors import ParamsError
from msoko_analysis.monitoring.actions import load_actions
from msoko_analysis.monitoring.registry import load_registry


def test_every_indicator_has_one_measure_with_a_day_and_a_proof() -> None:
    actions = [one for one in load_actions() if one.finding == "indicator"]
    named = [code for one in actions for code in one.indicators]
    assert sorted(named) == sorted(one.code for one in load_registry())
    assert len({one.measure for one in actions}) == len(actions)
    for one in actions:
        assert re.fullmatch(r"до \d+ [а-я]+", one.term), one.id
        assert len(one.causes) >= 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[П8]", "[П88]", "показателя «П88» нет в реестре — возможно, имелось в виду «П8»"),
        ("[П8]", "[П88]", "нет рекомендаций для показателей: П8"),
        ("[П8]", "[П8, П7]", "у показателя «П7» уже есть рекомендация выше"),
        ("  indicators: [П8]\n", "", "indicators и finding не подходят друг к другу"),
        (
            "  finding: experts_differ\n",
            "  finding: experts_differ\n  indicators: [П8]\n",
            "не подходят",
        ),
    ],
)
def test_faults_are_told(tmp_path: Path, project: Path, old: str, new: str, says: str) -> None:
    good = (project / "params/monitoring_actions.yaml").read_text(encoding="utf-8")
    assert old in good
    path = tmp_path / "actions.yaml"
    path.write_text(good.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ParamsError, match=re.escape(says)):
        load_actions(path)
