"""A small run whose notes take a second: real ingest, parameters, runner and claims; simple numbers.

Its data are the papers in mathematics of grade 4 of some schools of the made-up demo.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml
from small_notebooks import write_notebook

from msoko_analysis.home import SHIPPED
from msoko_analysis.ingest import read_files
from msoko_analysis.publish.runner import run_notes

DISTRICT, YEAR = "M01", 2026
SCHOOLS = ("S001", "S003", "S005", "S007")
DEMO = SHIPPED / "data" / "demo"
CELLS = (
    "# Справка",
    """
import json
from pathlib import Path

import pandas as pd
from IPython.display import HTML

from msoko_analysis.errors import MsokoError
from msoko_analysis.params.run import load_run
from msoko_analysis.russian import number


class Withheld(MsokoError):
    pass


run = load_run(run_file, data=Path(data))
files = sorted(Path(data, "results").glob("**/*.parquet"))
rows = pd.concat([pd.read_parquet(file, partitioning=None) for file in files])
rows = rows[(rows["year"] == year) & (rows["municipality"] == district)]
if rows.empty:
    raise Withheld("нет результатов")
schools = pd.read_parquet(Path(data, "schools.parquet")).set_index("school")
scale = run.scales[year, "VPR", 4, "MA"]
limit = run.thresholds["spike_min_tested"].value
means = rows.groupby("school")["total"].mean().sort_index()
passed = (rows["total"] >= scale.min_3).groupby(rows["school"]).sum().sort_index()
found = [
    {"id": f"spike_school:{code}", "code": "spike_school", "unit": code, "n": int(n),
     "limit_name": "spike_min_tested", "verdict": "CONCERN" if n >= 4 * limit else "NO_CONCERN"}
    for code, n in passed.items()
]
Path(save_to, "findings.json").write_text(json.dumps(found))
for name in ("tables", "figures"):
    Path(save_to, name).mkdir()
Path(save_to, "figures", "one.png").write_bytes(bytes(range(256)))
means.round(2).to_csv(Path(save_to, "tables", "schools.csv"))
named = [one["unit"] for one in found if one["verdict"] == "CONCERN"]
""",
    "## Результаты",
    """
place = run.districts[district].name.prepositional
HTML(f"<p>В {place} {len(means)} школ; средний балл {number(rows['total'].mean(), 1)}.</p>"
     f"<p>Граница отметки «3» — {scale.min_3} баллов, у {passed.sum()} работ балл не ниже.</p>")
""",
    """
types = schools["school_type"]
lines = "".join(f"<tr><th scope='row'>{code}</th><td>{types[code]}</td><td>{number(mean, 2)}</td></tr>"
                for code, mean in means.items())
HTML("<table class='data'><caption>Таблица 1. Школы</caption><thead><tr><th>Школа</th><th>Вид</th>"
     f"<th>Балл</th></tr></thead><tbody>{lines}</tbody></table>")
""",
    "## Выводы",
    "HTML(''.join(f\"<p data-findings='spike_school:{code}'>Требует проверки: {code}.</p>\" "
    "for code in named) or '<p>Признаков нет.</p>')",
)


@dataclass(frozen=True)
class SmallReport:
    """Where the parts of the small run stand, and the folder of its one document."""

    run_file: Path
    data: Path
    notebook: Path
    reports: Path

    @property
    def document(self) -> Path:
        """The folder of the document."""
        return self.reports / str(YEAR) / DISTRICT


def source_tables() -> dict[str, pd.DataFrame]:
    """The tables the run is made from: results and schools."""
    results = pd.read_parquet(DEMO / "results.parquet")
    wanted = (
        (results["grade"] == 4)
        & (results["subject"] == "MA")
        & (results["procedure"] == "VPR")
        & results["school"].isin(SCHOOLS)
    )
    schools = pd.read_csv(DEMO / "schools.csv", dtype={"school": str, "municipality": str})
    return {"results": results[wanted], "schools": schools[schools["school"].isin(SCHOOLS)]}


def derived(tables: dict[str, pd.DataFrame], folder: Path, *, kind: str = "parquet") -> Path:
    """The tables through the real ``ingest``, results as a file of the given kind."""
    source = folder / "source"
    source.mkdir(parents=True)
    results = source / f"results.{kind}"
    if kind == "csv":
        tables["results"].to_csv(results, index=False)
    else:
        tables["results"].to_parquet(results, index=False)
    tables["schools"].to_csv(source / "schools.csv", index=False)
    read_files([results, source / "schools.csv"], folder / "derived")
    return folder / "derived"


def write_run(path: Path, **changes: object) -> Path:
    """The demo's run file for one paper, with the given keys changed."""
    run = yaml.safe_load((SHIPPED / "params" / "runs" / "demo.yaml").read_text(encoding="utf-8"))
    run |= {"papers": ["VPR-4-MA"], "monitoring": None} | changes
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(run, allow_unicode=True), encoding="utf-8")
    return path


def changed_notebook(path: Path, cells: Iterable[str]) -> Path:
    """A notebook of the small run."""
    return write_notebook(path, *(cell.strip("\n") for cell in cells))


def make_report(folder: Path) -> SmallReport:
    """Make the document of the small run."""
    made = SmallReport(
        write_run(folder / "small.yaml"),
        derived(source_tables(), folder),
        changed_notebook(folder / "small.ipynb", CELLS),
        folder / "reports",
    )
    summary = run_notes(
        made.run_file,
        data=made.data,
        districts=[DISTRICT],
        years=[YEAR],
        reports=made.reports,
        notebook=made.notebook,
        jobs=2,
    )
    assert summary.exit_code == 0, summary.text()
    return made
