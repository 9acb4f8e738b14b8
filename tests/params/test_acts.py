"""Acts: as the sources have them, unconfirmed ones never a ground, faults told in Russian."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from msoko_analysis.errors import ParamsError
from msoko_analysis.params import acts as module
from msoko_analysis.params.acts import acts, acts_of
from msoko_analysis.params.scales import Paper
from msoko_analysis.wording.requisites import TO_FILL, grounds, grounds_of_monitoring

MONTHS = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)
VPR, OGE = Paper("VPR", 4, "MA"), Paper("OGE", 9, "MA")
ORDERS = {2020: "1746", 2022: "1139", 2024: "2160", 2025: "1008"}


def _long(day: str) -> tuple[str, str]:
    """«5 августа 2013» as the sources may write 05.08.2013."""
    number, month, year = day.split(".")
    return (
        f"{int(number)} {MONTHS[int(month) - 1]} {year}",
        f"{number} {MONTHS[int(month) - 1]} {year}",
    )


def test_acts_stand_in_the_reference(shared: Path) -> None:
    """Every number of an act stands there, and so does its date."""
    files = [*shared.glob("reference/*.md"), *shared.glob("seeds/003_*.txt")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    for one in acts():
        (day,) = re.findall(r"от (\d\d\.\d\d\.\d{4})", one.title)
        for number in re.findall(r"№ ([\w\-/]*\d[\w\-/]*)", one.title):
            assert number in text, number
        assert day in text or any(word in text for word in _long(day)), day


@pytest.mark.parametrize(("year", "number"), ORDERS.items())
def test_the_order_of_the_year_is_the_ground(year: int, number: str) -> None:
    said = grounds([VPR], year)
    assert f"№ {number}" in said
    assert TO_FILL not in said
    assert not [one for other, one in ORDERS.items() if other != year and f"№ {one}" in said]


@pytest.mark.parametrize(("year", "number"), [(2021, "119"), (2023, "1282")])
def test_an_unconfirmed_order_is_something_to_check(year: int, number: str) -> None:
    ground, _, rest = grounds([VPR], year).partition(TO_FILL)
    assert number not in ground
    assert ground.endswith(f"документ о проведении ВПР {year} года: ")
    assert rest.startswith(" (сверьте: ")
    assert f"№ {number}" in rest


def test_what_is_not_known_is_a_line_to_fill() -> None:
    assert grounds([VPR, OGE], 2026).endswith(
        f"документ о проведении ВПР и ОГЭ 2026 года: {TO_FILL}"
    )
    assert grounds([VPR, OGE], 2025).endswith(f"документ о проведении ОГЭ 2025 года: {TO_FILL}")
    assert grounds([Paper("EXAM", 9, "MA")], 2026) == (
        f"Документ о проведении экзаменов 2026 года: {TO_FILL}"
    )
    assert grounds([], 2026) == f"Документ о проведении оценочных процедур 2026 года: {TO_FILL}"


def test_each_act_is_told_once() -> None:
    said = grounds([VPR, OGE, VPR], 2026)
    assert said.count("273-ФЗ") == said.count("№ 662") == said.count("№ 556") == 1
    assert "№ 556" not in grounds([OGE], 2026)


@pytest.mark.parametrize(
    ("year", "told", "not_told"), [(2024, "Р-170", "08-70"), (2022, "08-70", "Р-170")]
)
def test_grounds_of_monitoring_change_with_the_years(year: int, told: str, not_told: str) -> None:
    assert told in grounds_of_monitoring(year)
    assert not_told not in grounds_of_monitoring(year)


def test_faults_of_the_file_are_told_at_once(tmp_path: Path, monkeypatch) -> None:
    good = module.FILE.read_text(encoding="utf-8")
    bad = good.replace("about: [VPR]", "about: [VRP]", 1).replace("[2024, 2024]", "[2024, 2023]")
    (tmp_path / "acts.yaml").write_text(bad, encoding="utf-8")
    monkeypatch.setattr(module, "FILE", tmp_path / "acts.yaml")
    with pytest.raises(ParamsError) as refused:
        module.acts.__wrapped__()
    said = str(refused.value)
    assert "процедуры «VRP» нет" in said
    assert "первый год позже последнего" in said


def test_one_act_twice_is_a_fault(tmp_path: Path, monkeypatch) -> None:
    good = module.FILE.read_text(encoding="utf-8")
    (tmp_path / "acts.yaml").write_text(good + good[good.index("- title") :], encoding="utf-8")
    monkeypatch.setattr(module, "FILE", tmp_path / "acts.yaml")
    with pytest.raises(ParamsError, match="уже есть выше"):
        module.acts.__wrapped__()


def test_years_without_procedures_have_no_acts() -> None:
    assert acts_of("VPR", 2019) == ()
