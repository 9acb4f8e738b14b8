"""Papers of which too many rows were set aside to tell anything: which they are, and without them.

The rows that are left are no sample: what breaks a row (a shifted column, a code, a word for absent)
seldom strikes at random. So above a limit nothing is told of the paper in that municipality, and it
counts towards no value of the region either.
"""

from __future__ import annotations

import pandas as pd

PAPER = ("year", "procedure", "grade", "subject")
_KEY = [*PAPER, "municipality"]


def judge_lost(lost: pd.DataFrame, limit: float) -> pd.DataFrame:
    """``lost`` with a column ``withheld``: whether the paper is not told in that municipality.

    So it is when more than ``limit`` (a share) of its rows there were lost. Rows that tell no
    municipality may be of any: where they are more than the limit of all rows of the paper, it is told
    nowhere; where rows that tell no paper are more than the limit of all rows, nothing is.

    >>> rows = [(2026, "VPR", 4, "MA", place, "1", n, k) for place, n, k in
    ...     (("A", 100, 50), ("B", 900, 0))]
    >>> columns = [*PAPER, "municipality", "school", "n_rows", "n_lost"]
    >>> judge_lost(pd.DataFrame(rows, columns=columns), 0.2)["withheld"].tolist()
    [True, False]
    """
    table = lost.reset_index(drop=True)
    placed = table["municipality"].notna()
    of_paper = table[list(PAPER)].notna().all(axis=1)
    nameless = table.loc[~of_paper, "n_lost"].sum()
    bad = pd.Series(bool(nameless > limit * table["n_rows"].sum()), table.index)
    for key, counted in ((_KEY, placed), (list(PAPER), ~placed)):
        groups = table.assign(n_lost=table["n_lost"].where(counted, 0)).groupby(key, dropna=False)
        sums = groups[["n_rows", "n_lost"]].transform("sum")
        bad |= (sums["n_lost"] > limit * sums["n_rows"]) & of_paper & sums["n_rows"].gt(0)
    return table.assign(withheld=bad)


def withheld_papers(judged: pd.DataFrame) -> pd.DataFrame:
    """Paper and municipality of what is not told, each once, as the data name the municipality."""
    return judged.loc[judged["withheld"], _KEY].dropna().drop_duplicates()


def without(table: pd.DataFrame, papers: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table of counts that are not of the withheld papers."""
    if papers.empty:
        return table
    withheld = set(papers.itertuples(index=False, name=None))
    keys = table[_KEY].itertuples(index=False, name=None)
    return table[pd.Series([key not in withheld for key in keys], table.index, dtype=bool)]
