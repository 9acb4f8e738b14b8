"""Names that somebody typed, where they become folders, files and cells of a spreadsheet."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

#: Bytes of a name: disks take 255, and beside ours stand a number, a kind, another name.
_LONGEST = 100
_KEPT = " _-.,№()«»"
#: Names that Windows keeps for devices, whatever stands behind a dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])\s*(\..*)?", re.I | re.S)
#: What Excel takes for a formula in a text file. Behind a sign it needs a cell, a function or a program;
#: «+0,05 (−0,08…+0,19)» has none.
_FORMULA = re.compile(r"\s*(?:[=@＝＠]|[+\-＋－](?=.*(?:[A-Za-z!|]|[^\W\d_]\()))", re.S)


def file_name(text: str, taken: Collection[str] = ()) -> str:
    """The name of a folder or a file for a code or a name: one that every disk takes, for each its own.

    Letters, figures and a few signs stand as they are, other signs by their bytes, as in an address:
    %2F. So does the first sign of a name for devices, a dot or a space at an end, and the first sign
    of a name that is one of ``taken`` (in small letters) or begins with it and a hyphen. A long name is
    cut and ends with a checksum of the whole.

    >>> [file_name(text) for text in ("M01", "..", "a/b", "CON", "Школа № 3.", "")]
    ['M01', '%2E%2E', 'a%2Fb', '%43ON', 'Школа № 3%2E', '%']
    >>> file_name("Letters", {"letters"}), len(file_name("Ш" * 300).encode())
    ('%4Cetters', 99)
    """
    signs = [sign if sign.isalnum() or sign in _KEPT else _bytes(sign) for sign in text]
    for end in (0, -1):
        if signs and signs[end] in ". ":
            signs[end] = _bytes(signs[end])
    folded = text.casefold()
    if _DEVICE.fullmatch(text) or any(
        folded == one or folded.startswith(f"{one}-") for one in taken
    ):
        signs[0] = _bytes(text[0])
    name = "".join(signs) or "%"
    return name if len(name.encode()) <= _LONGEST else _cut(signs, text)


def own_name(name: str, text: str) -> str:
    """A name with a checksum of the text it was made from, for disks that do not tell capitals.

    >>> own_name("m01", "m01") != own_name("M01", "M01").lower()
    True
    """
    return f"{name}~{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def text_cell(text: str) -> str:
    """A cell of text for a CSV: Excel would run what looks like a formula, so it gets an apostrophe.

    >>> text_cell('=HYPERLINK("http://a.b")'), text_cell("+0,05 (−0,08…+0,19)"), text_cell("Школа")
    ('\\'=HYPERLINK("http://a.b")', '+0,05 (−0,08…+0,19)', 'Школа')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def _bytes(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode())


def _cut(signs: list[str], text: str) -> str:
    """The first signs of a long name, none of them in part, and the checksum."""
    room = _LONGEST - len(own_name("", text))
    kept = ""
    for sign in signs:
        if len((kept + sign).encode()) > room:
            break
        kept += sign
    return own_name(kept, text)
