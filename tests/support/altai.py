"""The real region beside the project, from its files to arrays over schools."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from msoko_analysis.counts import count, scan
from msoko_analysis.ingest import read_files
from msoko_analysis.measures.arrays import PaperArrays, Year, arrange_year
from msoko_analysis.params.run import load_run
from msoko_analysis.stats.region_spike import AWAY
from msoko_analysis.stats.spike import usable_cuts

PARQUET = "results_2020_2021_grades4-6_ma_ru.parquet"
RUN = Path(__file__).parents[1] / "runs" / "altai.yaml"


@lru_cache(maxsize=1)
def altai_years(shared: Path) -> dict[int, Year]:
    """Both years of the region through the public way: ingest → counts → arrays."""
    source = shared / "data" / "altai"
    with TemporaryDirectory() as folder:
        derived = Path(folder) / "altai"
        read_files([source / PARQUET, source / "schools.csv"], derived)
        run = load_run(RUN, data=derived)
        pairs = count(scan(derived)).mark_pairs.to_pandas()
        schools = pd.read_parquet(derived / "schools.parquet")
    return {
        year: arrange_year(year, pairs, schools, run.papers, run.scales) for year in (2020, 2021)
    }


def placebo_cuts(arrays: PaperArrays) -> list[int]:
    """Scores usable as a cut that stand far from every real cut."""
    inner = usable_cuts(arrays.scale.max_primary, range(arrays.scale.max_primary + 1))
    return [cut for cut in inner if min(abs(cut - real) for real in arrays.scale.cuts) >= AWAY]
