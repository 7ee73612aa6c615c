"""Words that tell whether a full stop ends a sentence, and in which language: data, in lower case."""

from __future__ import annotations

_FUNCTION_WORDS = {
    "en": "the a an of and is are was were it this that these those there they he she we you i his her its our their "
    "in on at for with from by to if when while after before as but not no all each every see use please do "
    "then",
    "de": "der die das den dem des ein eine einen einer eines und ist sind war wurde wird werden es er sie wir ihr "
    "dies diese dieser dieses nicht kein mit auf für im am zum zur von vom bei in an aus nach wenn als auch "
    "bitte siehe alle dort danach dann so nur man dazu hier",
    "fr": "le la les l un une des du de et est sont il elle ils elles nous vous ce cette ces cela on dans pour que "
    "qui sur au aux avec par en si pas son sa ses leur voir après chaque tout",
    "es": "el la los las un una de del y es son era se en que con por para lo al su sus este esta estos estas no si "
    "cuando después luego cada como todo",
    "it": "il lo la i gli le l un uno una di del della dei delle e è sono era si in che con per al alla nel nella "
    "questo questa questi non se quando poi dopo ogni anche",
    "pt": "o a os as um uma de do da dos das e é são era se em no na que com por para ao à seu sua este esta isto "
    "ele ela eles elas não quando depois cada também",
    "nl": "de het een en van is zijn was in op met voor dat die dit deze niet aan bij er hij zij ze we wij u als te "
    "wordt worden naar ook dan na",
    "da": "og i er en et den det de på til af som med for ikke at der har var blir bliver vi han hun hvis når etter "
    "efter denne dette alle",
    "sv": "och i är en ett den det de på till av som med för inte att har var vi han hon om när efter denna detta alla",
    "fi": "ja on ei se että ovat oli tai kun jos sen ne hän mutta myös tämä joka mukaan",
    "pl": "i w na z do jest są się nie to że od po za przez dla jak tam ten ta te on ona jeśli gdy oraz proszę",
    "cs": "a v na je jsou se do z že od po za pro jak ten ta to on ona pokud když nebo",
    "sk": "a v na je sú sa do z že od po za pre ako ten tá to on ona ak keď alebo",
    "ru": "и в на с не он она они оно это что как по из за для от к у все всё его её их мы вы там здесь потом после "
    "если когда этот эта эти при но также",
    "uk": "і в на з не він вона вони це що як по із за для від до у все його її їх ми ви там тут потім після якщо коли",
}
FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}
"""By language: words by which it is recognised, and which, capitalised after an abbreviation, begin a sentence."""

PARTICLES = frozenset(
    "de het van la le les l du des el los las lo al del di della da do dos das den von zur in".split()
)
"""Function words that also stand in names: ``A. de Vries``."""

LANGUAGES_OF_SCRIPTS = {
    "LATIN": ("en", "de", "fr", "es", "it"),
    "CYRILLIC": ("ru", "uk"),
    "GREEK": ("el",),
    "ARABIC": ("ar",),
    "DEVANAGARI": ("hi",),
    "BENGALI": ("bn",),
    "ETHIOPIC": ("am",),
}
"""The languages to reckon with where no function word tells; English for other scripts."""

TITLES = frozenset(
    "mr mrs ms dr drs prof profs messrs mm mme mlle hr hrn fr frl rev sr sra sres srta dn dña sig sigg dott ing avv "
    "arch rag dhr mevr mej sgt lt col gen maj capt cmdr adm hon gov rep insp supt dipl rer гр проф акад им ул пл "
    "просп пер डॉ श्री श्रीमती प्रो".split()
)
"""Stand before a name: no sentence ends after them."""

BEFORE_NUMBERS = frozenset(
    "no nos nr num art arts fig figs tab tabl tbl eq eqs app annex pp pag pop vol vols ch chap sec sect sects para "
    "paras cl cls ref refs ver ed max min approx avg temp ext tel fax ca circa cap bldg apt rd mon tue tues wed thu "
    "thur thurs fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec abb abs anh anl anm aufl bd kap rdnr "
    "rn str ziff tit lit satz buchst std pos pág págs núm núms aprox máx mín ann pagg dim lett ok godz rys zob poz "
    "kl bl blz bijl afb afd см рис стр табл гл разд ст пп ок тел кв корп оф прим макс мин род ум темп est "
    "janv févr fév avr juil déc ene abr ago dic mag giu lug set ott okt dez jän mrt янв фев апр июн июл авг "
    "сен окт ноя дек".split()
)
"""Abbreviations before a number, letter or paragraph sign only; elsewhere many of them are words."""

ABBREVIATIONS = frozenset(
    "incl excl resp fa sté ets dept st ste mt vs vgl bspw bzgl bzw evtl exkl gem ggf inkl insb lfd mio mrd mwst sog "
    "zzgl abzgl einschl entspr versch asst mfg mgr av env ee uu avda admón dpto ud uds geom cie tzn bijv mfl тыс млн "
    "млрд руб коп напр изд ред ср".split()
)
"""Abbreviations of any language that the library lacks."""

LAST_WORDS = frozenset("etc usw ecc osv itd enz atd т.д т.п н.э".split())
"""Abbreviations that end a list: a capital after them begins a sentence."""

WORDS = frozenset("ill mass miss wash ore man me mich la bien da fa laser pass su mad am is in an".split())
"""Words, where written small, that the library takes for abbreviations."""

NOT_UNITS = frozenset("f ff u bzw ca v al".split())
"""Short words after a number that are no units: ``§ 5 f. BGB``."""

TIMES = frozenset(("a.m", "p.m"))

NOT_AFTER_TIMES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun january "
    "february march april may june july august september october november december jan feb mar apr jun jul aug sep "
    "sept oct nov dec utc gmt cet cest est edt cst cdt mst mdt pst pdt bst".split()
)
"""What may follow ``a.m.`` in the same sentence though it is capitalised."""

BEFORE_ORDINALS = frozenset(
    "am im vom zum zur beim ab bis seit der die das dem den des einem jedem jeden jeder jedes ihrem ihr seinem sein "
    "unserem unser ins und".split()
)
"""German words after which a number with a full stop is an ordinal: ``im 2. Stock``."""

GOES_ON_IN_JAPANESE = ("と", "を", "の", "は", "が", "も", "に", "で", "な", "っ", "へ", "や")
"""What goes on with a sentence after a closing bracket."""

GOES_ON_IN_THAI = (
    "และ", "หรือ", "แต่", "ที่", "ซึ่ง", "อัน", "โดย", "เพื่อ", "จาก", "ใน", "ของ", "กับ", "เช่น", "ได้แก่", "คือ", "ว่า", "ๆ"
)  # fmt: skip
"""What goes on with a sentence after a space."""
