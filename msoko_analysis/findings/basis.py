"""What a finding about a school rests on: the limits that decide it and the measures it shows.

The judges of this layer take their limits by these names; the note and the explorer print them.
"""

from __future__ import annotations

from typing import NamedTuple

from msoko_analysis.params.signs import load_signs


class Basis(NamedTuple):
    """Names of limits, a finding's own first, and codes of measures in the order they are shown."""

    limits: tuple[str, ...]
    measures: tuple[str, ...]


_OTHERS = {
    "low_share_school": Basis(("low_share_limit",), ("share_2",)),
    "shnor_school": Basis((), ("shnor_or", "shnor_and", "shnor_a", "shnor_b", "below_minimum")),
    "level_school": Basis(("level_z", "spike_min_tested"), ("level",)),
    "link_school": Basis(("link_min", "spike_q", "spike_min_tested"), ("link_vpr", "link_oge")),
    "medals_school": Basis(
        ("medals_ratio", "medals_posterior", "spike_q", "medals_level", "medals_power"),
        ("medals_double", "medals_rate", "medals", "medals_rule"),
    ),
    "fioko_markers_school": Basis(
        ("fioko_markers_watch",), ("fioko_markers", "fioko_a", "fioko_b", "fioko_c")
    ),
    "expectation_school": Basis(("expectation_probability",), ("better", "above_expected")),
    "resilient_school": Basis(("resilient_probability",), ("resilient",)),
}


def basis_of(code: str) -> Basis:
    """The basis of a finding about a school; of a code without one, nothing.

    >>> basis_of("jump_school").limits
    ('jump_min', 'spike_q', 'spike_min_tested', 'repeat_p', 'repeat_works')
    >>> basis_of("level_school").measures
    ('level',)
    """
    sign = load_signs().by_finding.get(code)
    if sign is not None:
        return Basis(sign.limits, sign.shows)
    return _OTHERS.get(code, Basis((), ()))
