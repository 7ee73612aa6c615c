"""Phrases of follow-up questions in all languages: thanks, wishes for another form, one of several, superlatives."""

from __future__ import annotations

import re

THANKS = re.compile(
    r"\s{0,4}(?:(?:(?:many |ok |okay )?(?:thanks|thank you|thx|ty)(?: a lot| so much| very much)?|cheers|great|"
    r"ok(?:ay)?|"
    r"perfect|vielen dank|danke(?: schön)?|merci(?: beaucoup)?|(?:muchas )?gracias|vale|grazie(?: mille)?|"
    r"(?:muito )?obrigad[oa]|dank (?:je|u)(?: wel)?|bedankt)\b"
    r"[\s,.;:!–-]{1,6}|(?:谢谢[你您]?|多谢|好的)[，。！\s]{0,4})(?=[^\W_])",
    re.IGNORECASE,
)
"""Thanks before a question."""
FORM = frozenset(
    "sentence sentences short shorter shortly brief briefly summary summarise summarize summarised summarized tldr tl "
    "dr simple simpler simply again repeat rephrase word words bullet bullets point points line lines one two three "
    "four five pls plz english german french spanish italian portuguese dutch chinese say it that this "
    "satz sätze sätzen kurz kürzer zusammenfassung zusammengefasst nochmal wiederhole einfach einfacher zwei drei "
    "worten deutsch englisch französisch spanisch bitte stichpunkten auf fasse zusammen das "
    "phrase phrases court bref brève résumé résume deux trois mots français anglais allemand espagnol svp plaît "
    "una en frase frases corto breve resumen resume resumido dos tres palabras español inglés alemán francés favor "
    "frasi riassunto riassumi tre parole italiano inglese resumo resuma duas três palavras português "
    "zin zinnen kort korter samenvatting samengevat twee drie woorden nederlands engels duits".split()
)
"""Words of a wish for the last answer in another form: "in two sentences, please"."""
FORM_CJK = re.compile(
    r"(?:请|能)?(?:再)?(?:用|简短|简单|总结|概括|短一?点|两句话|一句话|中文|英文|说|一下|吧|吗|[？?。\s])+"
)
ORDINAL = re.compile(
    r"\b(?:the|der|die|das|le|la|el|il|lo|o|a|de|het)\s{1,4}(?:(?P<first>first|former|erste|premi(?:er|ère)|primer[oa]?|"
    r"prim[oa]|primeir[oa]|eerste)|(?P<second>second|zweite|deuxième|second[eoa]|segund[oa]|tweede)|"
    r"(?P<third>third|dritte|troisième|tercer[oa]?|terz[oa]|terceir[oa]|derde)|"
    r"(?P<last>last|latter|letzte|derni(?:er|ère)|últim[oa]|ultim[oa]|laatste))(?: ones?\b|(?=\s{0,4}(?:[?,.!]|$)))",
    re.IGNORECASE,
)
"""One of several things that the last answer named."""
SUPERLATIVE = re.compile(
    r"\b(?:(?:most|least) \w{2,30}|(?:plus|moins|más|menos|più|meno|mais) \w{2,30}|\w{2,30}est|\w{3,30}ste[nrms]?|best|"
    r"worst|most|least|mejor|peor|meilleure?|migliore?|peggiore?|melhor|pior)\b|最\w",
    re.IGNORECASE,
)
"""A superlative of a language: "longest", "most expensive", "más largo"."""
NAMING = re.compile(
    r"\W{0,4}(?:which|who|whom|whose|wer|wem|wen|welche[rsnm]?|qui|quel(?:le)?s?|lequel|quién(?:es)?|cuál(?:es)?|chi|qual[ei]|"
    r"quem|qual|quais|welke?|кто|как(?:ой|ая|ие))\b",
    re.IGNORECASE,
)
"""The beginning of a question whose answer is a name."""
_ITEMS = re.compile(r"[,;、\n]\s{0,4}(?:(?:and|or|und|oder|et|ou|y|o|e|en)\s)?|\s(?:and|und|et|y|e|en)\s|和")
_BEFORE_ITEMS = re.compile(r"^[^:\n]{0,120}:\s")
_MARKS = " \t.*-•–。"
_PLACES = {"first": 0, "second": 1, "third": 2, "last": -1}
_LONGEST_ITEM = 100


def with_items(question: str, answer: str) -> str:
    """Returns the question with what the last answer named in place of words such as "the second one"."""
    found = ORDINAL.search(question)
    items = [part.strip(_MARKS) for part in _ITEMS.split(_BEFORE_ITEMS.sub("", answer.strip()))]
    items = [item for item in items if 0 < len(item) <= _LONGEST_ITEM]
    if found is None or len(items) < 2 or found.lastgroup is None:  # noqa: PLR2004
        return question
    at = _PLACES[found.lastgroup]
    return f"{question[: found.start()]}{items[at]}{question[found.end() :]}" if at < len(items) else question
