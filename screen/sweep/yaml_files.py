"""Templates as YAML files: what all kinds of them have in common."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from tscreen.schemas import columns as c
from tscreen.schemas.tables import TYPES
from tscreen.screen.errors import UsageError


class YamlPart(BaseModel):
    """A part of a file in which nothing unknown may stand."""

    model_config = ConfigDict(extra="forbid", strict=True)


Model = TypeVar("Model", bound=YamlPart)


def read_yaml(path: Path, model: type[Model]) -> Model:
    """Read a file into its model.

    Raises:
        UsageError: it cannot be read, or something in it is missing, unknown or of a wrong kind.
    """
    try:
        return model.model_validate(yaml.safe_load(path.read_text()))
    except yaml.YAMLError as error:
        raise UsageError(f"template '{path}' is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}"
            for fault in error.errors()
        )
        raise UsageError(
            f"template '{path}' is not as it should be: {faults}. A template has "
            f"{', '.join(model.model_fields)}"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"template '{path}' cannot be read: {error}") from error


def check_slot_names(path: Path, slots: list[str]) -> None:
    """Make sure that there are slots, and that each can be a column beside the others.

    Raises:
        UsageError: it is not so.
    """
    if not slots:
        raise UsageError(f"template '{path}' has no slots; add substituents or catalysts")
    for name in slots:
        if name in TYPES or name in (c.TEMPLATE, c.CANDIDATE, c.ISOMER):
            raise UsageError(
                f"template '{path}': a slot cannot be called '{name}', which is a column of the "
                "results; rename it"
            )
