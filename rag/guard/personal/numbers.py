"""Numbers that are given to one person: of accounts, cards, identity papers and taxes. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rag.guard.personal import checksums
from rag.guard.personal.finding import Finding, Rule
from rag.settings.protection.personal_data import PersonalKind
from rag.types import Span

_IBAN_BEGINNING = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}\d{2}(?=[ -]?[0-9A-Za-z]{4})")
_IBAN_SIGN = re.compile(r"[ -]?[0-9A-Za-z]")
_CARD = re.compile(r"(?<![\w.-])(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}[ -]\d{6}[ -]\d{4,5})(?![\w-])")
_SHORT_CARD = re.compile(r"(?<![\w.-])\d{12,13}(?![\w-])")
_CARD_WORDS = re.compile(
    r"card|\bcc\b|visa|master|maestro|amex|diners|karte|carte|tarjeta|carta|kaart|cartão|卡", re.IGNORECASE
)
_US_SSN = re.compile(r"(?<![\w-])\d{3}[- ]\d{2}[- ]\d{4}(?![\w-])")
_BARE_SSN = re.compile(r"(?<![\w-])\d{9}(?![\w-])")
_SSN_WORDS = re.compile(r"\b(?:ssn|social security)\b", re.IGNORECASE)
_NINO = re.compile(r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b")
_TAX_11 = re.compile(r"(?<![\w-])\d{2} ?\d{3} ?\d{3} ?\d{3}(?![\w-])")
_TAX_WORDS = re.compile(r"steuer|identifikationsnummer|\bidnr|\btax\b|\btin\b", re.IGNORECASE)
_SPANISH = re.compile(r"(?<![\w-])[XYZ0-9]\d{7}-?[A-HJ-NP-TV-Z](?![\w-])")
_NIR = re.compile(r"(?<![\w-])[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?![\w-])")
_ITALIAN = re.compile(r"\b[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b", re.IGNORECASE)
_ELEVEN = re.compile(r"(?<![\w-])\d{11}(?![\w-])")
_PESEL_WORDS = re.compile(r"\bpesel\b", re.IGNORECASE)
_CPF = re.compile(r"(?<![\w-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])")
_CHINESE = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[0-9Xx](?![0-9A-Za-z])")
_SWEDISH = re.compile(r"(?<![\w-])(?:\d{2})?\d{6}[-+]\d{4}(?![\w-])")
_FINNISH = re.compile(r"(?<![\w-])\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y](?![\w-])")
_NINE = re.compile(r"(?<![\w-])\d{9}(?![\w-])")
_BSN_WORDS = re.compile(r"\bbsn\b|burgerservicenummer|sofinummer", re.IGNORECASE)
_TEN = re.compile(r"(?<![\w-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\w-])")
_NHS_WORDS = re.compile(r"\bnhs\b", re.IGNORECASE)
_DANISH = re.compile(r"(?<![\w-])(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[- ]?\d{4}(?![\w-])")
_CPR_WORDS = re.compile(r"\bcpr\b|personnummer", re.IGNORECASE)
_AADHAAR = re.compile(r"(?<![\w-])[2-9]\d{3} ?\d{4} ?\d{4}(?![\w-])")
_AADHAAR_WORDS = re.compile(r"aadh?aar|\buid(?:ai)?\b", re.IGNORECASE)
_PAN = re.compile(r"\b[A-Z]{3}[PCHFATBLJG][A-Z]\d{4}[A-Z]\b")
_ID_WORDS = re.compile(
    r"(?:national (?:id|identity|identification)|identity card|id card|personal (?:id|identity)|identification|"
    r"tax(?:payer)? (?:id|identification|payer)?|personalausweis|ausweis|carte (?:nationale )?d.identité|"
    r"carta d.identità|documento de identidad|\bdni\b|\bnif\b|\bcurp\b|身份证|证件)"
    r"[^\n\d]{0,24}\Z",
    re.IGNORECASE,
)
_ID = re.compile(r"(?<![\w-])(?=[A-Z-]{0,4}\d)[0-9A-Z][0-9A-Z.-]{4,16}[0-9A-Z](?![\w-])")
_PASSPORT_WORDS = re.compile(
    r"(?:passport|reisepass|passeport|pasaporte|passaporto|paspoort|passnummer|护照)[^\n\d]{0,24}\Z", re.IGNORECASE
)
_PASSPORT = re.compile(r"(?<![\w-])[A-Z]{0,2}\d[0-9A-Z]{5,8}(?![\w-])", re.IGNORECASE)
_PASSPORT_LINE = re.compile(r"(?<![0-9A-Z<])[0-9A-Z<]{9}\d[A-Z<]{3}\d{7}[MFX<]\d{7}[0-9A-Z<]{14}[0-9<]\d(?![0-9A-Z<])")
_PASSPORT_NAMES = re.compile(r"(?<![0-9A-Z<])P[A-Z<][A-Z<]{3}[A-Z<]{39}(?![0-9A-Z<])")
_LICENCE_WORDS = re.compile(
    r"(?:driv(?:er|ing)['’]?s?['’]? licen[cs]e|führerschein|permis de conduire|permiso de conduc|patente|rijbewijs|"
    r"driver['’]?s? id|\bdl\b|驾驶证|驾照)[^\n\d]{0,24}\Z",
    re.IGNORECASE,
)
_LICENCE = re.compile(r"(?<![\w-])[A-Z]{0,3}\d[0-9A-Z-]{4,17}(?![\w-])", re.IGNORECASE)


def _national(
    pattern: re.Pattern[str], holds: Callable[[str], bool] = bool, context: re.Pattern[str] | None = None
) -> Rule:
    return Rule(kind=PersonalKind.NATIONAL_ID, pattern=pattern, holds=holds, context=context)


def find_ibans(text: str) -> Iterator[Finding]:
    """Yields the IBANs: each is as long as its country says, whatever follows it."""
    for match in _IBAN_BEGINNING.finditer(text):
        end = match.start()
        for _ in range(checksums.iban_length(match.group())):
            sign = _IBAN_SIGN.match(text, end)
            if sign is None:
                break
            end = sign.end()
        if not text[end : end + 1].isalnum() and checksums.is_iban(text[match.start() : end]):
            yield Finding(kind=PersonalKind.IBAN, span=Span(start=match.start(), end=end))


RULES = (
    Rule(kind=PersonalKind.CARD, pattern=_CARD, holds=checksums.is_card),
    Rule(kind=PersonalKind.CARD, pattern=_SHORT_CARD, holds=checksums.is_card, context=_CARD_WORDS),
    Rule(kind=PersonalKind.US_SSN, pattern=_US_SSN, holds=checksums.is_us_ssn),
    Rule(kind=PersonalKind.US_SSN, pattern=_BARE_SSN, holds=checksums.is_us_ssn, context=_SSN_WORDS),
    _national(_NINO),
    _national(_TAX_11, checksums.is_german_tax_id, _TAX_WORDS),
    _national(_SPANISH, checksums.is_spanish_id),
    _national(_NIR, checksums.is_french_nir),
    _national(_ITALIAN, checksums.is_italian_code),
    _national(_ELEVEN, checksums.is_polish_pesel, _PESEL_WORDS),
    _national(_CPF, checksums.is_brazilian_cpf),
    _national(_CHINESE, checksums.is_chinese_id),
    _national(_SWEDISH, checksums.is_swedish_number),
    _national(_FINNISH, checksums.is_finnish_code),
    _national(_NINE, checksums.is_dutch_bsn, _BSN_WORDS),
    _national(_TEN, checksums.is_nhs_number, _NHS_WORDS),
    _national(_DANISH, context=_CPR_WORDS),
    _national(_AADHAAR, checksums.is_aadhaar, _AADHAAR_WORDS),
    _national(_PAN),
    _national(_ID, context=_ID_WORDS),
    Rule(kind=PersonalKind.PASSPORT, pattern=_PASSPORT, context=_PASSPORT_WORDS),
    Rule(kind=PersonalKind.PASSPORT, pattern=_PASSPORT_LINE, holds=checksums.is_passport_line),
    Rule(kind=PersonalKind.PASSPORT, pattern=_PASSPORT_NAMES),
    Rule(kind=PersonalKind.DRIVING_LICENCE, pattern=_LICENCE, context=_LICENCE_WORDS),
)
