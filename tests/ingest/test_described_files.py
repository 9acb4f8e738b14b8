"""Tables nobody wrote a reader for: a description in YAML is enough, and its faults are located."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from msoko_analysis.errors import DataError, ParamsError

LAYOUTS = Path(__file__).resolve().parents[1] / "layouts"


def command(*arguments: object) -> str:
    """What ``msoko ingest`` prints."""
    start = "from msoko_analysis.cli import main; main()"
    run = [sys.executable, "-c", start, "ingest", *map(str, arguments)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_second_country_through_the_public_command(shared: Path, tmp_path: Path) -> None:
    source, out = shared / "data/romania_brasov/brasov.parquet", tmp_path / "out"
    layout = LAYOUTS / "romania_brasov.yaml"
    text = command(source, "--layout", layout, "--out", out, "--strict")
    assert "замечаний нет" in text
    rows = pl.read_parquet(out / "results/**/*.parquet", hive_partitioning=False)
    years = rows.group_by("subject", "year").len().sort("subject", "year")
    # the README of the file: 3,072 / 3,084 / 3,093 rows
    assert years.filter(pl.col("subject") != "RL")["len"].to_list() == [3072, 3084, 3093] * 2
    original = pl.read_parquet(source)
    assert rows.filter(pl.col("subject") == "RL").height == original["mt_final"].count()
    joined = rows.filter(pl.col("subject") == "MA").join(
        original.with_row_index("line", offset=1).with_columns(pl.col("line").cast(pl.String)),
        left_on="pupil",
        right_on="line",
    )
    grade, total = joined["math_final"].to_numpy(), joined["total"].to_numpy()
    assert abs(grade * 10 - total).max() < 0.5 + 1e-9
    assert (np.digitize(grade, [5, 7, 9]) + 2).tolist() == joined["mark"].to_list()


def test_counts_per_school_in_ordered_levels(shared: Path, derived: Callable[..., tuple]) -> None:
    source = shared / "data/moscow_ege/moscow_ege_2016_2018.csv"
    _, out = derived(source, layout=LAYOUTS / "moscow_ege.yaml", strict=True)
    counts = pl.read_parquet(out / "level_counts.parquet")
    schools = counts.group_by("year").agg(pl.col("school").n_unique()).sort("year")
    assert schools["school"].to_list() == [626, 758, 740]
    districts = counts.group_by("year").agg(pl.col("municipality").n_unique()).sort("year")
    assert districts["municipality"].to_list() == [125, 138, 137]
    by_level = dict(counts.filter(pl.col("year") == 2016).group_by("level").agg(pl.sum("n")).rows())
    raw = pl.read_csv(source).filter(pl.col("school_year") == "2015-2016")
    assert sum(by_level.values()) == raw["passed_total"].sum()
    assert by_level[3] == raw["n_over_220"].sum()
    later = counts.filter(pl.col("year") > 2016)["level"].unique().sort().to_list()
    assert later == [2, 3], "a level the source does not count is not 0"


FILE = ["Anul;Școala;Localitate;Nota;Media;Sex", "2024;S1;Bran;8,5;9;F", "2024;S2;Bran;x;9;M"]
LAYOUT = """\
title: проба
tables:
  - contract: results
    constants: {procedure: DIAG, grade: 8, subject: MA}
    columns:
      year: anul
      school: Școala
      municipality: Localitate
      pupil: {line: true}
      gender: {column: Sex, values: {F: f, M: m}}
      total: {column: Nota, multiply: 10, round: true}
      prior_mark: {column: Media, bands: {2: 1, 3: 5, 4: 7, 5: 9}}
