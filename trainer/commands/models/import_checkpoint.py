"""`import-checkpoint --from LIBRARY … --out DIR`: what another library trained, as a checkpoint of ours."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

from din_core.model.config import Evolution
from din_core.model.library.options import LIBRARIES, LayerActivation
from trainer.foreign_checkpoints.import_checkpoint import READERS, ImportOptions, import_checkpoint

OUTPUTS = ("none", "sigmoid", "relu", "tanh")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--from", dest="library", required=True, choices=tuple(READERS), help="the library")
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE", help="its saved state dict")
    parser.add_argument("--features", type=Path, required=True, metavar="FILE", help="feature map or columns, JSON")
    parser.add_argument("--vocabulary", type=Path, required=True, metavar="FILE", help="values and ids, JSON or CSV")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the checkpoint's folder")
    parser.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="FEATURE=ROOM.FIELD",
        help="which field of items (item), users (user) or impressions (context) a feature is; once a feature",
    )
    parser.add_argument("--max-history", type=int, metavar="N", help="behaviors that the model reads")
    parser.add_argument("--softmax", action="store_true", help="its weights are normalised")
    kinds = get_args(LayerActivation)
    for name in ("unit", "tower"):
        what = f"activation of the {name}, where the weights do not tell ({', '.join(kinds)})"
        parser.add_argument(f"--{name}-activation", choices=kinds, metavar="NAME", help=what)
    parser.add_argument("--unit-output", choices=OUTPUTS, default="none", help="what the unit's output goes through")
    what = "of a DIEN, how attention enters its second GRU, where the weights do not tell"
    parser.add_argument("--evolution", choices=get_args(Evolution), help=what)
    parser.epilog = "Nothing is unpickled. README of trainer/foreign_checkpoints says how to write the files."


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Import; what was written, as a dict."""
    return import_checkpoint(
        ImportOptions(
            library=args.library,
            weights=args.weights,
            features=args.features,
            vocabulary=args.vocabulary,
            out=args.out,
            fields=tuple(args.field),
            max_history=args.max_history,
            softmax=args.softmax,
            unit_activation=args.unit_activation,
            unit_output=args.unit_output,
            tower_activation=args.tower_activation,
            evolution=args.evolution,
        )
    )


def render(result: dict[str, Any]) -> str:
    """What it is now, and which feature became which field."""
    features = [f"  {feature} -> {field}" for feature, field in result["imported"]["features"].items()]
    library = LIBRARIES[result["imported"]["library"]]
    head = f"{result['checkpoint']}: {result['title']}, {result['parameters']:,} parameters, {result['fingerprint']}"
    return "\n".join([head, f"features of {library} and fields here:", *features])
