"""`quarterdeck audit`: who asked for what in Slack, what was decided, and what came of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from bot.answer import Answer
from bot.cli.ask import AnswerFormat, show
from bot.cli.exits import one_message
from bot.cli.output import write_document


class AuditFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def audit(
    ctx: typer.Context,
    since: Annotated[
        str, typer.Option("--since", metavar="MOMENT", help="monday, 3 days ago, 2026-11-01 …")
    ] = "",
    user: Annotated[str, typer.Option("--user", metavar="ID", help="One Slack user, by id.")] = "",
    denied: Annotated[bool, typer.Option("--denied", help="Only what was refused.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest lines, this many.")] = 200,
    form: Annotated[
        AuditFormat, typer.Option("--format", help="How the log is printed.")
    ] = AuditFormat.TABLE,
) -> None:
    """Show who asked for what in Slack, what was decided, and what came of it; the newest first.

    \b
    Examples:
      quarterdeck --settings quarterdeck.yaml audit --since monday
      quarterdeck audit --denied
      quarterdeck audit --user U0123ABCD --format csv --limit 100000 > audit.csv
    """
    from bot.cli.settings import load_settings
    from bot.commands.audit import ShowAudit, show_audit
    from bot.commands.desk import now
    from reports.history import History

    with one_message():
        history = History.open(load_settings(ctx).history_url)
        try:
            answer = show_audit(history, ShowAudit(since, user, denied), now(), most=limit)
        finally:
            history.close()
        if form is AuditFormat.CSV:
            write_document([_csv(answer)])
        else:
            show(answer, AnswerFormat(form))


def _csv(answer: Answer) -> bytes:
    from reports.history import AuditEntry
    from reports.render.scan_formats.csv import lines

    names = AuditEntry.__struct_fields__
    rows = [tuple(_cell(getattr(entry, name)) for name in names) for entry in answer.extra["entries"]]
    return lines([names, *rows])


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)
