"""What became of every claim and every verdict of a document when it is computed anew.

Claims are paired by their names; what is left over within a section by the likeness of its words. The
comparison knows nothing of why something differs: that is :mod:`msoko_analysis.verify.causes`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from msoko_analysis.provenance.claims import Claim
from msoko_analysis.provenance.printed import Value, skeleton

State = Literal["same", "rounding", "changed", "gone", "new"]
# Two sentences of one section alike by this share of their words are one sentence, reworded.
_ALIKE = 0.6
# Half a unit of a whole number: a count is exact, only what is printed with a comma is rounded.
_WHOLE = 0.5


@dataclass(frozen=True)
class Change:
    """One claim before and after; None where it is not.

    ``rounding``: the same words, and every number with a comma differs by no more than the last
    printed digit, which another processor may print for the same data. ``changed`` is beyond that.
    """

    state: State
    old: Claim | None
    new: Claim | None

    @property
    def claim(self) -> Claim:
        """The claim as issued, or the one that is new."""
        return self.old or self.new


@dataclass(frozen=True)
class VerdictChange:
    """One finding before and after: verdicts, "" where it is not."""

    id: str
    code: str
    unit: str
    limit_name: str
    old: str
    new: str


def compare_claims(old: Sequence[Claim], new: Sequence[Claim]) -> tuple[Change, ...]:
    """Every claim of either document once, in the order of the old one, new ones at the end.

    >>> one = Claim("itog.0a1b2c3d", "sentence", "itog", 1, "Школ — 5.", (Value(5, 0.5),), ())
    >>> two = Claim("itog.0a1b2c3d", "sentence", "itog", 1, "Школ — 6.", (Value(6, 0.5),), ())
    >>> [change.state for change in compare_claims((one,), (two,))]
    ['changed']
    >>> [change.state for change in compare_claims((one,), ())]
    ['gone']
    """
    partner: dict[int, Claim] = {}
    for olds, news in _by_name(old, new):
        _pair(olds, news, partner)
    taken = {id(claim) for claim in partner.values()}
    left = [claim for claim in old if id(claim) not in partner]
    _pair_alike(left, [claim for claim in new if id(claim) not in taken], partner)
    taken = {id(claim) for claim in partner.values()}
    kept = [_change(claim, partner.get(id(claim))) for claim in old]
    return (*kept, *(Change("new", None, claim) for claim in new if id(claim) not in taken))


def compare_findings(
    old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]
) -> tuple[VerdictChange, ...]:
    """Every finding of either list, by the verdict it had and has; order of the old list."""
    before = {one["id"]: one for one in old}
    after = {one["id"]: one for one in new}
    return tuple(
        VerdictChange(
            id=name,
            code=(one := before.get(name) or after[name])["code"],
            unit=one["unit"],
            limit_name=one["limit_name"],
            old=before[name]["verdict"] if name in before else "",
            new=after[name]["verdict"] if name in after else "",
        )
        for name in {**before, **after}
    )


def counted_states(changes: Iterable[Change]) -> dict[State, int]:
    """How many claims are in each state; states without any are 0."""
    found = Counter(change.state for change in changes)
    return {state: found[state] for state in ("same", "rounding", "changed", "gone", "new")}


def _by_name(
    old: Sequence[Claim], new: Sequence[Claim]
) -> Iterable[tuple[list[Claim], list[Claim]]]:
    """Claims of one name without its number of repetition: those before, those after."""
    groups: dict[str, tuple[list[Claim], list[Claim]]] = defaultdict(lambda: ([], []))
    for side, claims in enumerate((old, new)):
        for claim in claims:
            section, _, own = claim.id.rpartition(".")
            groups[f"{section}.{own.partition('-')[0]}"][side].append(claim)
    return groups.values()


def _pair(olds: list[Claim], news: list[Claim], partner: dict[int, Claim]) -> None:
    """Claims of one name: the same texts first, the others in their order."""
    free = list(news)
    waiting = []
    for claim in olds:
        same = next((one for one in free if one.text == claim.text), None)
        if same is None:
            waiting.append(claim)
        else:
            partner[id(claim)] = same
            free = [one for one in free if one is not same]
    partner.update({id(one): two for one, two in zip(waiting, free, strict=False)})


def _pair_alike(left: list[Claim], news: list[Claim], partner: dict[int, Claim]) -> None:
    """Reworded sentences: the most alike new one of the same section and kind, if alike enough."""
    for claim in left:
        words = claim.text.split()
        alike = [
            (SequenceMatcher(None, words, other.text.split(), autojunk=False).ratio(), -place)
            for place, other in enumerate(news)
            if (other.place, other.kind) == (claim.place, claim.kind)
        ]
        share, place = max(alike, default=(0.0, 0))
        if share >= _ALIKE:
            partner[id(claim)] = news.pop(-place)


def _change(old: Claim, new: Claim | None) -> Change:
    if new is None:
        return Change("gone", old, None)
    if (old.text, old.values) == (new.text, new.values):
        return Change("same", old, new)
    within = (
        skeleton(old.text) == skeleton(new.text)
        and len(old.values) == len(new.values)
        and all(map(_rounded_alike, old.values, new.values))
    )
    return Change("rounding" if within else "changed", old, new)


def _rounded_alike(one: Value, two: Value) -> bool:
    """Whether one computed number could have been printed either way but for its last digit."""
    if one == two:
        return True
    if min(one.tolerance, two.tolerance) >= _WHOLE:
        return False
    apart = abs(one.value - two.value)
    return apart <= (one.tolerance + two.tolerance) * (1 + 1e-9)
