"""Structured logs on standard error, one event a line: JSON for machines, columns for people; never a secret.

Our events and those of the libraries go through one chain. `bind_contextvars(correlation_id=...)` marks all events of a cycle.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from types import TracebackType
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LogFormat = Literal["console", "json"]
_SECRET_KEY = re.compile(r"community|password|passphrase|secret|token|(auth|priv|api)_?key", re.IGNORECASE)
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")  # a database driver may repeat its address in an error


def configure_logging(form: LogFormat, process: str) -> None:
    """Set up logging for this process; `process` is on every line."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _process_adder(process),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if form == "json" else _keep,
        redact,
    ]
    last: Processor = structlog.processors.JSONRenderer(default=str) if form == "json" else _console()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("facility").setLevel(logging.INFO)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def log_uncaught() -> None:
    """Log an exception that nothing caught, with its traceback, as one event; for processes that nobody watches."""

    def hook(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        get_logger(__name__).critical("a fault of ours ends this process", exc_info=(kind, error, trace))

    def thread_hook(ended: threading.ExceptHookArgs) -> None:
        get_logger(__name__).critical("a fault of ours ends a thread", exc_info=ended[:3])

    sys.excepthook = hook
    threading.excepthook = thread_hook


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module (`__name__`)."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace values under keys that name a secret, and user information in addresses."""
    for key, value in event.items():
        if _SECRET_KEY.search(key):
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = _USER_INFO.sub("***@", value)
    return event


def _console() -> Processor:
    # Plain tracebacks: the usual ones show local variables, and a secret may be among them.
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _process_adder(process: str) -> Processor:
    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {"process": process, **event}  # not by a context variable: threads begin with an empty context

    return add


def _keep(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return event
