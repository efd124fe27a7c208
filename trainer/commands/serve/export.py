"""`export`: a checkpoint as an ONNX file, with a JSON that says its inputs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from trainer.export.export import export
from trainer.progress import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of the model")
    parser.add_argument("--out", type=Path, required=True, help="FILE.onnx; FILE.json beside it says its inputs")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Export, check, write."""
    return export(args.checkpoint, args.out, say)


def render(result: dict[str, Any]) -> str:
    """What the file reads and gives, and by how much it differs from the network."""
    worst = result["largest_difference"]
    differences = ", ".join(f"{name} {value:.1e}" for name, value in worst.items())
    return "\n".join(
        [
            f"inputs:  {', '.join(result['inputs'])}",
            f"outputs: {', '.join(result['outputs'])}",
            f"largest difference from the network in onnxruntime, over {result['histories']} histories: {differences} "
            f"(limit {result['tolerance']:g})",
            f"{result['out']}: {result['bytes'] / 1e6:.1f} MB; {result['description']} says how to feed it",
        ]
    )
