"""A checkpoint → FILE.onnx and FILE.json, both or none."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from din_core.domain import DinLensError
from din_core.model.checkpoint import load_checkpoint
from trainer.export.description import describe
from trainer.export.onnx_file import CASES, OPSET, TOLERANCE, check_file, check_packages, write_onnx

END = ".onnx"


def export(folder: Path, out: Path, say: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Export and check; what was written, and by how much it differs from the network.

    DinLensError, and nothing written, where a package is missing or a number differs by more than TOLERANCE.
    """
    if out.suffix.lower() != END:
        raise DinLensError(f"{out} does not end with {END}; name a file that does")
    check_packages()
    checkpoint = load_checkpoint(folder)
    if checkpoint.config.library is not None:
        raise DinLensError(f"{folder} was trained by another library, whose layers are not exported; export it there")
    if checkpoint.config.external:
        raise DinLensError(
            f"{folder} is a model that is not DIN Lens's, which is not exported here; export it yourself"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.stem}-", dir=out.parent) as made:
        written, beside = Path(made) / out.name, Path(made) / out.with_suffix(".json").name
        say(f"exporting {checkpoint.config.title}")
        write_onnx(checkpoint, written)
        say("holding it against the network")
        differences = check_file(written, checkpoint)
        check = {"histories": len(CASES), "tolerance": TOLERANCE, "largest_difference": differences}
        described = describe(checkpoint, out.name, OPSET, check)
        beside.write_text(json.dumps(described, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        for path in (written, beside):
            path.chmod(0o644)
            os.replace(path, out.parent / path.name)
    size = out.stat().st_size
    return {"checkpoint": str(folder), "out": str(out), "description": str(out.with_suffix(".json")), "bytes": size} | {
        "fingerprint": checkpoint.fingerprint,
        "inputs": [f"{own['name']} ({', '.join(own['shape'])})" for own in described["inputs"]],
        "outputs": [f"{own['name']} ({', '.join(own['shape'])})" for own in described["outputs"]],
        **check,
    }
