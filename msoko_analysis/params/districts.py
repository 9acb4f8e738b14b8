"""Municipalities by name: the files of ``params/districts`` and those that lie beside a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from msoko_analysis.errors import Problem
from msoko_analysis.params.schema import (
    Document,
    Strict,
    Text,
    by_key,
    filled,
    read_yaml,
    validate,
)


class Cases(Strict):
    """A name in the grammatical cases a Russian note needs."""

    nominative: Text
    genitive: Text
    dative: Text
    prepositional: Text


class District(Strict):
    """A municipality: its code in the data and its name."""

    code: Text
    name: Cases


class DistrictEntry(Cases):
    """One entry of a districts file: the code beside the cases of the name."""

    code: Text

    def district(self) -> District:
        """The entry as the district it describes."""
        return District(code=self.code, name=Cases(**self.model_dump(exclude={"code"})))


class DistrictPattern(Strict):
    """Many districts without names of their own: codes and one pattern holding ``{code}``."""

    codes: Annotated[tuple[Text, ...], AfterValidator(filled)]
    pattern: Cases

    def districts(self) -> tuple[District, ...]:
        """The districts spelled out.

        >>> cases = dict.fromkeys(Cases.model_fields, "МО {code}")
        >>> DistrictPattern(codes=("M01",), pattern=cases).districts()[0].name.genitive
        'МО M01'
        """
        forms = self.pattern.model_dump()
        return tuple(
            District(
                code=code,
                name=Cases(**{case: form.replace("{code}", code) for case, form in forms.items()}),
            )
            for code in self.codes
        )


def read_districts(
    run: Document | None, params: Path, problems: list[Problem]
) -> dict[str, District]:
    """The districts file a run names: a stem in ``params/districts`` or a path beside the run."""
    named = run.data.get("districts") if run and isinstance(run.data, dict) else None
    if not isinstance(named, str):
        return {}  # the run's own fault, reported there
    beside = named.endswith((".yaml", ".yml"))
    path = run.path.parent / named if beside else params / "districts" / f"{named}.yaml"
    document = read_yaml(path, problems)
    if document is None:
        return {}
    if not isinstance(document.data, dict):
        entries = by_key(DistrictEntry, "code", document, problems)
        return {code: entry.district() for code, entry in entries.items()}
    pattern = validate(DistrictPattern, document, problems)
    return {district.code: district for district in pattern.districts()} if pattern else {}
