"""Index of mechanisms for managing the quality of education: the nine steps, as published.

Source of the steps: приказ управления образования муниципального района от 01.07.2022 № 369-Д,
section on forming the results (ФИОКО's method, as the order retells it). An index is a ratio of sums
of points, never a mean of ratios. Directions, positions and maximums are data: the official maximums
are not known to us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.errors import StatsInputError

POSITION_COLUMNS = ["position", "block", "direction", "track", "component", "maximum"]


@dataclass(frozen=True)
class Mechanisms:
    """All results of an assessment; every table has points, maximum and percent.

    ``components``: steps 2–3, a row per direction and component. ``tracks``: the same sums by track,
    where a direction has tracks. ``directions``: steps 4–5. ``blocks``: steps 6–7. ``points``,
    ``maximum`` and ``index``: steps 8–9.
    """

    components: pd.DataFrame
    tracks: pd.DataFrame
    directions: pd.DataFrame
    blocks: pd.DataFrame
    points: float
    maximum: float

    @property
    def index(self) -> float:
        """Step 9: 100 · all points / all maximums."""
        return 100 * self.points / self.maximum


def assess(positions: pd.DataFrame, points: Mapping[str, float]) -> Mechanisms:
    """Go from primary points of positions (step 1) to the index (step 9).

    Parameters
    ----------
    positions : columns POSITION_COLUMNS, a row per position; ``track`` is "" where there is none,
        ``maximum`` the largest number of points, above 0
    points : primary points of every position, from 0 to its maximum

    Returns
    -------
    Mechanisms, rows in the order of the positions. Raises StatsInputError when positions repeat,
    when a maximum is not above 0, or when a position has no points or impossible ones: a missing
    point is neither 0 nor left out of the maximum.

    Examples
    --------
    Two directions, 10 of 10 and 0 of 30 points: the index is 25 %, not the mean of 100 % and 0 %.

    >>> positions = pd.DataFrame(
    ...     [("a", "1", "1.1", "", "goals", 10.0), ("b", "2", "2.1", "", "goals", 30.0)],
    ...     columns=POSITION_COLUMNS)
    >>> assess(positions, {"a": 10, "b": 0}).index
    25.0
    """
    if positions.empty or positions["position"].duplicated().any():
        raise StatsInputError("positions must be given, each once")
    frame = positions[POSITION_COLUMNS].reset_index(drop=True)
    frame["maximum"] = frame["maximum"].astype(float)
    if not (np.isfinite(frame["maximum"]) & (frame["maximum"] > 0)).all():
        raise StatsInputError("maximums must be above 0")
    if set(points) != set(frame["position"]):
        raise StatsInputError("every position needs points, and points need a position")
    frame["points"] = frame["position"].map(dict(points)).astype(float)
    if not frame["points"].between(0, frame["maximum"]).all():
        raise StatsInputError("points must lie between 0 and the maximum of their position")
    tracked = frame[frame["track"] != ""]
    return Mechanisms(
        components=_summed(frame, ["block", "direction", "component"]),
        tracks=_summed(tracked, ["block", "direction", "track"]),
        directions=_summed(frame, ["block", "direction"]),
        blocks=_summed(frame, ["block"]),
        points=float(frame["points"].sum()),
        maximum=float(frame["maximum"].sum()),
    )


def _summed(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Sums of points and maximums, and the first as a percentage of the second."""
    summed = frame.groupby(by, sort=False)[["points", "maximum"]].sum().reset_index()
    summed["percent"] = 100 * summed["points"] / summed["maximum"]
    return summed
