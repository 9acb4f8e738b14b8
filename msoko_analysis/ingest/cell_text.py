"""A cell of words made uniform, so that what nobody sees or means makes no difference."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from msoko_analysis.ingest.headings import PROCEDURE_BY_NAME, SUBJECT_BY_NAME

_VALUES: dict[str, dict[str, str]] = {
    "subject": SUBJECT_BY_NAME,
    "procedure": PROCEDURE_BY_NAME,
    "gender": {"м": "m", "ж": "f", "муж": "m", "жен": "f"},
}
_CODE = {
    "school": r"\(((?:edu|sch)\w+)\)\s*$",
    "municipality": r"\((reg\w+)\)\s*$",
}


def cell_text(name: str) -> pl.Expr:
    r"""A string cell of a contract column made uniform.

    Letters are composed, signs nobody sees are left out, control characters and runs of spaces are
    one space, none stand around; 4.0 → 4, codes out of names, known synonyms.

    >>> cells = pl.Series("name", ["Школа\u000b№ 3", "Лице\u0438\u0306\u200b ", "4.0"])
    >>> pl.select(cells).select(cell_text("name")).to_series().to_list()
    ['Школа № 3', 'Лицей', '4']
    """
    seen = pl.col(name).cast(pl.String).str.replace_all(r"\p{Cf}", "").str.normalize("NFC")
    text = seen.str.replace_all(r"[\s\p{Cc}\x{FFFE}\x{FFFF}]+", " ").str.strip_chars()
    text = text.str.replace(r"^(\d+)\.0$", "$1")
    if name in _CODE:
        text = pl.coalesce(text.str.extract(_CODE[name]), text)
    if name == "class_group":
        text = text.str.to_uppercase()
    if name in _VALUES:
        text = text.str.to_lowercase().replace_strict(_VALUES[name], default=text)
    return text


def texts(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """These columns of a table made uniform, each once per distinct cell: columns repeat few values.

    >>> texts(pl.DataFrame({"school": ["S1 ", "S1 ", None], "total": [1, 2, 3]}), ["school"])
    shape: (3, 1)
    ┌────────┐
    │ school │
    │ ---    │
    │ str    │
    ╞════════╡
    │ S1     │
    │ S1     │
    │ null   │
    └────────┘
    """
    return pl.concat([_texts(frame.select(name), name) for name in names], how="horizontal")


def _texts(column: pl.DataFrame, name: str) -> pl.DataFrame:
    known = column.unique().select(name, cell_text(name).alias("_text"))
    found = column.join(known, on=name, how="left", nulls_equal=True, maintain_order="left")
    return found.select(pl.col("_text").alias(name))
