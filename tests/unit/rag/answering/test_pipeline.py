from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from rag.answers import (
    AbstentionReason,
    Answer,
    AnswerCell,
    AnswerSentence,
    AnswerTable,
    CitationMark,
    Composed,
    ComposedSentence,
    Declined,
    Question,
    Role,
    Shape,
    Sources,
    TextDelta,
    Turn,
    Usage,
)
from rag.composition.material import Material
from rag.errors import EmptyQuestionError, QuestionTooLongError, SourcesChangedError
from rag.settings import IndexBackend, IndexSettings
from rag.types import Candidates, IndexQuery, Scope, SearchFilter, Span
from tests.support.builders.chunks import chunk
from tests.support.builders.pipeline import (
    ASKED,
    CAT,
    LEAVE,
    PUMP,
    SCOPE,
    SERVICE,
    RecordingIndex,
    ReversingReranker,
    ScriptedCondenser,
    ScriptedGenerator,
    answer_of,
    events_of,
    index_of,
    pipeline_over,
    question,
    settings_for,
)


async def test_sources_come_first_then_text_and_sentences_and_the_answer_last() -> None:
    events = await events_of(pipeline_over(await index_of(PUMP, LEAVE, CAT)), question())
    first, *written, last = events
    assert isinstance(first, Sources)
    assert isinstance(last, Answer)
    assert all(isinstance(event, TextDelta | AnswerSentence) for event in written)
    assert "".join(event.text for event in written if isinstance(event, TextDelta)) == last.text
    assert tuple(event for event in written if isinstance(event, AnswerSentence)) == last.sentences
    assert last.passages == first.passages


async def test_an_answer_cites_the_words_of_the_document() -> None:
    answer = await answer_of(pipeline_over(await index_of(PUMP, LEAVE, CAT)), question())
    [citation] = answer.sentences[0].citations
    assert (citation.quote, citation.version_id, citation.page) == (SERVICE, "pump", 3)
    assert citation.span == Span(start=PUMP.span.start, end=PUMP.span.start + len(SERVICE))
    assert answer.abstention is None


class TableStub:
    """Answers every question with a cell of the best passage."""

    def __init__(self, *, certain: bool) -> None:
        self._certain = certain

    def plan(self, material: Material) -> Composed:
        """Returns the answer."""
        passage = material.passages[0]
        mark = CitationMark(number=passage.number, span=passage.hit.chunk.span)
        sentence = ComposedSentence(text="Pump: service 6,000 hours.", marks=(mark,))
        table = AnswerTable(title="Pumps", header=("Service",), rows=((AnswerCell(text="6,000", mark=mark),),))
        return Composed(
            shape=Shape.TABLE,
            sentences=(sentence,),
            passages=material.passages,
            tables=(table,),
            certain=self._certain,
        )


@pytest.mark.parametrize(("certain", "writer"), [(True, "extractive"), (False, "scripted")])
async def test_a_model_is_not_asked_for_what_a_table_states_for_certain(*, certain: bool, writer: str) -> None:
    model = ScriptedGenerator(TextDelta(text=SERVICE), CitationMark(number=1))
    pipeline = pipeline_over(await index_of(PUMP, LEAVE), generator=model, planners=[TableStub(certain=certain)])
    answer = await answer_of(pipeline, question())
    assert answer.receipt.generator == writer
    assert bool(answer.tables) == certain
    assert answer.shape is Shape.TABLE
    assert [(request.shape, bool(request.tables)) for request in model.requests] == [(Shape.TABLE, True)] * (
        not certain
    )
    assert answer.text == ("Pump: service 6,000 hours." if certain else SERVICE)


async def test_an_invisible_version_never_comes_back() -> None:
    pipeline = pipeline_over(await index_of(PUMP, LEAVE), hidden=frozenset({"pump"}))
    hits = (await pipeline.search(question())).hits
    assert [hit.chunk.version_id for hit in hits] == ["leave"]
    answer = await answer_of(pipeline, question())
    assert {passage.hit.chunk.version_id for passage in answer.passages} == {"leave"}


async def test_visibility_is_asked_for_the_tenant_of_the_question() -> None:
    tenants: set[str] = set()

    def visible(asked: Question, versions: frozenset[str]) -> frozenset[str]:
        tenants.add(asked.scope.tenant)
        return versions

    await pipeline_over(await index_of(PUMP), visible=visible).search(question())
    assert tenants == {SCOPE.tenant}


