"""Writing the derived folder: complete or not at all."""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.folders import clean_leftovers, replace_folder, sibling
from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.clean import PLACE, shown
from msoko_analysis.ingest.contracts import PAPER
from msoko_analysis.ingest.merge import SAME, Merged
from msoko_analysis.ingest.sheets import ROW
from msoko_analysis.safe_names import text_cell

#: The file by which a derived folder is known.
ORIGIN = "origin.json"
#: Which data stand in a folder: number and time of its ORIGIN; None if there are none.
Standing = tuple[int, int] | None
#: Bytes of a file and their SHA-256, hexadecimal.
Fingerprint = tuple[int, str]


def check_target(out: Path, *, replace: bool) -> Standing:
    """What stands at ``out`` now, after what a killed run left there is cleared.

    Raises DataError if ``out`` may not be written: it exists, or is not ours to replace.
    """
    if out.parent.is_dir():
        clean_leftovers(out)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    if not out.is_dir() or (replace and not (out / ORIGIN).is_file()):
        problem = Problem(f"«{out}» — не папка данных msoko", "укажите другую папку в --out")
        raise DataError.from_problems("Данные не записаны", [problem])
    if not replace:
        problem = Problem(
            f"папка «{out}» уже есть", "укажите другую в --out или добавьте --replace"
        )
        raise DataError.from_problems("Данные не записаны", [problem])
    return _standing(out)


def _standing(out: Path) -> Standing:
    if not (out / ORIGIN).is_file():
        return None
    seen = (out / ORIGIN).stat()
    return seen.st_ino, seen.st_mtime_ns


def write_folder(out: Path, fill: Callable[[Path], None], found: Standing = None) -> None:
    """Let ``fill`` write into a temporary sibling of ``out``, then move it into place.

    Whatever goes wrong, Ctrl-C included, nothing half written stays and an older ``out`` is kept.
    Only their owner may open the folder and its files. Raises DataError if the disk is full, the
    folder can not be written, or another run has written it since ``found`` stood there.
    """
    new = sibling(out, "new")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(new, ignore_errors=True)  # of a killed process that had our number
        new.mkdir(mode=0o700)
    except OSError as error:
        raise _write_error(out, error) from None
    try:
        fill(new)
        for folder, _, files in os.walk(new):
            os.chmod(folder, 0o700)
            for file in files:
                os.chmod(Path(folder, file), 0o600)
        if _standing(out) != found:
            problem = Problem(
                f"папку «{out}» за время загрузки записал другой запуск msoko",
                "проверьте, чьи данные там нужны, и повторите",
            )
            raise DataError.from_problems("Данные не записаны", [problem])
        replace_folder(new, out)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _write_error(out, error) from None
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _write_error(out: Path, error: Exception) -> DataError:
    full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
    if full:
        problem = Problem("на диске нет места", "освободите место и повторите; ничего не записано")
    elif isinstance(error, OSError):
        problem = Problem(f"в «{out.parent}» нельзя записать ({error.strerror})", "проверьте права")
    else:
        raise error
    return DataError.from_problems("Данные не записаны", [problem])


def fill_folder(
    folder: Path,
    blocks: Sequence[Block],
    merged: Merged,
    cards: Sequence[dict[str, Any]],
    accounts: Sequence[dict[str, Any]],
) -> None:
    """Write tables, lists of what was set aside, origin cards, accounts of lines, counts of faults."""
    for name, table in merged.tables.items():
        if name != "results":
            table.write_parquet(folder / f"{name}.parquet", compression="zstd")
            continue
        for (year,), part in table.partition_by("year", as_dict=True, maintain_order=True).items():
            place = folder / "results" / f"year={year}"
            place.mkdir(parents=True)
            part.write_parquet(place / "part-0.parquet", compression="zstd")
    _write_rejected(folder / "rejected", blocks, merged)
    _write_json(folder / ORIGIN, list(cards))
    _write_json(folder / "rows.json", list(accounts))
    _write_json(folder / "quality.json", fault_counts(blocks, merged))


