import pytest

from rag.answers import Condensed, Question, Role, Turn
from rag.generation.follow_up import LexicalCondenser, resolve_follow_up
from rag.types import Scope

LEAVE = "How many days of annual leave do I get?"
LATHE = "How heavy is the lathe?"
ERROR = "What does error code E21 mean?"
DREHBANK = "Wie schwer ist die Drehbank?"
TOUR = "Combien pèse le tour ?"
TORNO = "¿Cuánto pesa el torno?"


def conversation(*questions: str) -> tuple[Turn, ...]:
    return tuple(
        turn
        for question in questions
        for turn in (Turn(role=Role.USER, content=question), Turn(role=Role.ASSISTANT, content="The vice is green."))
    )


def resolved(*questions: str) -> str:
    return resolve_follow_up(questions[-1], conversation(*questions[:-1])).text


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        (LEAVE, "Who is the mayor of Paris?"),
        (LEAVE, "How long is the warranty?"),
        (LEAVE, "What refrigerant is used?"),
        (LEAVE, "How do I bake bread?"),
        (LEAVE, "What is the capital of France?"),
        (ERROR, "How do I reset the controller?"),
        (ERROR, "Can I work from home?"),
        (LEAVE, "Is there a canteen?"),
        (LEAVE, "Who approves travel?"),
        (LEAVE, "Who leads IT?"),
        (LEAVE, "What is RAID?"),
        (LEAVE, "warranty period pump Europe"),
        (LEAVE, "How long does it take to settle a claim?"),
        (LEAVE, "What is the pressure that the vessel was tested at?"),
        (DREHBANK, "Was ist die Hauptstadt von Frankreich?"),
        (DREHBANK, "Wie lange gilt die Garantie?"),
        (DREHBANK, "Gibt es eine Kantine?"),
        (DREHBANK, "Wie beantragen Sie Urlaub?"),
        (TOUR, "Qui est le maire de Paris ?"),
        (TORNO, "¿Quién es el alcalde de París?"),
        ("车床有多重？", "年假有几天？"),
    ],
)
def test_a_question_without_pronouns_may_stand_alone(earlier: str, question: str) -> None:
    condensed = resolve_follow_up(question, conversation(earlier))
    assert not condensed.leans
    assert question in {condensed.alone, condensed.text}


def test_an_opener_in_front_of_a_complete_question_goes() -> None:
    for question in ("how heavy is the saw?", "who is the mayor of Paris?"):
        assert resolve_follow_up(f"And {question}", conversation(LATHE)).alone == question


@pytest.mark.parametrize(
    "question", ["When was it bought?", "Does that include holidays?", "If it fails, who pays?", "why?"]
)
def test_a_pronoun_or_nothing_of_its_own_makes_a_question_lean(question: str) -> None:
    assert resolve_follow_up(question, conversation(LATHE)).leans


