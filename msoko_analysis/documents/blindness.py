"""What each method sees and what it is blind to: every kind of misuse against every method.

For the notebook ``methods`` and its reader, a reviewer: the truth is planted, so every figure here is
a rate and not an opinion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from msoko_analysis.figures import Figure, rejection_curves, share_grid
from msoko_analysis.params.signs import load_signs
from msoko_analysis.rules.fioko import inflated_mean
from msoko_analysis.russian import number
from msoko_analysis.stats.cleaning import cleaned_spike_test
from msoko_analysis.stats.combination import combine_signs
from msoko_analysis.stats.funnel import funnel
from msoko_analysis.stats.given_score import TaskCounts
from msoko_analysis.stats.homogeneity import homogeneity
from msoko_analysis.stats.items import task_profile
from msoko_analysis.stats.jump import jump, standardised
from msoko_analysis.stats.mark_gap import mark_gap
from msoko_analysis.stats.reference import outside_municipality
from msoko_analysis.stats.reliability import reliability
from msoko_analysis.stats.similarity import similarity
from msoko_analysis.synthetic.trial import Misuse, Sitting, Trial, draw_trial
from msoko_analysis.synthetic.world import CUTS

HONEST = "честные школы"
KINDS = {
    HONEST: Misuse(),
    "подъём к границе, 50 %": Misuse(spike=0.5),
    "подъём к границе, 80 %": Misuse(spike=0.8),
    "три задания известны 80 %": Misuse(leak=0.8),
    "исправлено 40 % ошибок": Misuse(correction=0.4),
    "списано 60 % ответов": Misuse(copying=0.6),
    "отметки школы +0,5 σ": Misuse(inflation=0.5),
    "помощь в один год +0,8 σ": Misuse(help=0.8),
}
METHODS = {
    "spike": "скопление у границы",
    "homogeneity": "однородность",
    "items_profile": "профиль заданий",
    "items_hard": "трудные против лёгких",
    "similarity": "сходство ответов",
    "mark_gap": "отметки школы",
    "jump": "скачок",
    "signs": "все признаки вместе",
    "level": "уровень (воронка)",
    "fioko": "ФИОКО: завышенный средний балл",
}
_SCHOOLS_IN_MUNICIPALITY = 20


@dataclass(frozen=True)
class Seen:
    """Result of :func:`see`: one row for a school of a kind and a method.

    ``table`` has columns kind, region, school, guilty, method, p. In the honest region nobody is
    guilty; elsewhere the honest neighbours are kept too. ``p`` is nan where a method gives no
    verdict; the official rule has no p and stands as 0 (marked) or 1.
    """

    table: pd.DataFrame

    def shares(self, alpha: float = 0.01) -> pd.DataFrame:
        """Share of the schools concerned with p below ``alpha``: kinds × methods, codes as columns.

        The schools concerned are the guilty ones, in the honest row all: there it is the share of
        false alarms. A school without a verdict is not found.
        """
        found = self._concerned().assign(found=lambda rows: rows["p"] < alpha)
        wide = found.pivot_table(index="kind", columns="method", values="found", sort=False)
        return wide.astype(float).rename_axis(index=None, columns=None)

    def concerned(self) -> pd.Series:
        """How many schools each row of the matrix rests on."""
        one = self._concerned().query("method == 'spike'")
        return one.groupby("kind", sort=False).size().rename_axis(None)

    def matrix(self, alpha: float = 0.01) -> Figure:
        """The shares as a picture, in per cent."""
        table = 100 * self.shares(alpha).rename(columns=METHODS)
        return share_grid(
            table,
            name="matrix",
            caption=f"Доля школ, найденных при p < {number(alpha, 2)}, %. Строка «{HONEST}» — "
            "ложные сигналы.",
            description="Таблица: виды искажений по строкам, методы по столбцам.",
        )

    def curves(self, method: str) -> Figure:
        """One method: the share of schools with p below each level, by kind of misuse."""
        mine = self._concerned().query("method == @method")
        groups = {
            str(kind): rows["p"].to_numpy() for kind, rows in mine.groupby("kind", sort=False)
        }
        return rejection_curves(
            groups,
            name=method,
            caption=f"Метод «{METHODS[method]}»: доля школ, у которых p не больше уровня. Чем выше "
            "кривая, тем лучше виден этот вид искажений; серая диагональ — случайное совпадение.",
            description=f"Кривые обнаружения метода «{METHODS[method]}» по видам искажений.",
        )

    def _concerned(self) -> pd.DataFrame:
        return self.table[self.table["guilty"] | (self.table["kind"] == HONEST)]


def try_signs(
    *, seed: int, schools: int, regions: int, kinds: Mapping[str, Misuse] = KINDS
) -> Seen:
    """Draw ``regions`` regions of ``schools`` schools for each kind and ask every method.

    A tenth of the schools is guilty. Regions of one number are drawn from one seed for all kinds,
    so kinds are compared on the same schools.

    >>> shares = try_signs(seed=1, schools=200, regions=1).shares()
    >>> bool(shares.loc["подъём к границе, 80 %", "spike"] > 0.5)
    True
    """
    tables = []
    for kind, misuse in kinds.items():
        for region in range(regions):
            trial = draw_trial(np.random.default_rng([seed, region]), schools, misuse)
            guilty = trial.guilty if kind != HONEST else np.zeros(schools, dtype=bool)
            for method, p in verdicts(tables_of(trial)).items():
                rows = pd.DataFrame({"school": np.arange(schools), "guilty": guilty, "p": p})
                tables.append(rows.assign(kind=kind, region=region, method=method))
    return Seen(pd.concat(tables, ignore_index=True))


@dataclass(frozen=True)
class Tables:
    """The count tables of a trial, all that the methods are given; ``alpha`` is Cronbach's α."""

    scores: np.ndarray
    scores_before: np.ndarray
    pairs: np.ndarray
    tasks: TaskCounts
    alpha: float


