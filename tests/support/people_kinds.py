"""What people do to a file. Each says whether it could be done to this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from random import Random

from people_files import PEOPLE, WORD, Given, Line, text
from people_tables import READERS, TITLE

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
        # of groups below their unit one amid them is the next unit
        amid = given.header + 3 if given.table != "task_shares_by_group" else len(given.lines)
        at = rng.choice((len(given.lines), amid))
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
        ways += [] if given.by_code else [f"{name}.", name.replace(" ", "  ")]
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


def merged(rng: Random, given: Given) -> bool:
    """A school, class or paper written once for the rows below it, in a merged cell."""
    if given.dress == "parquet":
        return False
    at = next(
        (given.roles[name] for name in ("class_group", "school") if name in given.roles), None
    )
    if at is None:
        return False
    given.dress = "xlsx"
    given.merged = at
    order = sorted(given.pupils, key=lambda line: str(line.cells[at]))
    places = [k for k, line in enumerate(given.lines) if line.row]
    for place, line in zip(places, order, strict=True):
        given.lines[place] = line
    return True


def two_headings(rng: Random, given: Given) -> bool:
    """A row above the headings that groups them, its words merged over several columns."""
    if given.dress == "parquet":
        return False
    width = given.width
    over = ["Участник", *[""] * (width - 1)]
    over[width // 2 + 1] = "Результат"
    given.lines.insert(given.header, text(*over))
    return True


def column_numbers(_: Random, given: Given) -> bool:
    """The columns numbered under their headings, as printed forms have it."""
    if given.dress == "parquet":
        return False
    given.lines.insert(given.header + 1, Line(list(range(1, given.width + 1)), None, None))
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


def second_paper(_: Random, given: Given) -> bool:
    """Another paper's form pasted below on the same sheet."""
    title = next((line for line in given.lines if line.cells[:1] == [TITLE]), None)
    if title is None:
        return False
    last = given.lines[-1]
    given.lines += [text(TITLE.replace("Русский язык", "Математика")), text(*last.cells)]
    return _refused(given)


#: What leaves every row as it is, and may be done besides.
HARMLESS = (letters, titles, blanks, moved, headings, names)
MUTATIONS = (
    *(*HARMLESS, totals, second_heading, absent, errors, dates, no_numbers, formulas),
    *(
        no_school,
        numbers,
        per_cent,
        spelling,
        name_for_code,
        doubles,
        hidden,
        second_sheet,
        merged,
        two_headings,
    ),
    *(by_class, extern, cut, lost_column, two_columns, second_paper),
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
