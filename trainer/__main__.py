"""`python -m trainer COMMAND`: dispatch to one module a command."""

from __future__ import annotations

import argparse
import json
import re
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from din_core.domain import DinLensError
from trainer.progress import printable

COMMANDS = {
    "prepare": "turn public data into the four tables",
    "planted": "make shoppers with planted interests: four tables, and the truth about their clicks",
    "ingest": "load the four tables into a behavior store",
    "check": "ask of a store what a careful colleague would ask of the data, each with a verdict",
    "train": "fit a model on a store and write a checkpoint",
    "import-checkpoint": "turn a DIN or DIEN that another library trained into a checkpoint, weights only",
    "check-model": "find out what a model that is not DIN Lens's reads, by changing histories",
    "leaderboard": "train every model with every seed and measure them in one table",
    "evaluate": "measure a checkpoint on one split",
    "calibrate": "fit the probabilities of a checkpoint to validation impressions, and write it anew in its place",
    "faithfulness": "measure whether a checkpoint's activation weights may be believed",
    "orient": "give old checkpoints' weights the sign with which they agree with measured effects",
    "score": "score a table of users, items and times, with weights and effects; no labels are needed",
    "explain": "compute the scenario of a file anew, and say what differs from the numbers in it",
    "export": "write a checkpoint as an ONNX file, with a JSON that says its inputs",
    "serve-cluster": "serve scores of checkpoints by Ray Serve, on this machine or a cluster",
    "cases": "find cases worth seeing, and sum up weights over cohorts, for the app",
    "baselines": "measure popularity, logistic regression and gradient boosting on the same split",
    "bench": "measure how fast this machine trains and scores",
    "tour": "compute the numbers of the guided tour from a planted store and models trained on it",
    "demo": "rebuild the embedded demo under assets/ from a store and its checkpoints",
}
"""Name -> help."""
FOLDERS = {
    "data": ("prepare", "planted", "ingest", "check"),
    "models": ("train", "import-checkpoint", "check-model", "leaderboard", "calibrate", "orient"),
    "measure": ("evaluate", "faithfulness", "baselines", "bench"),
    "serve": ("score", "explain", "export", "serve-cluster"),
    "app": ("cases", "tour", "demo"),
}
"""Folder of `trainer/commands` -> the commands in it, each a module with `configure`, `run` and `render`."""


def command_module(command: str) -> ModuleType:
    """The module of a command, imported when it is asked for: torch alone takes seconds."""
    folder = next(folder for folder, commands in FOLDERS.items() if command in commands)
    return import_module(f"trainer.commands.{folder}.{command.replace('-', '_')}")


class CommandParser(argparse.ArgumentParser):
    """Quotes no password of a URL that it cannot place."""

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        # argparse drops a value that is --, and gives the empty list in its place.
        if action.option_strings and action.nargs is None and arg_strings == ["--"]:
            self.error(f"argument {'/'.join(action.option_strings)}: expected one argument, but -- is none")
        return super()._get_values(action, arg_strings)

    def error(self, message: str) -> NoReturn:
        """Print the message, URLs masked, and exit with 2."""
        from din_core.store.engine import masked_url

        super().error(printable(re.sub(r"[\w+.-]+://[^\s'\"]+", lambda found: masked_url(found.group()), message)))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 on success, 1 with one sentence on stderr when the input is at fault, or with a traceback."""
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = CommandParser(prog="python -m trainer", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    named = argv[0] if argv and argv[0] in COMMANDS else None  # the others' names only matter where none is named
    for name, summary in COMMANDS.items() if named is None else [(named, COMMANDS[named])]:
        sub = subparsers.add_parser(name, help=summary, description=summary, add_help=name in argv)
        if name in argv[:1]:
            module = command_module(name)
            module.configure(sub)
            sub.add_argument("--json", action="store_true", help="print the result as one JSON object")
            sub.set_defaults(module=module)
    args = parser.parse_args(argv)
    try:
        result = args.module.run(args)
    except DinLensError as error:
        if getattr(args, "json", False):
            print(json.dumps({"error": str(error)}))
        print(printable(f"error: {error}"), file=sys.stderr)
        return 1
    except OSError as error:
        reason = f"{error.filename or 'a file'}: {error.strerror or error}"
        print(printable(f"error: {reason}; nothing was replaced"), file=sys.stderr)
        return 1
    except Exception:  # what an unexpected one quotes may be the store's URL
        from din_core.store import hide_password

        print(hide_password(traceback.format_exc(), getattr(args, "store", None) or ""), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print(json.dumps(result) if args.json else printable(args.module.render(result)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
