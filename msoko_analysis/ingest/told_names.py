"""Which headings, names of sheets and of files may be told: what may be a person's name is not.

A lone surname looks like any word, so a word of Russian letters must be one that tables of schools are
made of; anything else is told by its place. Words of Latin letters are hidden by the endings of our
surnames. A name of a file is the only way to find it: a file called by a person is refused.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.alike import normal
from msoko_analysis.ingest.names import like_name
from msoko_analysis.walls import printable

#: Beginnings of words that headings and names of sheets are made of.
_STEMS = (
    "аббревиатур|автор|адапт|адрес|анализ|англ|аннул|апелл|аттестат|аудитор|баз|балл|без|биолог|бланк|"
    "блок|больше|вариант|верс|верн|вид|внеш|возраст|впр|врем|все|всего|вторич|выбор|выборк|выгрузк|"
    "выполн|выпуск|высок|география|геогр|гиа|год|город|групп|дан|дат|девоч|деят|диагн|диапаз|дистан|дней|"
    "дня|доку?мент|дол[яией]|достиж|журнал|завед|завуч|задан|зад$|зачет|здоров|значен|имя|инвалид|индекс|"
    "индивид|инн$|иностр|информ|истор|исход|итог|кабинет|календар|категор|кач|квалиф|клас|ключ|код|"
    "колич|кол$|комисс|коммент|компл|компьютер|контакт|контр|корп|коэф|кратк|крит|курс|лет$|лист|литерат|"
    "лицей|логин|макет|максим|макс|мальчик|матем|медал|медиан|место|месяц|минимал|мин$|мод[аы]$|молод|мсу|"
    "муницип|набран|наимен|название|насел|нац|невыполн|немец|необяз|неяв|низк|номер|норм|обознач|обр|"
    "обуча|общ|огэ|егэ|ованн|овз|округ|окружающ|онлайн|описан|организ|основ|ответ|отдел|отклон|отм|отправ|"
    "отсут|отчет|отчест|оцен|ошиб|паспорт|паралл|пед|перв|перевод|период|план|повыс|подгот|подтвер|показ|"
    "пол$|полуг|понизи|пооп|поряд|порог|посещ|почт|предм|предыд|преп|призн|прим|пройд|прогр|продолж|проект|"
    "проф|проц|протокол|провер|псевд|пункт|развер|разв$|раздел|район|ранг|рассад|регион|регистр|резу|"
    "рейтинг|реш|родит|родн|рус|ряд|сведен|свод|сдав|семест|серия|сер$|систем|сириус|сложн|служ|смен|снилс|"
    "согласов|соответ|соц|спис|справ|сравн|сред|ссыл|ставк|стандарт|старт|стат|степ|столб|страна|строк|"
    "субъект|сумм|сырой|таблиц|тек|телефон|тем[аы]|тест|техн|тип|точк|требов|триместр|трудност|углуб|умен|"
    "уник|упр|уров|успев|участ|учеб|учен|учит|учр|учащ|факульт|фам|физ|фио|фиоко|филиал|фонд|форм|франц|хим|"
    "цел|центр|част|челов|чел$|черн|четверт|числ|чит|чтен|школ|шкал|электр|экз|эксперт|этап|язык|ярлык|"
    "руковод|рожд|метод|умк$|двое|трое|пятер|хорош|отлич|неуд|удовл|знани|прил|директор|админ|вопрос|сочин|"
    "втор|трет|четв|друг|остал|изложен|диктант|сбор|день|уважит|вес$|ниже|выше|доп|аспект|навык|предл|предст|процед|"
    "квартал|копи|нов|стар|январ|феврал|март|апрел|ма[йя]$|июн|июл|август|сентябр|октябр|ноябр|декабр"
)
_SHORT = (
    "или|для|при|над|под|что|как|кто|это|нет|есть|был|она|они|его|всё|все|мин|кол|ппэ|оге|гвэ|соч|изл|лог|чел|"
    "руб|шт|кр|про|без|оуо|мбоу|мкоу|сош|оош|ноо|ооо|соо|фгос"
)
_KNOWN = re.compile(rf"(?:{_STEMS})|(?:{_SHORT})$")
#: One word alone that ends like a surname, whatever it begins with: «Баллов».
_LONE = re.compile(r"[а-я]{3,}(?:[оеё]ва?|[иы]на?|[сц]к(?:ий|ая)|енко|швили|янц?)")
#: Endings that hardly a town has; a class in a name of a file.
_SURELY, _CLASS = re.compile(r"(?:енко|швили|янц)$"), re.compile(r"\d{1,2}[а-я]")
#: A surname with initials, wherever it stands; «г. о.», «м. р.» are places.
_INITIALS = r"(?!г\.\s?о|м\.\s?[ор]|р\.\s?п|п\.\s?г)[а-я]\.\s?[а-я]\.?"
_ENDING = r"[а-я]+(?:[оеё]ва?|[иы]на?|[сц]к(?:ий|ая)|[нк]ко|[уюч]к|ян|[иы]х)"
_AMID = re.compile(rf"\b{_ENDING}\s+{_INITIALS}(?![а-я])|(?<![а-я]){_INITIALS}\s*{_ENDING}\b")
_RUSSIAN = re.compile(r"[а-яё]{3,}")
_SURNAME = re.compile(
    r"[a-z]{2,}(?:ov|ova|ev|eva|enko|chuk|sk[yi]i?|skaya|dze|shvili|escu|vich|vna|nyan|oglu)$"
)
_LATIN = re.compile(r"[a-z]+")


def may_be_told(text: str) -> bool:
    """Whether no word of a heading, or of a name of a sheet, may be a person's name.

    >>> [may_be_told(text) for text in ("Отметка за год", "Жирафенко", "4А Жирафенко", "11.3 k1")]
    [True, False, False, True]
    >>> may_be_told("pupil"), may_be_told("zhirafenko")
    (True, False)
    """
    plain = normal(text)
    if _LONE.fullmatch(plain):
        return False
    russian = all(_KNOWN.match(word) for word in _RUSSIAN.findall(plain))
    return russian and not any(map(_SURNAME.fullmatch, _LATIN.findall(plain)))


def told_heading(heading: str, place: int) -> str:
    """A heading as it may be told; ``place``: which column it is, from 1.

    >>> told_heading("Учебник", 4), told_heading("Жирафенко", 5)
    ('Учебник', 'столбец 5 (заголовок скрыт)')
    """
    return heading if may_be_told(heading) else f"столбец {place} (заголовок скрыт)"


def told_sheet(name: str, place: int) -> str:
    """A name of a sheet as it may be told; ``place``: which sheet of the book it is, from 1.

    >>> told_sheet("МА 4 Статистика по отметкам", 1), told_sheet("Жирафенко А.", 2)
    ('МА 4 Статистика по отметкам', 'лист 2 (название скрыто)')
    """
    return name if may_be_told(name) else f"лист {place} (название скрыто)"


def file_of_person(path: Path) -> Problem | None:
    """The refusal of a file that is called by a person: reports and data name their files.

    >>> file_of_person(Path("выгрузка_Иваново_ma4.csv")) is None
    True
    >>> file_of_person(Path("4А_Жирафенко А.П..xlsx")).rule, file_of_person(Path("Саратов.xlsx"))
    ('имя файла похоже на имя человека', None)
    >>> file_of_person(Path("Бегемотова 4А.xlsx")) is None, file_of_person(Path("Жирафенко.csv")) is None
    (False, False)
    """
    parts = re.split(r"[_\s-]+", normal(path.stem))
    words = [part for part in parts if not re.search(r"\d", part)]
    alone = len(words) == 1 and _LONE.fullmatch(words[0]) is not None
    # a town has no class
    alone = alone and (any(map(_CLASS.fullmatch, parts)) or _SURELY.search(words[0]) is not None)
    said = " ".join(words)
    if not (alone or _AMID.search(said) or pl.select(like_name(pl.lit(said))).item()):
        return None
    action = "переименуйте его: имена файлов пишутся в данные и в документы"
    return Problem("имя файла похоже на имя человека", action, printable(path.name))