class Deleting:
    """A catalogue in which a version is deleted after it was asked ``asked`` times."""

    def __init__(self, version_id: str, *, asked: int) -> None:
        self._deleted = frozenset({version_id})
        self._left = asked

    def __call__(self, _: Question, versions: frozenset[str]) -> frozenset[str]:
        self._left -= 1
        return versions if self._left >= 0 else versions - self._deleted


async def test_what_is_deleted_while_it_is_ranked_is_not_shown() -> None:
    pipeline = pipeline_over(await index_of(PUMP, LEAVE), visible=Deleting("pump", asked=1))
    assert [hit.chunk.version_id for hit in (await pipeline.search(question())).hits] == ["leave"]
    pipeline = pipeline_over(await index_of(PUMP, LEAVE), visible=Deleting("pump", asked=1))
    answer = await answer_of(pipeline, question())
    assert {passage.hit.chunk.version_id for passage in answer.passages} == {"leave"}


class Replacing:
    """A catalogue in which every version that a search found is replaced before the next look."""

    def __init__(self) -> None:
        self.searches = 0
        self._found = False

    def __call__(self, _: Question, versions: frozenset[str]) -> frozenset[str]:
        self._found = not self._found
        self.searches += self._found
        return versions if self._found else frozenset()


async def test_documents_that_change_faster_than_a_search_end_it_with_that_reason() -> None:
    for ask in (lambda pipeline: pipeline.search(question()), lambda pipeline: answer_of(pipeline, question())):
        visible = Replacing()
        with pytest.raises(SourcesChangedError):
            await ask(pipeline_over(await index_of(PUMP, LEAVE), visible=visible))
        assert visible.searches == 10


async def test_without_a_cross_encoder_the_receipt_says_so_once() -> None:
    pipeline = pipeline_over(await index_of(PUMP))
    for receipt in ((await pipeline.search(question())).receipt, (await answer_of(pipeline, question())).receipt):
        assert [told.stage for told in receipt.degraded] == ["rerank"]


async def test_an_answer_whose_source_is_deleted_while_it_is_written_ends_with_that_reason() -> None:
    pipeline = pipeline_over(await index_of(PUMP, LEAVE), visible=Deleting("pump", asked=2))
    events = pipeline.answer(question())
    assert isinstance(await anext(events), Sources)
    seen: list[object] = []

    async def read() -> None:
        async for event in events:
            seen.append(event)  # noqa: PERF401 - what came before the error counts too

    with pytest.raises(SourcesChangedError, match="replaced or deleted"):
        await read()
    assert not any(isinstance(event, AnswerSentence | Answer) for event in seen)


async def test_it_asks_again_for_more_while_invisible_versions_crowd_out_visible_ones() -> None:
    old = [chunk(f"{SERVICE} {SERVICE}", version_id="old", ordinal=place) for place in range(9)]
    index = await index_of(*old, PUMP)
    pipeline = pipeline_over(index, hidden=frozenset({"old"}), settings=settings_for(candidates=3))
    assert [hit.chunk for hit in (await pipeline.search(question())).hits] == [PUMP]
    assert [query.limit for query in index.queries] == [3, 6, 12]


async def test_it_does_not_ask_again_when_the_index_has_no_more() -> None:
    index = await index_of(PUMP, chunk(SERVICE, version_id="old"))
    await pipeline_over(index, hidden=frozenset({"old"}), settings=settings_for(candidates=3)).search(question())
    assert len(index.queries) == 1


async def test_it_stops_asking_in_the_end() -> None:
    old = [chunk(SERVICE, version_id="old", ordinal=place) for place in range(40)]
    index = await index_of(*old)
    pipeline = pipeline_over(index, hidden=frozenset({"old"}), settings=settings_for(candidates=2))
    assert (await pipeline.search(question())).hits == ()
    assert [query.limit for query in index.queries] == [2, 4, 8, 16]


async def test_a_reranker_decides_the_order() -> None:
    fused = await pipeline_over(await index_of(PUMP, LEAVE, CAT)).search(question())
    reversed_ = await pipeline_over(await index_of(PUMP, LEAVE, CAT), reranker=ReversingReranker()).search(question())
    assert reversed_.hits == tuple(reversed(fused.hits))
    assert reversed_.receipt.degraded == ()


