"""The names of months, days and eras in the languages that format codes name. Pure."""

from __future__ import annotations

import datetime as dt

_ENGLISH = 0x09
_MONTHS = {
    0x09: "January February March April May June July August September October November December",
    0x07: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    0x0C: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    0x0A: "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    0x10: "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    0x16: "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    0x13: "januari februari maart april mei juni juli augustus september oktober november december",
    0x04: "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
    0x11: "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
}
_DAYS = {
    0x09: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    0x07: "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    0x0C: "lundi mardi mercredi jeudi vendredi samedi dimanche",
    0x0A: "lunes martes miércoles jueves viernes sábado domingo",
    0x10: "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    0x16: "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    0x13: "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    0x04: "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
    0x11: "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日",
}
_SHORT_MONTHS = {
    0x0C: "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    0x13: "jan feb mrt apr mei jun jul aug sep okt nov dec",
}
_SHORT_DAY_LETTERS = {0x07: 2, 0x13: 2}
_CHINESE, _JAPANESE = 0x04, 0x11
_WHOLE = frozenset({_CHINESE, _JAPANESE})
_ERAS = (
    (dt.date(2019, 5, 1), "令和", "R"), (dt.date(1989, 1, 8), "平成", "H"), (dt.date(1926, 12, 25), "昭和", "S"),
    (dt.date(1912, 7, 30), "大正", "T"), (dt.date(1868, 1, 25), "明治", "M"),
)  # fmt: skip


def month_name(month: int, language: int, *, is_full: bool) -> str:
    """Returns the name of a month; in English where a language is not known."""
    if not is_full and language in _SHORT_MONTHS:
        return _SHORT_MONTHS[language].split()[month - 1]
    name = _MONTHS.get(language, _MONTHS[_ENGLISH]).split()[month - 1]
    return name if is_full or language in _WHOLE else name[:3]


def day_name(weekday: int, language: int, *, is_full: bool) -> str:
    """Returns the name of a day, Monday being 0."""
    name = _DAYS.get(language, _DAYS[_ENGLISH]).split()[weekday]
    if is_full:
        return name
    if language in _WHOLE:  # 星期三 is 三, 水曜日 is 水
        return name[-1:] if language == _CHINESE else name[:1]
    return name[: _SHORT_DAY_LETTERS.get(language, 3)]


def era_of(day: dt.date) -> tuple[str, str, int]:
    """Returns the name and the letter of the Japanese era of a day, and its year in it; none before 1868."""
    for first, name, letter in _ERAS:
        if day >= first:
            return name, letter, day.year - first.year + 1
    return "", "", day.year
