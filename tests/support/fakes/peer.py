"""A peer without a library: ``python peer.py KIND FOLDER``.

Kinds: ``durable`` writes every document when it is added, ``forgetful`` when it ends, ``closed`` opens once, ``dying``
ends when it is asked to search.
"""

import json
import sys
import time
from pathlib import Path


def _found(question: str, stored: dict[str, str]) -> list[str]:
    words = set(question.split())
    return sorted(stored, key=lambda each: -len(words & set(stored[each].split())))[:10]


def _write(file: Path, stored: dict[str, str]) -> None:
    """Replaces the file whole: a kill leaves the old one or the new one."""
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(stored))
    draft.replace(file)


def main(kind: str, folder: Path) -> None:
    """Answers until stdin ends."""
    file = folder / "documents.json"
    stored: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    if kind == "closed" and stored:
        raise SystemExit("the store is damaged")
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        request = json.loads(line)
        reply: dict[str, object] = {}
        if "add" in request:
            time.sleep(0.01)
            stored |= {each["id"]: f"{each['title']} {each['text']}" for each in request["add"]}
        if kind != "forgetful":
            _write(file, stored)
        if "search" in request:
            if kind == "dying":
                raise SystemExit("no search today")
            ranked = [_found(question, stored) for question in request["search"]]
            reply = {"ranked": ranked, "milliseconds": [1.0] * len(ranked), "seconds": 0.5}
        if "ids" in request:
            reply = {"ids": list(stored)}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()
    _write(file, stored)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
