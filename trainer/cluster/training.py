"""Training one checkpoint by several processes of a Ray cluster, of which lost ones are replaced."""

from __future__ import annotations

import shutil
import sys
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from din_core.domain import DinLensError
from din_core.model.checkpoint import check_replaceable
from din_core.model.config import ModelConfig
from din_core.model.vocabulary import Vocabulary
from trainer.cluster.connection import check_installed, connect, import_ray
from trainer.cluster.histories import ClusterHistories
from trainer.cluster.losses import reason_of
from trainer.cluster.options import MOST_FAILURES, ClusterOptions, check_device
from trainer.training.fitting.fit import Progress
from trainer.training.fitting.sharding.sharded_group import LEAST_ROWS, sharded_fields
from trainer.training.limits import check_writable
from trainer.training.train import TrainingData, TrainOptions, read_data, unfinished_folder

RUNS = "ray"
"""Below an unfinished run's folder: what Ray Train keeps of its own."""
POLL_SECONDS = 0.3


def train_on_cluster(
    options: TrainOptions, cluster: ClusterOptions, say: Callable[[str], None], on_step: Progress
) -> dict[str, Any]:
    """As `trainer.training.train.train`, by the workers of a cluster; each must see `out` at the same path.

    DinLensError where Ray is not installed, no cluster answers or the run is refused; what was trained so far is kept,
    and the same call goes on with it.
    """
    check_trainable(options, cluster)
    check_installed()
    check_replaceable(options.out)
    check_writable(options.out)
    state = unfinished_folder(options.out.resolve())
    if options.restart:
        shutil.rmtree(state, ignore_errors=True)
    continued = None if options.continue_from is None else options.continue_from.resolve()
    # A replaced worker is given the same options: it must not forget what the lost one had saved.
    options = replace(options, out=options.out.resolve(), continue_from=continued, restart=False)

    @cache
    def connected() -> Any:
        ray = import_ray()
        with redirect_stdout(sys.stderr):  # Ray tells there what goes on; stdout holds the result alone
            connect(ray, cluster.running_address, cluster.workers, fewer="--workers")
        return ray

    try:
        data = read_data(options, say, ClusterHistories(connected), shards_tables=cluster.shard_tables)
        if cluster.shard_tables:
            say(describe_shards(data.config, cluster.workers))
        held = _held(connected, data)
        del data
        return _trained(connected(), options, held, cluster, say, on_step)
    finally:
        if connected.cache_info().misses:
            import_ray().shutdown()
        shutil.rmtree(state / RUNS, ignore_errors=True)
        with suppress(OSError):  # a state was saved, or the run is finished
            state.rmdir()


def _held(connected: Callable[[], Any], data: TrainingData) -> list[Any]:
    """References in Ray's object store, to the data and to their vocabulary; this process keeps none."""
    ray = connected()
    return [ray.put(replace(data, vocabulary=Vocabulary({}, {}, {}))), ray.put(data.vocabulary)]


def _trained(
    ray: Any,
    options: TrainOptions,
    held: list[Any],
    cluster: ClusterOptions,
    say: Callable[[str], None],
    on_step: Progress,
) -> dict[str, Any]:
    """What the first worker returns. The `TrainingData` behind the first reference in `held` is handed to each, so that
    none need see the store."""
    from trainer.cluster.training_worker import run_worker

    folder = unfinished_folder(options.out) / RUNS
    folder.mkdir(parents=True, exist_ok=True)
    # Nor does the store's URL, which may hold a password, go through the cluster.
    work = partial(run_worker, replace(options, store=""), cluster.shard_tables, held)
    with redirect_stdout(sys.stderr):
        metrics: dict[str, Any] = run_workers(ray, work, cluster.workers, folder, say, on_step)
    return metrics


def describe_shards(config: ModelConfig, workers: int) -> str:
    """One line on which tables are sharded; DinLensError where none is large enough."""
    fields = sharded_fields(config).values()
    if not fields:
        raise DinLensError(
            "--shard-tables shards item tables of {least:,} rows and more, but the largest has {most:,}; leave it out",
            least=LEAST_ROWS,
            most=max(own.rows for own in config.item_fields),
        )
    found = ", ".join(f"{own.name} ({-(-own.rows // workers):,} of {own.rows:,})" for own in fields)
    return f"each worker holds rows of {found}, and copies of all else"


def check_trainable(options: TrainOptions, cluster: ClusterOptions) -> None:
    """DinLensError for a run that a cluster does not make."""
    if cluster.shard_tables and options.continue_from is not None:
        raise DinLensError(
            "--shard-tables begins anew, but --continue-from has tables that are whole; leave out one of them"
        )
    if options.tune is not None:
        raise DinLensError("--tune tries settings on one machine alone; leave out --ray, or --tune")
    check_device(options.device)


def run_workers(
    ray: Any,
    work: Callable[[Any], None],
    workers: int,
    folder: Path,
    say: Callable[[str], None],
    on_step: Progress = lambda _: None,
) -> Any:
    """What the first of so many workers returns by `TrainingEvents`. Each calls `work(events)`, within a process group
    of torch.distributed; all begin again where one is lost. Ray keeps its own state in `folder`."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    from trainer.cluster.training_worker import TellsLosses, TrainingEvents

    events = ray.remote(num_cpus=0)(TrainingEvents).remote()
    trainer = TorchTrainer(
        partial(work, events),
        scaling_config=ScalingConfig(num_workers=workers, resources_per_worker={"CPU": 1}),
        torch_config=TorchConfig(backend="gloo"),
        run_config=RunConfig(
            name=uuid.uuid4().hex,  # Ray goes on with a run of the same name, and ours is resumed by its own state
            storage_path=str(folder),
            failure_config=FailureConfig(max_failures=MOST_FAILURES),
            callbacks=[TellsLosses(events)],
        ),
    )
    fitting: Future[Any] = Future()

    def fit() -> None:
        try:
            fitting.set_result(trainer.fit())
        except BaseException as error:
            fitting.set_exception(error)

    # In a thread, as Ray would set a handler of SIGINT else; whoever disconnects from Ray ends what it started there.
    threading.Thread(target=fit, daemon=True).start()
    return _result(ray, events, fitting, CoreWatch(workers, say), on_step)


class CoreWatch:
    """Says that a cluster has too few cores left, for which Ray waits without a word; and `say` for all else."""

    def __init__(self, workers: int, say: Callable[[str], None]) -> None:
        self.workers, self.say, self.told = workers, say, workers

    def look(self, cores: float) -> None:
        """At how many there are now; whatever is another number than before is said."""
        here = min(int(cores), self.workers)
        if here < self.workers and here != self.told:
            self.say(f"{self.workers} workers need a core each, but the Ray cluster has {here} now: waiting for more")
        self.told = here


def _result(ray: Any, events: Any, fitting: Future[Any], watch: CoreWatch, on_step: Progress) -> Any:
    """Hand on what workers tell until all have ended."""
    found: dict[str, Any] = {}
    while True:
        ended = fitting.done()
        watch.look(ray.cluster_resources().get("CPU", 0))
        for kind, value in ray.get(events.take.remote()):
            if kind == "line":
                watch.say(value)
            elif kind == "step":
                on_step(value)
            else:
                found[kind] = value
        if ended:
            break
        wait_for([fitting], POLL_SECONDS)
    if "refusal" in found:
        raise DinLensError("{refusal}", refusal=found["refusal"])
    if error := fitting.exception():
        raise DinLensError(
            "training on the Ray cluster ended ({error}); Ray's log says why, and the same command goes on from what "
            "was saved",
            error=reason_of(error),
        ) from error
    return found["result"]
