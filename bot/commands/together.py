"""Several answers as one: of one question that was put to several namespaces of a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from bot.answer import Answer, Table, Tone


def together(answers: Sequence[Answer]) -> Answer:
    """One answer that says all of them, in their order, which numbers their verdicts and tables."""
    first = answers[0]
    if len(answers) == 1:
        return first
    cluster = f"{first.cluster.name}: " if first.cluster else ""
    verdicts = (each.verdict.removeprefix(cluster) for each in answers)
    return replace(
        first,
        asked=tuple(each.command for each in answers),
        verdict=f"{cluster}{' '.join(f'({number}) {each}' for number, each in enumerate(verdicts, 1))}",
        tone=Tone.BAD if any(each.tone is Tone.BAD for each in answers) else first.tone,
        tables=tuple(_tables(answers)),
        picture=None,
        evidence=tuple(fact for each in answers for fact in each.evidence),
        notes=_once(note for each in answers for note in each.notes),
        caveats=_once(caveat for each in answers for caveat in each.caveats),
        extra={
            "answers": [each.extra for each in answers],
            "incomplete": any(each.extra.get("incomplete") for each in answers),
        },
    )


def _tables(answers: Sequence[Answer]) -> Iterator[Table]:
    for number, answer in enumerate(answers, 1):
        for table in answer.tables:
            yield replace(table, title=f"({number}) {table.title}")


def _once(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