def fault_counts(blocks: Sequence[Block], merged: Merged) -> list[dict[str, Any]]:
    """Rows set aside and cells emptied, counted by table, place and column (no values).

    A place that the row does not tell (a bad year, say) is null. ``n_same`` of the rows set aside
    stand elsewhere word for word.
    """
    tables = pl.DataFrame(
        {"_block": range(len(blocks)), "table": [block.contract.name for block in blocks]},
        schema={"_block": pl.Int32, "table": pl.String},
    )
    by = ["table", *PLACE, "column"]
    counts = []
    for check, faults in (("set_aside", merged.rejected), ("cells_blanked", merged.cells)):
        same = pl.col(SAME).fill_null(False).sum() if SAME in faults.columns else pl.lit(0)
        counted = (
            faults.join(tables, on="_block")
            .group_by(by)
            .agg(pl.len().alias("n"), same.alias("n_same"))
            .sort(by, nulls_last=True)
        )
        counts += [{"check": check, **row} for row in counted.iter_rows(named=True)]
    return counts


def _write_json(path: Path, data: object) -> None:
    path.write_text(
        json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
    )


def _write_rejected(folder: Path, blocks: Sequence[Block], merged: Merged) -> None:
    """For each source, rows set aside with the reason, and emptied cells one per line."""
    stems = rejected_names(blocks)
    for index, block in enumerate(blocks):
        rows = merged.rejected.filter(pl.col("_block") == index)
        if rows.height:
            cells = shown(block, rows)
            found = rows.select(ROW, "column", "reason").join(cells, on=ROW, maintain_order="left")
            lines = [[*row[:1], block.heading(row[1]), *row[2:]] for row in found.iter_rows()]
            header = ["строка", "столбец", "причина", *cells.columns[1:]]
            _write_csv(folder / f"{stems[index]}.csv", header, lines)
        cells = merged.cells.filter(pl.col("_block") == index)
        if cells.height:
            _write_csv(
                folder / f"{stems[index]}_cells.csv",
                ["строка", "столбец", "причина", "значение"],
                _cell_lines(block, cells),
            )


def _cell_lines(block: Block, cells: pl.DataFrame) -> list[list[Any]]:
    values = {row[ROW]: row for row in shown(block, cells).iter_rows(named=True)}
    return [
        [row, block.heading(column), reason, values[row].get(block.heading(column))]
        for row, column, reason in cells.select(ROW, "column", "reason").iter_rows()
    ]


def rejected_names(blocks: Sequence[Block]) -> list[str]:
    """File stem for each block's lists: the source's, numbered where lists would overwrite others.

    A disk may not tell capitals from small letters, and has names of 255 bytes.

    >>> from msoko_analysis.ingest.contracts import SCHOOLS
    >>> files = [Path("a.csv"), Path("a_cells.csv"), Path("A.csv")]
    >>> rejected_names([Block(SCHOOLS, "", file, "", pl.DataFrame(), {}) for file in files])
    ['a', 'a_cells_2', 'A_2']
    """
    names: list[str] = []
    taken: set[str] = set()
    for block in blocks:
        stem = block.path.stem.encode()[:200].decode(errors="ignore")
        tried = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
        name = next(n for n in tried if not taken & set(_lists(n)))
        taken |= set(_lists(name))
        names.append(name)
    return names


def _lists(stem: str) -> tuple[str, str]:
    return stem.casefold(), f"{stem}_cells".casefold()


def _write_csv(path: Path, header: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    """A CSV that Excel opens as it is: a mark of UTF-8 and semicolons."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        for line in (header, *lines):
            writer.writerow(text_cell(cell) if isinstance(cell, str) else cell for cell in line)


def fingerprint(path: Path) -> Fingerprint:
    """Size and checksum of a file; taken before and after reading, it is that of the bytes read."""
    try:
        if path.is_file():  # a pipe would wait for ever
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                return file.tell(), digest
    except OSError:
        pass  # the reader says what is wrong with it
    return 0, ""


def papers_table(results: pl.DataFrame | None) -> list[dict[str, Any]]:
    """Per paper: schools, rows, pupils with a score."""
    if results is None:
        return []
    table = results.group_by(PAPER).agg(
        pl.col("school").n_unique().alias("schools"),
        pl.len().alias("rows"),
        pl.col("total").count().alias("scored"),
    )
    return list(table.sort(PAPER).iter_rows(named=True))