def test_a_question_without_words_of_its_own_does_not_stand_alone() -> None:
    assert resolve_follow_up("why?", conversation(LATHE)).alone == ""


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (LATHE, "And the saw?", "How heavy is the saw?"),
        (LATHE, "and for the saw?", "How heavy is the saw?"),
        ("What does the lathe weigh?", "And the saw?", "What does the saw weigh?"),
        ("When was the lathe bought?", "and the saw?", "When was the saw bought?"),
        ("How long does the warranty of the pump last?", "the fan?", "How long does the warranty of the fan last?"),
        ("What does E21 on the display mean?", "And E23?", "What does E23 on the display mean?"),
        ("What is the allowance for Norway?", "And for Peru?", "What is the allowance for Peru?"),
        ("Which city has the highest rent?", "and the lowest?", "Which city has the lowest rent?"),
        ("How much do full-time employees earn?", "Part-time?", "How much do Part-time employees earn?"),
        (DREHBANK, "Und die Säge?", "Wie schwer ist die Säge?"),
        ("Wann wurde die Drehbank gekauft?", "und die Säge?", "Wann wurde die Säge gekauft?"),
        (TOUR, "Et la scie ?", "Combien pèse la scie?"),
        ("Quanto pesa il tornio?", "E la sega?", "Quanto pesa la sega?"),
        ("Hoe zwaar is de draaibank?", "En de zaag?", "Hoe zwaar is de zaag?"),
        ("Сколько весит станок?", "А пила?", "Сколько весит пила?"),
        (TORNO, "¿Y la sierra?", "¿Cuánto pesa la sierra?"),
        ("车床有多重？", "那锯床呢？", "锯床有多重？"),
        ("旋盤の重さは？", "鋸は？", "鋸の重さは？"),
    ],
)
def test_a_fragment_takes_the_place_of_the_earlier_topic(earlier: str, question: str, expected: str) -> None:
    assert resolved(earlier, question) == expected


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (LEAVE, "what about part-time?", "How many days of annual leave do I get part-time?"),
        (LEAVE, "for three days a week?", "How many days of annual leave do I get for three days a week?"),
        (LEAVE, "and in Germany?", "How many days of annual leave do I get in Germany?"),
        (LEAVE, "And if I work less?", "How many days of annual leave do I get if I work less?"),
        ("What is the notice period?", "And the manager?", "What is the notice period the manager?"),
        ("Wie viele Urlaubstage bekomme ich?", "und in Teilzeit?", "Wie viele Urlaubstage bekomme ich in Teilzeit?"),
    ],
)
def test_a_fragment_without_a_place_comes_behind_the_earlier_question(
    earlier: str, question: str, expected: str
) -> None:
    assert resolved(earlier, question) == expected


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (LATHE, "When was it bought?", "When was the lathe bought?"),
        (LATHE, "What about its warranty?", "the lathe's warranty?"),
        ("Сколько весит станок?", "Когда он был куплен?", "Когда станок был куплен?"),
        (LATHE, "What are its dimensions?", "What are the lathe's dimensions?"),
        ("Who approves the trip in the EU?", "When is it due?", "When is the trip in the EU due?"),
        (DREHBANK, "Wann wurde sie gekauft?", "Wann wurde die Drehbank gekauft?"),
        (TOUR, "Quand a-t-il été acheté ?", "Quand a le tour été acheté ?"),
        ("车床有多重？", "它是什么时候买的？", "车床是什么时候买的？"),
    ],
)
def test_a_pronoun_gets_the_earlier_topic(earlier: str, question: str, expected: str) -> None:
    assert resolved(earlier, question) == expected


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        (LEAVE, "why?"),
        (LEAVE, "Tell me more"),
        (LEAVE, "What if it rains?"),
        (LEAVE, "Does that include holidays?"),
        ("How do I reset the controller?", "How long does it take?"),
        ("How do I reset the controller?", "Is it possible to undo that?"),
        (LEAVE, "Does it include public holidays?"),
        (LATHE, "Who sells them?"),
        (LEAVE, "How do I apply?"),
        (LEAVE, "And?"),
        (DREHBANK, "warum?"),
        (TORNO, "¿por qué?"),
        ("车床有多重？", "为什么？"),
        (LEAVE, "那兼职员工呢？"),
    ],
)
def test_where_the_topic_cannot_be_told_the_earlier_question_comes_in_front(earlier: str, question: str) -> None:
    assert resolved(earlier, question) == f"{earlier} {question}"


@pytest.mark.parametrize(
    ("questions", "expected"),
    [
        ((LATHE, "And the saw?", "And the mill?"), "How heavy is the mill?"),
        ((LATHE, "And the saw?", "When was it bought?"), "When was the saw bought?"),
        ((LATHE, "why?", "And the mill?"), "How heavy is the mill?"),
        ((LEAVE, "and in Germany?", "and in Peru?"), "How many days of annual leave do I get in Peru?"),
        ((LEAVE, LATHE, "How old is it?"), "How old is the lathe?"),
    ],
)
def test_chains_are_resolved_from_the_last_complete_question(questions: tuple[str, ...], expected: str) -> None:
    assert resolved(*questions) == expected


@pytest.mark.parametrize(
    ("question", "new"), [("And the mill?", "mill"), ("Is it heavy?", ""), ("How do I bake bread?", "")]
)
def test_a_fragment_says_what_is_new(question: str, new: str) -> None:
    assert resolve_follow_up(question, conversation(LATHE)).new == new


def test_a_long_question_stands_on_its_own() -> None:
    question = "Is it " + "heavy and " * 60 + "old?"
    assert resolved(LATHE, question) == question


@pytest.mark.parametrize("question", ["And the saw?", "", "?", "那", "what if"])
def test_without_history_nothing_is_resolved(question: str) -> None:
    assert resolve_follow_up(question, ()) == Condensed(text=question)


