"""Blocks of all files → the tables of the derived folder; repeats between files set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.block import SCHOOL_NAME, Block
from msoko_analysis.ingest.clean import PLACE, Cleaned, clean
from msoko_analysis.ingest.contract_checks import dtypes, validate
from msoko_analysis.ingest.contracts import (
    CONTRACTS,
    MARKERS,
    MEDALISTS,
    OF_UNITS,
    PAPER,
    RESULTS,
    SCHOOLS,
    Contract,
)
from msoko_analysis.ingest.keys import first_of_key
from msoko_analysis.ingest.markers import check_counts
from msoko_analysis.ingest.numbering import numbered_by_class
from msoko_analysis.ingest.persons import unlinked
from msoko_analysis.ingest.sheets import ROW
from msoko_analysis.ingest.sittings import last_sittings
from msoko_analysis.ingest.sums import check_sums

_BLOCK = "_block"
_DROPPED = {_BLOCK: pl.Int32, ROW: pl.UInt32, "why": pl.String}
#: Of a row set aside: it is the row it repeats, word for word.
SAME = "same"
#: Pupils two schools must share, one for one, before they are suspected to be one school.
_TWIN_MIN = 10
#: Tables whose sources repeat rows: each school's form has the region's row, a list has rows twice.
_REPEATED = (*(one.name for one in OF_UNITS), "markers", "reference_scores")


@dataclass(frozen=True)
class Merged:
    """Tables by contract name, and what was set aside: ``_block`` is the index of the block.

    ``dropped`` has rows that lose nobody, with ``why``: «repeated» are rows of aggregate forms and
    official lists that stand there or in another file already, word for word, «other_day» results of
    another day than the one that counts.
    """

    tables: Mapping[str, pl.DataFrame]
    rejected: pl.DataFrame
    cells: pl.DataFrame
    rows_out: Mapping[int, int]
    dropped: pl.DataFrame
    warnings: tuple[Problem, ...] = ()


def merge(blocks: Sequence[Block]) -> Merged:
    """Clean the blocks and join them by contract.

    Schools are cleaned first: they tell the municipality of results that do not name it; results do
    the same for medalists. Without a table of schools one is made from the results, the name being
    the code if no form gives it.
    """
    rows_of, faults, cells, homes = _clean_all(blocks)
    tables: dict[str, pl.DataFrame] = {}
    dropped = [pl.DataFrame(schema=_DROPPED)]
    warnings = [warning for block in blocks for warning in block.told()]
    for name, contract in CONTRACTS.items():
        if name not in rows_of:
            continue
        rows = pl.concat(rows_of.pop(name), how="diagonal_relaxed")
        if name in _REPEATED:
            rows, same = _without_repeats(rows, contract)
            dropped.append(same)
        if contract is RESULTS:
            sat = last_sittings(rows, blocks)
            rows, numbered = numbered_by_class(sat.rows, blocks)
            dropped.append(_lines(sat.other, "other_day"))
            warnings += [*sat.warnings, *numbered]
        tables[name], again = _without_duplicates(rows, contract, blocks)
        faults.append(again)
    counts = [dict(table.group_by(_BLOCK).len().iter_rows()) for table in tables.values()]
    if "results" in tables:
        warnings += _twins(tables["results"], blocks) + _moved(tables["results"], homes)
        warnings += _in_two(tables["results"])
    if "schools" not in tables:
        tables["schools"] = _made_schools(tables.get("results"))
    warnings += _homeless(tables) + unlinked(tables, blocks, _BLOCK)
    return Merged(
        {name: _finish(CONTRACTS[name], tables.pop(name)) for name in list(tables)},
        pl.concat(faults, how="diagonal_relaxed").sort(_BLOCK, ROW),
        pl.concat(cells, how="diagonal_relaxed").sort(_BLOCK, ROW, maintain_order=True),
        dict.fromkeys(range(len(blocks)), 0) | {i: n for count in counts for i, n in count.items()},
        pl.concat(dropped),
        tuple(warnings),
    )


def _clean_all(
    blocks: Sequence[Block],
) -> tuple[dict[str, list[pl.DataFrame]], list[pl.DataFrame], list[pl.DataFrame], dict[str, str]]:
    """Rows by contract, rows set aside and cells emptied of the cleaned blocks, in their order; the
    municipality of each school of the tables of schools.
    """
    codes = _municipality_codes(blocks)
    homes: dict[str, str] = {}
    done: dict[int, Cleaned] = {}
    places: dict[str, str] = {}
    for index, block in sorted(enumerate(blocks), key=lambda pair: _turn(pair[1].contract)):
        known = places | homes if block.contract is MEDALISTS else homes
        done[index] = check_sums(clean(block, homes=known, municipality_codes=codes))
        if block.contract is MARKERS:
            done[index] = check_counts(done[index])
        if block.contract is SCHOOLS:
            homes |= dict(done[index].rows.select("school", "municipality").iter_rows())
        if block.contract is RESULTS:
            rows = done[index].rows.select("school", "municipality").unique()
            places |= dict(rows.iter_rows())
    rows_of: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for index, block in enumerate(blocks):
        rows_of[block.contract.name].append(_marked(done[index].rows, index))
    faults = [_marked(done[index].rejected, index) for index in range(len(blocks))]
    cells = [_marked(done[index].cells, index) for index in range(len(blocks))]
    return rows_of, faults, cells, homes


def _turn(contract: Contract) -> int:
    return 1 if contract is RESULTS else 2 if contract is MEDALISTS else 0


def _marked(frame: pl.DataFrame, index: int) -> pl.DataFrame:
    return frame.with_columns(pl.lit(index, pl.Int32).alias(_BLOCK))


def _municipality_codes(blocks: Sequence[Block]) -> dict[str, str]:
    """Name → code of municipalities, from aggregate forms, which print both."""
    pairs: dict[str, str] = {}
    for block in blocks:
        if block.contract in OF_UNITS:
            rows = block.raw().filter(pl.col("level") == "municipality")
            pairs |= dict(rows.select("unit_name", "unit").iter_rows())
    return pairs


def _without_repeats(rows: pl.DataFrame, contract: Contract) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows without those that are the same word for word, and which those are."""
    unique = rows.unique(subset=_names(rows, contract), keep="first", maintain_order=True)
    lost = rows.join(unique, on=[_BLOCK, ROW], how="anti")
    return unique, _lines(lost, "repeated")


