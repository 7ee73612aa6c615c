"""Closed lists of the words by which a question leans on the turns before it, by language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self


class _Words(frozenset[str]):
    """A list of words, written as one text."""

    def __new__(cls, text: str = "") -> Self:
        """Splits the text at its spaces."""
        return super().__new__(cls, text.split())


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """The small words of a language, in lower case.

    ``openers`` match the beginning of a follow-up ("and", "what about"). ``things`` stand for the topic ("it"),
    ``statements`` for all that was said, for a person, or for one of several ("that", "he"). ``impersonal`` matches
    pronouns that stand for nothing ("is it possible to"). ``predicates`` are verbs that are asked about ("weighs"),
    ``helpers`` the others. ``about`` are the prepositions that name a topic ("for").
    """

    openers: str
    things: frozenset[str]
    statements: frozenset[str]
    asking: frozenset[str]
    helpers: frozenset[str]
    predicates: frozenset[str]
    determiners: frozenset[str]
    prepositions: frozenset[str]
    joining: frozenset[str]
    other: frozenset[str]
    about: frozenset[str]
    impersonal: str = r"(?!)"
    has_articles: bool = True

    @cached_property
    def verbs(self) -> frozenset[str]:
        """All its verbs."""
        return self.helpers | self.predicates

    @cached_property
    def own(self) -> frozenset[str]:
        """All its words."""
        named = self.things | self.statements | self.asking | self.determiners
        return named | self.verbs | self.prepositions | self.joining | self.other


ENGLISH = Grammar(
    openers=r"(?:and|but|or|so|also|then|ok|okay)?[\s,]*(?:what about|how about|same for|the same for|what if|as for)|"
    r"(?:and|but|or|so|also|then)",
    things=_Words("it its they them their theirs"),
    statements=_Words("that this these those he she him his her hers one ones there same former latter"),
    asking=_Words("what which who whom whose when where why how"),
    helpers=_Words(
        "is are was were be been am do does did can could will would shall should must may might has have "
        "had s re isn aren wasn weren doesn don didn won can couldn shouldn get gets got getting give gives "
        "given tell list show explain describe summarise summarize compare define find"
    ),
    predicates=_Words("mean means weigh weighs cost costs need needs take takes last lasts apply applies count counts"),
    determiners=_Words("the a an my our your his her their its every each"),
    prepositions=_Words(
        "of for in on at to from by with without about after before during per under over within between "
        "since until into as than"
    ),
    joining=_Words("and or but if when while because unless whether though that which who"),
    other=_Words(
        "i me we us you not no t m ll ve any some many much more most long often far please also too then so just only"
    ),
    about=_Words("for with about on"),
    impersonal=r"\bit(?:'s| is| was| be)? (?:possible|allowed|necessary|required|permitted|mandatory|safe|legal|"
    r"ok|okay|better|worth|takes?|costs?)\b.{0,200}?\b(?:to|that|if)\b|"
    r"\b(?:is|are|was|were) there\b|\bthere (?:is|are|was|were)\b",
)
GERMAN = Grammar(
    openers=r"(?:und|aber|oder|also)?[\s,]*(?:was ist mit|wie ist es mit|wie sieht es (?:mit|bei)|"
    r"wie steht es (?:mit|um)|was wenn|gilt das auch für)|(?:und|aber|oder|also)",
    things=_Words(
        "er es ihn ihm ihr ihre ihren sein seine seinen seiner sie dessen deren davon dafür damit dazu darin darauf "
        "daran"
    ),
    statements=_Words("dies dieses dieser diese diesen diesem jener jene jenes dort dasselbe derselbe"),
    asking=_Words(
        "was wer wen wem wie wann wo warum wieso weshalb welche welcher welches welchen welchem wieviel woher wohin"
    ),
    helpers=_Words(
        "ist sind war waren wird werden wurde wurden hat haben hatte kann können muss müssen darf dürfen "
        "soll sollen gibt bekomme bekommt erhalte mache macht"
    ),
    predicates=_Words("gilt gelten kostet kosten wiegt bedeutet heißt dauert"),
    determiners=_Words(
        "der die das den dem des ein eine einen einem einer eines mein meine meinen meiner unser unsere"
    ),
    prepositions=_Words(
        "von für in im am an auf bei beim mit ohne nach vor über unter zu zum zur aus seit bis pro um als"
    ),
    joining=_Words("und oder aber wenn falls weil dass ob während"),
    other=_Words(
        "ich wir du man nicht kein keine auch noch nur dann denn viel viele lange oft mehr mir mich sich uns so"
    ),
    about=_Words("für bei beim mit"),
    impersonal=r"\b[Gg](?:ibt|eht) es\b|\b[Ii]st es (?:möglich|erlaubt|nötig)\b|\bSie\b",
)
FRENCH = Grammar(
    openers=r"(?:et|mais|ou|alors)?[\s,]*(?:qu['’]en est-il d(?:e|u|es)|et si)|(?:et|mais|ou|alors)",
    things=_Words("il elle ils elles lui leur son sa ses leurs"),
    statements=_Words("cela ça ceci celui celle ceux celles ci cet cette ces là même"),
    asking=_Words("que qu quoi qui quel quelle quels quelles quand où pourquoi comment combien"),
    helpers=_Words("est sont était étaient a ont avait peut peux puis dois doit doivent faut fait sera été ai avons"),
    predicates=_Words("coûte pèse dure vaut signifie"),
    determiners=_Words("le la les l un une des du mon ma mes notre nos votre vos"),
    prepositions=_Words("de d à au aux en dans sur pour par avec sans après avant depuis chez entre"),
    joining=_Words("et ou mais si quand parce dont lorsque"),
    other=_Words("je j nous vous on ne n pas t aussi plus moins jours très se s y c ce"),
    about=_Words("pour avec"),
    impersonal=r"y a-t-il|il y a|il faut|faut-il|est-il|c'est|est-ce",
)
SPANISH = Grammar(
    openers=r"(?:y|e|pero|o)?[\s,]*(?:qué (?:tal|hay de|pasa con)|y si)|(?:y|pero|o|entonces)",
    things=_Words("él ella ello ellos ellas lo su sus"),
    statements=_Words("eso esa ese esos esas esto esta este estos estas allí mismo"),
    asking=_Words("qué quién quiénes cuál cuáles cuándo dónde cómo cuánto cuánta cuántos cuántas"),
    helpers=_Words("es son era fue fueron está están ha han hay puede puedo debe debo tiene tengo"),
    predicates=_Words("cuesta pesa dura significa"),
    determiners=_Words("el la los las un una unos unas mi mis nuestro nuestra"),
    prepositions=_Words("de del a al en para por con sin después antes desde hasta entre sobre"),
    joining=_Words("y o pero si cuando"),
    other=_Words("yo nosotros no se me también más menos muy"),
    about=_Words("para con"),
)
ITALIAN = Grammar(
    openers=r"(?:e|ed|ma|o|allora)",
    things=_Words("esso essa essi esse suo sua lo"),
    statements=_Words("questo questa quello quella ciò lui lei loro lì stesso"),
    asking=_Words("che cosa chi quale quali quando dove perché come quanto quanta quanti quante"),
    helpers=_Words("è sono era fu ha hanno può posso deve devo"),
    predicates=_Words("costa pesa dura significa"),
    determiners=_Words("il lo la i gli le l un uno una mio mia"),
    prepositions=_Words("di del della dei a al alla in nel nella per con senza su sul da dal tra"),
    joining=_Words("e o ma se quando"),
    other=_Words("io noi non si mi anche più meno"),
    about=_Words("per con"),
)
PORTUGUESE = Grammar(
    openers=r"(?:e|mas|ou|então)",
    things=_Words("ele ela eles elas seu sua"),
    statements=_Words("isso isto este esta esse essa aquele aquela lá mesmo"),
    asking=_Words("que quem qual quais quando onde porquê como quanto quanta quantos quantas"),
    helpers=_Words("é são era foi foram está estão tem têm há pode posso deve devo"),
    predicates=_Words("custa pesa dura significa"),
    determiners=_Words("o a os as um uma meu minha"),
    prepositions=_Words("de do da dos das em no na nos nas para por com sem sobre até desde"),
    joining=_Words("e ou mas se quando"),
    other=_Words("eu nós não me também mais menos"),
    about=_Words("para com"),
)
DUTCH = Grammar(
    openers=r"(?:en|maar|of|dus)?[\s,]*(?:hoe zit het met|wat als)|(?:en|maar|of|dus)",
    things=_Words("hij zij hem ervan ermee ervoor erin"),
    statements=_Words("dit deze die daar zelfde"),
    asking=_Words("wat wie welke welk wanneer waar waarom hoe hoeveel"),
    helpers=_Words("is zijn was waren wordt worden heeft hebben kan kunnen moet moeten mag"),
    predicates=_Words("kost weegt betekent duurt"),
    determiners=_Words("de het een mijn onze"),
    prepositions=_Words("van voor in op aan bij met zonder na te naar uit per tot"),
    joining=_Words("en of maar als omdat"),
    other=_Words("ik wij je men niet geen ook nog veel lang meer"),
    about=_Words("voor bij met"),
)
RUSSIAN = Grammar(
    openers=r"(?:а|и|но|или)?[\s,]*(?:что насчёт|что насчет|как насчёт|как насчет|а если)|(?:а|и|но|или)",
    things=_Words("он она оно они его её ее их им ним ней нём"),
    statements=_Words("это этот эта эти тот та те там"),
    asking=_Words("что кто какой какая какое какие когда где почему зачем как сколько"),
    helpers=_Words("есть был была было были может могу нужно должен"),
    predicates=_Words("стоит весит значит"),
    determiners=_Words("мой моя наш наша"),
    prepositions=_Words("в во на для с со без по из от до при у о об через"),
    joining=_Words("и или но если когда"),
    other=_Words("я мы вы не ли же также ещё"),
    about=_Words("для с"),
    has_articles=False,
)
GRAMMARS = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE, DUTCH, RUSSIAN)

PARTICIPLES = re.compile(
    r"\w{1,30}ed|bought|sold|made|built|paid|sent|kept|held|found|written|due|valid|open|available"
)
"""English words that end a question behind its topic: "When was the saw bought?"."""

CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
CJK_OPENER = re.compile(r"^(?:那么|那|还有|如果|では|じゃあ|그럼|그러면)[，,、]?")
CJK_FRAGMENT = re.compile(r"(?:呢|はどう(?:ですか)?|は|은요|는요|은|는)\s*[？?]?$")
CJK_THING = re.compile(r"它们|它|其(?![他余它实])|これ|それ|あれ|그것|이것")
CJK_STATEMENT = re.compile(
    r"他们|她们|前者|后者|[他她](?!们)|这(?:个|些|样|里|种|是|要)|那(?:个|些|样|里|种|是)|その|この|"
    r"为什么[？?]?$|^[几多]\w{0,2}[？?]?$"
)
CJK_TOPIC = re.compile(
    r"^(?![在从])(?P<topic>[^的，,？?]{1,6}?)(?P<rest>(?:[的のは]|有多|多[少久长重高大]|是|几|怎么|如何|什么|在哪|需要|可以)\S*)$"
)
"""A Chinese or Japanese question that begins with its topic."""
CJK_CLAUSE = re.compile(r"\A.{3,}[，,、]")
"""A clause before a pronoun, which may name what the pronoun stands for."""
