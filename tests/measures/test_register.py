"""The register of measures: every code that real runs emit is in it, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from msoko_analysis.disclosure import publish, publish_to_entitled
from msoko_analysis.errors import ParamsError
from msoko_analysis.home import SHIPPED
from msoko_analysis.ingest import read_files
from msoko_analysis.measures import COLUMNS
from msoko_analysis.measures.aggregates import aggregate_rows
from msoko_analysis.measures.markers import marker_rows
from msoko_analysis.measures.places import Places
from msoko_analysis.measures.prepare import load
from msoko_analysis.measures.rows import ALL_PAPERS, listed_rows, school_rows
from msoko_analysis.params import measures as register
from msoko_analysis.params.measures import CHANGE, FILE, measure, measures, registered
from msoko_analysis.params.methods import methods_of
from msoko_analysis.params.run import Thresholds, load_run
from msoko_analysis.params.scales import Paper
from msoko_analysis.params.sources import sources

# What is measured in a run beside the project: source files, description of their columns.
RUNS = {
    "altai": (("results_2020_2021_grades4-6_ma_ru.parquet", "schools.csv"), None),
    "brasov": (("brasov.parquet",), "romania_brasov.yaml"),
    "moscow_ege": (("moscow_ege_2016_2018.csv",), "moscow_ege.yaml"),
}
FOLDER = {"brasov": "romania_brasov"}
# The large ones, in a small version: four of their municipalities, by this column.
PLACE = {"altai": "municipality", "moscow_ege": "district"}


@pytest.fixture(scope="module")
def thresholds() -> Thresholds:
    return load_run(SHIPPED / "params/runs/demo.yaml").thresholds


@pytest.fixture(scope="module")
def of_demo(demo_data: Path) -> pd.DataFrame:
    """The long table of the demo."""
    return load(load_run(SHIPPED / "params/runs/demo.yaml", data=demo_data)).measures


def few(source: Path, column: str, out: Path) -> Path:
    """The same file with the schools of its four largest municipalities."""
    read, write = (
        (pd.read_parquet, "to_parquet") if source.suffix == ".parquet" else (pd.read_csv, "to_csv")
    )
    table = read(source)
    kept = table[column].value_counts().index[:4]
    getattr(table[table[column].isin(kept)], write)(out / source.name, index=False)
    return out / source.name


@pytest.fixture(
    scope="module",
    params=[
        ("brasov", "all"),
        *((name, "few") for name in PLACE),
        *(pytest.param((name, "all"), marks=pytest.mark.slow) for name in PLACE),
    ],
    ids=" ".join,
)
def of_run(
    request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> pd.DataFrame:
    """The long table of real data."""
    name, which = request.param
    files, layout = RUNS[name]
    place = tmp_path_factory.mktemp(name)
    paths = [shared / "data" / FOLDER.get(name, name) / file for file in files]
    if which == "few":
        paths[0] = few(paths[0], PLACE[name], place)
    given = {"layout": SHIPPED / "tests/layouts" / layout, "strict": True} if layout else {}
    read_files(paths, place / "derived", **given)
    return load(load_run(SHIPPED / "tests/runs" / f"{name}.yaml", data=place / "derived")).measures


def faults(table: pd.DataFrame) -> list[str]:
    """What rows say of themselves and the register says otherwise."""
    told = registered(table["indicator"])
    found = []
    for (code, method), rows in table.groupby(["indicator", "method"]):
        made = {one.name for one in methods_of(method)}
        if not made or not made <= set(told[code].record.methods):
            found.append(f"{code}: method {method}")
        counted = rows["count"].notna()
        if counted.any() and not told[code].additive:
            found.append(f"{code}: has a count and is not additive")
        if told[code].change and counted.any():
            found.append(f"{code}: a change has a count")
        if told[code].record.part_of and not told[code].change and not counted.all():
            found.append(f"{code}: a part of a whole without its count")
    own = [one for one in table["source"].unique() if re.fullmatch("[a-z_0-9]+", one)]
    return [*found, *(f"source {one}" for one in own if one not in sources())]


def test_everything_the_demo_emits_is_registered(of_demo: pd.DataFrame) -> None:
    assert of_demo["indicator"].nunique() > 150
    assert faults(of_demo) == []


def test_everything_real_data_emit_is_registered(of_run: pd.DataFrame) -> None:
    assert len(of_run)
    assert faults(of_run) == []


# --- nothing in it is dead ---------------------------------------------------------------------


def of_lists() -> pd.DataFrame:
    """Rows about official lists, of two schools with results."""
    blank = dict.fromkeys(COLUMNS, np.nan) | ALL_PAPERS._asdict() | {"year": 2025, "n": 20.0}
    rows = [
        blank | {"level": "school", "municipality": "A", "unit": unit, "indicator": code,
                 "value": 1.0, "q": q, "method": "spike", "source": "own"}
        for unit, q in (("1", 0.01), ("2", 0.9)) for code in ("spike", "fioko_a")
    ]  # fmt: skip
    measured = pd.DataFrame(rows, columns=list(COLUMNS))
    schools = pd.DataFrame({"school": ["1", "2"], "municipality": "A"})
    return pd.concat(marker_rows(schools[:1].assign(year=2025), measured, schools, 0.1))


def of_forms() -> pd.DataFrame:
    """Rows of a form of one municipality."""
    numbers = {"n": 100, "n_schools": 5, "share_2": 10.0, "share_3": 50.0, "share_4": 30.0,
               "share_5": 10.0}  # fmt: skip
    form = pd.DataFrame([
        {"year": 2025, "procedure": "VPR", "grade": 4, "subject": "RU", "municipality": "A",
         "level": "municipality", "unit": "A", "unit_name": "A", **numbers}
    ])  # fmt: skip
    sides = form.drop(columns=list(numbers)).assign(
        n=100, n_schools=5, lower=10, same=80, higher=10
    )
    return aggregate_rows(form, sides[:0], Places({"a": "A"}, {}), {Paper("VPR", 4, "RU")})


def test_no_record_is_dead(of_demo: pd.DataFrame) -> None:
    """Each is emitted by the demo, by lists or forms, or named in the code that makes it."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((SHIPPED / "msoko_analysis/measures").glob("*.py"))
    )
    emitted = pd.concat([of_demo, of_lists(), of_forms()])["indicator"]
    told = registered(emitted).values()
    used = {one.record.code for one in told}
    literal = set(re.findall(r'"(\w+?)_?"', code))
    dead = [
        one.code
        for one in measures()
        if one.code not in used and one.code.partition("_{")[0] not in literal
    ]
    assert dead == []
    assert {one.record.code for one in told if one.change}, "changes are emitted"
    used_wholes = {one.part_of for one in measures()} | {one.n_part_of for one in measures()}
    assert set(register.wholes()) == used_wholes - {None}
    said = {name for one in measures() for name in re.findall(r"\{(\w+)\}", one.code)}
    assert said == set(register._register().names)
    assert set(sources()) <= {*emitted_sources(of_demo), *literal}


