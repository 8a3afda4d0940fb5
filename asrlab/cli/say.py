"""What a command tells on standard error: lines for people, or one JSON object a line for what collects logs."""

import json
import os
from datetime import UTC, datetime

import click

TEXT = "text"
JSON = "json"
FORMATS = (TEXT, JSON)
# In the environment, so that the processes a command starts log alike.
VARIABLE = "ASRLAB_LOG_FORMAT"


def use_format(name: str) -> None:
    """Tell in this format from now on, here and in processes started later."""
    os.environ[VARIABLE] = name


def is_json() -> bool:
    return os.environ.get(VARIABLE) == JSON


def say(message: str, level: str = "info", *, prefix: str = "", **fields: object) -> None:
    """One line on standard error. prefix: before a line for people alone. fields: beside the message, in JSON alone."""
    if not is_json():
        click.echo(f"{prefix}{message}", err=True)
        return
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"time": time, "level": level, "message": message.strip(), **fields}
    click.echo(json.dumps(line, ensure_ascii=False, default=str), err=True)
