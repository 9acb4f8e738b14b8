"""Office files without the time they were made: the same note must give the same bytes."""

from __future__ import annotations

import io
import re
import zipfile

_NO_TIME = (1980, 1, 1, 0, 0, 0)


def without_times(content: bytes) -> bytes:
    """An .xlsx or .docx file (a zip that remembers times) with all its times set to 1980.

    >>> made = io.BytesIO()
    >>> with zipfile.ZipFile(made, "w") as book:
    ...     book.writestr(zipfile.ZipInfo("a.txt", (2026, 1, 1, 0, 0, 0)), "text")
    >>> zipfile.ZipFile(io.BytesIO(without_times(made.getvalue()))).getinfo("a.txt").date_time[0]
    1980
    """
    clean = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(clean, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.infolist():
            inside = source.read(part)
            if part.filename == "docProps/core.xml":
                inside = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"1980-01-01T00:00:00Z", inside)
            target.writestr(zipfile.ZipInfo(part.filename, _NO_TIME), inside, zipfile.ZIP_DEFLATED)
    return clean.getvalue()
