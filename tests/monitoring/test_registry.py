"""The registry against its sources, and faults of its files."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from msoko_analysis.errors import DataError, ParamsError
from msoko_analysis.monitoring.registry import PARTS, Registry, load_registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


# --- against the documents ---------------------------------------------------------------------

ROW = re.compile(
    r"^\tП(\d+)\.\n\t(.*?)\n\t(%|чел\.|ед\.|балл)\n\t.*?\n\t(\d) раза? в (\w+)", re.M | re.S
)
TIMES = {("1", "год"): 1, ("2", "год"): 2, ("1", "квартал"): 4, ("2", "квартал"): 8}


def plain(text: str) -> str:
    """The name without what the registry changes on purpose: the district, abbreviations, spaces."""
    for old, new in (
        ("АМР", "муниципального образования"),
        ("(далее – РФ)", ""),
        ("(далее – ЕГЭ)", ""),
        ("(далее – Рособрнадзор)", ""),
        ("(далее – ДПО)", ""),
    ):
        text = text.replace(old, new)
    return " ".join(text.split())


def test_every_indicator_of_the_order_is_there_as_it_is_written(
    registry: Registry, shared: Path
) -> None:
    lines = next((shared / "seeds").glob("000_*.txt")).read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if line.strip()).replace("\u00a0", " ")
    rows = ROW.findall(text[text.index("ПОКАЗАТЕЛИ\n") :])
    ours = [one for one in registry if re.fullmatch(r"П\d+", one.code)]
    assert [f"П{number}" for number, *_ in rows] == [one.code for one in ours]
    assert len(ours) == 44
    for one, (_, name, unit, often, part) in zip(ours, rows, strict=True):
        # typing errors of the order («экономке», «участи») are corrected
        assert SequenceMatcher(None, plain(name), one.name, autojunk=False).ratio() > 0.985, (
            one.code
        )
        assert unit == one.unit_ru, one.code
        assert TIMES[often, part] == one.times_a_year, one.code


def test_every_ratio_of_the_programme_is_there(registry: Registry, shared: Path) -> None:
    text = next((shared / "seeds").glob("002_*.txt")).read_text(encoding="utf-8")
    ours = [one for one in registry if one.code.startswith("ДПО")]
    assert len(ours) == text.count(r"\frac{") == 12
    assert all(one.kind in ("share", "ratio") for one in ours)


def test_targets_of_the_roadmaps_stand_in_the_sources(registry: Registry, shared: Path) -> None:
    texts = [
        path.read_text(encoding="utf-8") for path in sorted((shared / "seeds").glob("00[01]_*"))
    ]
    words = " ".join(" ".join(texts).split())
    for said, code, target in (
        ("(не менее 5% ежегодно)", "ДК1", 5),
        ("Не менее 1 мероприятия в год", "ДК2", 1),
        ("Не менее 2 мероприятий в год", "ДК3", 2),
        ("1 раз в 3 года для каждой образовательной организации", "ДК4", 100),
        ("Не менее 30 % руководителей образовательных учреждений ежегодно", "ДК7", 30),
        ("Не менее 40 % руководителей образовательных учреждений за два года", "ДК8", 40),
        ("100 % образовательных учреждений в сетевом взаимодействии", "ДК9", 100),
        ("Вовлечено в сетевое взаимодействие 100 % представителей кадрового", "ДК10", 100),
        ("Вовлечено в проектную и экспертную деятельность 100% представителей", "ДК11", 100),
    ):
        assert said in words
        assert registry[code].target == target
        assert registry[code].target_source


def test_indicators_computed_from_results_are_not_typed(registry: Registry) -> None:
    computed = {one.code for one in registry if one.kind == "computed"}
    assert computed == {"П19", "П22", "П23", "П24", "П29"}
    assert computed.isdisjoint(one.code for one in registry.typed)


def test_less_is_better_where_the_reference_says_so(registry: Registry) -> None:
    assert {one.code for one in registry if one.better == "lower"} == {
        *("П2", "П7", "П11", "П29", "П35", "П36")
    }


def test_shares_are_percentages(registry: Registry) -> None:
    for one in registry:
        if one.kind in (*PARTS, "ratio", "growth"):
            assert one.unit == "percent", one.code


# --- faults ------------------------------------------------------------------------------------

GOOD = """
title: t
source: s
date: 2026-01-01
blocks: {b: Раздел}
indicators:
  - {code: А1, name: Доля, about: о, block: b, unit: percent, times_a_year: 1, better: higher,
     kind: share, numerator: ч, denominator: з,
     status: {formula: in_name, better: proposed, times: proposed}}
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("numerator: ч, ", "", "у показателя А1 нет ключа numerator"),
        ("kind: share", "kind: rate", "нет ключа per"),
        ("kind: share", "kind: value", "лишний ключ numerator"),
        ("kind: share", "kind: growth", "нет ключа growth_of"),
        ("kind: share", "kind: sahre", "возможно, имелось в виду «share»"),
        ("block: b", "block: c", "такого раздела нет"),
        ("kind: share", "kind: share, maximum: 3", "лишний ключ maximum"),
        ("kind: share", "kind: share, target: 3", "нет ключа target_source"),
        ("better: higher", "better: up", "недопустимое значение"),
    ],
)
def test_faults_are_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ParamsError, match=re.escape(says)):
        load_registry(tmp_path)


def test_a_code_stands_once_over_all_files(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(ParamsError, match=r"b\.yaml.*код «А1» уже есть в файле a\.yaml"):
        load_registry(tmp_path)
    with pytest.raises(ParamsError, match="нет ни одного файла"):
        load_registry(tmp_path / "none")


def test_an_unknown_code_gets_advice(registry: Registry) -> None:
    with pytest.raises(DataError, match="возможно, имелось в виду «ДПО1»"):
        registry["ДП01"]
    assert "П8" in registry
    assert "П12" not in registry
