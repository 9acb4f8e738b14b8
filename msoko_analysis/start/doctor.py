"""``msoko doctor``: is all there that the program needs, and what to do where it is not."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from msoko_analysis.errors import RenderError
from msoko_analysis.folders import leftovers
from msoko_analysis.home import SHIPPED, WORK
from msoko_analysis.publish.pdf import find_browser
from msoko_analysis.russian import number

# Our own margin, not a measured need: a million rows took .9 GB to read (README), notes are made by
# several processes beside it.
_MEMORY, _DISK = 2e9, 2e9
_NAMED = ("numpy", "pandas", "polars", "scipy", "matplotlib", "papermill", "nbconvert")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what was seen and, where it is not right, what to do.

    ``needed``: without it nothing works; else only a part.
    """

    title: str
    seen: str
    cure: str = ""
    needed: bool = True

    @property
    def text(self) -> str:
        """One line, and a second with the cure.

        >>> print(Finding("Место на диске", "0,5 ГБ", "освободите 2 ГБ").text)
        НЕТ  Место на диске: 0,5 ГБ
             Что сделать: освободите 2 ГБ
        """
        sign = "есть" if not self.cure else "НЕТ " if self.needed else "нет "
        line = f"{sign} {self.title}: {self.seen}"
        return f"{line}\n     Что сделать: {self.cure}" if self.cure else line


def examine(work: Path = WORK) -> Iterator[Finding]:
    """Everything that is looked at, one after another."""
    yield Finding(
        "Программа",
        f"msoko_analysis {version('msoko_analysis')}, Python {platform.python_version()}",
    )
    yield Finding("Пакеты", ", ".join(f"{name} {version(name)}" for name in _NAMED))
    yield Finding("Параметры и тетради", str(SHIPPED), _shipped())
    yield _written(work)
    yield _enough(
        "Место на диске", shutil.disk_usage(_existing(work)).free, _DISK, "освободите место"
    )
    yield _enough(
        "Свободная память", psutil.virtual_memory().available, _MEMORY, "закройте другие программы"
    )
    yield _browser()
    yield _lab()
    yield from _remains(work)


def _shipped() -> str:
    there = (SHIPPED / "params" / "thresholds.yaml").is_file()
    return "" if there else "поставьте пакет заново: файлов params в нём нет"


def _written(work: Path) -> Finding:
    free = os.access(_existing(work), os.W_OK)
    cure = "" if free else "откройте права на запись или сделайте рабочую папку: msoko init ПАПКА"
    return Finding("Рабочая папка", str(work), cure)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _enough(title: str, there: float, needed: float, cure: str) -> Finding:
    seen = f"{number(there / 1e9, 1)} ГБ"
    asked = f"{cure}: спокойно работать можно, когда есть {number(needed / 1e9)} ГБ"
    return Finding(title, seen, "" if there >= needed else asked)


def _browser() -> Finding:
    try:
        return Finding("Браузер для PDF", find_browser())
    except RenderError:
        cure = "установите Chromium, Chrome или Edge; без него нет только --pdf"
        return Finding("Браузер для PDF", "не найден", cure, needed=False)


def _lab() -> Finding:
    absent = [n for n in ("jupyterlab", "ipywidgets") if importlib.util.find_spec(n) is None]
    if not absent:
        return Finding("JupyterLab", version("jupyterlab"))
    cure = "pip install 'msoko_analysis[lab]'; без него нет только msoko explore"
    return Finding("JupyterLab", f"не установлено: {', '.join(absent)}", cure, needed=False)


def _remains(work: Path) -> Iterator[Finding]:
    """Folders that killed processes left; the next run into the same place clears them."""
    places = (work / "data" / "derived", *sorted((work / "reports").glob("*/")))
    left = [path for place in places for path in leftovers(place)]
    if left:
        names = ", ".join(path.relative_to(work).as_posix() for path in left)
        cure = "повторите прерванную команду: она уберёт их сама"
        yield Finding("Остатки прерванной работы", names, cure, needed=False)