def emitted_sources(table: pd.DataFrame) -> set[str]:
    """Sources of the rows of a table."""
    return set(table["source"])


# --- a code that is not in it ------------------------------------------------------------------


def two_schools(code: str) -> pd.DataFrame:
    """A difference between the schools of a municipality that has two."""
    blank = {
        "year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA", "municipality": "A",
        "n": 40, "count": np.nan, "value": 12.0, "low": 1.0, "high": 20.0, "p": np.nan,
        "q": np.nan, "method": "school_gap_quarter", "source": "own",
    }  # fmt: skip
    schools = [
        {**blank, "level": "school", "unit": unit, "indicator": "mean_percent"} for unit in "12"
    ]
    gap = {**blank, "level": "municipality", "unit": "A", "indicator": code}
    return pd.DataFrame([*schools, gap]).reindex(columns=list(COLUMNS))


@pytest.mark.parametrize("official", [False, True])
def test_the_gate_refuses_what_it_does_not_know(thresholds: Thresholds, official: bool) -> None:
    """The gap of two schools is hidden, and is not shown under another name."""
    known = two_schools("school_gap_quarter")
    public = publish(known, thresholds)
    shown = publish_to_entitled(known, public) if official else public
    assert shown.table["hidden"].tolist() == [False, False, True]
    unknown = two_schools("gap_of_schools")
    with pytest.raises(ParamsError, match=r"«gap_of_schools» нет в params/measures\.yaml"):
        publish_to_entitled(unknown, public) if official else publish(unknown, thresholds)


