"""`prepare` on a cluster: files read apart, parts of the users ordered and written, each wherever a core is free."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from trainer.cluster.connection import check_installed, check_shared, connect, import_ray
from trainer.cluster.data_map import map_on_cluster
from trainer.cluster.options import running_address
from trainer.datasets.assembly.assemble import OneProcess
from trainer.datasets.assembly.event_rows import EventRows
from trainer.datasets.assembly.user_rows import AssembleOptions
from trainer.datasets.assembly.written_part import WriteJob, WrittenPart, written_part
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.row_checks import RowRejects

Job = TypeVar("Job")
Found = TypeVar("Found")
ReadSource = Callable[[InputFiles, RowRejects], RawData]


@contextmanager
def cluster_processes(address: str, files: InputFiles, read: ReadSource, folder: Path) -> Iterator[OneProcess]:
    """The processes of the cluster at an address, or of a new one of this machine (LOCAL), for `assemble`.

    `read` reads the source in `files`, also on machines of the cluster, which see these and `folder`, the one that the
    work is done in, at the same places. DinLensError where Ray is not installed or no cluster answers.
    """
    check_installed()
    ray, running = import_ray(), running_address(address)
    with redirect_stdout(sys.stderr):  # Ray tells there what goes on
        connect(ray, running, (os.cpu_count() or 1) if running is None else 1, fewer="--ray")
    try:
        yield _ClusterProcesses(ray, files, read, folder)
    finally:
        ray.shutdown()


class _ClusterProcesses(OneProcess):
    def __init__(self, ray: Any, files: InputFiles, read: ReadSource, folder: Path) -> None:
        self._ray, self._files, self._read, self._folder = ray, files, read, folder

    def map(self, work: Callable[[Job, int], Found], job: Job, parts: int) -> Iterable[Found]:
        return map_on_cluster(self._ray, _on_shared_disk, (work, job, self._folder), parts)

    def read(self, raw: RawData, folder: Path, parts: int, options: AssembleOptions, rejects: RowRejects) -> list[Path]:
        if len(raw.file_events) < 2:
            return super().read(raw, folder, parts, options, rejects)
        job = _ReadJob(self._read, [path.resolve() for path in self._files.paths], options, folder, parts)
        pieces = len(raw.file_events)
        self._files.progress("reading files", 0, pieces)
        for nth, settled in enumerate(self.map(_read_file, job, pieces)):
            rejects.merge(settled)
            self._files.progress("reading files", nth + 1, pieces)
        return [job.place(nth) for nth in range(pieces)]

    def write(self, job: WriteJob, folder: Path, parts: int) -> Iterable[WrittenPart]:
        return self.map(_save_part, (job, folder), parts)


def _on_shared_disk(job: tuple[Callable[[Any, int], Found], Any, Path], nth: int) -> Found:
    work, own, folder = job
    check_shared(folder)
    return work(own, nth)


@dataclass(frozen=True)
class _ReadJob:
    read: ReadSource
    paths: Sequence[Path]
    options: AssembleOptions
    folder: Path
    parts: int

    def place(self, nth: int) -> Path:
        """Where the rows of a file lie."""
        return self.folder / f"file-{nth:05}"


def _read_file(job: _ReadJob, nth: int) -> dict[str, Any]:
    """Write a file's rows to a folder that appears when they are whole; what was left out."""
    rejects = RowRejects()
    raw = job.read(InputFiles(job.paths, lambda what, done, total: None), rejects)
    own = job.folder / f".file-{nth:05}-{uuid4().hex}"  # another process may still write to that of a lost one
    own.mkdir()
    EventRows(raw, own, job.parts).read(list(raw.file_events.values())[nth](), job.options)
    if job.place(nth).exists():
        shutil.rmtree(own)
    else:
        own.rename(job.place(nth))
    return rejects.settle()


def _save_part(job: tuple[WriteJob, Path], part: int) -> WrittenPart:
    found = written_part(job[0], part)
    found.save(job[1], part)
    return found