def _lines(rows: pl.DataFrame, why: str) -> pl.DataFrame:
    return rows.select(
        pl.col(_BLOCK).cast(pl.Int32), pl.col(ROW).cast(pl.UInt32), pl.lit(why).alias("why")
    )


def _without_duplicates(
    rows: pl.DataFrame, contract: Contract, blocks: Sequence[Block]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep the first row of each key; the others are faults that name where the first stands."""
    key = list(contract.key)
    first = first_of_key(rows, key)
    again = rows.filter(~first)
    kept = rows.filter(first) if again.height else rows
    names = pl.DataFrame(
        {
            "first_block": range(len(blocks)),
            "file": [block.path.name for block in blocks],
            "path": [str(block.path) if block.described else None for block in blocks],
        },
        schema={"first_block": pl.Int32, "file": pl.String, "path": pl.String},
    )
    paths = names.select(pl.col("first_block").alias(_BLOCK), pl.col("path").alias("again_path"))
    # pupils' names of schools and the like are no part of the contract
    print_ = pl.struct(_names(rows, contract)).hash(seed=1)
    origin = kept.join(again, on=key, how="semi", nulls_equal=True).select(
        *key,
        pl.col(_BLOCK).alias("first_block"),
        pl.col(ROW).alias("first_row"),
        print_.alias("first_print"),
        _class(kept).alias("first_class"),
    )
    place = [pl.col(name) if name in again.columns else pl.lit(None).alias(name) for name in PLACE]
    repeats = (
        again.with_columns(print_.alias("print"), _class(again).alias("class"))
        .join(origin, on=key, nulls_equal=True)
        .join(names, on="first_block")
        .join(paths, on=_BLOCK)
        .select(
            ROW,
            pl.lit(key[-1]).alias("column"),
            pl.concat_str(
                _why_again(), pl.format(": уже есть в {}, строка {}", "file", "first_row")
            ).alias("reason"),
            *place,
            _BLOCK,
            (pl.col("print") == pl.col("first_print")).alias(SAME),
        )
    )
    return kept, repeats


def _names(rows: pl.DataFrame, contract: Contract) -> list[str]:
    """The columns of rows that belong to the contract."""
    named = [name for name in contract.names if name in rows.columns]
    return named + contract.family(rows.columns)


def _class(rows: pl.DataFrame) -> pl.Expr:
    return pl.col("class_group") if "class_group" in rows.columns else pl.lit(None, pl.String)


def _why_again() -> pl.Expr:
    """What a row with a known key is: within one described file the description may be to blame."""
    within = pl.col("path") == pl.col("again_path")
    return (
        pl.when(within & (pl.col("first_row") == pl.col(ROW)))
        .then(
            pl.lit(
                "повтор из-за описания: оно делает из строки файла две с одним ключом (первое "
                "заполненное из нескольких — column: [один, другой])"
            )
        )
        .when(within & (pl.col("print") != pl.col("first_print")))
        .then(pl.lit("повтор: в описании ключу не хватает столбца (join, one_per_key, sum)"))
        .when(pl.col("class") != pl.col("first_class"))
        .then(pl.lit("повтор кода участника в другом классе"))
        .otherwise(pl.lit("повтор"))
    )


def _made_schools(results: pl.DataFrame | None) -> pl.DataFrame:
    """A table of schools made from results, for want of a better one."""
    if results is None:
        return pl.DataFrame(schema=dtypes(SCHOOLS))
    given = pl.col(SCHOOL_NAME) if SCHOOL_NAME in results.columns else pl.lit(None, pl.String)
    plain = given.drop_nulls().first().str.replace(r"\s*\((?:edu|sch)\w+\)\s*$", "")
    schools = results.group_by("school").agg(
        plain.alias("name"), pl.col("municipality").drop_nulls().first()
    )
    rest = {name: dtype for name, dtype in dtypes(SCHOOLS).items() if name not in schools.columns}
    return schools.with_columns(
        pl.col("name").fill_null(pl.col("school")),
        *(pl.lit(None, dtype).alias(name) for name, dtype in rest.items()),
    )


def _finish(contract: Contract, table: pl.DataFrame) -> pl.DataFrame:
    """Columns and types of the contract, in its order; sorted; checked against its schema."""
    types = dtypes(contract, tuple(sorted(contract.family(table.columns))))
    order = (
        "year",
        "municipality",
        "level",
        "school",
        "unit",
        *PAPER[1:],
        "pupil",
        "mark_group",
        "task",
        "kind",
        "score",
        "measure",
    )
    table = table.select(pl.col(name).cast(dtype) for name, dtype in types.items())
    table = table.sort([name for name in order if name in types], nulls_last=True)
    return validate(contract, table)


def _twins(results: pl.DataFrame, blocks: Sequence[Block]) -> list[Problem]:
    """Warn of schools under two codes: the same scores, marks and genders, pupil for pupil.

    It happens when a region's file and a municipality's export of the same papers are read at once.
    """
    marks = pl.struct("total", "prior_mark", "gender").hash(seed=1)
    prints = (
        results.filter(pl.col("total").is_not_null())
        .group_by(*PAPER, "school", _BLOCK)
        .agg(pl.len().alias("n"), marks.sum().alias("print"))
        .filter(pl.col("n") >= _TWIN_MIN)
        # what several schools of one file share tells none of them, and their pairs would fill the memory
        .filter(pl.len().over(*PAPER, "n", "print", _BLOCK) == 1)
    )
    pairs = (
        prints.join(prints, on=[*PAPER, "n", "print"], suffix="_2")
        .filter((pl.col(_BLOCK) < pl.col(f"{_BLOCK}_2")) & (pl.col("school") != pl.col("school_2")))
        .group_by(_BLOCK, f"{_BLOCK}_2")
        .agg(pl.col("school").n_unique())
        .sort(_BLOCK, f"{_BLOCK}_2")
    )
    return [
        Problem(
            f"школ: {n} — те же участники, что в {blocks[a].path.name}, под другими кодами",
            "загрузите один из двух файлов, иначе эти школы посчитаны дважды",
            blocks[b].path.name,
        )
        for a, b, n in pairs.iter_rows()
    ]


def _homeless(tables: Mapping[str, pl.DataFrame]) -> list[Problem]:
    """Warn of schools of aggregate forms whose municipality neither form nor table tells."""
    lost = set()
    for name in (one.name for one in OF_UNITS):
        if name in tables:
            form = tables[name].filter(
                (pl.col("level") == "school") & pl.col("municipality").is_null()
            )
            lost |= set(form["unit"]) - set(tables["schools"]["school"])
    if not lost:
        return []
    return [
        Problem(
            f"школ: {len(lost)} — в формах ФИС ОКО не видно, какого они муниципалитета",
            "загрузите вместе с формами таблицу школ; без неё эти школы в справки не войдут",
        )
    ]


def _in_two(results: pl.DataFrame) -> list[Problem]:
    """Warn of schools whose rows of one year stand in two municipalities."""
    places = results.group_by("year", "school").agg(pl.col("municipality").n_unique().alias("n"))
    schools = sorted(set(places.filter(pl.col("n") > 1)["school"]))
    if not schools:
        return []
    shown = ", ".join(f"«{school}»" for school in schools[:3]) + (" …" if len(schools) > 3 else "")
    return [
        Problem(
            f"школ: {len(schools)} — в одном году стоят в двух муниципалитетах: {shown}",
            "если это разные школы, дайте им разные коды; если одна, исправьте муниципалитет",
        )
    ]


def _moved(results: pl.DataFrame, homes: Mapping[str, str]) -> list[Problem]:
    """Warn of schools whose municipality in results is not the one in the table of schools."""
    pairs = results.select("school", "municipality").unique()
    home = pl.col("school").replace_strict(dict(homes), default=None, return_dtype=pl.String)
    n = pairs.filter(home.is_not_null() & (home != pl.col("municipality"))).height
    if not n:
        return []
    return [
        Problem(
            f"школ: {n} — муниципалитет в результатах не тот, что в таблице школ",
            "сверьте таблицу школ; в расчётах стоит муниципалитет из результатов",
        )
    ]
