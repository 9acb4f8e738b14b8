"""A work folder of one's own, for ``msoko init``."""

from __future__ import annotations

import shutil
from pathlib import Path

from msoko_analysis.errors import ParamsError
from msoko_analysis.home import MARK, SHIPPED

README = "ПРОЧТИ.txt"
_FOLDERS = ("data/raw", "params/runs", "reports")
_TEXT = """\
Рабочая папка msoko_analysis

data/raw      сюда кладут файлы результатов: Excel, CSV, Parquet, как их выгрузили
data/derived  здесь программа хранит прочитанное; результаты учеников никуда не отправляются
params/runs   файлы запуска: годы, работы, муниципалитеты, шкалы (их пишет msoko start)
notebooks     тетради для JupyterLab
reports       готовые справки; список — reports/index.html

Что делать (команды вводят в этой папке):

  msoko start data/raw        прочитать всё, что лежит в data/raw, и сделать справки
  msoko explore params/runs/ИМЯ.yaml   исследовать данные в JupyterLab
  msoko check reports         проверить, что готовые справки никто не изменил
  msoko --help                остальные команды

Данные учеников и справки «для служебного пользования» из этой папки не копируют и не пересылают.
"""


def make_workspace(folder: Path) -> Path:
    """Make a work folder, or complete one; what stands there already is left as it is.

    Returns the folder. ParamsError where a file stands in its place or it can not be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     made = make_workspace(Path(name) / "мсоко")
    ...     sorted(path.name for path in made.iterdir())
    ['.msoko', 'data', 'notebooks', 'params', 'reports', 'ПРОЧТИ.txt']
    """
    try:
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "data").chmod(0o700)
        if not (folder / README).exists():
            (folder / README).write_text(_TEXT, encoding="utf-8", newline="\n")
        for notebook in sorted((SHIPPED / "notebooks").glob("*.ipynb")):
            copy = folder / "notebooks" / notebook.name
            copy.parent.mkdir(exist_ok=True)
            if not copy.exists():
                shutil.copyfile(notebook, copy)
        (folder / MARK).touch()
    except OSError as error:
        raise ParamsError(
            f"Рабочая папка {folder} не сделана: {error.strerror}. "
            "Укажите другую папку или проверьте права на запись"
        ) from None
    return folder
