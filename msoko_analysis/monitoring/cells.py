"""What a cell of Excel holds, as people fill it."""

from __future__ import annotations

import datetime
import math
from typing import Any


def emptied(cell: Any) -> Any:
    """The cell without spaces around its text; None where only spaces stand.

    >>> emptied(" П8 "), emptied("  "), emptied(0)
    ('П8', None, 0)
    """
    return (cell.strip() or None) if isinstance(cell, str) else cell


def as_number(value: Any) -> float | None:
    """A number, also one that Excel keeps as text with a decimal comma; None for anything else.

    >>> as_number("1 234,5"), as_number(7), as_number("7 чел."), as_number(True)
    (1234.5, 7.0, None, None)
    """
    if isinstance(value, (bool, datetime.date, datetime.time, datetime.timedelta)):
        return None
    try:
        number = float(
            "".join(value.split()).replace(",", ".") if isinstance(value, str) else value
        )
    except ValueError:
        return None
    return number if math.isfinite(number) else None
