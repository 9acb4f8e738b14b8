"""Experts' points: faults, the points of a position, agreement, and where experts differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.monitoring.editions import Edition
from msoko_analysis.stats.raters import Alpha, WeightedKappa, krippendorff_alpha, weighted_kappa

# The order does not say how several experts make one point; this is ours and must be printed.
COMBINED_RU = "Первичный балл позиции — среднее баллов экспертов (муниципальная расчётная модель)."


@dataclass(frozen=True)
class ExpertAgreement:
    """How far experts agree on the same positions; nan where it cannot be said.

    ``alpha`` is Krippendorff's α (interval) of points as shares of the maximum, of any number of
    experts; ``kappa`` the quadratic weighted κ when there are exactly two experts and one maximum
    with whole points, else None.
    """

    experts: int
    alpha: Alpha
    kappa: WeightedKappa | None


def primary_points(edition: Edition, points: pd.DataFrame) -> dict[str, float]:
    """Step 1: the primary points of every position, the mean over the experts who judged it.

    Parameters
    ----------
    edition : positions and maximums
    points : position, expert, points — a row per judgement

    Returns
    -------
    Points by position, for :func:`~msoko_analysis.rules.mechanisms.assess`. Raises DataError with
    every fault: an unknown position, a judgement twice, points that are missing or impossible, a
    position nobody judged.

    >>> from msoko_analysis.monitoring.editions import load_editions
    >>> edition = load_editions()["2022"]
    >>> codes = edition.positions()["position"]
    >>> points = pd.DataFrame([(code, expert, float(expert == "Э1" or code != "1.1.goals"))
    ...     for code in codes for expert in ("Э1", "Э2")], columns=["position", "expert", "points"])
    >>> made = primary_points(edition, points)
    >>> made["1.1.goals"], made["1.1.analysis"]
    (0.5, 1.0)
    """
    maximum = edition.positions().set_index("position")["maximum"]
    problems = []
    for row in points[points.duplicated(["position", "expert"])].itertuples():
        rule = f"эксперт {row.expert} оценил позицию {row.position} дважды"
        problems.append(Problem(rule, "оставьте одну оценку"))
    for row in points.itertuples():
        if row.position not in maximum.index:
            rule = f"позиции {row.position} нет в редакции {edition.edition}"
            problems.append(Problem(rule, "исправьте код"))
        elif not 0 <= row.points <= maximum[row.position]:
            rule = f"балл эксперта {row.expert} по позиции {row.position} не от 0 до максимума"
            problems.append(Problem(rule, f"максимум — {maximum[row.position]:g}"))
    for position in maximum.index.difference(points["position"], sort=False):
        problems.append(Problem(f"позицию {position} никто не оценил", "впишите балл, хотя бы 0"))
    if problems:
        raise DataError.from_problems("Баллы экспертов не приняты", problems)
    return points.groupby("position")["points"].mean().to_dict()


def agreement_of_experts(edition: Edition, points: pd.DataFrame) -> ExpertAgreement:
    """Agreement over all positions; one expert agrees with nobody, so it is nan.

    ``points`` as for :func:`primary_points`, which has accepted them.

    >>> from msoko_analysis.monitoring.editions import load_editions
    >>> edition = load_editions()["2022"]
    >>> codes = edition.positions()["position"]
    >>> points = pd.DataFrame([(code, expert, float(expert == "Э1" or code != "1.1.goals"))
    ...     for code in codes for expert in ("Э1", "Э2")], columns=["position", "expert", "points"])
    >>> found = agreement_of_experts(edition, points)
    >>> found.experts, found.alpha.units, found.alpha.ratings
    (2, 72, 144)
    """
    maximum = edition.positions().set_index("position")["maximum"]
    wide = points.pivot(index="expert", columns="position", values="points").astype(float)
    shares = (wide / maximum[wide.columns]).to_numpy()
    alpha = krippendorff_alpha(shares, "interval")
    kappa = None
    whole = (
        (points["points"] % 1 == 0).all() and maximum.nunique() == 1 and maximum.iloc[0] % 1 == 0
    )
    if len(wide) == 2 and whole:
        first, second = wide.dropna(axis=1).to_numpy(dtype=int)
        table = np.zeros((int(maximum.iloc[0]) + 1,) * 2)
        np.add.at(table, (first, second), 1)
        kappa = weighted_kappa(table)
    return ExpertAgreement(len(wide), alpha, kappa)


def disagreements(edition: Edition, points: pd.DataFrame) -> pd.DataFrame:
    """Positions on which experts differ, in the order of the edition.

    Returns
    -------
    DataFrame: position, direction, component, experts, lowest, highest, spread (highest − lowest)
    and maximum; nothing where all agree or one expert judged.

    >>> from msoko_analysis.monitoring.editions import load_editions
    >>> edition = load_editions()["2022"]
    >>> codes = edition.positions()["position"]
    >>> points = pd.DataFrame([(code, expert, float(expert == "Э1" or code != "1.1.goals"))
    ...     for code in codes for expert in ("Э1", "Э2")], columns=["position", "expert", "points"])
    >>> disagreements(edition, points)[["position", "spread"]].values.tolist()
    [['1.1.goals', 1.0]]
    """
    judged = points.groupby("position")["points"].agg(["count", "min", "max"])
    frame = edition.positions().merge(judged, left_on="position", right_index=True)
    frame = frame.rename(columns={"count": "experts", "min": "lowest", "max": "highest"})
    frame["spread"] = frame["highest"] - frame["lowest"]
    columns = ["position", "direction", "component", "experts", "lowest", "highest", "spread"]
    return frame.loc[frame["spread"] > 0, [*columns, "maximum"]].reset_index(drop=True)
