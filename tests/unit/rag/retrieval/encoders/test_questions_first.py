import threading

from rag.retrieval.encoders.questions_first import QuestionsFirst


def test_without_questions_nothing_waits() -> None:
    QuestionsFirst().give_way(longest_seconds=60)


def test_a_piece_starts_when_the_last_question_is_answered() -> None:
    gate, started, order = QuestionsFirst(), threading.Event(), list[str]()

    def piece() -> None:
        started.set()
        gate.give_way(longest_seconds=60)
        order.append("passage")

    thread = threading.Thread(target=piece)
    with gate.asking():
        with gate.asking():
            thread.start()
            started.wait()
        order.append("questions")
    thread.join()
    assert order == ["questions", "passage"]


def test_a_piece_goes_on_although_questions_never_end() -> None:
    gate = QuestionsFirst()
    with gate.asking():
        gate.give_way(longest_seconds=0.001)


def test_a_question_that_fails_holds_nothing_up() -> None:
    gate = QuestionsFirst()
    try:
        with gate.asking():
            raise ZeroDivisionError
    except ZeroDivisionError:
        gate.give_way(longest_seconds=60)
