"""Reliability of every paper of a year from the count table of task products."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.scales import Paper
from msoko_analysis.stats.reliability import reliability

_FEWEST_TASKS = 3


def reliabilities(
    year: Year, item_products: pd.DataFrame, n_scored: pd.Series
) -> dict[Paper, float]:
    """Cronbach's α of the papers of a year whose tasks are known.

    ``item_products`` as in :class:`msoko_analysis.counts.ItemMoments`; ``n_scored`` pupils with a
    score, indexed by (year, procedure, grade, subject).
    """
    found = {}
    for arrays in year.papers:
        key = (year.year, *arrays.paper)
        mine = item_products[
            (item_products["year"] == key[0])
            & (item_products["procedure"] == key[1])
            & (item_products["grade"] == key[2])
            & (item_products["subject"] == key[3])
        ]
        totals = mine.groupby(["item_a", "item_b"], observed=True)["product"].sum().unstack()
        if "" not in totals or len(totals) < _FEWEST_TASKS:
            continue
        tasks = sorted(totals.index)
        half = totals.reindex(index=tasks, columns=tasks).fillna(0.0).to_numpy()
        products = np.triu(half) + np.triu(half, 1).T
        sums = totals[""].reindex(tasks).to_numpy()
        found[arrays.paper] = reliability(float(n_scored.loc[key]), sums, products).alpha
    return found
