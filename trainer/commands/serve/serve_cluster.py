"""`serve-cluster`: scores of checkpoints by Ray Serve, for the app and whoever else asks."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from typing import Any

from trainer.progress import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--checkpoint", type=Path, required=True, nargs="+", metavar="DIR", help="folder of a model; or of several"
    )
    parser.add_argument("--replicas", type=int, default=1, metavar="N", help="processes of each (%(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, metavar="P", help="port to listen at (%(default)s)")
    parser.add_argument(
        "--token-file", type=Path, metavar="F", help="file with the token that requests must show (DIN_SCORER_TOKEN)"
    )
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="of a Ray cluster that runs already (local: a new one, of this machine alone)"
    )


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Serve until SIGINT or SIGTERM."""
    from din_core.scoring.cluster.settings import token_of
    from trainer.cluster.options import LOCAL, ServingOptions
    from trainer.cluster.serving import serving

    address = None if args.ray == LOCAL else args.ray
    options = ServingOptions(
        tuple(args.checkpoint), args.replicas, args.host, args.port, address, token_of(file=args.token_file)
    )
    ended = threading.Event()
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with serving(options) as urls:
            for folder, url in urls.items():
                say(f"{folder} is served at {url}")
            say(f"ready: start the app with DIN_SCORER=http://{options.host}:{options.port}; Ctrl-C ends")
            ended.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return {"served": urls}


def render(result: dict[str, Any]) -> str:
    """What was served."""
    return f"ended: {len(result['served']):,} checkpoints are no longer served"
