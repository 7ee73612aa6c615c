"""Turns a statement into the question that a person would ask, where a rule is sure of it. Pure.

A rule knows one verb form and the kind of fact that answers: "The warranty lasts 24 months." gives "How long does the
warranty last?". A sentence that fits no rule gives no question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|fifteen|twenty|thirty|sixty|ninety"
_NUM = rf"(?:\d++(?:[.,]\d++)*+|{_WORDS})"
_MONTH = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December|Januar|Februar|März|Mai|"
    "Juni|Juli|Oktober|Dezember|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|"
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)"
)
_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_FACTS = {
    "DURATION": (
        rf"{_NUM}[ -](?:working |business |calendar |full )?(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?"
        r"|Sekunden|Minuten?|Stunden?|Tage?n?|Wochen?|Monate?n?|Jahre?n?|secondes?|heures?|jours?|semaines?|mois|ans?"
        r"|segundos?|minutos?|horas?|días?|semanas?|mes(?:es)?|años?)"
    ),
    "AMOUNT": (
        rf"(?:(?:[€$£]|EUR |USD |GBP |CHF )\d++(?:[.,]\d++)*+"
        rf"|{_NUM}(?: (?:million|thousand|billion))? ?(?:€|\$|£|%|percent|per cent|Prozent"
        r"|euros?|Euro|dollars?|pounds?|EUR|USD|GBP|CHF|kg|kilograms?|tonnes?|litres?|kW|kWh|metres?|km|dB|°C)(?!\w))"
    ),
    "TIME": (
        rf"(?:\d{{1,2}}\.? {_MONTH}(?: \d{{4}})?|{_MONTH} \d{{1,2}}(?:, \d{{4}})?|{_MONTH} \d{{4}}|\d{{4}}-\d\d-\d\d"
        rf"|\d{{1,2}}(?::\d\d)? (?:a\.m\.|p\.m\.|o'clock|Uhr)|\d{{1,2}}:\d\d|noon|midnight|{_DAY}s?)"
    ),
    "NUMBER": rf"{_NUM}",
    "NAME": r"[A-Z][\w&-]+(?: [A-Z][\w&-]+){0,3}",
    "SUBJECT": r"[^,;:()|“”\"]{2,70}?",
    "ENDS": r"(?= (?:a|per|in|for|on|at|each|every|from|and|with|to)\b|[.,;])",
    "LEAST": r"(?:at least |at most |up to |about )?",
    "HOLD": r"(?:get|receive|need|contain|include|employ|hold)",
    "DONE": r"(?:due|paid|held|sent|published|founded|opened|closed|signed)",
    "BACK": r"(?: in| out| up| on| back)?",
    "DUTY": r"(?:Register|Report|Send|Return|Submit|Pay|Claim|Order|Book|Cancel)",
    "THINGS": r"[a-z][\w-]*(?: (?:of )?[a-z][\w-]*){0,3}?",
}
_RULES = {
    "en": (
        (
            r"[^,;]{3,60} (?:has|have|receives?|gets?) an? (?P<s>[a-z]+(?: [a-z]+)?) of (?P<f><AMOUNT>)",
            "How much is the {s}?",
        ),
        (
            (
                r"(?P<v><DUTY>) (?P<s>(?:the|your|any|all) [a-z-]+(?: [a-z-]+)?)"
                r"(?: (?:to|by|with|on|at|in) [^,;]*?)? within (?P<f><DURATION>)"
            ),
            "Within what time do I have to {v} {s}?",
        ),
        (
            r"You (?P<v>get|have|receive|need) (?P<f><NUMBER>) (?P<s><THINGS>)<ENDS>",
            "How many {s} do I {v}?",
        ),
        (r"(?P<s><SUBJECT>) (?P<v>last|take|run)s (?:for )?(?P<f><DURATION>)\b", "How long does {s} {v}?"),
        (r"(?P<s><SUBJECT>) (?P<v>last|run) (?:for )?(?P<f><DURATION>)\b", "How long do {s} {v}?"),
        (r"(?P<s><SUBJECT>) (?P<v>is|are|was|were) (?P<f><DURATION>)(?: long)?\b", "How long {v} {s}?"),
        (r"(?P<s><SUBJECT>) (?P<v>cost|weigh)s <LEAST>(?P<f><AMOUNT>)", "How much does {s} {v}?"),
        (r"(?P<s><SUBJECT>) (?P<v>cost|weigh) <LEAST>(?P<f><AMOUNT>)", "How much do {s} {v}?"),
        (r"(?P<s><SUBJECT>) (?P<v>is|are|was|were) <LEAST>(?P<f><AMOUNT>)", "How much {v} {s}?"),
        (
            r"(?P<s><SUBJECT>) (?P<v>end|begin|start|open|close|expire|lapse)s (?:on |at |by |in )?(?P<f><TIME>)",
            "When does {s} {v}?",
        ),
        (
            r"(?P<s><SUBJECT>) (?P<v>end|begin|start|open|close|expire|lapse) (?:on |at |by |in )?(?P<f><TIME>)",
            "When do {s} {v}?",
        ),
        (
            (
                r"(?P<s><SUBJECT>) (?P<v>is|are|was|were) (?P<w><DONE>)"
                r" (?:on |at |by |in )(?P<f><TIME>)"
            ),
            "When {v} {s} {w}?",
        ),
        (
            (
                r"(?P<s><SUBJECT>) (?P<v><HOLD>)s <LEAST>(?P<f><NUMBER>) (?P<t><THINGS>)"
                r"<ENDS>"
            ),
            "How many {t} does {s} {v}?",
        ),
        (
            (
                r"(?P<s><SUBJECT>) (?P<v>have|<HOLD>) <LEAST>(?P<f><NUMBER>) (?P<t><THINGS>)"
                r"<ENDS>"
            ),
            "How many {t} do {s} {v}?",
        ),
        (
            (
                r"(?P<s><SUBJECT>) has <LEAST>(?P<f><NUMBER>) (?P<t><THINGS>)"
                r"<ENDS>"
            ),
            "How many {t} does {s} have?",
        ),
        (
            (
                r"(?P<s><SUBJECT>) (?P<m>must|should|can|may|has to|have to|is|are) (?P<v>be \w+<BACK>"
                r"|\w+(?:ed|en|id)<BACK>) within (?P<f><DURATION>)\b"
            ),
            "Within what time {m} {s} {v}?",
        ),
        (r"(?P<s><SUBJECT>) (?P<v>is|are|was|were) (?P<w>\w+ed) by (?P<f><NAME>)(?=[ .,;])", "Who {v} {s} {w} by?"),
    ),
    "de": (
        (r"(?P<s><SUBJECT>) (?P<v>dauert|dauern) (?:bis zu )?(?P<f><DURATION>)\b", "Wie lange {v} {s}?"),
        (r"(?P<s><SUBJECT>) (?P<v>kostet|kosten|wiegt|wiegen) (?P<f><AMOUNT>)", "Wie viel {v} {s}?"),
        (r"(?P<s><SUBJECT>) beträgt (?P<f><DURATION>)\b", "Wie lang ist {s}?"),
        (r"(?P<s><SUBJECT>) beträgt (?P<f><AMOUNT>)", "Wie hoch ist {s}?"),
        (r"(?P<s><SUBJECT>) (?P<v>endet|beginnt|öffnet|schließt) (?:am |um |im )?(?P<f><TIME>)", "Wann {v} {s}?"),
    ),
    "fr": (
        (r"(?P<s><SUBJECT>) (?P<v>dure|durent) (?P<f><DURATION>)\b", "Combien de temps {v} {s} ?"),
        (r"(?P<s><SUBJECT>) (?P<v>coûte|coûtent|pèse|pèsent) (?P<f><AMOUNT>)", "Combien {v} {s} ?"),
        (r"(?P<s><SUBJECT>) est de (?P<f><DURATION>|<AMOUNT>)", "De combien est {s} ?"),
    ),
    "es": (
        (r"(?P<s><SUBJECT>) (?P<v>dura|duran) (?P<f><DURATION>)\b", "¿Cuánto {v} {s}?"),
        (r"(?P<s><SUBJECT>) (?P<v>cuesta|cuestan|pesa|pesan) (?P<f><AMOUNT>)", "¿Cuánto {v} {s}?"),
        (r"(?P<s><SUBJECT>) es de (?P<f><DURATION>|<AMOUNT>)", "¿De cuánto es {s}?"),
    ),
    "zh": (
        (
            (
                r"(?P<s>[^，。；：、（）\d]{2,24}?(?:为|是|达|约|须静置|不得超过|不超过|不得少于|不少于|不小于|不低于))"
                r"(?P<f>\d[\d.]*(?P<u>个月|年|天|个工作日|小时|分钟|周|万元|元|%|人|台|米|毫米|平方米|公斤|千克|升|度|巴|伏|毫安))"
            ),
            "{s}多少{u}？",
        ),
    ),
}
_NO_SUBJECT = re.compile(
    r"(?:it|they|this|these|those|that|he|she|we|you|i|there|which|who|what|if|when|where|while|in|on|at|for|by|from|after"
    r"|before|as|with|without|during|since|until|unless|because|although|however|but|and|or|so|then|also|not|only|each"
    r"|es|er|sie|dies|diese|dieser|wenn|im|am|bei|nach|il|elle|ce|cette|ils|dans|si|pour|ello|este|esta|en|para)\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"(?:The|A|An|Our|Your|Someone|Every|Each|All|Most|Some|Der|Die|Das|Ein|Eine|Le|La|Les|L['’]|Un|Une|El|Los|Las|Una)(?=\W)"
)
# No subject: a verb or a pronoun in it shows that the rule took more than one, as in "Start heating and let it run".
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|starts?|ends?|begins?|can|may|must|will|not|took|let|it|them|my|his|her|their)\b"
)
_NUMBERING = re.compile(r"^(?:[-*•] |\d{1,2}(?:\.\d{1,2})*[.)]? (?=[^\W\d_]))")
_CLAUSES = re.compile(r"[:;] ")
_MOST_WORDS = 10
MOST_CHARACTERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainQuestion:
    """A question and its short answer, which stands in the statement."""

    question: str
    answer: str
    language: str


def _expanded(rules: Mapping[str, tuple[tuple[str, str], ...]]) -> list[tuple[str, str, str]]:
    """Returns (language, pattern, template) of each rule, with the facts written out."""
    found = []
    for language, pairs in rules.items():
        for short, template in pairs:
            pattern = short
            for name, words in _FACTS.items():
                pattern = pattern.replace(f"<{name}>", words)
            found.append((language, pattern, template))
    return found


RULES = _expanded(_RULES)


def plain_question(sentence: str) -> PlainQuestion | None:
    """Returns the question that the sentence answers by one short fact, which it states once; None without a rule."""
    if len(sentence) > MOST_CHARACTERS:
        return None
    for clause in _CLAUSES.split(_NUMBERING.sub("", sentence)):
        for language, pattern, template in RULES:
            match = re.match(pattern, clause) or re.match(pattern, _capital(clause))
            if match is None:
                continue
            subject, fact = match["s"].strip(), match["f"].strip()
            if _is_subject(subject) and sentence.count(fact) == 1:
                parts = match.groupdict() | {"s": _asked(_inside(subject, language))}
                asked = template.format(**parts)
                return PlainQuestion(question=_capital(_small_verb(asked, parts)), answer=fact, language=language)
    return None


def _asked(subject: str) -> str:
    """Returns the subject as the one who asks says it."""
    return re.sub(r"\byour\b", "my", subject)


def _small_verb(asked: str, parts: Mapping[str, str | None]) -> str:
    """Writes the verb of a demand small: it began the sentence."""
    verb = parts.get("v") or ""
    return asked.replace(f" {verb} ", f" {verb.lower()} ", 1) if verb else asked


def _is_subject(text: str) -> bool:
    return len(text.split()) <= _MOST_WORDS and not (_NO_SUBJECT.match(text) or _VERB.search(text))


def _inside(subject: str, language: str) -> str:
    """Returns a subject as it stands inside a sentence: an article and a common word are written small."""
    is_common = language != "de" and " " in subject and subject[1:] == subject[1:].lower()
    return subject[0].lower() + subject[1:] if is_common or _ARTICLE.match(subject) else subject


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
