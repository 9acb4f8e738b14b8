"""Which district of the run a municipality of the data is, whatever file names it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from msoko_analysis.params.districts import District
from msoko_analysis.russian import fold


@dataclass(frozen=True)
class Places:
    """``codes``: code or name of a municipality, folded or as it stands in the run → code of the
    run's district; ``homes``: school → municipality, from the table of schools.
    """

    codes: Mapping[str, str]
    homes: Mapping[str, str]

    @classmethod
    def of(
        cls,
        districts: Mapping[str, District],
        schools: pd.DataFrame,
        forms: Iterable[pd.DataFrame] = (),
    ) -> Places:
        """Places of a run: districts by code, and by name as it stands in the nominative.

        ``forms`` are tables of aggregate forms, which print code and name of a municipality: a code
        whose name is that of a district means the district.
        """
        names = {fold(one.name.nominative): code for code, one in districts.items()}
        printed: dict[str, str] = {}
        for form in forms:
            units = form.loc[form["level"] == "municipality", ["unit", "unit_name"]]
            pairs = units.drop_duplicates().itertuples(index=False)
            printed |= {fold(u): names[fold(name)] for u, name in pairs if fold(name) in names}
        # two codes of a run may differ in capitals only: as it stands a code is its own
        codes = {fold(code): code for code in districts} | {code: code for code in districts}
        homes = zip(schools["school"], schools["municipality"], strict=True)
        return cls(names | printed | codes, dict(homes))

    def districts(self, municipalities: pd.Series) -> pd.Series:
        """Codes of municipalities; one that is no district of the run stays as it is."""
        named = municipalities.dropna().unique()
        known = {one: self.codes.get(one, self.codes.get(fold(one), one)) for one in named}
        return municipalities.map(known)

    def of_schools(self, schools: pd.Series, given: pd.Series) -> pd.Series:
        """Municipalities of schools: by the table of schools, else as ``given``; may be empty."""
        own = schools.map(self.homes).astype(object)
        return self.districts(own.where(own.notna(), given.astype(object)))
