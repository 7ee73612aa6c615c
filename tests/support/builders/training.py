"""A small corpus with questions for short training runs."""

from __future__ import annotations

from evals.training.questions import Part, TrainingQuestion
from tests.support.builders.chunks import chunk

_MACHINES = "pump valve turbine boiler compressor conveyor crane furnace mixer press".split()
_PLACES = "Oslo Bergen Lima Quito Turin Osaka Leeds Accra Porto Lyon Graz Bonn Cork Pune Suva Riga Kiel Bath".split()


def machine_park() -> Part:
    """Returns 180 machines, each with a document and a question."""
    corpus, questions = [], []
    for machine in _MACHINES:
        for number, place in enumerate(_PLACES):
            text = (
                f"The {machine} in {place} was built in {1950 + 3 * number}. It is serviced every {number + 2} weeks. "
                f"Spare parts for it are kept in store {number + 10}."
            )
            name = f"{machine}-{place}"
            own = chunk(text, version_id=name, document_id=name, title=f"{machine} {place}")
            corpus.append(own)
            questions.append(TrainingQuestion(text=f"When was the {machine} in {place} built?", chunk_id=own.chunk_id))
    questions.append(TrainingQuestion(text="Who painted the ceiling of the chapel?", chunk_id=None))
    return Part(corpus=tuple(corpus), questions=tuple(questions))
