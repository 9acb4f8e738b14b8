"""Means and spreads of schools from counts of marks alone: heteroskedastic ordered probit (HETOP).

Poorest data accepted: counts of marks per school (tier T0), three marks at least. Schools of few
pupils make the share of variance between schools too large (.25 for .20 at 12 pupils a school,
methods.md §1.8), and the correction takes away only a part of that (.215 at 30 pupils): for the
share itself the random-effects ordered probit is the right tool.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from msoko_analysis.errors import StatsInputError

_ROUNDS = 500
_HALVINGS = 30
_TOLERANCE = 1e-9
_LEAST = 1e-300
_CELLS_FOR_SPREAD = 3


@dataclass(frozen=True)
class Hetop:
    """Result of :func:`hetop`; arrays are (schools,), nan where a school has no pupils.

    ``mean`` and ``spread`` on the star scale, where pupils of all schools together have mean 0 and
    variance 1; ``cuts`` (marks − 1,) on the same scale. ``spread_estimated`` is False where fewer
    than three marks occur and the usual spread was taken; ``mean_estimated`` is False where all
    pupils have the lowest or all the highest mark and the lowest or highest estimated mean stands.
    """

    counts: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    cuts: np.ndarray
    mean_estimated: np.ndarray
    spread_estimated: np.ndarray


def hetop(counts: np.ndarray) -> Hetop:
    """Maximum likelihood of ``Pr(k|g) = Φ((c_k − μ_g)/σ_g) − Φ((c_{k−1} − μ_g)/σ_g)``.

    ``counts`` (schools × marks, in order) pupils; at least three marks, each of which occurs in a
    school with three different marks. Two cuts fix the scale while fitting (Fisher scoring on
    μ, log σ and the other cuts, whose information is block-diagonal but for the cuts); the result
    is then brought to the star scale ``Σ p_g μ_g = 0``, ``Σ p_g (μ_g² + σ_g²) = 1``.

    Sparse schools: fewer than three marks do not tell σ_g, which is then exp(mean log σ) of the
    others; all pupils in the lowest or in the highest mark leave μ_g without a bound, and the
    lowest or highest estimated mean stands. Such schools have no part in the fit of cuts and σ.
    Refused: so few pupils over so many marks that the likelihood has no highest point.
    Source: Reardon, Shear, Castellano, Ho, J. Educ. Behav. Stat. 42:3–45 (2017); methods.md §1.8.

    >>> result = hetop(np.array([[30, 40, 20, 10], [10, 20, 40, 30], [0, 0, 3, 5], [0, 0, 0, 4]]))
    >>> result.spread_estimated.tolist(), result.mean_estimated.tolist()
    ([True, True, False, False], [True, True, True, False])
    >>> bool(result.mean[0] < result.mean[1] < result.mean[2] == result.mean[3])
    True
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or not np.isfinite(counts).all() or (counts < 0).any():
        raise StatsInputError("counts must be schools x marks, finite and not negative")
    if counts.shape[1] < 3 or not (counts.sum(axis=0) > 0).all():
        raise StatsInputError("at least three marks, each of which occurs: leave out or merge")
    cells = (counts > 0).sum(axis=1)
    rich = cells >= _CELLS_FOR_SPREAD
    if not rich.any():
        raise StatsInputError("no school has three different marks")
    if not (counts[rich].sum(axis=0) > 0).all():
        raise StatsInputError("a mark occurs only where fewer than three do: leave out or merge")
    mean, log_spread = np.full((2, len(counts)), np.nan)
    start = ndtri(np.cumsum(counts.sum(axis=0))[:-1] / counts.sum())
    mean[rich], log_spread[rich], cuts = _fit(counts[rich], start, with_spread=True)
    log_spread[(cells > 0) & ~rich] = log_spread[rich].mean()
    bottom, top = ((counts[:, end] > 0) & (cells == 1) for end in (0, -1))
    inner = (cells > 0) & ~rich & ~bottom & ~top
    if inner.any():
        usual = log_spread[rich].mean()
        mean[inner] = _fit(counts[inner], cuts, with_spread=False, log_spread=usual)[0]
    mean[bottom], mean[top] = np.nanmin(mean), np.nanmax(mean)
    estimated = (cells > 0) & ~bottom & ~top
    return _star(counts, mean, np.exp(log_spread), cuts, estimated, rich)


def _star(
    counts: np.ndarray,
    mean: np.ndarray,
    spread: np.ndarray,
    cuts: np.ndarray,
    mean_estimated: np.ndarray,
    spread_estimated: np.ndarray,
) -> Hetop:
    """The same model where pupils of all schools have mean 0 and variance 1."""
    weight = counts.sum(axis=1) / counts.sum()
    centre = np.nansum(weight * mean)
    scale = np.sqrt(np.nansum(weight * ((mean - centre) ** 2 + spread**2)))
    return Hetop(
        counts, (mean - centre) / scale, spread / scale, (cuts - centre) / scale,
        mean_estimated, spread_estimated,
    )  # fmt: skip


