"""A number as people write it in a cell, and nothing else: the one rule for every reader.

A decimal comma is a point; spaces are left out only where they part thousands, so «1 2» is no number;
a per cent sign belongs to shares alone.
"""

from __future__ import annotations

import re

import polars as pl

#: Whole numbers beyond it do not fit the derived data (32 bits).
LARGEST_WHOLE = 2**31 - 1
_THOUSANDS = r"^[+-]?\d{1,3}(?:\s\d{3})+(?:[.,]\d+)?$"
_PER_CENT = r"\s*%$"


def number_in(text: pl.Expr, *, per_cent: bool = False) -> pl.Expr:
    """The number that a cell of text is, null where it is none; ``per_cent``: a sign % may follow.

    >>> cells = pl.Series(["12", " 5,50 ", "1 234", "1 2", "12%", "1_0", "двенадцать", ""])
    >>> pl.select(number_in(pl.lit(cells))).to_series().to_list()
    [12.0, 5.5, 1234.0, None, None, None, None, None]
    >>> pl.select(number_in(pl.lit(cells), per_cent=True)).to_series()[4]
    12.0
    """
    plain = text.str.strip_chars()
    if per_cent:
        plain = plain.str.replace(_PER_CENT, "")
    joined = plain.str.replace_all(r"\s", "")
    plain = pl.when(plain.str.contains(_THOUSANDS)).then(joined).otherwise(plain)
    return plain.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)


def plain(text: str, *, per_cent: bool = False) -> str:
    """One cell in the dress in which ``Decimal`` and ``int`` read it; by the same rule.

    >>> plain("1 234,5"), plain("1 2"), plain("12 %", per_cent=True)
    ('1234.5', '1 2', '12')
    """
    text = text.strip()
    if per_cent:
        text = re.sub(_PER_CENT, "", text)
    if re.fullmatch(_THOUSANDS, text):
        text = re.sub(r"\s", "", text)
    return text.replace(",", ".", 1)
