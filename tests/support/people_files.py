"""Files as people make them: a table that a reader knows, and a mutation or two of it.

Every input says itself what a person would read of it: the rows of the derived table, and the lines
that must be set aside and named. Everything is made from a seed; nothing lies in the project.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random

import openpyxl
import polars as pl
from gia_files import EGE, FORMS, OGE, OGE_CSV, SCHOOLS

#: Nobody may find any of these words in what is written or printed.
PEOPLE = (
    ("Жирафенко", "Аполлинария", "Ксенофонтовна"),
    ("Бегемотов", "Евстигней", "Каллистратович"),
    ("Выхухолева", "Феврония", "Поликарповна"),
    ("Тапиренко", "Никанор", "Пафнутьевич"),
    ("Ленивцева", "Гликерия", "Мардарьевна"),
    ("Утконосов", "Селиверст", "Евлампиевич"),
    ("Дикобразова", "Манефа", "Тихоновна"),
    ("Сурикатова", "Устинья", "Варфоломеевна"),
)

WORD = "слово"


@dataclass
class Line:
    """A line of a file and what a person reads of it.

    ``row``: the row of the derived table, None if there is none, {} for the headings. ``told``: whether
    the line must be named; False: it must not be set aside; None: both will do.
    """

    cells: list[object]
    row: dict[str, object] | None = None
    told: bool | None = False


@dataclass
class Given:
    """One input: a file and others ``beside`` it.

    ``shown``: the columns of the derived ``table`` that it speaks of; ``roles``: where the columns are
    that mutations touch; ``spares``: a bad number costs its cell only; ``no_numbers``: what is none
    there; ``absent``: what stands in the columns of an absent pupil, ``WORD`` for a word of absence.
    """

    name: str
    table: str
    shown: tuple[str, ...]
    lines: list[Line]
    roles: dict[str, int]
    spares: bool = False
    no_numbers: tuple[str, ...] = ("-1", "1e9", "12%", "1 2", "сто", "2147483648")
    absent: dict[str, object] = field(default_factory=lambda: {"total": WORD})
    beside: dict[str, str] = field(default_factory=dict)
    dress: str = "csv"
    letters: str = "utf-8"
    separator: str = ";"
    end: str = "\n"
    hidden: list[Line] = field(default_factory=list)
    sheets: list[tuple[str, str, list[list[object]]]] = field(default_factory=list)

    @property
    def pupils(self) -> list[Line]:
        """The lines of which something is read."""
        return [line for line in self.lines if line.row]

    @property
    def header(self) -> int:
        """Where the headings stand."""
        return next(at for at, line in enumerate(self.lines) if line.row == {})

    @property
    def named(self) -> bool:
        """Whether the first line is that of Excel with the separator."""
        return str(self.lines[0].cells[:1]).startswith("['sep=")

    @property
    def by_code(self) -> bool:
        """Whether the file has names and passes the gate."""
        return "surname" in self.roles

    @property
    def width(self) -> int:
        return len(self.lines[self.header].cells)

    @property
    def expected(self) -> list[tuple[object, ...]]:
        """The rows of the derived table."""
        return [tuple(line.row[name] for name in self.shown) for line in self.pupils if line.row]

    def numbered(self, line: Line) -> int:
        """The number of a line as the report tells it: of Parquet rows are counted."""
        at = next(at for at, one in enumerate(self.lines) if one is line)
        return at if self.dress == "parquet" else at + 1

    def write(self, folder: Path) -> list[Path]:
        """The files of this input."""
        folder.mkdir(parents=True)
        for name, text in self.beside.items():
            (folder / name).write_text(text, encoding="utf-8")
        path = folder / f"{self.name}.{self.dress}"
        {"csv": self._csv, "xlsx": self._xlsx, "parquet": self._parquet}[self.dress](path)
        return [path, *(folder / name for name in self.beside if name.endswith(".csv"))]

    def _csv(self, path: Path) -> None:
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=self.separator, lineterminator=self.end)
        if self.named:  # not to be quoted
            file.write(f"{self.lines[0].cells[0]}{self.end}")
        for line in self.lines[self.named :]:
            writer.writerow(["" if cell is None else cell for cell in line.cells])
        path.write_bytes(file.getvalue().encode(self.letters))

    def _xlsx(self, path: Path) -> None:
        book = openpyxl.Workbook()
        for at, line in enumerate(self.lines, 1):
            for column, cell in enumerate(line.cells, 1):
                if cell not in (None, ""):
                    book.active.cell(at, column, cell)
            if any(line is one for one in self.hidden):
                book.active.row_dimensions[at].hidden = True
        for title, state, rows in self.sheets:
            sheet = book.create_sheet(title)
            sheet.sheet_state = state
            for row in rows:
                sheet.append(row)
        book.save(path)

    def _parquet(self, path: Path) -> None:
        names = [str(cell) for cell in self.lines[0].cells]
        rows = [
            ["" if cell is None else str(cell) for cell in line.cells] for line in self.lines[1:]
        ]
        pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row").write_parquet(path)


def heading(cells: Sequence[object]) -> Line:
    return Line(list(cells), {}, None)


def text(*cells: object) -> Line:
    """A line that is no row of the table."""
    return Line(list(cells), None, None)


# The tables that readers know.

TITLE = "ВПР 2026 Русский язык 4 класс"
BY_LOGIN = "school;name;municipality\nedu990001;Школа № 1;M01\nedu990002;Школа № 2;M01\n"
BY_CODE = "\n".join(";".join(row) for row in SCHOOLS) + "\n"
SOME_SCHOOLS = (
    ("edu990001", "edu990002"),
    ("Лицей «Звёздный»", "Школа № 5"),
    ("0012", "0345"),
    ("S1", "S2"),
)


def _pupils(rng: Random, schools: Sequence[str], n: int = 8) -> list[dict[str, object]]:
    """Pupils with the points of two tasks and their sum, the same number of each school."""
    found = []
    for k in range(n):
        points = rng.randint(0, 5), rng.randint(0, 3)
        found.append(
            {"school": schools[k % 2], "pupil": str(101 + k), "total": sum(points)}
            | {"item_01": points[0], "item_02": points[1], "class_group": "4Б" if k > 5 else "4А"}
        )
    return found


PUPIL = ("school", "pupil", "total", "item_01", "item_02")


def contract(rng: Random) -> Given:
    """A table with the headings of the contract."""
    names = "year;procedure;grade;subject;municipality;school;class_group;pupil;gender;prior_mark"
    head = [*names.split(";"), "total", "item_01", "item_02"]
    lines = [heading(head)]
    for row in _pupils(rng, rng.choice(SOME_SCHOOLS)):
        cells = [2026, "ВПР", 4, "МА", "Северный район", row["school"], row["class_group"]]
        cells += [row["pupil"], rng.choice("мж"), rng.randint(2, 5)]
        row["municipality"] = "Северный район"
        lines.append(Line([*cells, *(row[name] for name in PUPIL[2:])], row))
    roles = {name: head.index(name) for name in (*PUPIL, "class_group")} | {"number": 10}
    absent = {"total": WORD, "item_01": "", "item_02": ""}
    shown = (*PUPIL, "class_group", "municipality")
    return Given("данные", "results", shown, lines, roles, absent=absent)


def contract_xlsx(rng: Random) -> Given:
    given = contract(rng)
    given.dress = "xlsx"
    return given


def contract_parquet(rng: Random) -> Given:
    given = contract(rng)
    given.dress = "parquet"
    return given


LAYOUT = """\
title: проба
tables:
  - contract: results
    constants: {year: 2026, procedure: DIAG, grade: 8, subject: MA, municipality: M1}
    columns: {school: Школа, class_group: Класс, pupil: Номер, total: Балл}
