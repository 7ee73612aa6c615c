from ingest.parsing.blocks.notes import placed_notes


def placed(*texts: str) -> list[str | None]:
    return [each.text for each in placed_notes(texts)]


def test_a_short_note_stands_at_its_mark_before_the_full_stop() -> None:
    assert placed("The lift was renewed in 2021.[^1] It is slow.", "Rules", "[^1] By Otis.") == [
        "The lift was renewed in 2021 (By Otis). It is slow.",
        "Rules",
    ]


def test_a_note_of_several_sentences_follows_the_paragraph_that_cites_it() -> None:
    note = "[^a] It was closed in May. It opened again in June."
    assert placed("The pool is open.[^a]", "Other words.", note) == ["The pool is open.[^a]", note, "Other words."]


def test_notes_without_one_place_stay() -> None:
    twice = ("One[^1]", "[^1] First.", "Two[^1]", "[^1] Second.")
    assert placed(*twice) == list(twice)
    assert placed("No mark.", "[^1] A note.") == ["No mark.", "[^1] A note."]
    sources = ("It is so.[^1][^2][^3][^4]", "[^1] A.", "[^2] B.", "[^3] C.", "[^4] D.")
    assert placed(*sources) == list(sources)


def test_a_note_that_has_a_mark_of_its_own_is_no_part_of_a_sentence() -> None:
    assert placed("Text[^1]", "[^1] See[^2]", "[^2] More.") == ["Text[^1]", "[^1] See[^2]", "[^2] More."]
