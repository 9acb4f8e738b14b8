"""One school, one code: spellings that differ in what nobody means are read as one, and told.

Folded are letters that look alike, their case and width, «ё», spaces, quotes, kinds of hyphens, a
full stop at the end and the zeros that a spreadsheet cuts off. Two spellings stay two where something
says that they are: a table of schools has both, or the same pupils' codes stand under both in one
paper (decision 0031).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.alike import LOOK_ALIKE
from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.cell_text import cell_text, texts
from msoko_analysis.ingest.contracts import PAPER, RESULTS, SCHOOLS
from msoko_analysis.ingest.names import like_name
from msoko_analysis.ingest.spoilt import is_spoilt

_QUOTES = re.compile(r"[\"'«»“”„‟‘’`]")
_GAPS = re.compile(r"(?<!\d)\s+|\s+(?!\d)")
_HYPHENS = re.compile(r"[\u2010-\u2015\u2212]")
_ZEROS = re.compile(r"^0+(?=\d)")
#: Steps from a spelling to what is compared, each with what it takes away; in this order.
_STEPS = (
    ("ширина знаков", lambda text: unicodedata.normalize("NFKC", text)),
    ("вид дефиса", lambda text: _HYPHENS.sub("-", text)),
    ("знаки в конце", lambda text: text.rstrip(" .,;")),
    ("пробелы и кавычки", lambda text: _GAPS.sub("", _QUOTES.sub("", text))),
    ("заглавные и строчные буквы", str.casefold),
    ("«ё» и «е»", lambda text: text.replace("ё", "е")),
    ("похожие буквы двух алфавитов", lambda text: text.translate(LOOK_ALIKE)),
    ("нули впереди", lambda text: _ZEROS.sub("", text) if text.isdigit() else text),
)
_KINDS = {"school": "школ", "municipality": "муниципалитетов", "class_group": "классов"}
#: What is a name and not a code: words, or letters that logins do not have.
_NAME = re.compile(r"\s|[а-яё]{3}", re.I)
_UNSEEN = r"[\p{Cc}\p{Cf}]"
_SHOWN = 3


def compared(text: str) -> str:
    """The form in which spellings of a code are compared.

    >>> compared("Ｓ1") == compared("s1") == compared("ѕ1")
    True
    >>> compared("СОШ № 1") == compared("сош №1"), compared("007"), compared("1 2") == compared("12")
    (True, '7', False)
    >>> compared("Усть\u2011Калманская СОШ.") == compared("Усть – Калманская СОШ")
    True
    """
    for _, step in _STEPS:
        text = step(text)
    return text


def difference(spellings: Sequence[str]) -> str:
    """In what the spellings of one code differ, in words.

    >>> difference(["S1", "s1"]), difference(["01", "1"])
    ('заглавные и строчные буквы', 'нули впереди')
    """
    texts = set(spellings)
    for way, step in _STEPS:
        texts = {step(text) for text in texts}
        if len(texts) == 1:
            return way
    return ""


@dataclass
class _Seen:
    """The spellings of one kind of unit: rows of each, blocks with each, and tables that list it."""

    rows: Counter[str] = field(default_factory=Counter)
    blocks: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    listed: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))


def one_spelling(blocks: Sequence[Block]) -> tuple[list[Block], list[Problem]]:
    """The blocks with one spelling per school, municipality and class, and what was done about it.

    A school's name that one table gives in two municipalities is two schools: each gets its
    municipality in brackets.
    """
    notes = [note for block in blocks for note in _unseen(block)]
    done = list(blocks)
    for kind in ("municipality", "school", "class_group"):
        seen = _seen(done, kind)
        groups = defaultdict(list)
        for spelling in _nobodys(seen.rows):
            groups[compared(spelling)].append(spelling)
        several = [sorted(group) for group in groups.values() if len(group) > 1]
        apart = _apart(several, seen, done) if kind == "school" else {}
        folded = [group for group in several if group[0] not in apart]
        to = {s: _chosen(group, seen, kind) for group in folded for s in group}
        done = [_rewritten(block, kind, to) for block in done]
        notes += _notes(kind, folded, seen, blocks, to)
        for why in dict.fromkeys(apart.values()):
            kept = [group for group in several if apart.get(group[0]) == why]
            notes += _notes(kind, kept, seen, blocks, {}, why)
    done, told = _by_municipality(done)
    return done, [*notes, *told]


def _nobodys(spellings: Mapping[str, int]) -> list[str]:
    """Those that are no names of people and no errors of Excel: the others are set aside, unquoted."""
    texts = pl.Series(list(spellings), dtype=pl.String)
    if texts.is_empty():
        return []
    aside = like_name(pl.lit(texts)) | is_spoilt(pl.lit(texts))
    return texts.filter(~pl.select(aside).to_series()).to_list()


def _columns(block: Block, kind: str) -> Iterator[tuple[str, pl.Expr]]:
    """Contract columns with units of this kind, and the rows in which they are that."""
    if kind in block.columns:
        yield kind, pl.lit(True)
    if {"unit", "level"} <= block.columns.keys():
        yield "unit", cell_text("level") == kind


def _seen(blocks: Sequence[Block], kind: str) -> _Seen:
    seen = _Seen()
    for index, block in enumerate(blocks):
        found = Counter({str(block.constants[kind]): 1} if kind in block.constants else {})
        for column, rows in _columns(block, kind):
            cells = block.raw().filter(rows).group_by(column).len()
            cells = cells.select(cell_text(column).alias("cell"), "len").filter(
                pl.col("cell") != ""
            )
            counts = cells.group_by("cell").agg(pl.col("len").sum())
            found.update(dict(counts.iter_rows()))
        seen.rows.update(found)
        for spelling in found:
            seen.blocks[spelling].add(index)
            if block.contract is SCHOOLS:
                seen.listed[spelling].add(index)
    return seen


def _apart(groups: Sequence[Sequence[str]], seen: _Seen, blocks: Sequence[Block]) -> dict[str, str]:
    """First spelling of each group that is not to be folded → the reason."""
    clash = _clashing({s: group[0] for group in groups for s in group}, blocks)
    apart = {}
    for group in groups:
        listed = Counter(table for spelling in group for table in seen.listed[spelling])
        padded = {s for s in group if s.isdigit() and s.startswith("0")}
        if max(listed.values(), default=0) > 1:
            apart[group[0]] = "в одной таблице школ есть и то и другое"
        elif len(padded) > 1:
            apart[group[0]] = "число нулей разное"
        elif group[0] in clash:
            apart[group[0]] = "в одной работе под ними одни и те же коды участников"
    return apart


def _clashing(group_of: Mapping[str, str], blocks: Sequence[Block]) -> set[str]:
    """Groups in which a code of a pupil stands under two spellings in one paper."""
    parts = []
    for block in blocks if group_of else ():
        raw = block.raw()
        if block.contract is RESULTS and {"school", "pupil", *PAPER} <= set(raw.columns):
            school = texts(raw, ["school"])["school"]
            clashing = raw.filter(school.is_in(list(group_of)))
            parts.append(texts(clashing, (*PAPER, "school", "pupil")))
    if not parts:
        return set()
    group = pl.col("school").replace_strict(dict(group_of), default=None)
    twice = (
        pl.concat(parts)
        .with_columns(group=group)
        .group_by(*PAPER, "group", "pupil")
        .agg(pl.col("school").n_unique().alias("n"))
        .filter(pl.col("n") > 1)
    )
    return set(twice["group"])


def _chosen(group: Sequence[str], seen: _Seen, kind: str) -> str:
    """The spelling to keep: of a table of schools, of one alphabet, of most rows, the fuller one."""

    def rank(spelling: str) -> tuple[object, ...]:
        mixed = bool(re.search("[a-z]", spelling, re.I) and re.search("[а-яё]", spelling, re.I))
        # letters of classes are Russian, those of codes Latin
        alphabet = spelling.isascii() == (kind == "class_group")
        wide = unicodedata.normalize("NFKC", spelling) != spelling
        return (
            not seen.listed[spelling], mixed, wide, alphabet, -seen.rows[spelling],
            -spelling.count("ё"), -len(spelling), spelling,
        )  # fmt: skip

    return min(group, key=rank)


def _rewritten(block: Block, kind: str, to: Mapping[str, str]) -> Block:
    """The block with other spellings replaced, in columns of their own where headings are shared."""
    changed = {old: new for old, new in to.items() if old != new}
    if not changed:
        return block
    constants, columns, table = dict(block.constants), dict(block.columns), block.original
    if kind in constants:
        constants[kind] = changed.get(str(constants[kind]), constants[kind])
    raw = block.raw()
    for column, rows in _columns(block, kind):
        text = cell_text(column)
        other = rows & text.is_in(list(changed))
        cells = raw.select(
            pl.when(other).then(text.replace(changed)).otherwise(pl.col(column).cast(pl.String))
        ).to_series()
        if raw.select(other.any()).item():
            table, columns = _with(table, columns, column, cells)
    return replace(block, original=table, columns=columns, constants=constants)


def _with(
    table: pl.DataFrame, columns: dict[str, str], column: str, cells: pl.Series
) -> tuple[pl.DataFrame, dict[str, str]]:
    shared = list(columns.values()).count(columns[column]) > 1
    heading = f"{columns[column]} → {column}" if shared else columns[column]
    return table.with_columns(cells.alias(heading)), columns | {column: heading}


def _notes(
    kind: str,
    groups: Sequence[Sequence[str]],
    seen: _Seen,
    blocks: Sequence[Block],
    to: Mapping[str, str],
    why: str = "",
) -> Iterator[Problem]:
    """One remark for each way in which spellings differ."""
    by_way = defaultdict(list)
    for group in groups:
        by_way[difference(group)].append(group)
    for way, alike in by_way.items():
        examples = "; ".join(
            " и ".join(f"«{spelling}»" for spelling in group)
            + (f" → «{to[group[0]]}»" if to else "")
            for group in alike[:_SHOWN]
        ) + (" …" if len(alike) > _SHOWN else "")
        found = {index for group in alike for spelling in group for index in seen.blocks[spelling]}
        files = dict.fromkeys(blocks[index].path.name for index in sorted(found))
        rule = f"{_KINDS[kind]}: {len(alike)} — написаны по-разному ({way}): {examples}"
        action = "прочитаны как одно и то же; исправьте написание в файлах"
        if why:
            action = f"оставлены разными: {why}; если это одно и то же, исправьте написание"
        yield Problem(rule, action, ", ".join(files))


def _unseen(block: Block) -> Iterator[Problem]:
    """A remark on cells of words with signs that nobody sees: they are left out on reading."""
    headings = [
        heading
        for name, heading in block.columns.items()
        if (known := block.contract.field(name)) is not None
        and known.kind == "str"
        and block.original.schema[heading] == pl.String
    ]
    for heading in dict.fromkeys(headings):
        text = pl.col(heading).str.strip_chars()
        # few cells are different, so each is looked at once
        odd = (text.str.contains(_UNSEEN) | (text != text.str.normalize("NFC"))).alias("odd")
        words = block.original.select(heading).unique().filter(odd)[heading]
        if not words.is_empty():
            cells = block.original.filter(pl.col(heading).is_in(words.implode()))
            yield Problem(
                f"ячеек: {cells.height} — в них невидимые или управляющие знаки "
                "или буквы, составленные из двух знаков",
                "прочитаны без этого; исправьте файл",
                block.path.name,
                block.sheet,
                int(cells["_row"][0]),
                heading,
            )


def _by_municipality(blocks: Sequence[Block]) -> tuple[list[Block], list[Problem]]:
    """Schools of one name in two municipalities, told apart."""
    homes: dict[str, set[str]] = {}
    for block in blocks:
        if block.contract in (RESULTS, SCHOOLS) and {"school", "municipality"} <= set(
            block.columns
        ):
            columns = {"school", "municipality", "year"} & {*block.columns, *block.constants}
            pairs = texts(block.raw().select(sorted(columns)).unique(), sorted(columns)).unique()
            by = sorted(columns - {"municipality"})
            found = pairs.filter(pl.col("municipality") != "").group_by(by).agg("municipality")
            for school, places in found.select("school", "municipality").iter_rows():
                if len(places) > 1 and school and _NAME.search(school):
                    homes.setdefault(school, set()).update(places)
    homes = {school: homes[school] for school in _nobodys(dict.fromkeys(sorted(homes), 1))}
    if not homes:
        return list(blocks), []
    done = []
    for block in blocks:
        if {"school", "municipality"} <= block.columns.keys():
            school, place = cell_text("school"), cell_text("municipality")
            placed = school.is_in(list(homes)) & (place != "")
            apart = pl.when(placed).then(pl.format("{} ({})", school, place))
            cells = (
                block.raw().select(apart.otherwise(pl.col("school").cast(pl.String))).to_series()
            )
            table, renamed = _with(block.original, dict(block.columns), "school", cells)
            block = replace(block, original=table, columns=renamed)
        done.append(block)
    shown = "; ".join(f"«{school}»" for school in sorted(homes)[:_SHOWN])
    more = " …" if len(homes) > _SHOWN else ""
    rule = f"школ: {len(homes)} — одно название в разных муниципалитетах: {shown}{more}"
    action = "прочитаны как разные школы, муниципалитет добавлен в скобках; лучше дайте им коды"
    return done, [Problem(rule, action)]
