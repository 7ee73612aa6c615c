"""Writes an answer and checks it; decides what becomes of a sentence that no passage supports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from rag.answers import (
    AbstentionReason,
    AnswerSentence,
    Declined,
    Degradation,
    GenerationRequest,
    TextDelta,
    Usage,
    Verification,
    WrittenBy,
)
from rag.errors import GeneratorError
from rag.settings import OnUnsupported
from rag.stages import Generator
from rag.telemetry.recorder import Recorder
from rag.verification.checker import PassageChecker, SupportChecker
from rag.verification.stream import CheckedSentence, VerifiedEvent, verify_stream


@dataclass(slots=True, kw_only=True)
class Draft:
    """The answer as far as it has gone out, who writes it, and what verification did to it."""

    writer: WrittenBy
    text: list[str] = field(default_factory=list)
    sentences: list[AnswerSentence] = field(default_factory=list)
    usage: Usage | None = None
    declined: AbstentionReason | None = None
    dropped: int = 0
    retried: int = 0

    @property
    def abstention(self) -> AbstentionReason | None:
        """Why there is no answer; None when there is one."""
        if not self.sentences and (self.dropped or self.retried):
            return AbstentionReason.UNSUPPORTED
        return self.declined or (None if self.sentences else AbstentionReason.MODEL_DECLINED)

    @property
    def verification(self) -> Verification:
        """What was found, in numbers."""
        supported = sum(sentence.supported for sentence in self.sentences)
        return Verification(
            supported=supported,
            unsupported=len(self.sentences) - supported,
            dropped=self.dropped,
            retried=self.retried,
        )


class _UnsupportedError(Exception):
    """A sentence has no support and the answer is to be written anew."""


class _SameWriterError(Exception):
    """The answer would be written anew by the model that has tried already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """One way to write the answer, and what to do with a sentence that has no support."""

    generator: Generator
    request: GenerationRequest
    on_unsupported: OnUnsupported


class VerifiedWriter:
    """Writes with ``generator``, and with ``fallback`` when that fails before anything has gone out.

    ``mark``: words go out as they are written, and a sentence without support is marked. ``drop``: words go out with
    their sentence once it is checked, and without support not at all. ``retry``: nothing goes out before all of it is
    checked; at the first sentence without support the generator is stopped and asked again with ``escalated``, and if
    that is the same model or finds no support either, the fallback writes.
    """

    def __init__(
        self, *, generator: Generator, fallback: Generator, checker: SupportChecker, on_unsupported: OnUnsupported
    ) -> None:
        self._generator = generator
        self._fallback = fallback
        self._checker = checker
        self._on_unsupported = on_unsupported

    async def write(
        self, request: GenerationRequest, draft: Draft, recorder: Recorder
    ) -> AsyncGenerator[TextDelta | AnswerSentence, None]:
        """Streams text and, after its words, each sentence; keeps them in ``draft``.

        Raises:
            GeneratorError: the generator failed after words of its had gone out.
        """
        checker = await asyncio.to_thread(self._checker.over, request.passages)
        attempts = self._attempts(request)
        with recorder.stage("generate", count_in=len(request.passages)) as stage:
            while attempts:
                attempt = attempts.pop(0)
                try:
                    async with aclosing(self._events(attempt, draft, recorder, checker)) as events:
                        async for event in events:
                            yield event
                except GeneratorError as error:
                    if draft.text or not attempts:
                        raise
                    recorder.degrade("generate", f"{error} The answer quotes the documents instead.")
                    attempts = attempts[-1:]
                except _UnsupportedError:
                    draft.retried += 1
                except _SameWriterError:
                    continue
                else:
                    break
            stage.count_out = len(draft.sentences)

    def _attempts(self, request: GenerationRequest) -> list[_Attempt]:
        """Returns the attempts in order; the last one comes to an end with whatever it has."""
        mode = self._on_unsupported
        last = _Attempt(
            generator=self._fallback,
            request=request,
            on_unsupported=OnUnsupported.DROP if mode is OnUnsupported.RETRY else mode,
        )
        if self._generator is self._fallback:
            return [last]
        first = replace(last, generator=self._generator, on_unsupported=mode)
        if mode is not OnUnsupported.RETRY:
            return [first, last]
        return [first, replace(first, request=replace(request, escalated=True)), last]

    async def _events(
        self, attempt: _Attempt, draft: Draft, recorder: Recorder, checker: PassageChecker
    ) -> AsyncGenerator[TextDelta | AnswerSentence, None]:
        draft.usage, draft.declined, draft.dropped = None, None, 0
        held: list[TextDelta | AnswerSentence] = []
        stream = verify_stream(attempt.generator.generate(attempt.request), checker)
        async with aclosing(stream) as events:
            async for event in events:
                for outgoing in _outgoing(event, attempt, draft, recorder):
                    if attempt.on_unsupported is OnUnsupported.RETRY:
                        held.append(outgoing)
                    else:
                        yield _released(outgoing, draft, recorder)
        for outgoing in held:
            yield _released(outgoing, draft, recorder)


def _outgoing(
    event: VerifiedEvent, attempt: _Attempt, draft: Draft, recorder: Recorder
) -> Sequence[TextDelta | AnswerSentence]:
    """Notes what is not for the reader, and returns what is."""
    match event:
        case WrittenBy():
            if attempt.request.escalated and event.generator == draft.writer.generator:
                raise _SameWriterError
            draft.writer = event
        case Degradation():
            recorder.degrade(event.stage, event.reason)
        case Usage():
            draft.usage = event
            if event.truncated:
                recorder.degrade("generate", "The answer reached its token limit and was cut off there.")
        case Declined():
            draft.declined = event.reason
        case TextDelta():
            return [event] if attempt.on_unsupported is OnUnsupported.MARK else []
        case CheckedSentence():
            return _of_sentence(event, attempt, draft)
    return []


def _of_sentence(checked: CheckedSentence, attempt: _Attempt, draft: Draft) -> Sequence[TextDelta | AnswerSentence]:
    if attempt.on_unsupported is OnUnsupported.MARK:
        return [checked.sentence]
    if checked.sentence.supported:
        return [TextDelta(text=checked.space + checked.sentence.text), checked.sentence]
    if attempt.on_unsupported is OnUnsupported.RETRY:
        raise _UnsupportedError
    draft.dropped += 1
    return []


def _released(event: TextDelta | AnswerSentence, draft: Draft, recorder: Recorder) -> TextDelta | AnswerSentence:
    """Keeps what goes out; an answer whose first sentence was dropped begins with the next one, not with a space."""
    if isinstance(event, AnswerSentence):
        event = replace(event, index=len(draft.sentences))
        draft.sentences.append(event)
        return event
    event = event if draft.text else TextDelta(text=event.text.lstrip())
    recorder.first_token()
    draft.text.append(event.text)
    return event
