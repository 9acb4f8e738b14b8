"""What may be a person's name: in capitals or small letters, with initials, in any script.

Two rules. A code of a pupil must look like a code, whatever the script: that refuses every name. A
school, a municipality or a class may be any words, so there only what names of people have is
looked for: a patronymic, initials after a surname, a common first name beside a surname.
"""

from __future__ import annotations

import polars as pl

#: Stands for a cell that is not shown because it may hold a name.
HIDDEN = "скрыто"

_LETTER = r"[\p{L}\p{M}]"
_WORD = r"[\p{L}\p{M}][\p{L}\p{M}'’ʼ`-]+"
#: What every name of a person has, whatever it is written in.
_FOUR_LETTERS = r"(?s)(?:[\p{L}\p{M}'’ʼ`-].*){4}"
#: A code without a digit that has two letters is a word.
_DIGIT, _TWO_LETTERS = r"\d", rf"{_LETTER}.*{_LETTER}"
#: No code has four letters of another script than Latin in a row, nor two words.
_FOREIGN = r"[\p{L}&&[^A-Za-z]]{4}"
_TWO_WORDS = rf"{_LETTER}{{2}}[\s.,]+{_LETTER}"
_PSEUDONYM = r"^[0-9a-f]{16}$"

_PATRONYMIC = (
    r"(?:[оеё]вич|[оеё]вна|[иы]ч?на|ьич|[кмф]ич|оглы|огли|углы|улы|уулу|кызы|гызы|кизи|"
    r"[oe]vi(?:ch|č|c)|[oey]vna|ichna|inichna|o[gğ]l[uyıi]|k[yıi]z[yıi]|q[iı]z[iı])"
)
_SURNAME = (
    r"(?:[оеё]ва?|[иы]на?|ский|ская|цкий|цкая|[кнл]ко|ук|юк|чук|ян|янц|дзе|швили|ых|их|"
    r"ov|ova|ev|eva|in|ina|sk[yi]y?|skaya|enko|uk|yan|dze|shvili|escu)"
)
#: Endings that hardly another language has: schools of other countries are «Martin Elementary».
_LATIN_SURNAME = r"(?:enko|chuk|skaya|skiy|dze|shvili)"
_FIRST = (
    "александр|алексей|алина|алиса|алла|альберт|амина|анастасия|анатолий|анвар|андрей|"
    "анна|антон|арина|арсений|артем|артур|аделаида|айгуль|айдар|азат|алсу|булат|"
    "богдан|борис|вадим|валентин|валентина|валерий|валерия|варвара|василий|василиса|"
    "вера|вероника|виктор|виктория|виталий|владимир|владислав|вячеслав|галина|георгий|"
    "герман|глеб|григорий|гульнара|гузель|дамир|данил|даниил|данила|дарья|денис|диана|"
    "дилара|динар|дмитрий|ева|евгений|евгения|егор|екатерина|елена|елизавета|жанна|"
    "захар|зарина|злата|зульфия|иван|игорь|ильдар|ильнур|ильшат|илья|инна|ирина|"
    "камила|камиль|карина|кирилл|кира|константин|кристина|ксения|лариса|лев|лейла|"
    "леонид|лидия|лилия|любовь|людмила|магомед|макар|максим|марат|маргарита|марина|"
    "мария|марк|марсель|матвей|мадина|милана|мирон|михаил|мурат|надежда|назар|наиль|"
    "наталия|наталья|никита|николай|нина|оксана|олег|олеся|ольга|павел|патимат|петр|"
    "полина|раиса|рамиль|раиль|расул|ренат|римма|роман|руслан|рустам|савелий|савватий|"
    "сабина|светлана|святослав|семен|сергей|софия|софья|станислав|степан|таисия|тамара|"
    "татьяна|тимофей|тимур|ульяна|фатима|федор|фома|шамиль|эдуард|эльвира|эльдар|"
    "эмиль|эмилия|юлия|юрий|яна|ярослав|alexander|alexey|anastasia|andrei|andrey|anna|"
    "anton|artem|boris|daria|denis|dmitry|dmitri|egor|ekaterina|elena|elizaveta|"
    "evgeny|galina|igor|ilya|irina|ivan|kirill|maria|marina|mikhail|natalia|nikita|"
    "nikolai|oleg|olga|pavel|petr|polina|roman|sergey|sergei|sofia|svetlana|tatiana|"
    "timur|vladimir|yulia"
)
#: Words and short words of places: «р. п. Ильин», «м. о. Киров» are no initials.
_PLACE = r"(?i)школ|лице|гимнази|колледж|район|округ|school|имени|^(?:[гсрм]\.\s*[опр]|п\.\s*г)\."
#: What stands between and around the words of a name: numbers, remarks in brackets, small signs; two
#: words without a space between them.
_AROUND = r"^\s*№?\s*\d+[.)\s]*|\s*\([^)]*\)\s*$|[\s,;]*\d+\.?\s*$"
_BETWEEN, _JOINED = r"[_,;\s]+", r"(\p{Ll})(\p{Lu})"
_LATIN = r"[a-z][a-z'’-]+"
_ONLY_WORDS = rf"(?i)^{_WORD}(?:\s+{_WORD}){{1,3}}$"
#: Each alone is enough.
_NAMES = (
    # a surname and two initials
    rf"(?i)^{_WORD}[\s,]+{_LETTER}\.?\s*{_LETTER}\.$",
    # two initials and a surname by its ending
    rf"(?i)^{_LETTER}\.\s*{_LETTER}\.\s*{_LETTER}[\p{{L}}'’-]*{_SURNAME}$",
    # a surname by its ending and one initial
    rf"(?i)^{_LETTER}[\p{{L}}'’-]+{_SURNAME}[\s,]+{_LETTER}\.$",
    # a first name that is common, and a surname by its ending
    rf"(?i)^(?:{_FIRST})\s+{_LETTER}[\p{{L}}'’-]*{_SURNAME}$",
    rf"(?i)^{_LETTER}[\p{{L}}'’-]*{_SURNAME}\s+(?:{_FIRST})$",
    # two or three words in Latin letters, one a surname of ours by its ending
    rf"(?i)^(?:{_LATIN}\s+)?[a-z'’-]+{_LATIN_SURNAME}(?:\s+{_LATIN}){{1,2}}$",
    rf"(?i)^(?:{_LATIN}\s+){{1,2}}[a-z'’-]+{_LATIN_SURNAME}$",
)
#: A code of a class or a variant without a figure has no long word but one of these.
_LONG_WORD = r"[\p{L}\p{M}]{5}"
_OF_CLASSES = (
    r"(?i)класс|групп|общ|физ|мат|хим|био|гум|соц|эк[оo]н|техн|ест|проф|баз|углуб|кадет|казач|коррек|"
    r"веч|очн|инд|домашн|резерв|осн|доп|демо|пилот"
)
_VARIANT = r"(?i)^вар(?:иант)?\.?\s*№?\s*"