async def test_a_generator_may_decline() -> None:
    generator = ScriptedGenerator(Declined(reason=AbstentionReason.MODEL_DECLINED))
    answer = await answer_of(pipeline_over(await index_of(PUMP), generator=generator), question())
    assert (answer.abstention, answer.text, answer.sentences) == (AbstentionReason.MODEL_DECLINED, "", ())


async def test_usage_goes_into_the_receipt_and_a_cut_off_answer_says_so() -> None:
    usage = Usage(model="tiny", prompt_tokens=50, completion_tokens=9, truncated=True)
    pipeline = pipeline_over(await index_of(PUMP), generator=ScriptedGenerator(TextDelta(text=SERVICE), usage))
    receipt = (await answer_of(pipeline, question())).receipt
    assert (receipt.usage, receipt.generator, receipt.prompt) == (usage, "scripted", "script-v1")
    assert any("token limit" in degradation.reason for degradation in receipt.degraded)


async def test_weak_support_gives_the_nearest_sources_and_no_answer() -> None:
    generator = ScriptedGenerator(TextDelta(text=SERVICE))
    answer = await answer_of(pipeline_over(await index_of(PUMP), generator=generator, threshold=1.0), question())
    assert (answer.abstention, answer.text, answer.sentences) == (AbstentionReason.WEAK_SUPPORT, "", ())
    assert [passage.hit.chunk for passage in answer.passages] == [PUMP]
    assert answer.receipt.first_token_milliseconds is None
    assert generator.requests == []


async def test_an_empty_collection_is_told_from_one_where_nothing_was_found() -> None:
    empty = await answer_of(pipeline_over(RecordingIndex()), question())
    assert (empty.abstention, empty.passages) == (AbstentionReason.EMPTY_COLLECTION, ())
    hidden = pipeline_over(await index_of(PUMP), hidden=frozenset({"pump"}))
    assert (await answer_of(hidden, question())).abstention is AbstentionReason.NOTHING_FOUND


async def test_a_question_stays_inside_its_scope_and_filter() -> None:
    pipeline = pipeline_over(await index_of(PUMP, LEAVE))
    elsewhere = question(scope=Scope(tenant=SCOPE.tenant, collection="minutes"))
    assert (await pipeline.search(elsewhere)).hits == ()
    narrowed = Question(text=ASKED, scope=SCOPE, filter=SearchFilter(document_ids=frozenset({"d-leave"})))
    assert [hit.chunk for hit in (await pipeline.search(narrowed)).hits] == [LEAVE]


async def test_a_filter_that_means_no_document_finds_nothing_and_says_so() -> None:
    pipeline = pipeline_over(await index_of(PUMP, LEAVE))
    nothing = Question(text=ASKED, scope=SCOPE, filter=SearchFilter(document_ids=frozenset()))
    assert (await pipeline.search(nothing)).hits == ()
    assert (await answer_of(pipeline, nothing)).abstention is AbstentionReason.NOTHING_FOUND


@pytest.mark.parametrize("text", ["", " \n\t"])
async def test_an_empty_question_is_refused(text: str) -> None:
    index = await index_of(PUMP)
    with pytest.raises(EmptyQuestionError):
        await pipeline_over(index).search(question(text))
    with pytest.raises(EmptyQuestionError):
        await events_of(pipeline_over(index), question(text))
    assert index.queries == []


async def test_a_question_over_the_limit_is_refused_and_one_at_the_limit_is_not() -> None:
    pipeline = pipeline_over(await index_of(PUMP), settings=settings_for(question_characters=40))
    assert (await pipeline.search(question("pump".ljust(40)))).hits
    with pytest.raises(QuestionTooLongError, match="41 characters"):
        await pipeline.search(question("pump".ljust(41)))


async def test_no_more_hits_than_asked_for() -> None:
    pipeline = pipeline_over(await index_of(PUMP, LEAVE, CAT), settings=settings_for(limit=2))
    assert len((await pipeline.search(question())).hits) == 2
    assert len((await pipeline.search(question(), limit=1)).hits) == 1