def means_and_spreads(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """μ and σ of :func:`hetop` for many tables at once, on a scale of the fit's own.

    ``counts`` (…, schools × marks) pupils, every mark in every school of at least three marks; each
    table has cuts of its own. Returns two arrays (…, schools).

    >>> table = np.array([[30, 40, 20, 10], [10, 20, 40, 30]])
    >>> mean, spread = means_and_spreads(np.stack([table, 2 * table]))
    >>> bool(np.allclose(mean[0], mean[1]) and mean[0, 0] < mean[0, 1])
    True
    """
    counts = np.asarray(counts, dtype=float)
    if counts.shape[-1] < 3 or not (counts > 0).all():
        raise StatsInputError("every one of at least three marks must occur in every school")
    total = counts.sum(axis=-2)
    start = ndtri(np.cumsum(total, axis=-1)[..., :-1] / total.sum(axis=-1, keepdims=True))
    mean, log_spread, _ = _fit(counts, start, with_spread=True)
    return mean, np.exp(log_spread)


def _fit(
    counts: np.ndarray, cuts: np.ndarray, *, with_spread: bool, log_spread: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """μ, log σ and cuts of greatest likelihood; without spread only μ, log σ and cuts being given.

    Each table (…) of ``counts`` is fitted for itself. First and last cut stay: they fix the scale. A
    step is halved until it climbs.
    """
    found = np.zeros(counts.shape[:-1]), np.full(counts.shape[:-1], log_spread), cuts
    value = _likelihood(counts, *found)
    moving = np.ones_like(value)
    for _ in range(_ROUNDS):
        moves = _step(counts, *found, with_spread)
        part = moving
        for _ in range(_HALVINGS):
            new = tuple(
                old + part[..., None] * move for old, move in zip(found, moves, strict=True)
            )
            risen = _likelihood(counts, *new)
            climbed = risen >= value - 1e-12 * np.abs(value)
            if climbed.all():
                break
            part = np.where(climbed, part, part / 2)
        found, value = new, risen
        furthest = np.max([np.abs(move).max(axis=-1) for move in moves], axis=0)
        moving = moving * (part * furthest >= _TOLERANCE)
        if not moving.any():
            return found
    raise StatsInputError("the fit did not settle: too few pupils for so many marks, merge some")


def _likelihood(
    counts: np.ndarray, mean: np.ndarray, log_spread: np.ndarray, cuts: np.ndarray
) -> np.ndarray:
    p = _chances(mean, log_spread, cuts)[0]
    value = (counts * np.log(p)).sum(axis=(-2, -1))
    return np.where((np.diff(cuts) <= 0).any(axis=-1), -np.inf, value)


def _chances(
    mean: np.ndarray, log_spread: np.ndarray, cuts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Chance of every mark (…, schools × marks) and z of the cuts (…, schools × marks − 1)."""
    z = (cuts[..., None, :] - mean[..., None]) * np.exp(-log_spread)[..., None]
    edge = np.full((*mean.shape, 1), np.inf)
    lower, upper = np.concatenate([-edge, z], axis=-1), np.concatenate([z, edge], axis=-1)
    # On the right the upper tail is used: a difference of two numbers near 1 has no digits left.
    flip = lower > 0
    p = ndtr(np.where(flip, -lower, upper)) - ndtr(np.where(flip, -upper, lower))
    return np.maximum(p, _LEAST), z


def _step(
    counts: np.ndarray,
    mean: np.ndarray,
    log_spread: np.ndarray,
    cuts: np.ndarray,
    with_spread: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One scoring step for μ, log σ and the cuts; what is not fitted does not move."""
    p, z = _chances(mean, log_spread, cuts)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    scaled = density * np.exp(-log_spread)[..., None]
    own = [-_between(scaled)] + ([-_between(z * density)] if with_spread else [])
    own = np.stack(own, axis=-1)  # schools × marks × parameters of the school
    n, ratio = counts.sum(axis=-1), counts / p
    score = np.einsum("...gk,...gki->...gi", ratio, own)
    block = np.einsum("...g,...gki,...gkj->...gij", n, own / p[..., None], own)
    places = np.arange(cuts.shape[-1])
    move = np.zeros_like(cuts)
    if with_spread and len(inner := places[1:-1]):
        shared = np.stack([_between(scaled * (places == j)) for j in inner], axis=-1)
        cross = np.einsum("...g,...gki,...gkj->...gij", n, own / p[..., None], shared)
        whole = np.einsum("...g,...gki,...gkj->...ij", n, shared / p[..., None], shared)
        # Schur complement: what the cuts still tell when every school follows them.
        carried = np.linalg.solve(block, cross)
        whole -= np.einsum("...gij,...gik->...jk", cross, carried)
        slope = np.einsum("...gk,...gkj->...j", ratio, shared)
        slope -= np.einsum("...gij,...gi->...j", carried, score)
        move[..., inner] = np.linalg.solve(whole, slope[..., None])[..., 0]
        score = score - np.einsum("...gij,...j->...gi", cross, move[..., inner])
    steps = np.linalg.solve(block, score[..., None])[..., 0]
    steps = np.clip(steps, -1.0, 1.0)
    return steps[..., 0], steps[..., 1] if with_spread else np.zeros_like(mean), move


def _between(at_cuts: np.ndarray) -> np.ndarray:
    """Value at the upper cut of every mark less the value at its lower cut."""
    edge = np.zeros((*at_cuts.shape[:-1], 1))
    return np.concatenate([at_cuts, edge], axis=-1) - np.concatenate([edge, at_cuts], axis=-1)
