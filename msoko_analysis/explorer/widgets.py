"""The explorer of ``notebooks/explore.ipynb``: choices and answers, thin over :mod:`.explore`."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pandas as pd

from msoko_analysis.explorer.region import EXPORTS, Region, School, open_region, save_tables
from msoko_analysis.page.prose import escaped
from msoko_analysis.page.tables import Table

# A notebook has no style sheet of ours; the classes are those of the note.
_STYLE = """<style>
.msoko {font-size: 14px; line-height: 1.45; color: #1a1a1a; background: #fff; padding: 4px 8px}
.msoko p, .msoko ul {max-width: 60rem; margin: .3em 0 .6em}
.msoko li {line-height: 1.4; margin-bottom: .2em}
.msoko .lead {background: #f3f3f0; border-left: 5px solid #1a1a1a; padding: .5rem .9rem}
.msoko .lead p:first-child {font-weight: 700}
.msoko h3 {margin: 1.4em 0 .4em; padding-top: .6em; border-top: 1px solid #8c8c8c; font-size: 16px}
.msoko figure {margin: .6rem 0} .msoko svg {max-width: 100%; height: auto}
.msoko figcaption {max-width: 56rem; font-size: 13px}
.msoko .table-box {overflow-x: auto; margin: .4rem 0 .6rem}
.msoko table {border-collapse: collapse; border-top: 2px solid; border-bottom: 2px solid; font-size: 13px}
.msoko caption {text-align: left; font-weight: 700; padding-bottom: .3rem; color: #1a1a1a}
.msoko th, .msoko td {padding: .25rem .45rem; text-align: left; vertical-align: top; line-height: 1.35}
.msoko thead th {vertical-align: bottom; border-bottom: 1.5px solid}
.msoko tbody th {font-weight: 400} .msoko tbody tr + tr > * {border-top: 1px solid #d0d0cc}
.msoko td.num, .msoko th.num {text-align: right} .msoko td.num {white-space: nowrap}
.msoko a {color: #0b4a8f; text-decoration: underline}
.msoko .long {min-width: 12rem} .msoko .mid {min-width: 7rem}
.msoko .hidden-cell {color: #595959; font-style: italic}
.msoko pre {background: #f3f3f0; padding: .6rem .9rem; line-height: 1.6}
.msoko .table-note {font-size: 13px; color: #595959}
.msoko-controls {flex-wrap: wrap; gap: 0 .6rem}
.msoko-tabs .widget-html, .msoko-tabs .widget-html-content {min-width: 0; width: 100%}
.msoko-tabs .widget-html-content {overflow-x: auto}
.msoko-tabs > .lm-TabBar .lm-TabBar-tab, .msoko-tabs .lm-TabBar-tab {
  flex: 0 0 auto !important; max-width: none !important; min-width: 0 !important}
</style>"""
_BUSY = '<p style="color:#595959">Считается…</p>'
_POOLED, _MARKS = "Все работы вместе: у границ отметок", "Отметки школы по всем работам"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def open_explorer(run_file: Path | str = "", *, data: Path | str = "") -> Explorer:
    """The explorer of a region, ready to be shown in a cell; arguments as of :func:`open_region`."""
    named = f"{str(run_file)!r}, data={str(data)!r}" if run_file or data else ""
    return Explorer(open_region(run_file, data=data), opened=f"open_region({named})")


@dataclass(frozen=True)
class Code:
    """Lines of code to be copied into a cell."""

    lines: Sequence[str]

    def _repr_html_(self) -> str:
        text = escaped("\n".join(self.lines))
        return f"<p>{_CODE}</p><pre>{text}</pre>"


_CODE = (
    "Каждая строка возвращает таблицу, рисунок или текст о выбранной школе: скопируйте её в новую ячейку под "
    "этим окном."
)


@dataclass(frozen=True)
class Tab:
    """One tab: its title, and what it shows of a school."""

    title: str
    blocks: Callable[[Explorer, School], Iterable[Any]]


TABS = (
    Tab("Гистограмма", lambda one, school: [one.chosen_figure(school)]),
    Tab("Признаки", lambda one, school: [school.signs(), school.others()]),
    Tab("Почему эта школа в списке?", lambda one, school: [school.why()]),
    Tab(
        "Процедуры и отметки",
        lambda one, school: [school.procedures(), school.marks(), school.mark_histogram()],
    ),
    Tab("Условия и результаты", lambda one, school: [school.context(), school.results()]),
    Tab("То же кодом", lambda one, school: [Code(one.code(school))]),
)
"""The tabs before the last one, which writes Excel files."""


@dataclass(frozen=True, eq=False)
class Export:
    """Tables that one file is written of, and the code of the school or district they are about."""

    caption: str
    about: str
    tables: tuple[Table, ...]


class Explorer(widgets.VBox):
    """Choices of district, year, school and paper above tabs with the answers.

    Only the open tab is drawn; a district and year are counted at their first choice. ``district``,
    ``year``, ``school``, ``paper``, ``tabs``, ``table``, ``folder``, ``save`` are the widgets.
    """

    def __init__(self, region: Region, opened: str = "open_region()") -> None:
        self.region = region
        self._opened = opened
        districts = [(name, code) for code, name in region.districts["Муниципалитет"].items()]
        self.district = _choice("Муниципалитет", districts)
        self.year = _choice("Год", [(str(year), year) for year in region.years])
        self.school = _choice("Школа", [])
        self.paper = _choice("Работа", [])
        self.head = widgets.HTML()
        self.pages = [widgets.HTML() for _ in TABS]
        self.table = _choice("Таблица", [])
        self.folder = widgets.Text(
            str(EXPORTS), description="Папка", layout={"width": "34rem"}, style=_LABEL
        )
        self.save = widgets.Button(description="Сохранить в Excel", button_style="primary")
        self.saved = widgets.HTML()
        export = widgets.VBox(
            [widgets.HTML(_shown([], _EXPORT)), self.table, self.folder, self.save, self.saved]
        )
        self.tabs = widgets.Tab(
            [*self.pages, export], titles=[*(tab.title for tab in TABS), "Выгрузка в Excel"]
        )
        self.tabs.add_class("msoko-tabs")
        choices = widgets.HBox([self.district, self.year, self.school, self.paper])
        choices.add_class("msoko-controls")
        super().__init__([widgets.HTML(_STYLE), choices, self.head, self.tabs])
        self._drawn: set[int] = set()
        self._quiet = False
        self._choose_district()
        for widget, then in (
            (self.district, self._choose_district), (self.year, self._choose_district),
            (self.school, self._choose_school), (self.paper, self._choose_paper),
        ):  # fmt: skip
            widget.observe(self._when_changed(then), "value")
        self.tabs.observe(lambda _: self._draw(), "selected_index")
        self.save.on_click(lambda _: self._save())

    @property
    def asked(self) -> School | None:
        """The school that is chosen; None in a district without schools."""
        chosen = self.school.value
        return None if chosen is None else self.region.school(chosen, self.year.value)

    def chosen_figure(self, school: School) -> Any:
        """The figure of the chosen paper, or of all papers together."""
        match self.paper.value:
            case "":
                return school.histogram()
            case "marks":
                return school.mark_histogram()
        return school.histogram(self.paper.value)

    def code(self, school: School) -> list[str]:
        """The calls that answer the same about the chosen district, year, school and paper."""
        district, year = self.district.value, self.year.value
        papers = [code for code in school.papers if code == self.paper.value] or [*school.papers][
            :1
        ]
        asked = (
            "why()",
            "signs()",
            "procedures()",
            "marks()",
            "context()",
            "results()",
            "histogram()",
        )
        return [
            "from msoko_analysis.explorer.region import open_region, save_tables",
            f"region = {self._opened}",
            "region.districts",
            f'region.schools("{district}", {year})',
            f'region.signs("{district}", {year})',
            f'school = region.school("{school.unit}", {year})',
            *(f"school.{one}" for one in asked),
            *(f'school.{one}("{code}")' for code in papers for one in ("histogram", "counts")),
            "save_tables(school.tables())",
        ]

    def exports(self) -> list[Export]:
        """What may be written about the chosen school: its tables, and its counts."""
        school = self.asked
        if school is None:
            return []
        own, counts = school.tables(), [school.counts()]
        if self.paper.value in school.papers:
            counts.append(school.counts(self.paper.value))
        return [
            Export(f"{school.name}: все открытые таблицы", school.unit, own),
            *(Export(one.caption, school.unit, (one,)) for one in (*own, *counts)),
        ]

    def exports_of_note(self) -> list[Export]:
        """The tables of the note of the chosen district and year."""
        district, name = self.district.value, self.district.label
        note = self.region.tables(district, self.year.value)
        return [
            Export(f"{name}: все таблицы справки", district, note),
            *(Export(f"{name}. {one.caption}", district, (one,)) for one in note),
        ]

    def _when_changed(self, then: Callable[[], None]) -> Callable[[Mapping], None]:
        def changed(_: Mapping) -> None:
            if not self._quiet:
                then()

        return changed

    def _choose_district(self) -> None:
        self.head.value = _shown([], _BUSY)
        kept = self.school.value
        schools = self.region.schools(self.district.value, self.year.value)
        options = [(_label(row), code) for code, row in schools.iterrows()]
        codes = [*schools.index[schools["Требует проверки"] != ""], *schools.index]
        self._set(self.school, options, kept if kept in codes else next(iter(codes), None))
        self._choose_school()

    def _choose_school(self) -> None:
        school = self.asked
        papers = {} if school is None else school.papers
        options = [
            (_POOLED, ""),
            (_MARKS, "marks"),
            *((name, code) for code, name in papers.items()),
        ]
        kept = self.paper.value
        self._set(self.paper, options, kept if kept in dict(options).values() else "")
        self.head.value = _shown([school.headline()] if school else [])
        self._drawn.clear()
        self._draw()

    def _choose_paper(self) -> None:
        self._drawn -= {0, len(TABS) - 1, len(TABS)}
        self._draw()

    def _set(self, widget: widgets.Dropdown, options: list, value: object) -> None:
        """New options and value as one change, which is not told."""
        self._quiet = True
        widget.options, widget.value = options, value
        self._quiet = False

    def _draw(self) -> None:
        """Draw the open tab unless it is."""
        place, school = self.tabs.selected_index or 0, self.asked
        if place in self._drawn:
            return
        self._drawn.add(place)
        if place == len(TABS):
            self.saved.value = ""
            own = self.exports()
            self._offer(own)
            # The tables of a note take a second: the school's own can be chosen before.
            self._offer([*own, *self.exports_of_note()] if own else [])
        elif school is None:
            self.pages[place].value = _shown([], "<p>Школ с результатами нет.</p>")
        else:
            self.pages[place].value = _shown(TABS[place].blocks(self, school))

    def _offer(self, found: list[Export]) -> None:
        kept = self.table.value
        options = [(one.caption, one) for one in found]
        self._set(self.table, options, kept if kept in found else next(iter(found), None))

    def _save(self) -> None:
        chosen = self.table.value
        if chosen is None:
            self.saved.value = _shown([], "<p>Выберите таблицу.</p>")
            return
        what = "tables" if len(chosen.tables) > 1 else chosen.tables[0].name
        name = f"{self.year.value} {chosen.about} {what}"
        try:
            path = save_tables(chosen.tables, self.folder.value.strip(), name=name)
        except OSError as error:
            self.saved.value = _shown([], f"<p>Не записано: {escaped(str(error))}</p>")
            return
        self.saved.value = _shown([], _link(path))


_LABEL = {"description_width": "initial"}
_EXPORT = (
    "<p>В файл попадают те же числа, что на экране. Открытые таблицы скрывают малые группы; таблицы «Для "
    "служебного пользования» их показывают, и имя такого файла оканчивается на «служебное».</p>"
)


def _label(row: pd.Series) -> str:
    """«Школа № 3 — требует проверки»."""
    if row["Требует проверки"]:
        return f"{row['Школа']} — требует проверки"
    return f"{row['Школа']} — к сведению" if row["К сведению"] else row["Школа"]


def _choice(label: str, options: list) -> widgets.Dropdown:
    return widgets.Dropdown(
        options=options,
        description=label,
        style=_LABEL,
        layout={"width": "auto", "max_width": "34rem"},
    )


def _shown(blocks: Iterable[Any], text: str = "") -> str:
    inside = "".join(block._repr_html_() for block in blocks)
    return f'<div class="msoko">{text}{inside}</div>'


def _link(path: Path) -> str:
    """Where a file was written, and the file itself as a link: it works wherever the folder is."""
    content = base64.b64encode(path.read_bytes()).decode()
    return (
        f"<p>Записано: <code>{escaped(str(path))}</code> — "
        f'<a download="{escaped(path.name)}" href="data:{_XLSX};base64,{content}">скачать</a></p>'
    )
