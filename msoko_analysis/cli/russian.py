"""The command line in Russian: help pages and refusals that typer words in English."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

#: Raised for a command line that can not be understood; typer keeps the class to itself.
UsageError: type[Exception] = typer.BadParameter.__bases__[0]

# What is to be given, by the name of the parameter; of others any text.
_GIVEN = (
    dict.fromkeys(("data", "folder", "reports"), "ПАПКА")
    | dict.fromkeys(("out", "layout", "salt", "form"), "ФАЙЛ")
    | dict.fromkeys(("paths", "files"), "ФАЙЛЫ…")
    | dict.fromkeys(("jobs", "year", "without_year"), "ЧИСЛО")
    | {"run": "ЗАПУСК", "report": "ОТЧЁТ", "shell": "ОБОЛОЧКА"}
)
_TEXT = "ТЕКСТ"
_HELP = "Показать эту подсказку и закончить."


class Command(TyperCommand):
    """A command whose help page is in Russian, without frames that a console may lack."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Usage, what it does, arguments and options."""
        arguments, options = _split(self, ctx)
        pieces = [*(["[КЛЮЧИ]"] if options else []), *map(_name, arguments)]
        _head(self, ctx, formatter, pieces)
        _listing(formatter, "Что указать", ((_name(one), _told(one)) for one in arguments))
        _listing(formatter, "Ключи", ((_flag(one), _told(one)) for one in options))


class Group(TyperGroup):
    """A command with commands of its own, with a help page in Russian."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Usage, what it is for, commands."""
        _head(self, ctx, formatter, ["КОМАНДА", "…"])
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        _listing(
            formatter,
            "Команды",
            ((name, _sentence(one.help)) for name, one in commands if one is not None),
        )
        formatter.write(f"\nПодробнее: {ctx.command_path} КОМАНДА --help\n")


def refusal(error: Exception) -> str:
    """What was wrong with a command line, and the next step, in Russian.

    ``error`` is a :data:`UsageError`; a list of commands asked for by giving none is its own text.
    """
    ctx, kind = getattr(error, "ctx", None), type(error).__name__
    if kind == "NoArgsIsHelpError":
        return str(error.message)  # type: ignore[attr-defined]
    told = _wrong(error, kind, ctx)
    advice = f"\nПодсказка: {ctx.command_path} --help" if ctx is not None else ""
    return f"{told}{advice}"


def _wrong(error: Any, kind: str, ctx: Any) -> str:
    if kind == "MissingParameter":
        param = error.param
        return f"Не указано: {_called(param)} — {_told(param)}"
    if kind == "NoSuchOption":
        near = (
            f" Похоже на: {', '.join(sorted(error.possibilities))}." if error.possibilities else ""
        )
        return f"Ключа {error.option_name} нет.{near}"
    if kind == "BadParameter" and error.param is not None:
        return f"{_called(error.param)}: такое значение не подходит, нужно {_type(error.param)}."
    if kind == "BadOptionUsage":
        lacks = "require" in error.message
        after = "нужно значение" if lacks else "значения не бывает"
        return f"{error.option_name}: после этого ключа {after}."
    return _by_message(str(error.message), ctx)


def _by_message(message: str, ctx: Any) -> str:
    """Refusals that are told by their message only."""
    quoted = re.search(r"No such command ['\"](.*?)['\"]", message)
    if quoted:
        near = re.search(r"Did you mean (.*?)\?", message)
        said = f" Похоже на: {near[1].replace(chr(39), '')}." if near else ""
        return f"Команды {quoted[1]} нет.{said}"
    extra = re.search(r"unexpected extra arguments? ?(?:\(s\))? ?\((.*)\)", message)
    if extra:
        return f"Лишнее: {extra[1]}. Путь с пробелами возьмите в кавычки."
    if "Missing command" in message:
        return "Не указана команда."
    return f"Команда не понята: {ctx.command_path if ctx is not None else message}"


def _split(command: Any, ctx: Any) -> tuple[list[Any], list[Any]]:
    params = command.get_params(ctx)
    arguments = [one for one in params if one.param_type_name == "argument"]
    return arguments, [one for one in params if one.param_type_name != "argument"]


def _head(command: Any, ctx: Any, formatter: Any, pieces: Iterable[str]) -> None:
    formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="Вызов: ")
    formatter.write_paragraph()
    formatter.write_text(" ".join((command.help or "").split()))


def _listing(formatter: Any, title: str, rows: Iterable[tuple[str, str]]) -> None:
    rows = list(rows)
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)


def _sentence(text: str | None) -> str:
    """A help text in one line."""
    return " ".join((text or "").split())


def _name(param: Any) -> str:
    return _type(param) if param.required else f"[{_type(param)}]"


def _called(param: Any) -> str:
    return _name(param) if param.param_type_name == "argument" else param.opts[0]


def _flag(param: Any) -> str:
    flag = ", ".join(param.opts)
    switch = getattr(param, "is_flag", False) or "--help" in param.opts
    return flag if switch else f"{flag} {_type(param)}"


def _type(param: Any) -> str:
    return _GIVEN.get(param.name, _TEXT)


def _told(param: Any) -> str:
    if "--help" in param.opts:
        return _HELP
    text = _sentence(getattr(param, "help", ""))
    default = getattr(param, "default", None)
    shown = isinstance(default, int | float) and not isinstance(default, bool)
    return f"{text} Обычно: {default}." if shown else text
