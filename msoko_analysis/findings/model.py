"""What a finding is: one number of one unit judged against one limit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from msoko_analysis.params.scales import Paper


class Verdict(StrEnum):
    """What a number means for the reader; TOO_FEW is a verdict, not an absence of one."""

    CONCERN = "CONCERN"
    WATCH = "WATCH"
    NO_CONCERN = "NO_CONCERN"
    TOO_FEW = "TOO_FEW"


@dataclass(frozen=True)
class Finding:
    """One number of one unit judged against one limit.

    ``code`` names the sign and the level it is about (``spike_school``); ``value`` with ``low`` and
    ``high`` is the effect a reader is told, in ``unit_of_value``; ``limit`` the number that decided,
    ``limit_name`` its name in params/thresholds.yaml; ``q`` where a family of tests was controlled;
    ``details`` further numbers for the sentence, by name; ``paper`` where it is about one.
    """

    code: str
    verdict: Verdict
    municipality: str
    unit: str
    n: float
    value: float
    low: float
    high: float
    unit_of_value: str
    limit: float
    limit_name: str
    q: float
    method: str
    source: str
    details: dict[str, float]
    paper: Paper | None = None

    @property
    def id(self) -> str:
        """Stable name of the finding within a note."""
        about = f":{self.paper.code}" if self.paper else ""
        return f"{self.code}:{self.unit}{about}"


def of_school(
    code: str,
    verdict: Verdict,
    row: pd.Series,
    *,
    effect: pd.Series | None = None,
    unit_of_value: str,
    limit: float,
    limit_name: str,
    details: dict[str, float],
) -> Finding:
    """A finding from a row of the table of measures; ``effect`` is another row that holds the size."""
    size = row if effect is None else effect
    return Finding(
        code=code,
        verdict=verdict,
        municipality=row["municipality"],
        unit=str(row["unit"]),
        n=row["n"],
        value=size["value"],
        low=size["low"],
        high=size["high"],
        unit_of_value=unit_of_value,
        limit=limit,
        limit_name=limit_name,
        q=row["q"],
        method=row["method"],
        source=row["source"],
        details=details,
    )
