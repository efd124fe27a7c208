"""Requests of many sessions gathered into one forward pass, as the paper's serving section does (Zhou et al., KDD
2018, section 6.7 "request batching").

There is no timer: a batch is whatever queued while the last one ran, so an idle scorer answers at once and a busy one
batches by itself. Callers take turns, one piece of a request each; a large request is scored in pieces.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from types import TracebackType

import numpy as np

from din_core.domain import History, Item, ScorerBusy, Scores, ServerAway
from din_core.scoring.request_encoder import Request
from din_core.scoring.scorer import Scorer

IDLE_SECONDS = 30.0
"""A worker with nothing to do for so long ends; the next request starts another."""


@dataclass(slots=True)
class _Job:
    """A request on its way: its candidates are scored in one or more pieces, one after the other."""

    request: Request
    caller: Hashable
    answer: Future[Scores] = field(default_factory=Future)
    scored: list[Scores] = field(default_factory=list)
    """The pieces that are done."""
    piece: Request | None = None
    """The one in the batch."""
    begun: int = 0
    """Candidates in the pieces so far."""

    @property
    def behaviors(self) -> int:
        return max(1, len(self.request.behaviors))

    @property
    def left(self) -> int:
        return len(self.request.candidates) - self.begun

    def cut(self, most_pairs: int) -> int:
        """Begin the next piece, of one candidate at least; its pairs."""
        size = min(self.left, max(1, most_pairs // self.behaviors))
        span = slice(self.begun, self.begun + size)
        whole = self.request
        self.piece = whole if not self.begun and size == len(whole.candidates) else whole.part(span)
        self.begun = span.stop
        return max(1, size * self.behaviors)


class BatchingScorer(Scorer):
    """Scores as the scorer it is made of does, whoever asks at the same time; in its place wherever it stands.

    `max_batch` pairs of a behavior and a candidate go through the network at once, `max_queue` requests may wait, up
    to `workers` batches run side by side, each on one core: the default suits torch with one thread an operation, as
    the app sets it. Its threads come with requests and go after `idle_seconds` without; `close` ends them at once.
    Safe to share between threads.
    """

    def __init__(
        self,
        scorer: Scorer,
        *,
        max_batch: int = 1 << 15,
        max_queue: int = 1024,
        workers: int | None = None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        workers = scorer.engine.batch_workers if workers is None else workers
        if min(max_batch, max_queue, workers) < 1:
            raise ValueError(f"max_batch {max_batch}, max_queue {max_queue} and workers {workers} must be 1 or more")
        super().__init__(scorer.checkpoint, engine=scorer.engine)
        self._max_batch, self._max_queue = max_batch, max_queue
        self._queues: OrderedDict[Hashable, deque[_Job]] = OrderedDict()
        """By caller: its requests that wait; callers in the order of their turns."""
        self._lock = threading.RLock()
        self._closed = False
        self._most_workers, self._idle_seconds = workers, idle_seconds
        self._workers: set[threading.Thread] = set()
        self._idle: list[threading.Condition] = []
        """Of each worker that waits and that nobody has notified yet: a worker that was is as good as busy."""

    def score(
        self,
        history: History,
        candidates: Sequence[Item],
        context: Mapping[str, str | None] | Sequence[Mapping[str, str | None]],
    ) -> Scores:
        """As `Scorer.score`, beside whatever others ask; ScorerBusy when too many wait."""
        answer = self.submit(history, candidates, context)
        try:
            return answer.result()
        except BaseException:
            answer.cancel()  # whoever waited is gone
            raise

    def submit(
        self,
        history: History,
        candidates: Sequence[Item],
        context: Mapping[str, str | None] | Sequence[Mapping[str, str | None]],
        caller: Hashable = None,
    ) -> Future[Scores]:
        """Ask without waiting. Until its last piece is in a batch the answer can be cancelled.

        Turns go round by `caller`: the thread where None is given. ScorerBusy when too many wait; RuntimeError after
        `close`.
        """
        caller = threading.get_ident() if caller is None else caller
        job = _Job(self.prepare(history, candidates, context), caller)
        with self._lock:
            if self._closed:
                raise RuntimeError("the scorer is closed")
            if self._waiting() >= self._max_queue:
                raise ScorerBusy(
                    "{name} has {waiting} requests waiting and takes {most} at most; try again in a moment",
                    name=self.name,
                    waiting=self._waiting(),
                    most=self._max_queue,
                )
            self._queues.setdefault(caller, deque()).append(job)
            self._wake()
        return job.answer

    def close(self) -> None:
        """Refuse new requests, answer those that wait, and end."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._notify_one()
            workers = list(self._workers)
        for worker in workers:
            worker.join()

    def __enter__(self) -> BatchingScorer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _waiting(self) -> int:
        return sum(not job.answer.cancelled() for queue in self._queues.values() for job in queue)

    def _wake(self) -> None:
        """See to it that somebody takes what waits; the lock is held."""
        if self._idle:
            self._notify_one()
        elif len(self._workers) < self._most_workers:
            worker = threading.Thread(target=self._work, name=f"scoring {self.name}", daemon=True)
            worker.start()
            self._workers.add(worker)

    def _notify_one(self) -> None:
        self._idle.pop().notify()  # the last to have come: the others may end for want of work

    def _work(self) -> None:
        while batch := self._next_batch():
            self._run(batch)

    def _next_batch(self) -> list[_Job] | None:
        """What waits, or what comes while the worker is idle; None when the worker is to end."""
        with self._lock:
            while True:
                while self._queues:
                    if batch := self._take():
                        return batch
                if self._closed or not self._wait_idle():
                    self._workers.discard(threading.current_thread())
                    return None

    def _wait_idle(self) -> bool:
        """Whether the worker was notified within `idle_seconds`; the lock is held, but not while it waits."""
        notified = threading.Condition(self._lock)
        self._idle.append(notified)
        notified.wait(self._idle_seconds)
        if notified not in self._idle:  # also where the time was up first
            return True
        self._idle.remove(notified)
        return False

    def _take(self) -> list[_Job]:
        """Jobs with their next pieces, a turn a caller, until the batch is full."""
        batch: list[_Job] = []
        room = self._max_batch
        while self._queues and room > 0:
            caller, queue = self._queues.popitem(last=False)
            job = queue.popleft()
            if queue:
                self._queues[caller] = queue
            pairs = job.cut(room)
            last = not job.left
            if (last or job.answer.cancelled()) and not job.answer.set_running_or_notify_cancel():
                continue
            batch.append(job)
            room -= pairs
        return batch

    def _run(self, batch: Sequence[_Job]) -> None:
        pieces = [job.piece for job in batch if job.piece is not None]
        try:
            found: Sequence[Scores | Exception] = self.score_together(pieces)
        except ServerAway as error:  # it would be waited for as long again for each
            found = [error] * len(pieces)
        except Exception as error:  # of one request: the others are not to suffer
            found = [error] if len(pieces) == 1 else [self._alone(piece) for piece in pieces]
        unfinished = [job for job, scores in zip(batch, found, strict=True) if not _settle(job, scores)]
        if unfinished:
            with self._lock:
                for job in unfinished:
                    self._queues.setdefault(job.caller, deque()).appendleft(job)
                self._wake()

    def _alone(self, piece: Request) -> Scores | Exception:
        try:
            return self.score_together([piece])[0]
        except Exception as error:
            return error


def _settle(job: _Job, scores: Scores | Exception) -> bool:
    """Answer the job if it is done or has failed; False when candidates are left."""
    if isinstance(scores, Exception):
        if not job.left or job.answer.set_running_or_notify_cancel():  # the last piece is beyond cancelling
            job.answer.set_exception(scores)
        return True
    job.scored.append(scores)
    if job.left:
        return False
    try:
        job.answer.set_result(_joined(job.scored, job.request))
    except MemoryError as error:  # a worker that died of it would leave everybody waiting
        job.answer.set_exception(error)
    return True


def _joined(pieces: Sequence[Scores], request: Request) -> Scores:
    """The scores of all candidates."""
    first = pieces[0]
    if len(pieces) == 1:
        return first
    fields = first.field_weight and {
        name: np.concatenate([piece.field_weight[name] for piece in pieces if piece.field_weight])
        for name in first.field_weight
    }
    return replace(
        first,
        candidates=request.candidates,
        probability=np.concatenate([piece.probability for piece in pieces]),
        logit=np.concatenate([piece.logit for piece in pieces]),
        weight=np.concatenate([piece.weight for piece in pieces]),
        field_weight=fields,
    )
