"""Finds in a text what gives orders to a model: the classifier beside rules, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

from rag.guard.hidden.characters import role_marks
from rag.guard.orders.encodings import is_spaced_out, other_forms
from rag.guard.orders.model import OrderModel
from rag.text.sentences import split_sentences
from rag.text.words import content_words, has_cjk
from rag.types import Span

_WHOLE = 2
_SHORTEST_PART = 12
_VERBS = (
    "add|include|insert|append|mention|integrate|weave|put|attach|prepend|modify|alter|adjust|enhance|change|extend"
    "|augment|convert|transform|reword|revise|rewrite|embed|incorporate|inject|introduce|sprinkle|enrich|expand|amend"
    "|promote|advertise|encourage|scramble|reverse|shuffle|misspell|encode|encrypt|capitali[sz]e|omit|mix|swap|hide"
    "|mask|garble|rearrange|jumble|substitute|replace|remove|translate|anagram|spell|shift|combine|repeat|group|use"
    "|write|render|present|provide|give|format|deliver|begin|start|end|finish|conclude|make|turn|let|state|claim|share"
)
_ASK_VERBS = (
    "show|tell|give|explain|describe|outline|summari[sz]e|define|discuss|compare|analy[sz]e|list|translate|write|draft"
    "|compose|create|prepare|produce|generate|develop|provide|design|make|break down|illustrate|teach|clarify|classify"
    "|calculate|solve|identify|find|suggest|recommend|schedule|set|remind|book|send|order|play|turn|sort|convert|count"
    "|search|forecast|rank|track|organi[sz]e|plan|determine|rate|act|pretend|say|replace|use"
)
_ASK_WORDS = r"(?:what|how|who|why|which|where)(?:['’]s|\s(?:is|are|was|were|do|does|did|can|could|would|should|has))"
_PART = re.compile(
    r"[.!?:;…]\s+|\n+|\s{2,}"
    rf"|\s(?=[A-Z])(?=(?i:{_VERBS}|{_ASK_VERBS}|ignore|disregard|forget|in your)\s)"
    r"|\s(?=(?:What['’]?s?|How|Who|Why|Which|Where|When)\s)"
)
_ENDS = ".!?。！？…"
_CLAUSE_END = re.compile(r"[.!?。！？…](?=[\s\"”’)]|\Z)|(?=\n)")
_LETTERS = re.compile(r"[^\W\d_]")
_FEWEST_WORDS, _FEWEST_CJK = 4, 6
_LEAST_SHARE_OF_LETTERS = 0.55
_OUTPUT = r"(?:response|answer|reply|output|summary|completion)s?"
_MODEL_WORDS = re.compile(
    rf"\byour\s+(?:\w+\s+){{0,2}}{_OUTPUT}\b|\bthe\s+(?:response|answer|reply)\b|\byour (?:message|writing|text)\b"
    r"|\b(?:assistant|AI|LLM|chatbot|ChatGPT|GPT|language model|bot)\b"
    r"|\b(?:ignor|disregard|overrid)\w{0,4}\b|\b(?:previous|prior|above|earlier|system|your|hidden|all)\s+(?:\w+\s+)?(?:instruction|prompt|rule|guideline)s?\b"
    r"|\b(?:you are now|from now on|pretend|act as|the users?|reply|respond|answer)\b"
    r"|antwort|anweisung|nutzer|sprachmodell|\bKI\b|répon|consigne|utilisateur|modèle de langage|\bIA\b|respuesta"
    r"|responda?\b|instruccion|usuario|rispo|istruzion|utente|respost|instruç|antwoord|instructie|gebruiker|odpowied"
    r"|instrukcj|użytkownik|ответ|инструкц|промпт|пользовател|回答|回复|指令|提示词|用户|助手|人工智能|指示|プロンプト|ユーザー"
    r"|답변|지시|프롬프트|사용자|تعليمات|إجابت|المستخدم|prompt",
    re.IGNORECASE,
)
_ABOUT_OUTPUT = re.compile(
    rf"^\W{{0,4}}(?:(?:please|now|also|then) )?(?:in your (?:\w+ )?{_OUTPUT}\b"
    rf"|(?:{_VERBS})\b[^\n]{{0,200}}?\b(?:your (?:\w+ )?{_OUTPUT}|the (?:response|answer|reply))(?:'s)?\b)"
    r"(?!\s(?:to|from|of|box|field|within|before|must|is|will|code|header|body|time|key|sheet)\b)",
    re.IGNORECASE,
)
_OVERRIDES = re.compile(
    r"\b(?:ignor|disregard|forget|overrid|bypass|neglect)\w{0,4}\s+(?:\w+\s+){0,4}"
    r"(?:instruction|prompt|rule|guideline|directive|context|guardrail)s?\b"
    r"|\b(?:reveal|print|show|repeat|output|leak|display|translate|summari[sz]e)\s+(?:\w+\s+){0,4}"
    r"(?:system prompt|hidden prompt|your (?:instructions|prompt|rules))"
    r"|\byou are (?:now|no longer)\s+(?:an?|the|in)\s+(?:\w+\s+){0,3}(?:assistant|ai|model|mode|dan|bot)\b",
    re.IGNORECASE,
)
_BY_RULE, _OF_OUTPUT = 0.99, 0.8
_WITHOUT_CUE = 0.5
"""What the classifier's probability counts in a sentence that names neither a model nor what it writes."""
_ENOUGH = 0.5
_ASKED, _SURELY = 0.2, 0.97
"""Probabilities of a request from which one counts that begins or ends as requests do, and any other."""
_ASKS = re.compile(
    rf"[?？]\W{{0,3}}\Z|\A\W{{0,4}}(?:(?:please|can you|could you|would you|help me|i need|i want|{_ASK_VERBS}"
    rf"|{_ASK_WORDS})\b|(?:schreib|erkl|nenne|erstell|fasse|expliq|traduis|racont|explica|traduc|escri[bv]|redact"
    r"|cuenta|scriv|spieg|schrijf))",
    re.IGNORECASE,
)
_ALIEN_SHARE = 0.5
_FEWEST_ALIEN = 1


