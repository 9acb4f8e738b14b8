"""Findings about signs that need a check, and the level of a school over all of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from msoko_analysis.findings.model import Finding, Verdict, of_school
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.signs import load_signs

# The spike has a test of its own to be sure by, and two sizes that must be large together.
_SPIKE = "spike"
_NOTHING = pd.Series({"value": np.nan, "low": np.nan, "high": np.nan})
# A family this sure makes a sign strong by itself (methods.md §3.11).
_STRONG = "strong_q"


def school_signs(
    now: pd.DataFrame, before: pd.DataFrame, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """Findings of every sign of every school, and one of code ``signs_school`` with the level 0…3.

    A sign is a CONCERN when the school is selected over all its signs and the sign's family is
    significant inside it at ``spike_q``, and the effect reaches its limit; WATCH when the sign is
    sure by itself and large, but did not stand that, or may not name a school (homogeneity, task
    profile, a rise that vanished).
    """
    signs = _signs(now, thresholds)
    earlier = {
        one.unit: one.value for one in _levels(_signs(before, thresholds), before, thresholds, {})
    }
    return (*signs, *_levels(signs, now, thresholds, earlier))


def _signs(schools: pd.DataFrame, thresholds: Thresholds) -> tuple[Finding, ...]:
    pooled = schools[schools["subject"] == ""]
    rows = {
        name: table.set_index("unit", drop=False) for name, table in pooled.groupby("indicator")
    }
    return (*_spikes(rows, thresholds), *_others(rows, thresholds))


def _spikes(rows: Mapping[str, pd.DataFrame], thresholds: Thresholds) -> list[Finding]:
    """Spike at the mark cuts, pooled over papers: sure, and an effect worth the name.

    NO_CONCERN is said only where a lifting of half the pupils within reach would more likely than
    not have been seen at 1 %; otherwise TOO_FEW, with how many times more papers would be needed.
    """
    sign, found = load_signs().of_code(_SPIKE), []
    for unit, row in rows.get(sign.code, pd.DataFrame()).iterrows():
        pupils, share = _row(rows, "spike_pupils", unit), _row(rows, "spike_share", unit)
        needed = _row(rows, "spike_papers_needed", unit)["value"]
        large = (
            share["value"] >= 100 * thresholds["spike_min_theta"].value
            and pupils["value"] >= thresholds["spike_min_pupils"].value
        )
        if row["q"] <= thresholds["spike_q"].value:
            sure = large and _inside(rows, sign.family, unit, thresholds)
            verdict = Verdict.CONCERN if sure else Verdict.WATCH
        elif np.isnan(row["q"]) or needed > 1:
            verdict = Verdict.TOO_FEW
        else:
            verdict = Verdict.NO_CONCERN
        details = {
            "share": share["value"],
            "share_low": share["low"],
            "share_high": share["high"],
            "z": row["value"],
            "p": row["p"],
            "needed": needed,
            "stability": _row(rows, "spike_stability", unit)["value"],
            "family_q": _row(rows, f"family_{sign.family}", unit)["value"],
        }
        found.append(
            of_school(
                sign.finding, verdict, row, effect=pupils, unit_of_value=sign.unit,
                limit=thresholds[sign.limit].value, limit_name=sign.limit, details=details,
            )
        )  # fmt: skip
    return found


def _others(rows: Mapping[str, pd.DataFrame], thresholds: Thresholds) -> list[Finding]:
    found = []
    for sign in load_signs().signs:
        if sign.code == _SPIKE:
            continue
        limit = thresholds[sign.limit].value
        for unit, row in rows.get(sign.code, pd.DataFrame()).iterrows():
            size = abs(row["value"]) if sign.two_sided else row["value"]
            sure = row["q"] <= thresholds["spike_q"].value
            few = row["n"] < thresholds["spike_min_tested"].value
            large = size >= limit and not few
            named = sign.names and large and _inside(rows, sign.family, unit, thresholds)
            told = Verdict.CONCERN if named else Verdict.WATCH
            none = Verdict.TOO_FEW if few else Verdict.NO_CONCERN
            verdict = told if sure and large else none
            details = {
                "p": row["p"],
                "family_q": _row(rows, f"family_{sign.family}", unit)["value"],
            }
            found.append(
                of_school(
                    sign.finding, verdict, row, unit_of_value=sign.unit, limit=limit,
                    limit_name=sign.limit, details=details,
                )
            )  # fmt: skip
    return found


def _levels(
    signs: tuple[Finding, ...],
    schools: pd.DataFrame,
    thresholds: Thresholds,
    earlier: Mapping[str, float],
) -> list[Finding]:
    """Level of every school over its signs: 0 none, 1 look, 2 strong, 3 consistent.

    1: a sign is a CONCERN. 2: its family is sure at ``strong_q``, or two families are concerned.
    3: level 2 in the year before as well, or the spike sure in two subjects apart. A school whose
    spike can not be judged for want of papers and that has no other sign is TOO_FEW.
    """
    registered = load_signs()
    by_unit: dict[str, list[Finding]] = {}
    for one in signs:
        by_unit.setdefault(one.unit, []).append(one)
    twice = _sure_in_two_subjects(schools, thresholds)
    table = schools[(schools["indicator"] == "signs") & (schools["subject"] == "")]
    rows = table.set_index("unit", drop=False)
    found = []
    for unit, row in rows.iterrows():
        mine = by_unit.get(str(unit), [])
        concerns = [one for one in mine if one.verdict == Verdict.CONCERN]
        families = {registered.of_code(one.code).family for one in concerns}
        strong = any(one.details["family_q"] <= thresholds[_STRONG].value for one in concerns)
        level = 1 if concerns else 0
        if strong or len(families) > 1:
            level = 3 if earlier.get(str(unit), 0) >= 2 or unit in twice else 2
        blind = any(one.code == "spike_school" and one.verdict == Verdict.TOO_FEW for one in mine)
        none = Verdict.TOO_FEW if blind else Verdict.NO_CONCERN
        verdict = Verdict.CONCERN if level else none
        size = pd.Series({"value": float(level), "low": np.nan, "high": np.nan})
        found.append(
            of_school(
                "signs_school", verdict, row, effect=size, unit_of_value="level",
                limit=thresholds["spike_q"].value, limit_name="spike_q",
                details={"families": float(len(families)), "families_tested": row["value"]},
            )
        )  # fmt: skip
    return found


def _sure_in_two_subjects(schools: pd.DataFrame, thresholds: Thresholds) -> set[str]:
    """Schools whose spike is sure in at least two subjects taken apart."""
    apart = schools[
        (schools["indicator"] == "spike") & (schools["subject"] != "") & (schools["grade"] == 0)
    ]
    sure = apart[apart["q"] <= thresholds["spike_q"].value]
    return {unit for unit, number in sure["unit"].value_counts().items() if number >= 2}


def _inside(
    rows: Mapping[str, pd.DataFrame], family: str, unit: object, thresholds: Thresholds
) -> bool:
    """The school is selected over all signs and this family is significant inside it."""
    name = f"family_{family}"
    if name not in rows or unit not in rows[name].index:
        return False
    return bool(rows[name].loc[unit, "q"] <= thresholds["spike_q"].value)


def _row(rows: Mapping[str, pd.DataFrame], indicator: str, unit: object) -> pd.Series:
    """The row of a unit, or nans where the indicator was not worked out."""
    table = rows.get(indicator)
    return table.loc[unit] if table is not None and unit in table.index else _NOTHING
