"""Letters of a text file: which encoding it is in, told by what the text then looks like.

A mark, UTF-16 without one and UTF-8 are certain. Of old one-byte encodings any decodes anything, so
charset-normalizer proposes and each proposal is judged as a reader would: are these Russian letters
as often as Russian has them, capitals where words begin, no word in two scripts? What looks like
nothing is refused; so are single bytes that do not belong, with their lines.
"""

from __future__ import annotations

import math
import re

#: One-byte encodings of old programs, and how much likelier than the rest a file is in one.
_OLD = {
    "cp1251": 0.15, "cp866": 0.05, "koi8_r": 0.0, "mac_cyrillic": 0.0, "iso8859_5": 0.0,
    "cp1252": 0.0, "cp1250": 0.0, "iso8859_2": 0.0,
}  # fmt: skip
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
#: Letters in UTF-8 that other encodings hardly ever imitate: two of Cyrillic, one of Latin.
_UTF8_CYRILLIC = re.compile(rb"(?:\xd0[\x81\x90-\xbf]|\xd1[\x80-\x8f\x91]){2}")
_UTF8_LATIN = re.compile(rb"[\xc3-\xc5][\x80-\xbf]|\xc8[\x98-\x9b]")
_BROKEN = re.compile("[\ufffd\x00]")
#: Signs that stand in tables beside letters.
_SIGNS = "«»№–—―‑…“”„‘’‚•·°§±×²³½¼€\u00a0\u00ad"
_STRANGE = re.compile(rf"[^\x00-\x7fА-яЁёІіЇїЄєЎў{_SIGNS}]")
_CLASS_LETTERS = "абвгдежз"
#: Per mille of Russian text (National Corpus of the Russian language).
_RUSSIAN = dict(
    zip(
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
        (110, 85, 80, 74, 67, 63, 55, 47, 45, 44, 35, 32, 30, 28, 26, 20, 19, 17, 17, 16, 16, 14,
         12, 10, 9, 7, 6, 5, 4, 3, 3, 1, 1),
        strict=True,
    )
)  # fmt: skip
_WEST = ("éèàçêôûîïâùëœæü", "ñáíóúüé", "ãõáâàçéêíóú", "äöüß", "åäöæøé", "àèéìòù")
_EAST = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áéíóöőúüű", "ăâîşţ", "äöüß", "čćđšž")
#: Letters with marks by language: a file is in one, so they fit together or not at all.
_LATIN = {"cp1252": _WEST, "cp1250": _EAST, "iso8859_2": _EAST}
_WORD = re.compile(r"[^\W\d_]+")
_SHAPE = re.compile(r"[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+|[а-яё]?[А-ЯЁ]+[а-яё]{0,2}")
_ENOUGH = 3000  # different words tell all there is to tell
_PROPOSED = 0.2  # what the word of the library weighs
_POOR = -1.0  # a mean below it is no text: box-drawing signs, capitals inside words


class LettersError(ValueError):
    """The text can not be read; ``rule`` says why in Russian, ``line`` where (from 1)."""

    def __init__(self, rule: str, line: int | None = None) -> None:
        super().__init__(rule)
        self.rule, self.line = rule, line


