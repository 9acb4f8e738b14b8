"""Reading one parameter file against a schema: every fault gets its file, line, key and what to do.

Knows nothing of what the parameters mean; :mod:`msoko_analysis.params.run` and
:mod:`msoko_analysis.params.scales` hold the schemas. Messages are Russian: methodologists edit the files.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar, get_args, get_origin

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.cyaml import CParser
from yaml.resolver import Resolver

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.home import relative
from msoko_analysis.walls import check_regular

Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Fault(ValueError):
    """Raised by validators of a schema: the rule that is broken and what to do, both in Russian."""

    def __init__(self, rule: str, action: str) -> None:
        super().__init__(f"{rule} — {action}")
        self.rule, self.action = rule, action


def _printable(text: str) -> str:
    """Words that Word and Excel can hold: they refuse a whole document for one control character."""
    if _UNPRINTABLE.search(text):
        raise Fault("в тексте есть непечатаемый знак", "уберите его")
    return text


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    AfterValidator(_printable),
]

_SURPLUS = "лишние ячейки"
#: Ours are ten times smaller and nest six deep.
_LARGEST, _MOST_VALUES, _DEEPEST = 5_000_000, 100_000, 30


class Strict(BaseModel):
    """A frozen record of parameters; a key it does not know is a fault, not a comment."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_Row = TypeVar("_Row", bound=Strict)


@dataclass(frozen=True)
class Document:
    """The content of a YAML file and the line of each key (path of keys → line, from 1)."""

    path: Path
    data: Any
    lines: dict[tuple[str | int, ...], int]

    def problem(self, loc: tuple[str | int, ...], rule: str, action: str) -> Problem:
        """A fault at a path of keys; the line is that of the nearest key above that exists."""
        line = next(
            (self.lines[loc[:n]] for n in range(len(loc), 0, -1) if loc[:n] in self.lines), 1
        )
        key = ".".join(f"№{part + 1}" if isinstance(part, int) else part for part in loc)
        place = f"{shown(self.path)}, ключ «{key}»" if key else shown(self.path)
        return Problem(rule, action, file=place, row=line)


def shown(path: Path) -> str:
    """The path as a message prints it: relative to the work folder where it stands inside.

    >>> from msoko_analysis.home import SHIPPED
    >>> shown(SHIPPED / "params" / "thresholds.yaml")
    'params/thresholds.yaml'
    """
    return relative(path).as_posix()


def nearest(word: str, known: Iterable[str]) -> str:
    """Advice for an unknown word: the most similar right one, else the list of right ones.

    >>> nearest("organization", ["organisation", "seed"])
    'возможно, имелось в виду «organisation»'
    >>> nearest("xyz", ["organisation", "seed"])
    'допустимы: organisation, seed'
    """
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1)
    return f"возможно, имелось в виду «{close[0]}»" if close else f"допустимы: {', '.join(words)}"


def read_text(path: Path, problems: list[Problem]) -> str | None:
    """The text of a UTF-8 file, or None and a problem."""
    try:
        check_regular(path, _LARGEST)
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        problems.append(Problem("файл не в кодировке UTF-8", "пересохраните в UTF-8", shown(path)))
    except FileNotFoundError:
        problems.append(Problem("файла нет", "проверьте имя и папку", shown(path)))
    except OSError:
        problems.append(Problem("файл не читается", "проверьте права доступа", shown(path)))
    except DataError as error:
        problems += (replace(problem, file=shown(path)) for problem in error.problems)
    return None


def read_csv(schema: type[_Row], path: Path, problems: list[Problem]) -> list[tuple[_Row, int]]:
    """The records of a CSV file and the line of each; faults are added to ``problems``.

    The first line names the fields of ``schema``; those with a default may be absent.
    """
    text = read_text(path, problems)
    if text is None:
        return []
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey=_SURPLUS, strict=True)
    if wrong := _wrong_header(schema, reader.fieldnames or ()):
        problems.append(Problem(*wrong, shown(path), row=1))
        return []
    rows = []
    try:
        for cells in reader:
            row = _read_row(schema, cells, reader.line_num, path, problems)
            rows += [] if row is None else [(row, reader.line_num)]
    except csv.Error:
        problems.append(
            Problem("строка не разбирается", "проверьте кавычки", shown(path), row=reader.line_num)
        )
        return []
    return rows