async def test_the_lexical_condenser_does_the_same() -> None:
    scope = Scope(tenant="acme", collection="hr")
    question = Question(text="And the saw?", scope=scope, history=conversation(LATHE))
    condensed = await LexicalCondenser().condense(question)
    assert condensed == resolve_follow_up("And the saw?", conversation(LATHE))
    assert (condensed.text, condensed.new, condensed.alone) == ("How heavy is the saw?", "saw", "the saw?")
    assert (condensed.earlier, condensed.said) == (LATHE, "The vice is green.")


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        ("how deep is lake orm", "and birch?", "how deep is lake birch?"),
        ("olive exports of malta?", "and cyprus?", "olive exports of cyprus?"),
        (
            "What does the folding bike Tern Lite cost?",
            "And what about the Max?",
            "What does the folding bike Tern Max",
        ),
        ("who pays the regular editor of a book", "and the assistant one?", "who pays the assistant editor of a book?"),
        ("shortest stage of the race?", "and the longest one?", "longest stage of the race?"),
        ("the most expensive tram ticket", "and the cheapest?", "the cheapest tram ticket?"),
        ("¿Cuál es el pico más alto?", "¿y el más bajo?", "¿Cuál es el pico más bajo?"),
    ],
)
def test_a_fragment_may_take_several_places(earlier: str, question: str, expected: str) -> None:
    condensed = resolve_follow_up(question, conversation(earlier))
    assert any(text.startswith(expected) for text in (condensed.text, *condensed.others))


@pytest.mark.parametrize(
    "question",
    ["in two sentences please", "shorter pls", "tldr", "kürzer bitte", "en una frase", "in breve", "用一句话总结一下"],
)
def test_a_wish_for_another_form_repeats_the_question(question: str) -> None:
    assert resolve_follow_up(question, conversation(LATHE)).text == LATHE


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("thanks! and the saw?", "How heavy is the saw?"),
        ("Ok, and the saw?", "How heavy is the saw?"),
        ("vielen dank, who is the mayor of Paris?", "who is the mayor of Paris?"),
    ],
)
def test_thanks_in_front_go(question: str, expected: str) -> None:
    condensed = resolve_follow_up(question, conversation(LATHE))
    assert expected in {condensed.text, condensed.alone}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what does the second one cost?", "the mill"),
        ("how old is the last one?", "the vice"),
        ("the first?", "the lathe"),
    ],
)
def test_one_of_several_is_the_one_that_the_answer_named(question: str, expected: str) -> None:
    turns = (
        Turn(role=Role.USER, content="Which machines are there?"),
        Turn(role=Role.ASSISTANT, content="There are three: the lathe, the mill and the vice."),
    )
    assert expected in resolve_follow_up(question, turns).alone


def test_what_only_the_answer_named_comes_from_it() -> None:
    turns = (
        Turn(role=Role.USER, content="Who runs the mill?"),
        Turn(role=Role.ASSISTANT, content="Ada Berg runs it. She came in May."),
    )
    assert "when was she born? Ada Berg runs it." in resolve_follow_up("when was she born?", turns).others


@pytest.mark.parametrize(
    ("earlier", "question"),
    [(LEAVE, "can i extend?"), ("plazo de entrega del torno", "¿se puede ampliar?"), (TOUR, "on peut annuler ?")],
)
def test_a_question_without_a_subject_leans(earlier: str, question: str) -> None:
    assert resolve_follow_up(question, conversation(earlier)).leans


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("and the Pro model?", "How heavy is the Gull Pro?"),
        ("and for the Gull Pro?", "How heavy is the Gull Pro?"),
        ("and the M?", "How heavy is the Gull M?"),
    ],
)
def test_another_model_takes_the_place_of_the_one_before(fragment: str, expected: str) -> None:
    assert resolved("How heavy is the Gull S?", fragment) == expected


def test_a_name_of_several_words_is_one_topic() -> None:
    assert resolved("warranty of Gull Pro", "and how much does it cost?") == "how much does Gull Pro cost?"


@pytest.mark.parametrize("thanks", ["Thanks!", "Merci !", "谢谢"])
def test_thanks_alone_are_no_follow_up(thanks: str) -> None:
    assert resolve_follow_up(thanks, conversation(LATHE)).text == thanks
