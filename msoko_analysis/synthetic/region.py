"""The map of the demo region: municipalities, schools, names, sizes, context and planted roles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from msoko_analysis.synthetic.world import GYMNASIUM_LEVEL, GYMNASIUM_SPREAD

_STEMS = """
Берёзовская Сосновская Ольховская Кленовская Липовская Рябиновская Калиновская Дубравинская
Ивовская Тополевская Вишнёвская Грушевская Смородинская Малиновская Черёмуховская Полынная
Ковыльная Клеверная Ромашковская Васильковская Ландышевская Камышовская Тростниковская Осоковская
Моховская Грибная Ягодная Ореховская Хвойная Лиственная Лесная Боровая Рощинская Опушкинская
Полянская Пригорская Холмогорьевская Овражная Балковская Долинная Равнинная Степновская Озёрная
Прудовская Родниковская Ключевская Ручьёвская Речная Бродовская Мостовая Паромная Причальная
Песчаная Глинковская Каменноовражная Кремнёвская Мельничная Кузнецовская Гончарная Плотниковская
Бондаревская Пасечная Медовская Садовая Огородная Пашенская Покосная Стоговская Сноповская Хлебная
Колосовская Ржаная Овсяная Ячменная Гречишная Льняная Подсолнечная Журавлиная Соколовская
Снегирёвская Синичкинская Ласточкинская Жаворонковская Соловьёвская Лебяжинская Утиноозёрная
Щукинская Карасёвская Бобровореченская Зайцевская Лисьегорская Барсучья Восходная Закатная
Полуденная Рассветная Зорькинская Радужная
"""

LOCATIONS = {
    "city": "2) Город",
    "town": "3) Населенный пункт городского типа",
    "village": "4) Населенный пункт сельского типа",
}
ACCESS = {
    "city": "1) Крупный город рядом",
    "town": "2) До крупного города можно доехать и вернуться в тот же день",
    "village": "3) До крупного города трудно доехать",
}
# Median pupils of a paper, log-SD of it, ability shift (pupil SD), chance of a selective school.
PLACES = {
    "city": (52, 0.45, 0.10, 0.2),
    "town": (36, 0.50, 0.00, 0.08),
    "village": (13, 0.65, -0.12, 0.00),
}
SETTLEMENTS = {
    "city": ("4) 10–50 тыс. человек", "5) 50–100 тыс. человек", "6) 100–450 тыс. человек"),
    "town": ("3) 5–10 тыс. человек", "4) 10–50 тыс. человек"),
    "village": ("1) Менее 1 тыс. человек", "2) 1–5 тыс. человек"),
}

HIDDEN = ["size", "level", "spread", "leniency", "role"]  # columns of the truth, not of the card

# SDs of the levels of ability; pupils of an ordinary school have SD 0.9 around them.
MUNICIPALITY_SD, SCHOOL_SD, LENIENCY_SD = 0.1, 0.17, 0.25


@dataclass(frozen=True)
class Municipality:
    """A municipality: code, kind, and how many schools stand in which kind of place."""

    code: str
    kind: str
    schools: dict[str, int]


@dataclass(frozen=True)
class Role:
    """A planted school: what it does, where, with how many pupils a paper."""

    kind: str
    municipality: str
    place: str
    size: int
    school_type: str = "secondary"
    level: float = 0.0
    leniency: float = 0.0
    theta: float = 0.0
    spared: tuple[int, str] | None = None  # the one paper of the last year it leaves alone


MUNICIPALITIES = (
    Municipality("M01", "city", {"city": 22}),
    Municipality("M02", "district", {"town": 5, "village": 9}),
    Municipality("M03", "district", {"village": 7}),
    Municipality("M04", "city", {"city": 20}),
    Municipality("M05", "city", {"city": 8}),
    *(Municipality(f"M{n:02}", "district", {"town": 3, "village": 11}) for n in range(6, 12)),
)
ROLES = (
    Role("spike", "M01", "city", 48, level=-0.25, theta=0.8, spared=(4, "RU")),
    Role("spike", "M01", "city", 62, level=-0.25, theta=0.85, spared=(5, "MA")),
    Role("level", "M01", "city", 66, school_type="gymnasium", level=0.3),
    Role("mark_inflation", "M01", "city", 45, leniency=1.0),
    Role("low", "M01", "city", 38, level=-1.1),
    Role("spike", "M02", "town", 40, level=-0.25, theta=0.9, spared=(6, "RU")),
    Role("spike", "M02", "town", 52, level=-0.25, theta=0.75, spared=(4, "MA")),
    Role("leak", "M02", "town", 44),
    Role("low", "M03", "village", 17, level=-1.1),
)


def draw_region(rng: np.random.Generator) -> pl.DataFrame:
    """Draw the schools of the region: the public card of each and, beside it, the hidden truth.

    Public columns are those of the contract «schools». Hidden: ``size`` (pupils of a cohort),
    ``level`` and ``spread`` of ability, ``leniency`` of school marks, ``role`` (index in ``ROLES``
    or null).

    >>> region = draw_region(np.random.default_rng(1))
    >>> region.height, region["municipality"].n_unique(), region["name"].n_unique()
    (155, 11, 155)
    """
    places = [
        (town, place)
        for town in MUNICIPALITIES
        for place, n in town.schools.items()
        for _ in [0] * n
    ]
    roles = _assign_roles(places)
    stems = list(rng.permutation(_STEMS.split()))
    shift = {town.code: rng.normal(0, MUNICIPALITY_SD) for town in MUNICIPALITIES}
    rows = []
    for number, ((town, place), role) in enumerate(zip(places, roles, strict=True), 1):
        card = _draw_school(rng, place, None if role is None else ROLES[role])
        name = _name(number, str(stems.pop()) if place == "village" else None, card["school_type"])
        card["level"] += shift[town.code]
        own = {"school": f"S{number:03}", "name": name, "municipality": town.code}
        rows.append({**own, "municipality_kind": town.kind, **card, "role": role})
    return pl.DataFrame(rows, schema_overrides={"role": pl.Int64})


def _assign_roles(places: list[tuple[Municipality, str]]) -> list[int | None]:
    """Index of the role of each school, or None: spread over the schools of the right place."""
    taken: list[int | None] = [None] * len(places)
    for index, role in enumerate(ROLES):
        free = [
            spot
            for spot, (town, place) in enumerate(places)
            if (town.code, place) == (role.municipality, role.place) and taken[spot] is None
        ]
        taken[free[(7 * index + 2) % len(free)]] = index
    return taken


def _draw_school(rng: np.random.Generator, place: str, role: Role | None) -> dict[str, object]:
    """One school of a place; a planted school has the size, type and level of its role."""
    median, spread, level, selective = PLACES[place]
    size = float(np.clip(median * np.exp(spread * rng.normal()), 3, 150))
    kind = _draw_type(rng, place, size, selective)
    level += rng.normal(0, SCHOOL_SD)
    leniency = rng.normal(0, LENIENCY_SD)
    if role is not None:
        size, kind = float(role.size), role.school_type
        level, leniency = PLACES[place][2] + role.level, role.leniency
    gymnasium = kind in ("gymnasium", "lyceum")
    pupils = int(np.rint(size * rng.uniform(9.5, 10.5) / 10) * 10)
    teachers = int(np.rint(4 + pupils / 17 * rng.uniform(0.85, 1.15)))
    # Larger schools stand in larger settlements.
    settlement = int(size > median) + (place == "city") * int(rng.integers(0, 2))
    return {
        "school_type": kind,
        "location": LOCATIONS[place],
        "settlement_size": SETTLEMENTS[place][settlement],
        "city_access": ACCESS[place],
        "pupils": pupils,
        "teachers": teachers,
        "teachers_with_category": int(np.rint(teachers * rng.uniform(0.6, 0.9))),
        "size": size,
        "level": level + GYMNASIUM_LEVEL * gymnasium,
        "spread": 0.9 * np.exp(rng.normal(0, 0.07)) * (GYMNASIUM_SPREAD if gymnasium else 1.0),
        "leniency": leniency,
    }


def _draw_type(rng: np.random.Generator, place: str, size: float, selective: float) -> str:
    """Type of an ordinary school: selective ones stand in towns, basic ones in small villages."""
    chance, which = rng.random(), rng.random()
    if chance < selective:
        return "gymnasium" if which < 0.5 else "lyceum"
    return "basic" if place == "village" and size < 9 and which < 0.4 else "secondary"


def _name(number: int, stem: str | None, school_type: str) -> str:
    """Plain invented name: a number in a town, a place in a village."""
    if stem is None:
        kind = {"gymnasium": "Гимназия", "lyceum": "Лицей"}.get(school_type, "Школа")
        return f"{kind} № {number}"
    return f"{stem} {'основная ' if school_type == 'basic' else ''}школа"
