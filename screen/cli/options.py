"""The settings of a run as options of a command, from `Settings` and its docstring."""

import inspect
import re
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import typer

from tscreen.screen.engine.settings import Limits, Settings

ARGUMENT = "input"
"""The setting that needs no name, and may be given several times."""

Command = TypeVar("Command", bound=Callable[..., None])


def takes_settings(command: Command) -> Command:
    """Let Typer see every setting in place of `**settings` in the signature of a command."""
    signature = inspect.signature(command)
    own = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
    kinds = get_type_hints(Settings, include_extras=True)
    texts = _attributes(Settings)
    given = [_parameter(one, kinds[one.name], texts.get(one.name)) for one in fields(Settings)]
    signature = signature.replace(parameters=[*given, *own])
    command.__signature__ = signature  # type: ignore[attr-defined]
    return command


def _parameter(setting: Field, kind: Any, text: str | None) -> inspect.Parameter:
    limits = Limits()
    if get_origin(kind) is Annotated:
        kind, limits = get_args(kind)
    default = inspect.Parameter.empty if setting.default is MISSING else setting.default
    if setting.default_factory is not MISSING:
        default = setting.default_factory()
    about: dict[str, Any] = {"help": text and text[0].upper() + text[1:]}
    if setting.name == ARGUMENT:
        kind, info = list[str], typer.Argument(**about)
    elif default is True:
        info, default = typer.Option(f"--no-{setting.name}", callback=_off, **about), False
    else:
        names = [f"--{setting.name.replace('_', '-')}"] if kind is bool else []  # and no --no-
        info = typer.Option(*names, min=limits.least, max=limits.most, resolve_path=True, **about)
    if kind == str | Path:
        kind = str
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, info],
    )


def _off(given: bool) -> bool:
    """The value of a setting that an option turns off."""
    return not given


def _attributes(described: type) -> dict[str, str]:
    """What a docstring in Google's style says of each attribute."""
    section = inspect.cleandoc(described.__doc__ or "").partition("\nAttributes:\n")[2]
    found = re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}
