"""Logs without secrets: JSON lines in a cluster, readable ones on a terminal, always to standard error."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, TextIO

import structlog

_TOKEN = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|(?i:bearer) [\w.~+/-]+=*|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")


def without_secrets(text: str) -> str:
    """The text without Slack tokens, bearer tokens and passwords in URLs."""
    return _TOKEN.sub("[redacted]", text)


def _redact(value: Any) -> Any:
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, dict):
        return {key: _redact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redact(item) for item in value]
    return value


def redact(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Take secrets out of every field of a log line."""
    return {key: _redact(value) for key, value in event.items()}


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what is standard error now, which may have been replaced since logging was set up."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def configure(style: str = "auto", level: str = "info") -> None:
    """Set up logging for the process. `style` is `auto`, `json` or `text`; other libraries log here too."""
    as_json = style == "json" or (style == "auto" and not sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("quarterdeck").setLevel(level.upper())


def get(area: str) -> structlog.stdlib.BoundLogger:
    """A logger named `quarterdeck.<area>`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(f"quarterdeck.{area}")
    return logger


configure(level="error")  # for whoever logs before the settings are read
