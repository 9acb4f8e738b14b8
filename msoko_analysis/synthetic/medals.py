"""Medals «За особые успехи в учении»: given by marks and exams — or, by some schools, regardless.

The rule is that of 2024, the same for 2025 and 2026 here: order of the Ministry of Education
29.09.2023 № 730, by secondary sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

EXCELLENT, ALMOST = 0.1, 0.07  # of the graduates: all marks «5»; at most two «4», the rest «5»
MARKS_NOISE = 0.25  # what the marks of two years reflect besides ability, in pupil SD
BAR = {1: 70, 2: 60}  # test score in Russian and in one more exam for the first, second degree
MIDDLE = (0.25, 0.75)  # favoured pupils stand between these quantiles of their own school


@dataclass(frozen=True)
class Graduates:
    """Those who end grade 11 in one year; arrays (N,), one entry a pupil.

    ``school`` index; ``ability`` over all subjects; ``leniency`` of the school's marks; ``scores``
    by subject, nan for an exam not written: test scores 0–100, for MAB the primary score.
    """

    school: np.ndarray
    ability: np.ndarray
    leniency: np.ndarray
    scores: Mapping[str, np.ndarray]

    @property
    def tests(self) -> np.ndarray:
        """Test scores of all exams but the base paper of mathematics, Russian first (E, N)."""
        others = [name for name in self.scores if name not in ("RU", "MAB")]
        return np.array([self.scores[name] for name in ("RU", *others)])


@dataclass(frozen=True)
class Medals:
    """The medals of one year: ``pupil`` index in the graduates, ``degree`` 1 or 2; all (M,).

    ``favoured``: given without regard to marks and exams; ``against_rule``: the exams do not allow
    the degree; ``lowest``: smallest test score, nan if there is none.
    """

    pupil: np.ndarray
    degree: np.ndarray
    favoured: np.ndarray
    against_rule: np.ndarray
    lowest: np.ndarray


def degree_of_exams(graduates: Graduates, base_excellent: int) -> np.ndarray:
    """The best degree the exams allow (N,): 1, 2, or 0 for none.

    Russian and one more exam must reach :data:`BAR`; who sat only Russian and the base paper of
    mathematics needs «5» there, a primary score of ``base_excellent``.

    >>> scores = {"RU": [90, 90, 64, 90], "OB": [69, 70, 61, np.nan], "MAB": [21, 8, 8, 17]}
    >>> none = np.zeros(4)
    >>> scores = {name: np.array(values) for name, values in scores.items()}
    >>> degree_of_exams(Graduates(none, none, none, scores), 17).tolist()
    [2, 1, 2, 1]
    """
    russian, others = graduates.tests[0], np.nan_to_num(graduates.tests[1:], nan=-1.0)
    best = others.max(axis=0)
    base_only = (best < 0) & (graduates.scores["MAB"] >= base_excellent)
    allowed = [(russian >= BAR[d]) & ((best >= BAR[d]) | base_only) for d in (1, 2)]
    return np.select(allowed, [1, 2], 0)


def award(
    rng: np.random.Generator,
    graduates: Graduates,
    base_excellent: int,
    favoured: np.ndarray,
) -> Medals:
    """Give the medals of one year.

    Everywhere the marks follow ability, the kindness of the school and chance, and a medal needs
    the marks and the exams of its degree. A school also gives the first degree to ``favoured``
    (schools,) pupils from its middle, whatever their exams.

    >>> rng = np.random.default_rng(1)
    >>> ability = rng.normal(size=400)
    >>> scores = {"RU": 65 + 15 * ability, "MA": 60 + 15 * ability, "MAB": np.full(400, np.nan)}
    >>> class_of_40 = Graduates(np.arange(400) // 40, ability, np.zeros(400), scores)
    >>> medals = award(rng, class_of_40, 17, np.eye(10, dtype=int)[3] * 4)
    >>> np.unique(class_of_40.school[medals.pupil[medals.favoured]]).tolist(), medals.favoured.sum()
    ([3], np.int64(4))
    """
    n = len(graduates.ability)
    seen = graduates.ability + graduates.leniency + rng.normal(0, MARKS_NOISE, n)
    almost, excellent = np.quantile(seen, (1 - EXCELLENT - ALMOST, 1 - EXCELLENT))
    allowed = degree_of_exams(graduates, base_excellent)
    first = (seen > excellent) & (allowed == 1)
    degree = np.select([first, (seen > almost) & (allowed > 0)], [1, 2], 0)
    chosen = _choose(rng, graduates, degree > 0, favoured)
    degree[chosen] = 1
    pupil = np.flatnonzero(degree)
    tests = np.where(np.isnan(graduates.tests), np.inf, graduates.tests)[:, pupil].min(axis=0)
    return Medals(
        pupil=pupil,
        degree=degree[pupil],
        favoured=np.isin(pupil, chosen),
        against_rule=(allowed[pupil] == 0) | (allowed[pupil] > degree[pupil]),
        lowest=np.where(np.isinf(tests), np.nan, tests),
    )


def _choose(
    rng: np.random.Generator, graduates: Graduates, honest: np.ndarray, favoured: np.ndarray
) -> np.ndarray:
    """Indices of the favoured: pupils from the middle of their school who earned no medal."""
    chosen: list[int] = []
    for school in np.flatnonzero(favoured):
        own = np.flatnonzero(graduates.school == school)
        if not len(own):
            continue
        low, high = np.quantile(graduates.ability[own], MIDDLE)
        middle = (graduates.ability[own] >= low) & (graduates.ability[own] <= high) & ~honest[own]
        number = min(int(favoured[school]), int(middle.sum()))
        chosen += rng.choice(own[middle], number, replace=False).tolist()
    return np.array(chosen, dtype=np.int64)