def _wrong_header(schema: type[Strict], columns: Sequence[str]) -> tuple[str, str] | None:
    """The fault of a header as (rule, what to do), or None."""
    wanted = schema.model_fields
    needed = [name for name, field in wanted.items() if field.is_required()]
    absent = [name for name in needed if name not in columns]
    unknown = [name for name in columns if name not in wanted]
    if not absent and not unknown:
        return None
    listed = [*(f"нет столбца {name}" for name in absent), *(f"лишний {name}" for name in unknown)]
    return "; ".join(listed), f"первая строка должна быть: {','.join(wanted)}"


def _read_row(
    schema: type[_Row], cells: dict[str, str], line: int, path: Path, problems: list[Problem]
) -> _Row | None:
    """One record of a CSV file, or None and its problems."""
    if _SURPLUS in cells:
        rule, action = "ячеек больше, чем столбцов", "возьмите текст с запятыми в кавычки"
        problems.append(Problem(rule, action, shown(path), row=line))
        return None
    filled = {column: cell for column, cell in cells.items() if cell not in (None, "")}
    try:
        return schema(**filled)
    except ValidationError as error:
        for fault in error.errors():
            rule, action = explain(fault, schema)
            if fault["type"] == "missing":
                rule, action = "ячейка пуста", "заполните её или уберите строку"
            column = str(fault["loc"][0]) if fault["loc"] else ""
            problems.append(Problem(rule, action, shown(path), row=line, column=column))
        return None


def read_yaml(path: Path, problems: list[Problem]) -> Document | None:
    """A YAML file with the line of every key, or None with a problem added.

    A key written twice is a problem: YAML itself would silently keep the last one. So are a value
    that is not what its tag or its look says (a day 2026-13-45), nesting deeper than anybody writes,
    and aliases that make more values than anybody reads.
    """
    text = read_text(path, problems)
    if text is None:
        return None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        rule, action = "это не YAML", "проверьте отступы, двоеточия и кавычки"
        if isinstance(error.problem, Fault):
            rule, action = error.problem.rule, error.problem.action
        problems.append(Problem(rule, action, shown(path), row=line))
        return None
    except yaml.YAMLError:
        problems.append(Problem("это не YAML", "уберите непечатаемые знаки", shown(path)))
        return None
    document = Document(path, data, {})
    if node is not None:
        _note_lines(node, (), document, problems)
    return document


class _Loader(Composer, CParser, SafeConstructor, Resolver):
    """A loader that stops, with the line, at what nobody writes by hand: deep nesting, aliases that
    multiply values or stand inside themselves, values that can not be made.
    """

    def __init__(self, text: str) -> None:
        Composer.__init__(self)
        CParser.__init__(self, text)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self._depth = self._values = 0
        self._size: dict[int, int] = {}  # values in a node that is complete, each alias spelled out

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        event, before = self.peek_event(), self._values
        alias = isinstance(event, yaml.AliasEvent)
        known = self.anchors.get(event.anchor) if alias else None
        if alias and id(known) not in self._size:
            self._stop(event, "ссылка на то, чего выше нет", "запишите значение без ссылки")
        self._depth += 1
        self._values += self._size[id(known)] if alias else 1
        if self._depth > _DEEPEST:
            self._stop(event, f"вложено глубже {_DEEPEST} уровней", "упростите запись")
        if self._values > _MOST_VALUES:
            self._stop(event, f"значений больше {_MOST_VALUES}", "уберите повторы и ссылки")
        node = super().compose_node(parent, index)
        self._depth -= 1
        self._size.setdefault(id(node), self._values - before)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except yaml.YAMLError:
            raise
        except Exception:  # whatever int(), date() … raise where a tag or a look promised one
            self._stop(node, "значение не то, чем помечено или похоже", "возьмите его в кавычки")

    @staticmethod
    def _stop(place: yaml.Event | yaml.Node, rule: str, action: str) -> NoReturn:
        raise yaml.MarkedYAMLError(problem=Fault(rule, action), problem_mark=place.start_mark)


def _note_lines(
    node: yaml.Node, loc: tuple[str | int, ...], document: Document, problems: list[Problem]
) -> None:
    """Walk the YAML tree, filling ``document.lines`` and reporting repeated keys."""
    if isinstance(node, yaml.SequenceNode):
        for number, child in enumerate(node.value):
            document.lines[(*loc, number)] = child.start_mark.line + 1
            _note_lines(child, (*loc, number), document, problems)
    elif isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            here = (*loc, str(key.value))
            if here in document.lines:
                problems.append(
                    Problem(
                        f"ключ «{key.value}» уже задан в строке {document.lines[here]}",
                        "оставьте один",
                        shown(document.path),
                        row=key.start_mark.line + 1,
                    )
                )
            document.lines[here] = key.start_mark.line + 1
            _note_lines(child, here, document, problems)


