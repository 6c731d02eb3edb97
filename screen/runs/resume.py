"""Go on with a run that was interrupted, or refuse to mix two runs.

A run first writes what it is about to do (`plan.json`). Each chunk leaves a receipt once all its
rows are written, so a later call with the same plan does only the chunks without one.
"""

import json
from collections.abc import Container, Mapping
from typing import Any

from tscreen.schemas.version import VERSION
from tscreen.screen.dataset.digests import intact
from tscreen.screen.dataset.output import PLAN, REPORT, plan_of
from tscreen.screen.dataset.writing import CHUNKS, DONE, REFINED, TABLES
from tscreen.screen.engine.settings import Settings
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.reading import Plan
from tscreen.screen.storage.location import UNFINISHED, Location

LOCATION_AND_RESOURCES = ("out", "engine", "workers", "gpus_per_sampler", "address")
"""Settings that do not change a run's results."""

FILES = "input files, bytes and digest of their content or Parquet footer"

Description = dict[str, Any]


def describe(settings: Settings, weights: Mapping[str, str], planned: Plan) -> Description:
    """All that the results of a run depend on."""
    return {
        "version": VERSION,
        "rows": planned.n_rows,
        "settings": _of_results(settings),
        "weights": dict(weights),
        FILES: identities(planned),
    }


def identities(planned: Plan) -> dict[str, list[Any]]:
    """What each file of the input is known by, as a plan keeps it."""
    return {name: [*stamp.identity] for name, stamp in planned.files.items()}


def _of_results(settings: Settings) -> dict[str, Any]:
    """The settings that results depend on."""
    return {k: v for k, v in settings.as_json().items() if k not in LOCATION_AND_RESOURCES}


def as_plan(description: Description) -> bytes:
    """What `plan_of` reads."""
    return (json.dumps(description, indent=2) + "\n").encode()


def begin(out: Location, description: Description) -> None:
    """Write the plan of a new run, or take up the one that is there.

    Raises:
        UsageError: the folder holds something else than a run of this description, or nothing can
            be written there.
    """
    if out.is_file():
        raise UsageError(f"'{out}' is a file; name a folder, which may be new")
    if (out / PLAN).exists():
        _compare(out, plan_of(out), description)
    elif any(_traces(out)):
        raise UsageError(
            f"'{out}' already holds results, and no {PLAN} that says of what run; give another "
            "--out or remove it first"
        )
    else:
        out.put_where_told(PLAN, as_plan(description))


def refuse_other(
    out: Location, settings: Settings, weights: Mapping[str, str], free: Container[str]
) -> None:
    """Refuse to extend a run by rows of other settings, but for those that are free to differ.

    Raises:
        UsageError: the run was made with others, with other weights or by another version.
    """
    before = plan_of(out)
    then, now = (
        {name: value for name, value in of.items() if name not in free}
        for of in (before["settings"], _of_results(settings))
    )
    _compare(
        out,
        {"version": before.get("version"), "settings": then, "weights": before.get("weights")},
        {"version": VERSION, "settings": now, "weights": dict(weights)},
    )


def finished_chunks(out: Location) -> set[str]:
    """Names of the chunks whose rows are all written, as they were written.

    Half-written files of a killed run go, and so do single rows of its other chunks, which are all
    made again.
    """
    if out.local is not None:
        for unfinished in out.local.glob(f"*{UNFINISHED}"):
            unfinished.unlink()
    (out / REFINED).remove()
    return intact(out / DONE, out)


def _traces(out: Location) -> list[Location]:
    reports = [out / REPORT] if (out / REPORT).exists() else []
    folders = (*TABLES, CHUNKS)
    return [*reports, *(file for name in folders for file in (out / name).files(deep=True))]


def _compare(out: Location, before: Description, now: Description) -> None:
    then, today = _flat(before), _flat(now)
    differences = [
        f"{name} {then.get(name, 'absent')} then, {today.get(name, 'absent')} now"
        for name in dict.fromkeys([*then, *today])
        if then.get(name, "absent") != today.get(name, "absent")
    ]
    if differences:
        raise UsageError(
            f"'{out}' holds a run that differs: {'; '.join(differences)}; repeat its settings to "
            "go on with it, or give another --out"
        )


def _flat(description: Description) -> dict[str, str]:
    """One level of names, values as they are shown."""
    flat: dict[str, str] = {}
    for name, value in description.items():
        if isinstance(value, dict):
            flat |= {f"{name}: {key}": json.dumps(inner) for key, inner in value.items()}
        else:
            flat[name] = json.dumps(value)
    return flat