async def test_the_receipt_names_every_stage_with_what_went_in_and_out() -> None:
    answer = await answer_of(pipeline_over(await index_of(PUMP, LEAVE, CAT)), question())
    receipt = answer.receipt
    counts = {stage.stage: (stage.count_in, stage.count_out) for stage in receipt.stages}
    assert list(counts) == [
        "encode",
        "retrieve",
        "fuse",
        "rerank",
        "compose",
        "assess",
        "compress",
        "guard",
        "generate",
    ]
    assert counts["encode"] == (1, 1)
    assert counts["retrieve"] == (1, 3)
    assert counts["fuse"][1] == counts["rerank"][0] == counts["assess"][0] == 3
    assert counts["rerank"][1] == 0  # there is no reranker to read them
    assert counts["compose"] == (3, len(answer.sentences))
    assert counts["generate"] == (len(answer.passages), len(answer.sentences))
    assert 0 < receipt.context_tokens_after <= receipt.context_tokens_before
    assert sum(stage.milliseconds for stage in receipt.stages) <= receipt.total_milliseconds
    assert receipt.first_token_milliseconds is not None
    assert receipt.first_token_milliseconds <= receipt.total_milliseconds
    assert (receipt.encoder, receipt.reranker, receipt.index) == ("hash", "none", "memory")
    assert receipt.search_query == ASKED


async def test_each_request_has_an_id_of_its_own() -> None:
    pipeline = pipeline_over(await index_of(PUMP))
    receipts = [(await pipeline.search(question())).receipt for _ in range(2)]
    assert receipts[0].request_id != receipts[1].request_id


HISTORY = (
    Turn(role=Role.USER, content="How long does parental leave last?"),
    Turn(role=Role.ASSISTANT, content="Twelve weeks."),
    Turn(role=Role.USER, content=ASKED),
    Turn(role=Role.ASSISTANT, content=SERVICE),
)


async def test_history_says_what_a_follow_up_is_about() -> None:
    generator = ScriptedGenerator(TextDelta(text=SERVICE))
    pipeline = pipeline_over(await index_of(PUMP, LEAVE, CAT), generator=generator)
    answer = await answer_of(pipeline, question("And why is that?", history=HISTORY))
    assert answer.receipt.search_query == f"{ASKED} And why is that?"
    assert answer.passages[0].hit.chunk == PUMP
    assert [request.history for request in generator.requests] == [HISTORY]


@pytest.mark.parametrize("turns", [0, 1, 2, 9])
async def test_only_the_latest_turns_are_looked_at(turns: int) -> None:
    generator = ScriptedGenerator(TextDelta(text=SERVICE))
    pipeline = pipeline_over(await index_of(PUMP), generator=generator, settings=settings_for(history_turns=turns))
    answer = await answer_of(pipeline, question("And why is that?", history=HISTORY))
    assert [request.history for request in generator.requests] == [HISTORY[len(HISTORY) - min(turns, len(HISTORY)) :]]
    assert (ASKED in answer.receipt.search_query) is (turns >= 2)


async def test_turns_that_are_not_looked_at_are_told() -> None:
    pipeline = pipeline_over(await index_of(PUMP), settings=settings_for(history_turns=1))
    answer = await answer_of(pipeline, question("And why is that?", history=HISTORY))
    assert [(told.stage, told.reason) for told in answer.receipt.degraded if told.stage == "condense"] == [
        ("condense", "Only the last 1 earlier turns are read.")
    ]
    whole = await answer_of(pipeline_over(await index_of(PUMP)), question("And why is that?", history=HISTORY))
    assert "condense" not in {told.stage for told in whole.receipt.degraded}


async def test_a_resolved_question_that_is_too_long_loses_its_beginning_and_that_is_told() -> None:
    pipeline = pipeline_over(await index_of(PUMP), settings=settings_for(question_characters=30))
    answer = await answer_of(pipeline, question("And why is that?", history=HISTORY))
    assert answer.receipt.search_query == f"{ASKED} And why is that?"[-30:]
    assert "Only the last 30 characters" in next(
        told.reason for told in answer.receipt.degraded if told.stage == "condense"
    )