"""


def described(rng: Random) -> Given:
    """A table that a description explains."""
    lines = [heading(["Школа", "Класс", "Номер", "Балл"])]
    for row in _pupils(rng, rng.choice(SOME_SCHOOLS)):
        lines.append(Line([row["school"], row["class_group"], row["pupil"], row["total"]], row))
    roles = {"school": 0, "class_group": 1, "pupil": 2, "total": 3, "number": 3}
    given = Given("журнал", "results", (*PUPIL[:3], "class_group"), lines, roles)
    given.beside = {"журнал.layout.yaml": LAYOUT}
    return given


def individual(rng: Random) -> Given:
    """Ф1 «Индивидуальные результаты»."""
    head = ["ОО", "Муниципалитет", "Название ОО", "Код участника", "Класс", "Вариант"]
    head += ["1 (5б)", "2.1 (3б)", "Первичный балл", "Отметка", "Отметка по журналу"]
    lines = [text("Индивидуальные результаты"), text(TITLE), heading(head)]
    schools = ("edu990001", "edu990002")
    pupils = sorted(_pupils(rng, schools), key=lambda row: str(row["school"]))
    for k, row in enumerate(pupils):
        name = f"Школа № {str(row['school'])[-1]}({row['school']})"
        if k in (0, 4):
            lines.append(text(f"{name} | Кол-во участников: 4"))
        cells = [row["school"], "Северный район", name, row["pupil"], row["class_group"], 1]
        cells += [row["item_01"], row["item_02"], row["total"], 3, rng.randint(2, 5)]
        lines.append(Line(cells, row))
    roles = {"school": 0, "pupil": 3, "class_group": 4, "item_01": 6, "item_02": 7, "total": 8}
    absent = {"total": WORD, "item_01": "", "item_02": ""}
    return Given("Ф1", "results", PUPIL, lines, roles | {"number": 8}, absent=absent)


def collection(rng: Random) -> Given:
    """«Форма сбора результатов»: its total is the sum of its tasks."""
    head = ["Код участника", "Вариант", "1 (5б)", "2К1 (3б)", "Порядковый номер класса"]
    head += ["Отметка за предыдущий триместр/ четверть/полугодие", "Итого баллов"]
    lines = [heading(head)]
    for row in _pupils(rng, ("edu990001", "edu990001")):
        cells = [row["pupil"], 1, row["item_01"], row["item_02"], 1, 4, row["total"]]
        lines.append(Line(cells, row))
    roles = {"pupil": 0, "item_01": 2, "item_02": 3, "class_group": 4, "total": 6, "number": 2}
    given = Given("edu990001_2026_ma4", "results", PUPIL, lines, roles)
    given.no_numbers = (*given.no_numbers, "999")
    given.absent = {"total": 0, "item_01": WORD, "item_02": WORD}
    given.beside = {"schools.csv": BY_LOGIN}
    return given


def export_2020(rng: Random) -> Given:
    """The regional export with technical headings."""
    head = ["groups", "user", "id", "code", "otc", "gender", "klass", "var-1", "var-2", "sum"]
    lines = [heading([*head, "a-1-grade", "a-2-grade", "Учебник"])]
    for k, row in enumerate(_pupils(rng, ("sch990001", "sch990002"))):
        cells = ["Северный район", row["school"], k + 1, row["pupil"], 4, "ж"]
        cells += [row["class_group"], "1", None, *(row[name] for name in PUPIL[2:]), "Моро"]
        lines.append(Line(cells, row))
    roles = {"school": 1, "pupil": 3, "class_group": 6, "total": 9, "item_01": 10, "item_02": 11}
    absent = {"total": WORD, "item_01": "", "item_02": ""}
    return Given("выгрузка_2020_МА4", "results", PUPIL, lines, roles | {"number": 9}, absent=absent)


def export_2021(rng: Random) -> Given:
    """The regional export with Russian headings."""
    head = ["логин школы", "регион", "номер обучающегося", "код обучающегося"]
    head += ["отметка за предыдущую четверть/триместр", "пол", "класс", "вариант", "всего баллов"]
    lines = [heading([*head, "балл за 1", "балл за 2"])]
    for k, row in enumerate(_pupils(rng, ("sch990001", "sch990002"))):
        cells = [row["school"], "Северный район", k + 1, row["pupil"], 4, "м"]
        cells += [row["class_group"], "1", *(row[name] for name in PUPIL[2:])]
        lines.append(Line(cells, row))
    roles = {"school": 0, "pupil": 3, "class_group": 6, "total": 8, "item_01": 9, "item_02": 10}
    absent = {"total": WORD, "item_01": "", "item_02": ""}
    return Given("2021_ru5", "results", PUPIL, lines, roles | {"number": 8}, absent=absent)


def _groups(rng: Random) -> list[tuple[str, str]]:
    """Groups of participants as a form writes them, and as a person calls them."""
    found = [("Вся выборка", "Вся выборка"), ("Амурская обл.", "Амурская обл.")]
    found.append(("Северный район(reg99_m001)", "reg99_m001"))
    return [*found, *((f"Школа № {k}(edu99000{k})", f"edu99000{k}") for k in range(1, 5))]


#: Sizes of the groups: a whole is larger than all of its parts.
SIZES = (100_000, 10_000, 1000, 10, 10, 10, 1)


def marks(rng: Random) -> Given:
    """Ф3 «Статистика по отметкам»."""
    head = ["Группы участников", "Кол-во ОО", "Кол-во участников", 2, 3, 4, 5]
    lines = [text("Статистика по отметкам"), text(TITLE), heading(head)]
    for k, (group, unit) in enumerate(_groups(rng)):
        n, low = rng.randint(20, 90) * SIZES[k], rng.randint(1, 20)
        cells = [group, None if k > 2 else 5 + 40 * (2 - k), n, low, 30, 50 - low, 20]
        lines.append(Line(cells, {"unit": unit, "n": n, "share_2": low, "share_5": 20}))
    shown = ("unit", "n", "share_2", "share_5")
    given = Given("Ф3", "mark_statistics", shown, lines, {"unit": 0, "number": 2, "share": 3})
    given.no_numbers = ("-1", "1 2", "сто", "2147483648")
    return given


def against_journal(rng: Random) -> Given:
    """«Сравнение отметок с отметками по журналу»."""
    head = ["Группы участников", "Кол-во участников(всего)"]
    for word, sign in (("Понизили", "<"), ("Подтвердили", "="), ("Повысили", ">")):
        head += [f"{word} (Отметка {sign} Отметка по журналу) %", f"{word} Кол-во участников"]
    lines = [text("Сравнение отметок с отметками по журналу"), text(TITLE), heading(head)]
    for size, (group, unit) in zip(SIZES, _groups(rng), strict=True):
        low, high = rng.randint(1, 20), rng.randint(1, 9)
        same = 100 - low - high
        cells = [group, 100 * size, low, low * size, same, same * size, high, high * size]
        row = {"unit": unit, "n": 100 * size, "lower": low * size, "higher": high * size}
        lines.append(Line(cells, row))
    shown = ("unit", "n", "lower", "higher")
    given = Given("Сравнение", "mark_vs_prior", shown, lines, {"unit": 0, "number": 1, "share": 2})
    given.no_numbers = ("-1", "1 2", "сто", "2147483648")
    return given


def distribution(rng: Random) -> Given:
    """«Распределение первичных баллов», and of it the row of the country."""
    shares = [10, 20, 30, 40]
    rng.shuffle(shares)
    head = ["Группы участников", "Кол-во ОО", "Кол-во участников", 0, 1, 2, 3]
    counts = tuple(10 * share for share in shares)
    lines = [text("Распределение первичных баллов"), text(TITLE), heading(head)]
    lines.append(Line(["Вся выборка", 50, 1000, *shares], {"n": counts}))
    for size, (group, _) in list(zip(SIZES, _groups(rng), strict=True))[1:]:
        lines.append(text(group, 5, 100 * size, 25, 25, 25, 25))
    given = Given("Распределение", "reference_scores", ("n",), lines, {"unit": 0, "share": 3})
    given.roles["number"] = 2
    given.no_numbers = ("-1", "1 2", "сто", "1e12")
    return given


def ege(rng: Random) -> Given:
    """A protocol of ЕГЭ."""
    lines = [text("01 - Русский язык 2026.05.30"), heading(EGE)]
    scores = rng.sample(range(40, 96), 6)
    for k, score in enumerate(scores):
        school = ("050101", "050102")[k % 2]
        cells = [k + 1, "0101", school, "11А", "", "", *PEOPLE[k], "301", f"77110000000{k}"]
        cells += [f"{FORMS[0][:-1]}{k}", "++-", "1(1)2(3)", score // 2, score]
        row = {"school": school, "total": score, "item_01": 1, "item_03": 0, "item_05": 2}
        lines.append(Line(cells, row))
    roles = {"school": 2, "class_group": 3, "surname": 6, "primary": 14, "total": 15, "number": 15}
    given = Given("егэ", "results", ("school", "total", "item_01", "item_03"), lines, roles)
    given.absent, given.dress = {"primary": "", "total": WORD}, "xlsx"
    given.no_numbers = ("-1", "1e9", "12%", "1 2", "сто")
    given.beside = {"schools.csv": BY_CODE}
    return given


def oge(rng: Random) -> Given:
    """A protocol of ОГЭ."""
    lines = [text("01 - Русский язык 2026.05.30"), heading(OGE)]
    for k, score in enumerate(rng.sample(range(10, 33), 6)):
        school, mark = ("050101", "050102")[k % 2], rng.randint(2, 5)
        cells = [k + 1, school, "9Б", "0101", "0007", "501", *PEOPLE[k], "0871", f"65432{k}"]
        cells += ["+-", "1(2)", score, mark]
        row = {"school": school, "total": score, "mark": mark, "item_01": 1, "item_03": 1}
        lines.append(Line(cells, row))
    roles = {"school": 1, "class_group": 2, "surname": 6, "total": 13, "number": 13, "mark": 14}
    given = Given("огэ", "results", ("school", "total", "mark", "item_01"), lines, roles)
    given.absent, given.dress = {"total": "", "mark": WORD}, "xlsx"
    given.no_numbers = ("-1", "1e9", "12%", "1 2", "сто")
    given.beside = {"schools.csv": BY_CODE}
    return given


def oge_csv(rng: Random) -> Given:
    """The same with the headings of the program, where the file name tells the paper."""
    given = oge(rng)
    given.name, given.dress = "02_2026.06.03", "csv"
    given.lines = [heading(OGE_CSV), *given.lines[2:]]
    for line in given.lines[1:]:
        line.cells = line.cells[1:]
    given.roles = {name: at - 1 for name, at in given.roles.items()}
    return given


def medals(rng: Random) -> Given:
    """A list of medalists by their names."""
    lines = [text("Медалисты 2026 года"), heading(["№", "ФИО", "ОО", "Степень"])]
    for k in range(6):
        school, degree = ("050101", "050102")[k % 2], rng.randint(1, 2)
        row = {"school": school, "year": 2026, "degree": degree}
        lines.append(Line([k + 1, " ".join(PEOPLE[k]), school, degree], row))
    roles = {"surname": 1, "school": 2, "number": 3}
    given = Given("медалисты", "medalists", ("school", "year", "degree"), lines, roles)
    given.no_numbers = ("1e9", "12%", "сто", "3")
    given.beside = {"schools.csv": BY_CODE}
    return given


def markers(rng: Random) -> Given:
    """A list of schools with markers: the count is that of the marks, whatever stands there."""
    head = ["Год", "Логин", "Муниципалитет", "ОО", "4 РУ", "4 МА", "5 РУ", "5 МА"]
    lines = [heading([*head, "Количество маркеров"])]
    for k in range(1, 7):
        found = [1, *(rng.randint(0, 1) for _ in range(3))]
        rng.shuffle(found)
        row = {"school": f"edu99000{k}", "ru4": found[0], "ma5": found[3], "markers": sum(found)}
        cells = [2026, row["school"], "Северный район", f"СОШ № {k}", *found, sum(found)]
        lines.append(Line(cells, row))
    roles = {"school": 1, "number": 8}
    given = Given("маркеры", "markers", ("school", "ru4", "ma5", "markers"), lines, roles, True)
    given.no_numbers = ("-1", "1e9", "12%", "1 2", "сто", "999")
    return given


TABLES = (
    *(contract, contract_xlsx, contract_parquet, described, individual, collection),
    *(export_2020, export_2021, marks, against_journal, distribution),
    *(ege, oge, oge_csv, medals, markers),
)
READERS: dict[str, Callable[[Random], Given]] = {one.__name__: one for one in TABLES}


# What people do to a file. Each says whether it could be done to this one.

LOOK_ALIKE = dict(zip("аеорсухaeopcyx", "aeopcyxаеорсух", strict=True))
ERRORS = ("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#Н/Д", "#ССЫЛКА!", "#ЗНАЧ!", "#ИМЯ?")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1251", "cp866", "koi8-r")
ABSENT = ("отсутствовал", "Отсутствовала", "не писал", "н", "Н/Я", "неявка", "болел", "не явился")


def _fits(said: str, encoding: str) -> bool:
    return said.encode(encoding, "ignore").decode(encoding) == said


def letters(rng: Random, given: Given) -> bool:
    if given.dress != "csv":
        return False
    said = "".join(str(cell) for line in given.lines for cell in line.cells)
    given.letters = rng.choice([one for one in ENCODINGS if _fits(said, one)])
    given.separator = rng.choice(";\t,|")
    given.end = rng.choice(("\n", "\r\n"))
    if given.separator == "|" or rng.random() < 0.3:
        given.lines.insert(0, text(f"sep={given.separator}"))
    return True


def titles(rng: Random, given: Given) -> bool:
    if given.dress == "parquet":
        return False
    said = ["Результаты работы", "", "Составлено 12.05.2026", "Управление образования района"]
    for words in rng.sample(said, rng.randint(1, 3)):
        given.lines.insert(
            given.named, text(words, *[""] * (rng.choice((0, 1)) * (given.width - 1)))
        )
    return True


def blanks(rng: Random, given: Given) -> bool:
    """Rows and a column of nothing."""
    if given.dress == "parquet":
        return False
    for _ in range(rng.randint(1, 2)):
        given.lines.insert(
            rng.randint(given.header + 1, len(given.lines)), text(*[""] * given.width)
        )
    width, at = given.width, rng.choice((0, given.width))
    for line in given.lines:
        if len(line.cells) == width:
            line.cells.insert(at, "")
    given.roles = {name: place + (place >= at) for name, place in given.roles.items()}
    return True


def moved(rng: Random, given: Given) -> bool:
    """Columns in another order; tasks keep theirs, since their numbers follow from it."""
    width = given.width
    order = list(range(width))
    rng.shuffle(order)
    tasks = sorted(at for name, at in given.roles.items() if name.startswith("item_"))
    places = sorted(order.index(at) for at in tasks)
    for place, task in zip(places, tasks, strict=True):
        order[place] = task
    for line in given.lines:
        if len(line.cells) == width:
            line.cells = [line.cells[at] for at in order]
    given.roles = {name: order.index(at) for name, at in given.roles.items()}
    return True


def headings(rng: Random, given: Given) -> bool:
    """The same words in another dress."""
    head = given.lines[given.header]
    # by the name's heading the gate is found
    places = [at for at in range(given.width) if at != given.roles.get("surname")]
    for at in rng.sample(places, 3):
        cell = str(head.cells[at])
        ways = [cell.upper(), f" {cell} ", "\u00ad".join((cell[:1], cell[1:])), cell.title()]
        ways.append(f"\u200b{cell}")
        if given.name != "журнал":  # a description says what a column is called
            ways.append("".join(LOOK_ALIKE.get(sign, sign) for sign in cell))
        if " " in cell:
            ways += [cell.replace(" ", "  "), cell.replace(" ", "\u00a0")]
            ways += [cell.replace(" ", "\n", 1)] * (given.dress == "xlsx")
        head.cells[at] = rng.choice(ways) if given.letters.startswith("utf") else cell.upper()
    return True


def totals(rng: Random, given: Given) -> bool:
    """Lines of sums and means below, or among the pupils."""
    place = next((given.roles[name] for name in ("pupil", "surname", "school", "unit")
                  if name in given.roles), None)  # fmt: skip
    if place is None or given.table == "reference_scores":
        return False
    said = ["Среднее значение", "Итого по району", "В среднем", "Средний балл"]
    # a form's own «Итого» must be the sum of its rows
    said += [] if "unit" in given.roles else ["Итого", "ВСЕГО:", "Итого"]
    for words in rng.sample(said, 2):
        cells: list[object] = [""] * given.width
        cells[place], cells[given.roles["number"]] = words, rng.choice((5, "4,5"))
        at = rng.choice((len(given.lines), given.header + 3))
        given.lines.insert(at, Line(cells, None, True))
    return True


def second_heading(rng: Random, given: Given) -> bool:
    """The headings again, as where two printed pages were joined."""
    if given.dress == "parquet":
        return False
    again = Line(list(given.lines[given.header].cells), None, None)
    given.lines.insert(rng.randint(given.header + 3, len(given.lines) - 1), again)
    return True


def absent(rng: Random, given: Given) -> bool:
    """A word of absence instead of a score."""
    if given.table != "results":
        return False
    for line in rng.sample(given.pupils, 2):
        word = rng.choice(ABSENT)
        for name, cell in given.absent.items():
            line.cells[given.roles[name]] = word if cell == WORD else cell
        assert line.row
        line.row |= {name: None for name in line.row if name[:5] in ("item_", "total", "mark")}
    return True


def _spoil(rng: Random, given: Given, cells: Sequence[object], role: str = "number") -> bool:
    """Put cells that are no value into a column that counts."""
    for line, cell in zip(rng.sample(given.pupils, min(2, len(given.pupils))), rng.sample(cells, 2),
                          strict=False):  # fmt: skip
        line.cells[given.roles[role]] = cell
        line.told = True
        if not given.spares or role != "number":
            line.row = None
    return True


def errors(rng: Random, given: Given) -> bool:
    return _spoil(rng, given, ERRORS)


def dates(rng: Random, given: Given) -> bool:
    cells: list[object] = ["05.янв", "04.03.2026", "4-Mar"]
    if given.dress == "xlsx":
        cells += [date(2026, 3, 4), datetime(2026, 3, 4, 1)]
    return _spoil(rng, given, cells)


def no_numbers(rng: Random, given: Given) -> bool:
    return _spoil(rng, given, given.no_numbers)


def formulas(rng: Random, given: Given) -> bool:
    """Formulas saved without their values."""
    if given.dress == "parquet":
        return False
    given.dress = "xlsx"
    return _spoil(rng, given, ("=4+5", "=SUM(A1:A2)"))


def no_school(rng: Random, given: Given) -> bool:
    if "school" not in given.roles:
        return False
    return _spoil(rng, given, ("", "-", "#REF!", "#Н/Д", "2026-03-04"), "school")


def numbers(rng: Random, given: Given) -> bool:
    """The same numbers as people type them."""
    at = given.roles["number"]
    for line in rng.sample(given.pupils, min(3, len(given.pupils))):
        cell = line.cells[at]
        ways: list[object] = [str(cell), f"{cell},0", f"{cell}.0", f" {cell} ", f"{cell}\u00a0"]
        line.cells[at] = rng.choice(ways[: 5 if given.letters.startswith("utf") else 4])
    return True


def per_cent(rng: Random, given: Given) -> bool:
    """Shares with their sign and a decimal comma."""
    if "share" not in given.roles:
        return False
    for line in given.pupils:
        cell = line.cells[given.roles["share"]]
        line.cells[given.roles["share"]] = rng.choice((f"{cell} %", f"{cell},00", f"{cell},0%"))
    return True


def spelling(rng: Random, given: Given) -> bool:
    """A school as somebody else types it, in one of its rows."""
    if "school" not in given.roles:
        return False
    at = given.roles["school"]
    line = rng.choice(given.pupils)
    name = str(line.cells[at])
    ways = [f"{name} ", f" {name}"]
    if not given.by_code:  # there such a code is out of form
        ways += [f"{name[:2]}\u200b{name[2:]}", f"{name[:2]}\u00ad{name[2:]}"]
    if sum(one.cells[at] == name for one in given.pupils) > 1 or given.beside:
        # of one alone nobody can tell that it was meant otherwise
        ways += _other_letters(name)
    line.cells[at] = rng.choice([way for way in ways if way != name])
    return True


def _other_letters(name: str) -> list[str]:
    ways = ["".join(LOOK_ALIKE.get(sign, sign) for sign in name), name.lower()]
    ways += [name.upper(), name.replace("ё", "е"), name.replace("№ ", "№")]
    return [*ways, name.replace("«", '"').replace("»", '"'), name.lstrip("0")]


def names(rng: Random, given: Given) -> bool:
    """One more column, of names, beside the table."""
    width, at = given.width, rng.choice((0, given.width))
    title = rng.choice(("Ученик", "Телефон родителя", "Учитель", "full_name", "ФИ", *PEOPLE[1][:1]))
    for k, line in enumerate(given.lines):
        if len(line.cells) == width:
            whose = " ".join(PEOPLE[k % 8]) if line.row else ""
            line.cells.insert(at, title if line.row == {} else whose)
    given.roles = {name: place + (place >= at) for name, place in given.roles.items()}
    return True


def name_for_code(rng: Random, given: Given) -> bool:
    """A name where the code of a pupil must stand."""
    if "pupil" not in given.roles:
        return False
    surname, first, father = rng.choice(PEOPLE)
    ways = (f"{surname} {first}", surname.upper(), f"{surname} {first[0]}.{father[0]}.", surname)
    return _spoil(rng, given, ways, "pupil")


def doubles(rng: Random, given: Given) -> bool:
    """A row twice, word for word."""
    line = rng.choice(given.pupils)
    given.lines.append(Line(list(line.cells), None, None))
    return True


def hidden(rng: Random, given: Given) -> bool:
    """Rows that a filter hides are read; a hidden sheet is not."""
    if given.dress == "parquet":
        return False
    given.dress = "xlsx"
    line = rng.choice(given.pupils)
    given.hidden, line.told = [line], None
    if rng.random() < 0.5:
        rows = [list(one.cells) for one in given.lines]
        given.sheets.append(("копия", rng.choice(("hidden", "veryHidden")), rows))
    return True


def second_sheet(rng: Random, given: Given) -> bool:
    """A sheet beside the table of which nobody knows what it is."""
    if given.dress == "parquet":
        return False
    given.dress = "xlsx"
    rows: list[list[object]] = [["Столбец", "Другой"], *([k, 7] for k in range(6))]
    rows += [["Классный руководитель", " ".join(PEOPLE[0])]]
    given.sheets.append((rng.choice(("Лист для себя", PEOPLE[2][0])), "visible", rows))
    return True


def by_class(rng: Random, given: Given) -> bool:
    """Pupils numbered anew in every class: the class becomes a part of the code."""
    if "pupil" not in given.roles or "class_group" not in given.roles:
        return False
    own: dict[object, int] = {}
    for k, line in enumerate(given.pupils):
        assert line.row
        group = f"4{'АБ'[k % 4 // 2]}"
        key = line.row["school"], group
        own[key] = own.get(key, 0) + 1
        line.cells[given.roles["pupil"]] = own[key]
        line.cells[given.roles["class_group"]] = group
        line.row |= {"pupil": f"{group}-{own[key]}", "class_group": group}
    return True


def extern(rng: Random, given: Given) -> bool:
    """A class that is none costs nothing but itself."""
    if "class_group" not in given.roles or "class_group" in given.shown:
        return False
    line = rng.choice(given.pupils)
    line.cells[given.roles["class_group"]], line.told = "экстерн", None
    return True


def _refused(given: Given) -> bool:
    for line in given.pupils:
        line.row = None
    return True


def cut(rng: Random, given: Given) -> bool:
    """A row of a text table that lost its last cells: what stood where is not to be told."""
    if given.dress != "csv":
        return False
    line = rng.choice(given.pupils)
    line.cells = line.cells[:-2]
    return _refused(given)


def lost_column(_: Random, given: Given) -> bool:
    """A column is gone without which nobody knows whose the numbers are."""
    at = next(given.roles[name] for name in ("school", "unit", "pupil") if name in given.roles)
    width = given.width
    for line in given.lines:
        if len(line.cells) == width:
            del line.cells[at]
    given.roles = {name: place - (place > at) for name, place in given.roles.items()}
    return _refused(given)


def two_columns(_: Random, given: Given) -> bool:
    """The column of numbers stands there twice, with other numbers."""
    if given.dress == "parquet":
        return False
    width, at = given.width, given.roles["number"]
    for line in given.lines:
        if len(line.cells) == width:
            line.cells.insert(at + 1, 1 if line.row else line.cells[at])
    given.roles = {name: place + (place > at) for name, place in given.roles.items()}
    return _refused(given)


#: What leaves every row as it is, and may be done besides.
HARMLESS = (letters, titles, blanks, moved, headings, names)
MUTATIONS = (
    *(*HARMLESS, totals, second_heading, absent, errors, dates, no_numbers, formulas),
    *(no_school, numbers, per_cent, spelling, name_for_code, doubles, hidden, second_sheet),
    *(by_class, extern, cut, lost_column, two_columns),
)
KINDS: dict[str, Callable[[Random, Given], bool]] = {one.__name__: one for one in MUTATIONS}


def inputs(reader: str, kind: str, variants: Iterable[int]) -> list[Given]:
    """Inputs of a kind for a reader; none where the kind can not be done there.

    Those of even numbers are the kind alone, of the others one more thing was done.
    """
    made = []
    for variant in variants:
        rng = Random(f"{reader} {kind} {variant}")
        given = READERS[reader](rng)
        if not KINDS[kind](rng, given):
            return []
        if variant % 2:
            # a column of names amid tasks is another file: it is refused
            others = [one for one in HARMLESS if {one.__name__, kind} != {"names", "moved"}]
            rng.choice([one for one in others if one.__name__ != kind])(rng, given)
        made.append(given)
    return made
