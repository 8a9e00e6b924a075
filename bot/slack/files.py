"""What of an answer goes into files: all rows of its tables, all of its sentences, its picture."""

from __future__ import annotations

from msgspec.structs import replace

from bot.answer import Answer, Picture
from bot.slack.facts import further
from bot.slack.mrkdwn import fit, literal, shorten, visible
from bot.slack.tables import Upload, sheet

VERDICT = 2900
"""Characters of the verdict that a notification and a first line say."""
LINE = 180
"""Characters of a note or caveat that a message says."""
ALT = 1000
"""Characters that Slack takes to say what a picture shows."""


def in_files(answer: Answer) -> tuple[Upload, ...]:
    """All of an answer that a message may have had no room for: a CSV for each table and for the evidence."""
    tables = (*answer.tables, *further(answer))
    sheets = [sheet(table) for table in tables if table.rows]
    sheets += [as_upload(answer.picture)] if answer.picture else []
    return named_apart([*([in_full(answer)] if shortened(answer) else []), *sheets])


def named_apart(files: list[Upload]) -> tuple[Upload, ...]:
    """The files, no two with the same name: a ledger knows them by it."""
    apart: dict[str, Upload] = {}
    for file in files:
        name, number = file.name, 2
        while name in apart:
            stem, dot, ending = file.name.rpartition(".")
            name, number = f"{stem or ending}-{number}{dot}{ending if stem else ''}", number + 1
        apart[name] = replace(file, name=name)
    return tuple(apart.values())


def as_upload(picture: Picture) -> Upload:
    """A picture for the thread: Slack shows PNG, and no SVG."""
    title = fit(picture.title, 150, visible)
    alt = fit(picture.drawing.told, ALT, visible)
    return Upload(f"{picture.name}.png", title, picture, alt)


def shortened(answer: Answer) -> bool:
    """Whether any of the answer's sentences has no room in its messages."""
    return shorten(answer.verdict, VERDICT, literal)[1] or any(
        shorten(line, LINE, literal)[1] for line in (*answer.notes, *answer.caveats)
    )


def in_full(answer: Answer) -> Upload:
    """All sentences of an answer as a text file."""
    parts = [visible(answer.verdict), *map(visible, answer.notes)]
    if answer.caveats:
        parts += ["", "Keep in mind", *(f"- {visible(line)}" for line in answer.caveats)]
    return Upload("answer.txt", "The answer in full", "\n".join(parts).encode("utf-8", "replace"))