def not_a_code(text: pl.Expr) -> pl.Expr:
    """Whether a cell that should hold the code of a pupil may be a name.

    A code has a digit or is one letter; it is not two words, nor a word of a script that codes are
    not written in. A pseudonym of 16 hexadecimal digits may have letters only.

    >>> cells = ["12", "A", "edu990001-7", "ИВАНОВА ЕВА", "popescu ion", "Вымыслова А. 4", "И. И."]
    >>> pl.select(not_a_code(pl.lit(pl.Series(cells)))).to_series().to_list()
    [False, False, False, True, True, True, True]
    """
    word = ~text.str.contains(_DIGIT) & text.str.contains(_TWO_LETTERS)
    words = text.str.contains(_FOREIGN) | text.str.contains(_TWO_WORDS)
    return (word | words) & ~text.str.contains(_PSEUDONYM)


def like_name(text: pl.Expr) -> pl.Expr:
    """Whether a cell that may hold any words holds the name of a person.

    >>> cells = ["Иванова Мария Петровна", "ИВАНОВА М. П.", "иванова мария", "Нижний Новгород",
    ...          "Лицей № 3 им. А. П. Иванова", "г. о. Самара", "Школа Ивановича"]
    >>> pl.select(like_name(pl.lit(pl.Series(cells)))).to_series().to_list()
    [True, True, True, False, False, False, False]
    """
    return text.map_batches(_like_name, return_dtype=pl.Boolean)


def _like_name(cells: pl.Series) -> pl.Series:
    """Only cells of four letters meet the patterns: to compile those takes longer than most files."""
    long = cells.filter(cells.str.contains(_FOUR_LETTERS)).unique()
    if long.is_empty():
        return cells.is_in(long.implode())
    text = pl.col("text")
    plain = text.str.replace_all("ё", "е").str.replace_all("Ё", "Е").str.replace_all(_AROUND, "")
    plain = plain.str.replace_all(_JOINED, "$1 $2").str.replace_all(_BETWEEN, " ")
    called = plain.str.contains(_ONLY_WORDS) & plain.str.contains(rf"(?i){_PATRONYMIC}(?:\s|$)")
    person = called | pl.any_horizontal(plain.str.contains(name) for name in _NAMES)
    names = long.to_frame("text").lazy().filter(person & ~plain.str.contains(_PLACE)).collect()
    return cells.is_in(names["text"].implode())


def wordy(text: pl.Expr) -> pl.Expr:
    """Whether a cell that should hold a class or a variant is words, so that it may be a name.

    >>> cells = ["4А", "10 физмат", "вариант 2", "А", "кадетский", "Жирафенко", "Zhiraf Savvatii"]
    >>> pl.select(wordy(pl.lit(pl.Series(cells)))).to_series().to_list()
    [False, False, False, False, False, True, True]
    """
    code = text.str.replace(_VARIANT, "")
    long = code.str.contains(_LONG_WORD) & ~code.str.contains(_OF_CLASSES)
    return like_name(text) | (long & ~code.str.contains(_DIGIT))


def hidden(text: pl.Expr) -> pl.Expr:
    """A cell that breaks its contract, as it may be shown: a few figures and signs, else HIDDEN.

    Three letters may be a whole name, six figures the number of a document.

    >>> cells = ["8", "7,5", "12б", "плохо", "Ева", "654321"]
    >>> pl.select(hidden(pl.lit(pl.Series(cells)))).to_series().to_list()
    ['8', '7,5', '12б', 'скрыто', 'скрыто', 'скрыто']
    """
    long = (text.str.len_chars() > 5) | text.str.contains(_TWO_LETTERS)
    return pl.when(~long).then(text).otherwise(pl.lit(HIDDEN))