class Level(IntEnum):
    """What a passage says to a model: nothing, a request that is foreign to its text, or an order."""

    NONE = 0
    REQUEST = 1
    ORDER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A place in a text that asks something of a model; ``score`` is the probability that it is an order."""

    span: Span
    text: str
    score: float
    level: Level


class OrderDetector:
    """Reads texts with ``model``. A sentence scores as its worst part, or as its worst reading in another form."""

    def __init__(self, model: OrderModel) -> None:
        self._model = model

    def find(self, text: str, *, orders_only: bool = False) -> tuple[Order, ...]:
        """Returns the orders and foreign requests in a passage, in order; they do not overlap.

        ``orders_only`` leaves out what names neither a model nor what one writes, which is fast.
        """
        wanted = _may_order if orders_only else _may_ask
        read = [part for part in _parts(text) if wanted(part[1]) and _is_wordy(part[1])]
        if not read:
            return ()
        scores = self._model.scores([words for _, words in read])
        found = [
            Order(span=span, text=words, score=order, level=level)
            for (span, words), (order_score, request) in zip(read, scores, strict=True)
            for order in [_order_score(words, order_score)]
            for level in [_level(order, request, words, text)]
            if level
        ]
        return _without_overlaps([_to_its_end(order, text) for order in found])

    def against_instructions(self, question: str) -> float:
        """Returns the probability that a question is an order against a model's instructions.

        What only says how to answer is the asker's right.
        """
        forms = [words for _, words in _parts(question) if _OVERRIDES.search(words) or role_marks(words)]
        return _BY_RULE if forms else 0.0


def _parts(text: str) -> list[tuple[Span, str]]:
    """Returns the sentences, the parts of long ones, and what they say in other forms, each with its place."""
    parts = []
    for span in split_sentences(text):
        sentence = text[span.start : span.end]
        parts.append((span, sentence))
        cuts = [0, *(match.end() for match in _PART.finditer(sentence)), len(sentence)]
        if len(cuts) > _WHOLE:
            for start, end in pairwise(cuts):
                piece = sentence[start:end].rstrip()
                if _SHORTEST_PART <= len(piece) < len(sentence):
                    place = Span(start=span.start + start, end=span.start + start + len(piece))
                    parts.append((place, piece))
        parts.extend((span, form) for form in other_forms(sentence))
    return parts


def _may_order(text: str) -> bool:
    return bool(_MODEL_WORDS.search(text) or _ABOUT_OUTPUT.search(text) or role_marks(text)) or is_spaced_out(text)


def _may_ask(text: str) -> bool:
    return not text.isascii() or _ASKS.search(text) is not None or _may_order(text)


def _is_wordy(text: str) -> bool:
    if is_spaced_out(text):
        return True
    letters = len(_LETTERS.findall(text))
    enough = letters >= _FEWEST_CJK if has_cjk(text) else len(text.split()) >= _FEWEST_WORDS
    return enough and letters >= _LEAST_SHARE_OF_LETTERS * len(text.replace(" ", ""))


def _order_score(text: str, score: float) -> float:
    if _OVERRIDES.search(text):
        return max(score, _BY_RULE)
    if _ABOUT_OUTPUT.search(text) or is_spaced_out(text):
        return max(score, _OF_OUTPUT)
    if role_marks(text):
        return max(score, _ENOUGH)
    return score if _MODEL_WORDS.search(text) else score * _WITHOUT_CUE


def _level(order: float, request: float, words: str, text: str) -> Level:
    if order >= _ENOUGH:
        return Level.ORDER
    wanted = _ASKED if _ASKS.search(words) else _SURELY
    return Level.REQUEST if request >= wanted and _is_foreign(words, text) else Level.NONE


def _is_foreign(words: str, text: str) -> bool:
    """Returns whether hardly a word of a sentence stands elsewhere in its text."""
    own = [word for word in content_words(words) if not word.isdigit()]
    at = text.find(words)
    others = set(content_words(text[:at] + " " + text[at + len(words) :] if at >= 0 else text))
    alien = [word for word in own if word not in others]
    return len(alien) >= max(_FEWEST_ALIEN, _ALIEN_SHARE * len(own))


def _to_its_end(order: Order, text: str) -> Order:
    """Returns an order with all of its clause: a part may have been cut where the next word is written large."""
    if order.span.end > 0 and text[order.span.end - 1] in _ENDS:
        return order
    ending = _CLAUSE_END.search(text, order.span.end)
    end = ending.end() if ending else len(text)
    return replace(order, span=Span(start=order.span.start, end=max(order.span.end, end)))


def _without_overlaps(found: Sequence[Order]) -> tuple[Order, ...]:
    """Returns the worst of those that overlap; of equal ones the shortest."""
    kept: list[Order] = []
    for order in sorted(found, key=lambda one: (-one.level, one.span.end - one.span.start, -one.score)):
        if all(order.span.end <= other.span.start or other.span.end <= order.span.start for other in kept):
            kept.append(order)
    return tuple(sorted(kept, key=lambda one: one.span))
