"""Writes an answer and checks each sentence; shows, drops or rewrites a sentence that no passage supports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from rag.answers import (
    CitationMark,
    ComposedSentence,
    Declined,
    Degradation,
    GenerationEvent,
    GenerationRequest,
    TextDelta,
    Usage,
    WrittenBy,
)
from rag.errors import GeneratorError
from rag.guard.screen import Screen
from rag.settings import OnUnsupported
from rag.stages import Generator
from rag.telemetry.recorder import Recorder
from rag.verification.checker import PassageChecker, SupportChecker
from rag.verification.markdown import Part
from rag.verification.stream import Draft, SentenceAssembler, Shown, WrittenSentence


class _AttemptEndedError(Exception):
    """The attempt is given up, and the next one begins. ``unsupported``: one of its sentences has no support."""

    def __init__(self, *, unsupported: bool) -> None:
        super().__init__()
        self.unsupported = unsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """One way to write the answer, with its text so far. ``held`` goes out once the whole attempt is checked.

    ``leading`` are headings and the like, which go out with the first supported sentence below them. All that goes out
    passes ``screen``.
    """

    generator: Generator
    request: GenerationRequest
    on_unsupported: OnUnsupported
    assembler: SentenceAssembler = field(default_factory=SentenceAssembler)
    held: list[Shown] = field(default_factory=list)
    leading: list[WrittenSentence] = field(default_factory=list)
    screen: Screen | None = None


class VerifiedWriter:
    """Writes with ``generator``, and with ``fallback`` when that fails before anything has gone out.

    ``mark``: words go out as they are written, and a sentence without support is marked. ``drop``: a sentence goes out
    once it is checked, and without support it does not. ``retry``: nothing goes out before the whole answer is checked.
    At the first sentence without support the generator is stopped and asked again with ``escalated``; if that is the
    same model or writes a sentence without support too, the fallback writes.
    """

    def __init__(
        self, *, generator: Generator, fallback: Generator, checker: SupportChecker, on_unsupported: OnUnsupported
    ) -> None:
        self._generator = generator
        self._fallback = fallback
        self._checker = checker
        self._on_unsupported = on_unsupported

    async def write(
        self, request: GenerationRequest, draft: Draft, recorder: Recorder, screen: Screen | None = None
    ) -> AsyncGenerator[Shown, None]:
        """Streams text and, after its words, each sentence; adds them to ``draft``.

        Raises:
            GeneratorError: the generator failed after some of its text had gone out.
            GuardFailedError: the guard failed.
        """
        checker = await asyncio.to_thread(self._checker.over, request.passages)
        attempts = [replace(attempt, screen=screen) for attempt in self._attempts(request)]
        with recorder.stage("generate", count_in=len(request.passages)) as stage:
            while attempts:
                attempt = attempts.pop(0)
                _begin(draft, screen)
                try:
                    async with aclosing(attempt.generator.generate(attempt.request)) as events:
                        finished = False
                        while not finished:
                            event = await anext(events, None)
                            finished = event is None
                            for part in _read(event, attempt, draft, recorder):
                                for shown in await _checked(part, attempt, draft, checker):
                                    yield _add(shown, draft, recorder)
                    for shown in attempt.held:
                        yield _add(shown, draft, recorder)
                except GeneratorError as error:
                    if draft.text or not attempts:
                        raise
                    recorder.degrade("generate", f"{error} The answer quotes the documents instead.")
                    attempts = attempts[-1:]
                except _AttemptEndedError as ended:
                    draft.retried += ended.unsupported
                else:
                    break
            stage.count_out = len(draft.sentences)

    def _attempts(self, request: GenerationRequest) -> list[_Attempt]:
        """Returns the attempts in order. The last one never ends for want of support."""
        mode = self._on_unsupported
        last_mode = OnUnsupported.DROP if mode is OnUnsupported.RETRY else mode
        last = _Attempt(generator=self._fallback, request=request, on_unsupported=last_mode)
        if self._generator is self._fallback:
            return [last]
        first = _Attempt(generator=self._generator, request=request, on_unsupported=mode)
        if mode is not OnUnsupported.RETRY:
            return [first, last]
        escalated = _Attempt(generator=self._generator, request=replace(request, escalated=True), on_unsupported=mode)
        return [first, escalated, last]


def _begin(draft: Draft, screen: Screen | None) -> None:
    draft.begin_attempt()
    if screen is not None:
        screen.begin_attempt()


def _read(
    event: GenerationEvent | None, attempt: _Attempt, draft: Draft, recorder: Recorder
) -> Sequence[TextDelta | WrittenSentence]:
    """Notes an event, None for the end; returns text that is shown unchecked, and the sentences it completed."""
    is_marked = attempt.on_unsupported is OnUnsupported.MARK
    match event:
        case None:
            return attempt.assembler.finish()
        case CitationMark():
            attempt.assembler.add_mark(event)
        case TextDelta():
            completed = attempt.assembler.add_text(event.text)
            return [*_released(event.text, attempt), *completed] if is_marked else completed
        case ComposedSentence():
            sentence = WrittenSentence(
                space=event.before, text=event.text, marks=event.marks, claims=(event.text,), certain=True
            )
            text = event.before + event.text
            return [*_released(text, attempt, certain=True), sentence] if is_marked else [sentence]
        case _:
            _note(event, attempt, draft, recorder)
    return []


def _released(text: str, attempt: _Attempt, *, certain: bool = False) -> Sequence[TextDelta]:
    """Returns what goes out of a text as it is written."""
    going = text if attempt.screen is None else attempt.screen.read(text, certain=certain)
    return [TextDelta(text=going)] if going else []


def _note(
    event: WrittenBy | Degradation | Usage | Declined, attempt: _Attempt, draft: Draft, recorder: Recorder
) -> None:
    match event:
        case WrittenBy():
            if attempt.request.escalated and event.generator == draft.writer.generator:
                raise _AttemptEndedError(unsupported=False)  # the same model would write the same again
            draft.writer = event
        case Degradation():
            recorder.degrade(event.stage, event.reason)
        case Usage():
            draft.usage = event
            if event.truncated:
                recorder.degrade("generate", "The answer reached its token limit and was cut off there.")
        case Declined():
            draft.declined = event.reason


async def _checked(
    part: TextDelta | WrittenSentence, attempt: _Attempt, draft: Draft, checker: PassageChecker
) -> Sequence[Shown]:
    """Checks a sentence and returns what is shown of it now; text is shown as it is."""
    if isinstance(part, TextDelta):
        return [part]
    screen, is_marked = attempt.screen, attempt.on_unsupported is OnUnsupported.MARK
    if not part.claims:
        _lead(attempt, part)
        return screen.finish_sentence(part.space, part.text, None) if screen is not None and is_marked else []
    shown: Sequence[Shown]
    sentence = await asyncio.to_thread(
        checker.check, len(draft.sentences), part.text, part.marks, claims=part.claims, certain=part.certain
    )
    if is_marked:
        shown = (
            [sentence]
            if screen is None
            else screen.finish_sentence(part.space, part.text, sentence, certain=part.certain)
        )
        draft.dropped += not shown
        return shown
    if sentence.supported:
        above = [one for one in attempt.leading if part.part is not Part.PROSE or one.part is Part.HEADING]
        attempt.leading.clear()
        text = "".join(one.space + one.text for one in (*above, part))
        passed = (text, sentence) if screen is None else screen.checked(text, sentence, certain=part.certain)
        if passed is None:
            draft.dropped += 1
            return []
        shown = [TextDelta(text=passed[0]), passed[1]]
        if attempt.on_unsupported is not OnUnsupported.RETRY:
            return shown
        attempt.held.extend(shown)
    elif attempt.on_unsupported is OnUnsupported.RETRY:
        raise _AttemptEndedError(unsupported=True)
    else:
        draft.dropped += 1
    return []


def _lead(attempt: _Attempt, part: WrittenSentence) -> None:
    """Keeps a line that claims nothing; a heading or the line above a list ends what the one before it led in."""
    if part.part is Part.HEADING:
        attempt.leading.clear()
    elif part.part is Part.LEAD_IN:
        attempt.leading[:] = [one for one in attempt.leading if one.part is Part.HEADING]
    attempt.leading.append(part)


def _add(shown: Shown, draft: Draft, recorder: Recorder) -> Shown:
    if isinstance(shown, TextDelta):
        recorder.first_token()
    return draft.add(shown)