def test_an_unknown_code_or_method_is_not_measured() -> None:
    schools = pd.DataFrame({"municipality": ["A"]}, index=["1"])

    def made(code: str, method: str) -> pd.DataFrame:
        return school_rows(
            2026, ALL_PAPERS, schools, code, np.array([9]), np.array([1.0]), method=method,
            source="own",
        )  # fmt: skip

    assert len(made("jump", "jump")) == 1
    row = {"indicator": "jump", "method": "jump"}
    assert len(listed_rows([row])) == 1
    for code, method, fault in (("jumps", "jump", "показателя"), ("jump", "jumps", "метода")):
        with pytest.raises(ParamsError, match=f"{fault} «jumps» нет"):
            made(code, method)
        with pytest.raises(ParamsError, match=f"{fault} «jumps» нет"):
            listed_rows([row, {"indicator": code, "method": method}])


@pytest.mark.parametrize(
    "code",
    ["", "share", "share_2_", "share_2_change", "level_share_0", "level_share_100",
     "level_share_1_change_change", "medals_3", "topic_gap_item_1", "p22_x_change", "cut_ratio_2",
     "Share_2", "icc_"],
)  # fmt: skip
def test_no_other_spelling_is_known(code: str) -> None:
    with pytest.raises(ParamsError, match=r"нет в params/measures\.yaml"):
        measure(code)


@pytest.mark.parametrize(
    ("code", "record", "member", "change"),
    [
        ("level_share_99", "level_share_{level}", "99", False),
        ("level_share_7_change", "level_share_{level}", "7", True),
        ("mean_change", "mean_change", "", False),
        ("medals_2", "medals_{degree}", "2", False),
        ("medals_p29", "medals_p29", "", False),
        ("medals_least_80_100", "medals_least_{band}", "80_100", False),
        ("p24_below_minimum", "p24_{way}", "below_minimum", False),
        ("p24_gini_change", "p24_{way}", "gini", True),
        ("topic_schools_item_03", "topic_schools_{task}", "item_03", False),
    ],
)
def test_members_of_families(code: str, record: str, member: str, change: bool) -> None:
    told = measure(code)
    assert (told.record.code, told.member, told.change) == (record, member, change)
    assert not (told.change and (told.additive or told.part_of))


def test_all_unknown_codes_are_named_at_once() -> None:
    with pytest.raises(ParamsError, match=r"«one» нет[\s\S]*«two» нет"):
        registered(["one", "share_2", "two"])


def test_no_code_is_two_records() -> None:
    """Whatever a family's name may be, it is not another record."""
    plain = [one.code for one in measures() if "{" not in one.code]
    assert [code for code in plain if measure(code).record.code != code] == []
    assert [one.code for one in measures() if one.code.endswith(CHANGE) and one.change] == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("part_of: prior}", "part_of: priors}", "«priors» нет в перечне"),
        ("{code: jump,", "{code: level,", "«level» уже есть выше"),
        ("methods: [jump]", "methods: [jumps]", "«jumps» нет в перечне"),
        ("n: lists", "n: list", "недопустимое значение"),
        ("between: true", "betwen: true", "неизвестный ключ"),
        ("'level_share_{level}'", "'level_share_{levels}'", "«levels» нет в перечне"),
        ("follows_top: levels", "follows_top: level", "«level» нет в перечне"),
    ],
)
def test_faults_of_the_file_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, says: str
) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "measures.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    monkeypatch.setattr(register, "FILE", file)
    with pytest.raises(ParamsError, match=says):
        register._register.__wrapped__()