def tables_of(trial: Trial) -> Tables:
    """Count the pupils of a trial.

    >>> tables_of(draw_trial(np.random.default_rng(1), 20, Misuse())).tasks.values.shape
    (20, 18, 3)
    """
    now, tasks = trial.now, _task_counts(trial.now)
    sums, products = now.points.sum(axis=0), tasks.region_products.sum(axis=0)
    alpha = reliability(len(now.points), sums, products).alpha
    return Tables(now.counts, trial.before.counts, now.pairs, tasks, alpha)


def verdicts(tables: Tables) -> dict[str, np.ndarray]:
    """p of every school by method (schools,), in the order of :data:`METHODS`."""
    signs = _signs(tables)
    families = load_signs().naming()
    may_name = {name for names in families.values() for name in names}
    named = {name: p for name, p in signs.items() if name in may_name}
    return {
        **signs,
        "signs": combine_signs(named, families).p,
        "level": norm.sf(_level(tables.scores)),
        "fioko": np.where(inflated_mean(tables.scores).marked, 0.0, 1.0),
    }


def _signs(tables: Tables) -> dict[str, np.ndarray]:
    """The signs of a school, each as the note works it out for one paper."""
    profile = task_profile(tables.tasks)
    return {
        "spike": _spike(tables.scores),
        "homogeneity": homogeneity(tables.scores).p,
        "items_profile": profile.profile_p,
        "items_hard": profile.contrast_p,
        "similarity": similarity(tables.tasks).p,
        "mark_gap": mark_gap(tables.pairs, reliability=tables.alpha).p,
        "jump": jump(standardised(tables.scores_before), standardised(tables.scores)).p,
    }


def _spike(scores: np.ndarray) -> np.ndarray:
    municipality = np.arange(len(scores)) // _SCHOOLS_IN_MUNICIPALITY
    return cleaned_spike_test(
        [scores],
        [CUTS],
        lambda counts, weight: outside_municipality(counts, municipality, weight=weight),
    ).test.p


def _level(scores: np.ndarray) -> np.ndarray:
    """z of the mean score among all schools, whatever their type."""
    occasion = standardised(scores)
    return funnel(occasion.mean, 0.0, np.sqrt(occasion.pupil_variance / occasion.n)).z


def _task_counts(sitting: Sitting) -> TaskCounts:
    points, total = sitting.points, sitting.total
    tasks, widest = np.arange(points.shape[1]), int(sitting.maxima.max()) + 1

    def by_points(row: np.ndarray, rows: int) -> np.ndarray:
        cell = (row[:, None] * len(tasks) + tasks) * widest + points
        table = np.bincount(cell.ravel(), minlength=rows * len(tasks) * widest)
        return table.reshape(rows, len(tasks), widest)

    scores = sitting.counts
    products = np.zeros((scores.shape[1], len(tasks), len(tasks)))
    for score in np.unique(total):
        mine = points[total == score].astype(float)
        products[score] = mine.T @ mine
    return TaskCounts(
        scores, by_points(sitting.school, len(scores)), by_points(total, len(products)), products
    )
