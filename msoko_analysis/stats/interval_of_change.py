"""Interval of a change from the intervals of its two parts."""

from __future__ import annotations

import numpy as np

from msoko_analysis.errors import StatsInputError


def interval_of_change(
    before: tuple[float, float, float],
    after: tuple[float, float, float],
    likeness: float = 0.0,
) -> tuple[float, float]:
    """Interval of a difference from the intervals of its parts, which need not be symmetric.

    ``before``, ``after`` value, low and high end; ``likeness`` r the correlation of their errors.
    With b, a the values, ``L = (a − b) − √((a − l_a)² + (u_b − b)² − 2r (a − l_a)(u_b − b))`` and the
    same upwards. Unlike a standard error it stays honest where a share lies at 0. With r = 0, for
    years of the same schools, it is too wide rather than too narrow.
    Source: Zou, Donner, Stat. Med. 27:1693–1702 (2008); Zou, Am. J. Epidemiol. 168:212–224 (2008).

    >>> [round(end, 3) for end in interval_of_change((0.10, 0.05, 0.20), (0.20, 0.10, 0.35))]
    [-0.041, 0.258]
    >>> interval_of_change((0.0, 0.0, 0.1), (0.0, 0.0, 0.1))
    (-0.1, 0.1)
    """
    if not -1 <= likeness <= 1:
        raise StatsInputError("a correlation lies between -1 and 1")
    (first, first_low, first_high), (second, second_low, second_high) = before, after
    difference = second - first
    down = _joint(second - second_low, first_high - first, likeness)
    up = _joint(second_high - second, first - first_low, likeness)
    return difference - down, difference + up


def _joint(one: float, other: float, likeness: float) -> float:
    return float(np.sqrt(max(one**2 + other**2 - 2 * likeness * one * other, 0.0)))
