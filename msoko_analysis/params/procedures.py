"""Assessment procedures as data: ``params/procedures.yaml`` and a run's own. A new one needs no code."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator

from msoko_analysis.errors import Problem
from msoko_analysis.home import SHIPPED
from msoko_analysis.params.own_lists import PROCEDURES, own_list
from msoko_analysis.params.schema import (
    Document,
    Fault,
    Strict,
    Text,
    load_file,
    nearest,
    once,
)

_FILE = SHIPPED / "params" / PROCEDURES


class Procedure(Strict):
    """A procedure: its code, its name in a note and in files, and how one paper of it is called.

    ``kind``: ``school`` if the school itself holds and marks it, ``state`` if others mark it.
    ``one``, ``few``, ``many`` are the forms after 1, 2 and 5; ``dative`` follows «по». ``whole`` and
    ``genitive`` name the procedure where ``short`` is a word that is declined: «Экзамены 2024 года», «О
    результатах экзаменов».
    """

    code: Text
    short: Text
    kind: Literal["school", "state"]
    files: tuple[Text, ...]
    one: Text
    few: Text
    many: Text
    dative: Text
    dative_plural: Text
    whole: Text = ""
    genitive: Text = ""


def procedures() -> dict[str, Procedure]:
    """All procedures by code, in the order of the file; those beside the run go before by code.

    Raises ParamsError with every fault of a file.

    >>> procedures()["OGE"].short, procedures()["VPR"].many
    ('ОГЭ', 'проверочных работ')
    """
    own = own_list(PROCEDURES)
    return _read(_FILE) | (_read(own, own.stat().st_mtime_ns) if own else {})


@lru_cache
def _read(file: Path, changed: int = 0) -> dict[str, Procedure]:
    """The procedures of a file; one that was changed since is read again."""
    found = load_file(tuple[Procedure, ...], file, "Список процедур не принят", _check)
    return {one.code: one for one in found}


def _check(found: tuple[Procedure, ...], document: Document, problems: list[Problem]) -> None:
    once((one.code for one in found), "code", "процедура", document, problems)


def _known(code: str) -> str:
    if code not in procedures():
        raise Fault(f"процедуры «{code}» нет в params/procedures.yaml", nearest(code, procedures()))
    return code


#: The code of a procedure, as a field of a schema.
ProcedureCode = Annotated[str, AfterValidator(_known)]