def validate(schema: Any, document: Document, problems: list[Problem]) -> Any:
    """The content of a document as ``schema`` (a model or a type), or None and problems."""
    try:
        return TypeAdapter(schema).validate_python(document.data)
    except ValidationError as error:
        for fault in error.errors():
            problems.append(document.problem(fault["loc"], *explain(fault, schema)))
        return None


def load_file(
    schema: Any,
    path: Path,
    title: str,
    check: Callable[[Any, Document, list[Problem]], None] | None = None,
) -> Any:
    """The content of one parameter file as ``schema`` (a model or a type).

    ``check`` adds the faults that a schema can not see. Raises ParamsError with ``title`` and every
    fault of the file.
    """
    problems: list[Problem] = []
    document = read_yaml(path, problems)
    found = validate(schema, document, problems) if document else None
    if document and found and check:
        check(found, document, problems)
    if problems:
        raise ParamsError(str(DataError.from_problems(title, problems)))
    return found


def once(
    names: Iterable[str], key: str, what: str, document: Document, problems: list[Problem]
) -> None:
    """A problem for every name that stands in the list a second time; ``what`` names the records."""
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            rule = f"{what} «{name}» уже есть выше"
            problems.append(document.problem((number, key), rule, "оставьте что-то одно"))
        seen.add(name)


def explain(fault: Any, schema: Any) -> tuple[str, str]:
    """One pydantic fault as (rule, what to do) in Russian."""
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return "неизвестный ключ", nearest(
            str(fault["loc"][-1]), _keys_at(schema, fault["loc"][:-1])
        )
    if kind == "value_error" and isinstance(context.get("error"), Fault):
        return context["error"].rule, context["error"].action
    if kind == "literal_error":
        allowed = [word.strip("' ") for word in context["expected"].replace(" or ", ",").split(",")]
        return "недопустимое значение", nearest(str(fault["input"]), allowed)
    rule, action = _RULES.get(
        kind, (f"значение не подходит ({fault['msg']})", "исправьте значение")
    )
    return rule.format(**context), action


_RULES = {
    "missing": ("нет обязательного ключа", "добавьте его"),
    "string_type": ("нужна строка", "запишите текст; коды и числа-коды — в кавычках"),
    "string_too_short": ("значение пустое", "заполните его"),
    "int_type": ("нужно целое число", "исправьте значение"),
    "int_parsing": ("нужно целое число", "исправьте значение"),
    "int_from_float": ("нужно целое число", "исправьте значение"),
    "float_type": ("нужно число", "исправьте значение"),
    "finite_number": ("нужно конечное число", "исправьте значение"),
    "greater_than_equal": ("число меньше {ge}", "исправьте значение"),
    "less_than_equal": ("число больше {le}", "исправьте значение"),
    "list_type": ("нужен список", "начните каждую строку списка с «- »"),
    "tuple_type": ("нужен список", "начните каждую строку списка с «- »"),
    "dict_type": ("нужен раздел из пар «ключ: значение»", "исправьте запись"),
    "model_type": ("нужен раздел из пар «ключ: значение»", "исправьте запись"),
    "date_type": ("нужна дата", "запишите её в виде 2026-01-31"),
    "date_parsing": ("нужна дата", "запишите её в виде 2026-01-31"),
    "date_from_datetime_parsing": ("нужна дата", "запишите её в виде 2026-01-31"),
}


def _keys_at(schema: Any, loc: tuple[str | int, ...]) -> list[str]:
    """Names of the fields of the model that stands at a path inside ``schema``."""
    for part in loc:
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            schema = schema.model_fields[str(part)].annotation
        else:  # tuple[X, ...] → X, dict[K, X] → X
            schema = get_args(schema)[1 if get_origin(schema) is dict else 0]
    return list(schema.model_fields)


def filled(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """A list that names something, and nothing twice."""
    if not values:
        raise Fault("список пуст", "добавьте хотя бы одно значение")
    repeated = [str(value) for value, times in Counter(values).items() if times > 1]
    if repeated:
        raise Fault(f"повторяется: {', '.join(repeated)}", "оставьте одно")
    return values


def by_key(schema: type, key: str, document: Document, problems: list[Problem]) -> dict[str, Any]:
    """The records of a list as a dict by their key; a key that stands twice is a problem."""
    records = validate(tuple[schema, ...], document, problems) or ()
    for number, record in enumerate(records):
        earlier = [getattr(other, key) for other in records[:number]]
        if getattr(record, key) in earlier:
            problems.append(
                document.problem(
                    (number, key), f"«{getattr(record, key)}» уже есть выше", "уберите одну"
                )
            )
    return {getattr(record, key): record for record in records}
