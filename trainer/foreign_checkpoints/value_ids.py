"""Which id a library gave each value: JSON `{feature: {value: id}}`, or CSV with the columns field, value and id."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from din_core.domain import DinLensError

PADDING, UNKNOWN = "__PAD__", "__OOV__"
"""What stands for padding and for unknown values, as FuxiCTR writes them."""
Ids = Mapping[str, Mapping[str, int]]


def read_value_ids(path: Path) -> Ids:
    """Feature -> value -> id; DinLensError for a file that is none of both, or whose ids are no whole numbers."""
    if not path.is_file():
        raise DinLensError(f"{path} is no file; name the vocabulary, as JSON or CSV, with --vocabulary")
    if path.suffix in (".pkl", ".pickle", ".joblib"):
        raise DinLensError(f"{path} is a pickle, which could run any code and is not read; write it as JSON or CSV")
    return _from_csv(path) if path.suffix == ".csv" else _from_json(path)


def read_json(path: Path, what: str) -> Any:
    """A file's JSON; DinLensError where it is none."""
    if not path.is_file():
        raise DinLensError(f"{path} is no file; name {what}")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DinLensError(f"{path} is not readable JSON ({error}); name {what}") from error


def _from_json(path: Path) -> Ids:
    raw = read_json(path, "the vocabulary, as JSON or CSV, with --vocabulary")
    if not isinstance(raw, Mapping) or not all(isinstance(own, Mapping) for own in raw.values()):
        raise DinLensError(f"{path} must hold an object of each feature's values and ids; write it as README shows")
    return {str(feature): {str(v): _whole(path, v, i) for v, i in own.items()} for feature, own in raw.items()}


def _from_csv(path: Path) -> Ids:
    found: dict[str, dict[str, int]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            missing = {"field", "value", "id"} - {*(rows.fieldnames or ())}
            if missing:
                raise DinLensError(f"{path} has no column {min(missing)}, but must have field, value and id")
            for row in rows:
                own = found.setdefault(row["field"], {})
                if row["value"] in own:
                    raise DinLensError(
                        f"{path} holds the value {row['value']!r} of {row['field']} more than once; leave one"
                    )
                own[row["value"]] = _whole(path, row["value"], row["id"])
    except (UnicodeDecodeError, csv.Error) as error:
        raise DinLensError(f"{path} is not readable as CSV in UTF-8 ({error}); write it again") from error
    return found


def _whole(path: Path, value: object, given: object) -> int:
    try:
        whole = int(given)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        whole = -1
    if whole < 0 or isinstance(given, bool | float):
        raise DinLensError(f"{path} has {given!r} as the id of {value!r}, but must have a whole number of 0 or more")
    return int(whole)