"""


@pytest.fixture
def read(tmp_path: Path, derived: Callable[..., tuple]) -> Callable[..., tuple]:
    """Ingest a CSV of lines by a description that lies beside it; (report, results)."""

    def run(lines: list[str], layout: str = LAYOUT) -> tuple:
        (tmp_path / "x.layout.yaml").write_text(layout, encoding="utf-8")
        (tmp_path / "note.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        report, out = derived(tmp_path / "note.csv", replace=True)
        return report, pl.read_parquet(out / "results/**/*.parquet", hive_partitioning=False)

    return run


def test_a_description_beside_the_file_is_found(read: Callable[..., tuple]) -> None:
    report, rows = read(FILE[:2])
    row = rows.row(0, named=True)
    assert (row["procedure"], row["year"], row["pupil"]) == ("DIAG", 2024, "2")
    assert (row["total"], row["prior_mark"], row["gender"]) == (85, 5, "f")
    assert report.cards[0]["layout"] == "проба → results"


def test_a_bad_cell_is_a_fault_of_its_line(read: Callable[..., tuple]) -> None:
    lines = [*FILE, "2024;S3;Bran;7;много;F", "2024;S4;Bran;7;0,5;F", ";S5;Bran;7;9;F"]
    report, rows = read([*lines, "2024;S6;Bran;седьмой;9;F"])
    assert rows.select("school", "total", "prior_mark").sort("school").rows() == [
        ("S1", 85, 5),
        ("S2", None, 5),
        ("S3", 70, None),
        ("S4", 70, None),
    ]
    cells = {(f.column, f.reason, f.rows) for f in report.cells}
    assert cells == {("Media → prior_mark", "не число", (4, 5))}
    aside = {(f.column, f.reason, f.rows) for f in report.rejected}
    assert aside == {("Anul", "пусто", (6,)), ("Nota → total", "не число", (7,))}


def test_halves_go_away_from_zero(read: Callable[..., tuple]) -> None:
    lines = [FILE[0], *(f"2024;S{k};Bran;{n};9;F" for k, n in enumerate(("4,05", "4,15", "4,25")))]
    assert read(lines)[1].sort("school")["total"].to_list() == [41, 42, 43]


def test_columns_the_file_lacks_are_named(read: Callable[..., tuple]) -> None:
    with pytest.raises(DataError) as caught:
        read([FILE[0].replace("Nota", "Notă").replace("Sex", "Gen"), FILE[1]])
    first, second = caught.value.problems
    assert "нет столбца «Sex», названного в описании" in str(first)
    assert "строка 1" in str(second)
    assert "возможно, имелось в виду «Notă»" in str(second)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("contract: results", "contract: result", r"строка 3: .*имелось в виду «results»"),
        ("prior_mark:", "priormark:", r"строка 12: .*нет такого столбца — .*«prior_mark»"),
        ("procedure: DIAG", "procedure: TEST", r"строка 4: недопустимое значение; допустимы: VPR"),
        ("grade: 8", "grade: 12", r"«tables.№1.constants.grade», строка 4: недопустимое"),
        (", subject: MA", "", "откуда взять обязательный столбец «subject»"),
        ("year: anul", "year: {column: anul, extract: '20'}", "с частью в скобках"),
        ("{2: 1, 3: 5,", "{2: 6, 3: 5,", "границы не возрастают"),
        ("{line: true}", "{}", "нужен либо column, либо line: true"),
        ("multiply:", "times:", r"строка 11: неизвестный ключ"),
        ("subject: MA}", "subject: MA, year: 2024}", "«year» задан и в columns, и в constants"),
    ],
)
def test_faults_of_a_description_are_located(
    old: str, new: str, message: str, read: Callable[..., tuple]
) -> None:
    with pytest.raises(ParamsError, match=message):
        read(FILE, LAYOUT.replace(old, new))


def test_a_description_of_no_file_or_two_of_one(
    tmp_path: Path, read: Callable[..., tuple], derived: Callable[..., tuple]
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(LAYOUT.replace("tables:", "files: ['*.xlsx']\ntables:", 1), encoding="utf-8")
    read(FILE)
    with pytest.raises(DataError, match="не подходит ни к одному файлу"):
        derived(tmp_path / "note.csv", layout=other, replace=True)
    (tmp_path / "y.layout.yaml").write_text(LAYOUT, encoding="utf-8")
    with pytest.raises(DataError, match=r"несколько описаний: x.layout.yaml, y.layout.yaml"):
        read(FILE)
