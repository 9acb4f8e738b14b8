"""Pseudonyms: who a row is about becomes a salted hash while the row is read, and nothing else.

The salt is a local secret: without it nobody can hash a list of names and find them in the data.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.home import WORK

#: Where the salt is kept unless ``--salt`` says otherwise; git-ignored.
SALT = WORK / "data" / ".salt"
_SIZE = 32


@dataclass(frozen=True)
class Pseudonyms:
    """Hashes with the salt of a file, which is made on first use and readable by its owner only."""

    path: Path = SALT

    @cached_property
    def _salt(self) -> bytes:
        try:
            return _read_salt(self.path)
        except OSError as error:
            problem = Problem(
                f"файл соли не читается и не создаётся ({error.strerror})",
                "проверьте права на папку или укажите другой файл в --salt",
                self.path.name,
            )
            raise DataError.from_problems("Данные не загружены", [problem]) from None

    def hash(self, kind: str, *parts: str) -> str:
        """HMAC-SHA256 of the parts, 16 hexadecimal digits; other kinds give other hashes.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     made = Pseudonyms(Path(folder) / "salt")
        ...     made.hash("a", "x", "y") == made.hash("a", "x", "y") != made.hash("a", "xy")
        True
        """
        text = "\0".join((kind, *parts))
        return hmac.digest(self._salt, text.encode(), hashlib.sha256).hex()[:16]


def _read_salt(path: Path) -> bytes:
    """The salt of a file; a missing file appears complete or not at all."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(_SIZE))
            os.link(new, path)
        except FileExistsError:
            pass  # another run was faster: its salt stands
        finally:
            new.unlink()
    salt = path.read_bytes()
    if len(salt) != _SIZE:
        problem = Problem(
            "файл соли повреждён",
            "верните его из копии; с новой солью прежние псевдонимы ни с чем не совпадут",
            path.name,
        )
        raise DataError.from_problems("Данные не загружены", [problem])
    return salt


def same_name(*parts: str) -> str:
    """A name in the form in which names are compared: case, ё, spaces and signs do not matter.

    >>> same_name("Ёлкин-Палкин ", "Пётр") == same_name("ЕЛКИН - ПАЛКИН Петр")
    True
    """
    text = " ".join(parts).casefold().replace("ё", "е")
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


def same_document(series: str, number: str) -> str:
    """Series and number of a document as one text; zeros that Excel cut off stand again.

    >>> same_document("805", "12345") == same_document("08 05", "012345")
    True
    """
    series, number = (re.sub(r"[\W_]+", "", part).upper() for part in (series, number))
    if not number:
        return ""
    series = series.zfill(4) if series.isdigit() else series
    return f"{series} {number.zfill(6)}"
