"""Pieces of work, numbered, by Ray Data: each wherever the cluster has a core, and again where its process is lost."""

from __future__ import annotations

import logging
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from typing import Any, TypeVar

from din_core.domain import DinLensError

Job = TypeVar("Job")
Found = TypeVar("Found")


def map_on_cluster(ray: Any, work: Callable[[Job, int], Found], job: Job, pieces: int) -> Iterator[Found]:
    """What `work`, a function of a module, makes of the job and 0, 1, …, in that order.

    The job is sent to a machine once. A DinLensError of one piece is raised here.
    """
    import ray.data as ray_data

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray_data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    held = ray.put((work, job))
    numbers = ray_data.from_items([{"nth": nth} for nth in range(pieces)], override_num_blocks=pieces)
    with redirect_stdout(sys.stderr):
        for row in numbers.map(_work, fn_kwargs={"held": [held]}).iter_rows():
            found, error = pickle.loads(row["found"])
            if error is not None:
                raise error
            yield found


def _work(row: dict[str, Any], held: list[Any]) -> dict[str, Any]:
    """In some process of the cluster: one piece."""
    import ray

    work, job = ray.get(held[0])
    found, failed = None, None
    try:
        found = work(job, int(row["nth"]))
    except DinLensError as error:
        failed = DinLensError("{error}", error=str(error))
    return {"found": pickle.dumps((found, failed), protocol=5)}