async def test_the_condensers_question_is_searched_and_what_it_could_not_do_is_told() -> None:
    index = await index_of(PUMP, LEAVE)
    condenser = ScriptedCondenser("How long is parental leave?")
    pipeline = pipeline_over(index, condenser=condenser)
    asked = question("And there?", history=HISTORY)
    answer = await answer_of(pipeline, asked)
    assert condenser.asked == [asked]
    assert index.queries[0].text == answer.receipt.search_query == "How long is parental leave?"
    assert ("condense", "The model slept.") in [(told.stage, told.reason) for told in answer.receipt.degraded]
    assert (answer.receipt.stages[0].stage, answer.receipt.stages[0].count_in) == ("condense", len(HISTORY))
    await answer_of(pipeline, question("Without history?"))
    assert len(condenser.asked) == 1


async def test_a_second_round_finds_what_the_best_passage_leads_to() -> None:
    built = chunk("The pump was built by Lindqvist.", version_id="built", document_id="d-built")
    born = chunk("Lindqvist came from Visby.", version_id="born", document_id="d-born")
    others = [
        chunk(f"Every town has a pump, number {number}.", version_id=f"v{number}", document_id=f"d{number}")
        for number in range(6)
    ]
    asked = question("In which town was the man born who built the pump?")
    ranks = {}
    for second_round in (False, True):
        index = await index_of(built, *others, born)
        settings = settings_for(candidates=8, limit=8, second_round=second_round)
        hits = (await pipeline_over(index, settings=settings).search(asked)).hits
        ranks[second_round] = [hit.chunk.version_id for hit in hits].index("born")
        assert hits[0].chunk.version_id == "built"
    assert ranks[True] < ranks[False]


async def test_a_second_round_shows_nothing_that_is_invisible() -> None:
    built = chunk("The pump was built by Lindqvist.", version_id="built", document_id="d-built")
    gone = chunk("Lindqvist was born in Visby.", version_id="gone", document_id="d-gone")
    pipeline = pipeline_over(
        await index_of(built, gone, LEAVE), hidden=frozenset({"gone"}), settings=settings_for(second_round=True)
    )
    hits = (await pipeline.search(question("Who built the pump?"))).hits
    assert "gone" not in {hit.chunk.version_id for hit in hits}
    assert hits[0].chunk.version_id == "built"


@pytest.mark.parametrize(("backend", "most"), [(IndexBackend.EDGE, 2), (IndexBackend.QDRANT, 8)])
async def test_no_more_is_searched_for_at_once_than_there_are_processors_where_the_index_is_embedded(
    monkeypatch: pytest.MonkeyPatch, backend: IndexBackend, most: int
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    index = CrowdedIndex(most)
    settings = settings_for().model_copy(update={"index": IndexSettings(backend=backend)})
    pipeline = pipeline_over(index, settings=settings)
    await asyncio.gather(*(answer_of(pipeline, question(f"How many days of leave {number}?")) for number in range(8)))
    assert index.most == most


class CrowdedIndex(RecordingIndex):
    """Counts how many search it at once; the first wait until ``expected`` are there."""

    def __init__(self, expected: int) -> None:
        super().__init__()
        self._expected = expected
        self._crowded = asyncio.Event()
        self._now = self.most = 0

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        self._now += 1
        self.most = max(self.most, self._now)
        if self._now >= self._expected:
            self._crowded.set()
        await self._crowded.wait()
        self._now -= 1
        return await super().search(scope, query)


async def test_the_clients_search_query_is_searched_instead() -> None:
    index = await index_of(PUMP, LEAVE)
    asked = replace(question("And there?", history=HISTORY), search_query="How long is parental leave?")
    answer = await answer_of(pipeline_over(index), asked)
    assert index.queries[0].text == answer.receipt.search_query == "How long is parental leave?"
    assert len(index.queries) == 1


async def test_a_new_topic_after_another_one_is_searched_alone() -> None:
    pipeline = pipeline_over(await index_of(PUMP, LEAVE, CAT))
    answer = await answer_of(pipeline, question("neighbour cat roof", history=HISTORY))
    assert answer.receipt.search_query == "neighbour cat roof"
    assert answer.passages[0].hit.chunk == CAT


async def test_a_misspelt_word_is_searched_as_the_documents_spell_it() -> None:
    answer = await answer_of(pipeline_over(await index_of(PUMP, LEAVE, CAT)), question("parrental leave weeks"))
    assert answer.receipt.search_query == "parental leave weeks"
