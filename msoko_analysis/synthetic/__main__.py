"""``python -m msoko_analysis.synthetic OUT``: make the demo region again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from msoko_analysis.synthetic.demo import SEED, write_demo


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the demo region into the folder named on the command line; 0, or 1 with a message.

    >>> main(["/dev/null/demo"])
    Папка /dev/null/demo не записана (Not a directory): выберите другую папку.
    1
    """
    parser = argparse.ArgumentParser(
        prog="python -m msoko_analysis.synthetic",
        description="Создаёт демонстрационный регион: выдуманные результаты и правда о них.",
    )
    parser.add_argument("out", type=Path, metavar="ПАПКА", help="куда записать файлы")
    folder = parser.parse_args(arguments).out
    try:
        write_demo(folder)
    except OSError as error:
        print(f"Папка {folder} не записана ({error.strerror}): выберите другую папку.")
        return 1
    print(f"Готово: {folder} (зерно {SEED}). Школы с признаками перечислены в truth.yaml.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
