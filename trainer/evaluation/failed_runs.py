"""Of many runs that fail, why each did: the others go on."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from din_core.domain import DinLensError
from din_core.store.engine import parse_url, without_secrets
from trainer.progress import say


def failure_of(work: Callable[[], object], store: str) -> str | None:
    """Why it failed, without the password of the store's URL; None where it did not. Its traceback is on stderr."""
    try:
        work()
    except DinLensError as error:
        return str(error)
    except Exception as error:  # of hours of training, nothing else shall be lost
        url = parse_url(store)
        say(without_secrets(traceback.format_exc(), url))
        return without_secrets(f"{type(error).__name__} {error}", url)
    return None