def decode(data: bytes) -> str:
    """Text of a file in UTF-8, UTF-16, UTF-32 or an old one-byte encoding.

    Raises LettersError where no encoding gives a text, or single bytes of it are broken.

    >>> text = "класс;школа № 5"
    >>> all(decode(text.encode(known)) == text for known in ("utf-8-sig", "utf-16", "cp1251"))
    True
    >>> decode("Муниципалитет Заречный".encode("cp866"))
    'Муниципалитет Заречный'
    >>> decode("город;Сяно\\nБрянск;1\\n".encode() + b"\\xff\\n")
    Traceback (most recent call last):
        ...
    msoko_analysis.ingest.letters.LettersError: нечитаемые знаки, строка 3
    """
    known = next((name for mark, name in _MARKS if data.startswith(mark)), None) or _wide(data)
    text = data.decode(known or "utf-8", errors="replace")
    if known is None and "\ufffd" in text and not _is_utf8(data):
        text = _old(data)
    if "\ufffd" in text or "\0" in text:
        broken = _lines(_BROKEN, text)
        raise LettersError(f"нечитаемые знаки, {named_lines(broken)}", broken[0])
    return text.replace("\ufeff", "")


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: digits and separators leave a zero in every second byte."""
    start = data[:4000]
    first, second = (start[at::2].count(0) / max(len(start) // 2, 1) for at in (0, 1))
    if first == 0 and second > 0.1:
        return "utf-16-le"
    return "utf-16-be" if second == 0 and first > 0.1 else None


def _is_utf8(data: bytes) -> bool:
    """Whether data that do not decode as UTF-8 are UTF-8 all the same, with broken bytes."""
    if _UTF8_CYRILLIC.search(data):
        return True
    broken = len(re.findall("\ufffd", data.decode("utf-8", errors="replace")))
    return len(_UTF8_LATIN.findall(data)) >= broken


def _old(data: bytes) -> str:
    """Text in the one-byte encoding under which it looks most like one."""
    from charset_normalizer import from_bytes  # only where a file is not in UTF-8

    sample = _sample(data)
    texts = {name: sample.decode(name, errors="replace") for name in _OLD}
    looks = {name: _look(text, name) + _OLD[name] for name, text in texts.items()}
    proposed = from_bytes(sample, cp_isolation=list(_OLD)).best()
    if proposed is not None and proposed.encoding in looks:
        looks[proposed.encoding] += _PROPOSED
    # what leaves no sign unread goes before what leaves some
    clean = [
        name
        for name, text in texts.items()
        if looks[name] >= _POOR and (name in _LATIN or not _STRANGE.search(text))
    ]
    best = max(clean or looks, key=looks.__getitem__)
    level = {texts[name] for name in _LATIN if looks[name] > looks[best] - 2 * _PROPOSED}
    if looks[best] < _POOR or (best in _LATIN and len(level) > 1):
        raise LettersError("кодировка текста не распознана")
    text = data.decode(best, errors="replace")
    strange = _lines(_STRANGE, text) if best not in _LATIN else []
    if strange:
        raise LettersError(
            f"знаки, которых не бывает в русском тексте, {named_lines(strange)}", strange[0]
        )
    return text


def _sample(data: bytes) -> bytes:
    """Different words with letters beyond ASCII, each once, as they stand between separators."""
    words: dict[bytes, None] = {}
    for found in re.finditer(rb"[^\s;,\t]*[\x80-\xff][^\s;,\t]*", data):
        words[found[0]] = None
        if len(words) == _ENOUGH:
            break
    return b" ".join(words)


def _look(text: str, name: str) -> float:
    """How much a text looks like one, per sign beyond ASCII: log likelihood against any letter."""
    signs = [sign for sign in text if sign > "\x7f" and not sign.isalpha()]
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    if name in _LATIN:
        letters = max(([_latin(words, alphabet) for alphabet in _LATIN[name]]), key=sum)
    else:
        letters = [_russian(word, one) for word in words for one in word if one > "\x7f"]
    judged = [*letters, *(0.0 if sign in _SIGNS else -5.0 for sign in signs)]
    return sum(judged) / max(len(judged), 1)


def _russian(word: str, letter: str) -> float:
    small = letter.lower()
    if small not in _RUSSIAN or not _SHAPE.fullmatch(word):
        return -4.0
    if len(word) == 1:  # a class, most of all
        return 0.5 if small in _CLASS_LETTERS else -1.0
    return max(math.log(_RUSSIAN[small] * len(_RUSSIAN) / 1000), -1.5)


def _latin(words: list[str], alphabet: str) -> list[float]:
    """Letters with marks stand among plain ones, in words of one language."""
    judged = []
    for word in words:
        rest, marked = word[1:], [letter.lower() for letter in word if letter > "\x7f"]
        shape = rest in (rest.lower(), rest.upper())
        usual = 0.5 if 2 * len(marked) <= len(word) else -2.0
        judged += [usual if shape and one in alphabet else -4.0 for one in marked]
    return judged


def _lines(pattern: re.Pattern[str], text: str) -> list[int]:
    """Numbers of the lines a pattern is found in."""
    if not pattern.search(text):
        return []
    return [number for number, line in enumerate(text.split("\n"), 1) if pattern.search(line)]


def named_lines(lines: list[int]) -> str:
    """Lines as a message names them: the first five, and how many there are.

    >>> named_lines([7]), named_lines([1, 2, 3, 4, 5, 6])
    ('строка 7', 'строки 1, 2, 3, 4, 5 … — всего 6')
    """
    if len(lines) == 1:
        return f"строка {lines[0]}"
    shown = ", ".join(map(str, lines[:5]))
    return f"строки {shown}" + (f" … — всего {len(lines)}" if len(lines) > 5 else "")
