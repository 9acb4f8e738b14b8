"""The tables that readers know, as small files with what a person reads of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from gia_files import EGE, FORMS, OGE, OGE_CSV, SCHOOLS
from people_files import PEOPLE, WORD, Given, Line, heading, text

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


def distribution_of_groups(rng: Random) -> Given:
    """The same form, and of it all groups of participants."""
    given = distribution(rng)
    given.table, given.shown = "score_shares", ("unit", "n", "score_000", "score_003")
    for line, (_, unit) in zip(given.lines[3:], _groups(rng), strict=True):
        n, first, *_, last = line.cells[2:]
        line.row = {"unit": unit, "n": n, "score_000": first, "score_003": last}
    given.no_numbers = ("-1", "1 2", "сто", "2147483648")
    # a bad cell of the country's row stops the form
    del given.lines[3]
    return given


def tasks(rng: Random) -> Given:
    """«Выполнение заданий», with the row of points."""
    head = ["Группы участников", "Кол-во ОО", "Кол-во участников", "1", "2К1 (3б)"]
    lines = [text("Выполнение заданий"), text(TITLE), heading(head)]
    lines.append(text("Макс балл", "", "", 2, 3))
    for size, (group, unit) in zip(SIZES, _groups(rng), strict=True):
        one, two = rng.randint(2, 99), rng.randint(2, 99)
        row = {"unit": unit, "n": 100 * size, "item_01": one, "item_02": two, "most_01": 2}
        lines.append(Line([group, 5, 100 * size, one, two], row))
    roles = {"unit": 0, "number": 2, "share": 3, "item_01": 3, "item_02": 4}
    given = Given("Задания", "task_shares", ("unit", "n", "item_01", "item_02"), lines, roles)
    given.no_numbers = ("-1", "1 2", "сто", "2147483648")
    return given


def tasks_by_group(rng: Random) -> Given:
    """«Выполнение заданий группами участников»: lines of marks below each unit."""
    head = ["Группы участников", "Кол-во участников", "1 (2б)", "2К1 (3б)"]
    lines = [text("Выполнение заданий группами участников"), text(TITLE), heading(head)]
    for group, unit in _groups(rng)[2:5]:
        lines.append(text(group, "", "", ""))
        for mark in range(2, 6):
            n, one, two = rng.randint(5, 30), rng.randint(2, 99), rng.randint(2, 99)
            row = {"unit": unit, "mark_group": str(mark), "n": n, "item_02": two}
            lines.append(Line([f"Ср.% вып. уч. гр.баллов {mark}", n, one, two], row))
    for line in lines[4:8]:  # the municipality has more pupils than its schools
        assert line.row
        line.cells[1] = line.row["n"] = 1000
    roles = {"unit": 0, "number": 1, "share": 2, "item_01": 2, "item_02": 3}
    shown = ("unit", "mark_group", "n", "item_02")
    given = Given("Группы", "task_shares_by_group", shown, lines, roles)
    given.no_numbers = ("-1", "1 2", "сто", "2147483648")
    return given


def planned(rng: Random) -> Given:
    """«Достижение планируемых результатов»: a row is a task."""
    head = ["Номер задания", "Блоки ПООП: обучающийся научится", "Макс балл"]
    lines = [text("Достижение планируемых результатов"), text(TITLE)]
    lines.append(heading([*head, "Школа № 1(edu990001)"]))
    for k, skill in enumerate(("Читать текст", "Считать устно", "Решать задачи", "Измерять"), 1):
        row = {"unit": "edu990001", "task": f"{k}.1", "share": rng.randint(2, 99), "max_points": k}
        lines.append(Line([row["task"], skill, k, row["share"]], row))
    roles = {"unit": 3, "number": 3, "share": 3}
    given = Given("Планируемые", "planned_results", tuple(row), lines, roles)
    given.no_numbers = ("-1", "1 2", "сто", "101")
    return given


def dashboard(rng: Random) -> Given:
    """«Распределение первичных баллов» as a dashboard exports it."""
    head = ["Год", "Класс", "Предмет", "Муниципалитет", "Логин", "ОО", "Кол-во участников"]
    lines = [heading([*head, 0, 1, 2])]
    for k in range(1, 7):
        low, n = rng.randint(1, 40), 100 * rng.randint(1, 9)
        row = {"unit": f"edu99000{k}", "n": n, "score_000": low, "score_002": 60 - low}
        cells = [2026, 4, "Русский язык", "Северный район", row["unit"], f"СОШ № {k}", n]
        lines.append(Line([*cells, low, 40, 60 - low], row))
    roles = {"unit": 4, "number": 6, "share": 7}
    given = Given("дашборд", "score_shares", tuple(row), lines, roles)
    given.no_numbers = ("-1", "1 2", "сто", "2147483648")
    return given


def schools(rng: Random) -> Given:
    """A table of schools beside their results."""
    lines = [heading(["school", "name", "municipality", "pupils"])]
    codes = [f"edu99000{k}" for k in range(1, 7)]
    for k, code in enumerate(codes, 1):
        row = {"name": f"Школа № {k}"}
        lines.append(Line([code, row["name"], "Северный район", rng.randint(20, 900)], row))
    # results and the table may agree on either spelling of a code
    given = Given("школы", "schools", ("name",), lines, {"school": 0, "number": 3}, True)
    given.no_numbers = ("-1", "1e9", "12%", "1 2", "сто")
    results = [f"2026;ВПР;4;МА;{code};{k};7" for code in codes for k in (1, 2)]
    results.insert(0, "year;procedure;grade;subject;school;pupil;total")
    given.beside = {"results.csv": "\n".join(results) + "\n"}
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
    *(export_2020, export_2021, marks, against_journal, distribution, distribution_of_groups),
    *(tasks, tasks_by_group, planned, dashboard, schools),
    *(ege, oge, oge_csv, medals, markers),
)
READERS: dict[str, Callable[[Random], Given]] = {one.__name__: one for one in TABLES}
