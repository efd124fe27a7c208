"""What may come of a command on any input: it is done, or says in one sentence why not."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from random import Random
from typing import Literal
from unicodedata import category

from trainer.__main__ import main

Outcome = Literal["done", "refused"]
Seeded = Callable[[Random], Outcome]
"""Makes an input of these random numbers, and tries it."""


def run_command(*arguments: str) -> Outcome:
    """`python -m trainer ARGUMENTS` in this process; AssertionError where it is refused without a sentence."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")  # as strict as a terminal
    err = io.StringIO(newline="")
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = main(list(arguments))
            out.flush()
        except SystemExit as stopped:  # argparse's own way to refuse
            status = stopped.code if isinstance(stopped.code, int) else 1
    told = err.getvalue()
    assert "Traceback" not in told, told
    if status == 0:
        return "done"
    assert status in (1, 2), f"exit status {status}"
    sentence = told[told.rfind("error: ") :].removeprefix("error: ")
    assert "error: " in told and sentence.strip(), f"exit status {status} without a sentence: {told[-300:]}"
    hidden = [letter for letter in sentence if category(letter) in ("Cc", "Cs") and letter != "\n"]
    assert not hidden, f"the sentence holds {hidden[0]!r}, which no terminal shows: {sentence[:300]!r}"
    return "refused"
