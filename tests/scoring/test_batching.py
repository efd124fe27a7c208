"""Requests gathered into one forward pass: what each gets, who goes first, what happens when things go wrong.

Nothing here waits for time to pass: batches wait for permits while requests queue up.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.domain import DinLensError, Item, ScorerBusy, Scores
from din_core.scoring import BatchingScorer, Scorer, batching
from din_core.scoring.request_encoder import Request
from tests.scoring.family import assert_same, history, item, member, questions

BROKEN = Item("1", fields=None)  # type: ignore[arg-type]  # what no forward pass can take


class BlockingScorer(BatchingScorer):
    """Writes down its batches; each waits for a permit."""

    def __init__(self, scorer: Scorer, workers: int = 1, **limits: Any) -> None:
        self.batches: list[list[Request]] = []
        self.entered = threading.Semaphore(0)
        self.idle = threading.Semaphore(0)
        self.permits = threading.Semaphore(0)
        super().__init__(scorer, workers=workers, **limits)

    def score_together(self, requests: Sequence[Request]) -> list[Scores]:
        self.batches.append(list(requests))
        self.entered.release()
        assert self.permits.acquire(timeout=60), "the test never let the batch go on"
        return super().score_together(requests)

    def _wait_idle(self) -> bool:
        self.idle.release()
        return super()._wait_idle()

    def hold(self) -> Future[Scores]:
        """A first request, and the scorer inside its batch."""
        first = self.submit(history(1), [item(1)], {})
        assert self.entered.acquire(timeout=60)
        return first

    def release_all(self) -> None:
        for _ in range(10_000):
            self.permits.release()

    def __exit__(self, *error: Any) -> None:
        self.release_all()  # a test that fails is not to wait for itself
        super().__exit__(*error)

    def sizes(self) -> list[list[int]]:
        """Candidates of each request in each batch after the first."""
        return [[len(request.candidates) for request in batch] for batch in self.batches[1:]]


@pytest.fixture
def blocking() -> Iterator[BlockingScorer]:
    scorer = BlockingScorer(member("din"))
    yield scorer
    scorer.release_all()
    scorer.close()


def candidates(count: int) -> list[Item]:
    return [item(1 + n % 6) for n in range(count)]


# Each network's own batches are those of test_together; here are the three ways in which behaviors become one vector.
@pytest.mark.parametrize("name", ["average", "din", "augru"])
@settings(max_examples=25)
@given(asked=st.lists(questions, min_size=1, max_size=6), max_batch=st.integers(1, 40))
def test_every_request_gets_what_the_plain_scorer_answers(name: str, asked: Any, max_batch: int) -> None:
    plain = member(name)
    with BlockingScorer(plain, max_batch=max_batch) as scorer:
        scorer.hold()
        answers = [scorer.submit(*question) for question in asked]
        scorer.release_all()
        for answer, question in zip(answers, asked, strict=True):
            assert_same(answer.result(), plain.score(*question))


def test_requests_that_queue_during_a_batch_share_the_next(blocking: BlockingScorer) -> None:
    blocking.hold()
    answers = [blocking.submit(history(1, 2), candidates(n), {}) for n in (3, 0, 2)]
    blocking.release_all()
    wait(answers)
    assert blocking.sizes() == [[3, 0, 2]]


def test_an_idle_scorer_begins_at_once(blocking: BlockingScorer) -> None:
    blocking.hold()
    assert [len(batch) for batch in blocking.batches] == [1]


def test_sixteen_threads_at_once_get_their_own_answers() -> None:
    plain, threads = member("din"), 16
    barrier = threading.Barrier(threads)

    def ask(n: int) -> bool:
        question = (history(*range(1, 1 + n % 5)), candidates(n), {"place": "top"} if n % 2 else {})
        barrier.wait()
        assert_same(scorer.score(*question), plain.score(*question))
        return True

    with BatchingScorer(plain, workers=2) as scorer, ThreadPoolExecutor(threads) as pool:
        assert all(pool.map(ask, range(threads)))


def test_a_large_request_is_scored_in_pieces_between_those_of_others() -> None:
    plain = member("din")
    with BlockingScorer(plain, max_batch=20) as scorer:
        scorer.hold()
        large = scorer.submit(history(1, 2), candidates(35), {}, caller="large")
        small = scorer.submit(history(3), candidates(2), {}, caller="small")
        scorer.release_all()
        assert_same(large.result(), plain.score(history(1, 2), candidates(35), {}))
        assert_same(small.result(), plain.score(history(3), candidates(2), {}))
        # 10 candidates × 2 behaviors fill a batch; then it is the small one's turn
        assert scorer.sizes() == [[10], [2, 9], [10], [6]]


def test_callers_take_turns_however_much_one_asks(blocking: BlockingScorer) -> None:
    blocking.hold()
    answers = [blocking.submit(history(1), candidates(n), {}, caller="greedy") for n in (1, 2, 3)]
    answers += [blocking.submit(history(1), candidates(n), {}, caller=name) for name, n in (("a", 4), ("b", 5))]
    blocking.release_all()
    wait(answers)
    assert blocking.sizes() == [[1, 4, 5, 2, 3]]


def test_a_full_queue_says_so_and_takes_requests_again_later() -> None:
    with BlockingScorer(member("din"), max_queue=2) as scorer:
        scorer.hold()
        waiting = [scorer.submit(history(1), candidates(1), {}) for _ in range(2)]
        with pytest.raises(ScorerBusy, match="DIN has 2 requests waiting and takes 2 at most; try again") as error:
            scorer.score(history(1), candidates(1), {})
        assert isinstance(error.value, DinLensError)
        assert waiting[0].cancel()  # who has left takes up no room
        again = scorer.submit(history(1), candidates(1), {})
        scorer.release_all()
        assert len(again.result().candidates) == 1


def test_a_cancelled_request_is_never_scored(blocking: BlockingScorer) -> None:
    blocking.hold()
    left, kept = (blocking.submit(history(1), candidates(n), {}) for n in (3, 2))
    assert left.cancel()
    blocking.release_all()
    kept.result()
    assert blocking.sizes() == [[2]]
    with pytest.raises(CancelledError):
        left.result()


def test_a_large_request_can_be_cancelled_between_its_pieces() -> None:
    with BlockingScorer(member("din"), max_batch=10) as scorer:
        scorer.hold()
        large = scorer.submit(history(1), candidates(1000), {})
        scorer.permits.release()  # the first batch
        assert scorer.entered.acquire(timeout=60)  # inside the large one's first piece
        assert large.cancel()
        last = scorer.submit(history(1), candidates(1), {})
        scorer.release_all()
        last.result()
        assert scorer.sizes() == [[10], [1]]
        assert wait([large], timeout=0).done == {large}


def test_who_is_interrupted_while_waiting_withdraws_the_request(
    blocking: BlockingScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Future):  # type: ignore[type-arg]
        def result(self, timeout: float | None = None) -> Any:
            raise KeyboardInterrupt

    answer = Interrupted()
    monkeypatch.setattr(blocking, "submit", lambda *question: answer)
    with pytest.raises(KeyboardInterrupt):
        blocking.score(history(1), candidates(1), {})
    assert answer.cancelled()


@pytest.mark.parametrize("size", [1, 25], ids=["in one piece", "in pieces"])
def test_the_error_of_one_request_is_its_own(size: int) -> None:
    plain = member("din")
    with BlockingScorer(plain, max_batch=20) as scorer:
        scorer.hold()
        broken = scorer.submit(history(1), [BROKEN] * size, {}, caller="broken")
        others = [scorer.submit(history(1), candidates(n), {}, caller=n) for n in (2, 3)]
        scorer.release_all()
        with pytest.raises(AttributeError):
            broken.result()
        for answer, n in zip(others, (2, 3), strict=True):
            assert_same(answer.result(), plain.score(history(1), candidates(n), {}))


def test_an_answer_too_large_to_put_together_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(pieces: Sequence[Scores], request: Request) -> Scores:
        if len(pieces) > 1:
            raise MemoryError
        return pieces[0]

    monkeypatch.setattr(batching, "_joined", too_large)
    with BlockingScorer(member("din"), max_batch=10) as scorer:
        scorer.release_all()
        with pytest.raises(MemoryError):
            scorer.score(history(1), candidates(25), {})
        assert len(scorer.score(history(1), candidates(2), {}).candidates) == 2


def test_a_request_that_makes_no_sense_never_reaches_the_queue(blocking: BlockingScorer) -> None:
    with pytest.raises(ValueError, match="2 contexts for 1 candidates"):
        blocking.score(history(1), candidates(1), [{}, {}])
    assert blocking.batches == []


def test_closing_answers_who_waits_and_refuses_the_rest() -> None:
    scorer = BlockingScorer(member("din"), max_batch=10)
    first = scorer.hold()
    waiting = [scorer.submit(history(1), candidates(n), {}) for n in (1, 25)]
    closing = threading.Thread(target=scorer.close)
    closing.start()
    scorer.release_all()
    closing.join()
    assert all(answer.done() for answer in [first, *waiting])
    assert [len(answer.result().candidates) for answer in waiting] == [1, 25]
    with pytest.raises(RuntimeError, match="closed"):
        scorer.score(history(1), candidates(1), {})
    scorer.close()  # again, and nothing happens


def test_it_stands_in_for_the_scorer_it_is_made_of(blocking: BlockingScorer) -> None:
    plain = member("din")
    assert isinstance(blocking, Scorer)
    assert (blocking.name, blocking.fingerprint, blocking.config) == (plain.name, plain.fingerprint, plain.config)


def test_an_answer_holds_no_part_of_what_others_asked() -> None:
    plain = member("din")
    requests = [plain.prepare(history(1, n), candidates(n), {}) for n in (2, 3)]
    for scores in plain.score_together(requests):
        for numbers in (scores.probability, scores.logit, scores.weight):
            base = numbers if numbers.base is None else numbers.base
            assert base.size == numbers.size


@pytest.mark.parametrize("limits", [{"max_batch": 0}, {"max_queue": 0}, {"workers": 0}])
def test_limits_below_one_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be 1 or more"):
        BatchingScorer(member("din"), **limits)


def test_items_changed_between_requests_are_seen(blocking: BlockingScorer) -> None:
    blocking.release_all()
    before = blocking.score(history(1), [item(2)], {}).logit
    assert blocking.score(history(1), [replace(item(2), fields={"category": "y"})], {}).logit != before


def test_idle_threads_end_and_the_next_request_starts_another() -> None:
    with BatchingScorer(member("din"), idle_seconds=0.001) as scorer:
        for _ in range(3):
            assert_same(scorer.score(history(2), [item(1)], {}), member("din").score(history(2), [item(1)], {}))
            for worker in list(scorer._workers):
                worker.join()
            assert not scorer._workers


def test_there_are_never_more_threads_than_workers() -> None:
    with BlockingScorer(member("din"), workers=2, max_batch=1) as scorer:
        answers = [scorer.submit(history(1), [item(1)], {}) for _ in range(9)]
        for _ in range(2):  # each took one request and leaves the others to the next
            assert scorer.entered.acquire(timeout=60)
        assert len(scorer._workers) == 2
        scorer.release_all()
        wait(answers)


def test_a_request_beside_a_worker_that_was_notified_starts_another() -> None:
    with BlockingScorer(member("din"), workers=2, max_batch=1) as scorer:
        scorer.permits.release()
        scorer.score(history(1), [item(1)], {})
        assert scorer.entered.acquire(timeout=60)
        assert scorer.idle.acquire(timeout=60)
        with scorer._lock:  # nobody wakes before both have asked
            answers = [scorer.submit(history(1), [item(1)], {}) for _ in range(2)]
        for _ in answers:
            assert scorer.entered.acquire(timeout=30), "the requests are scored one after the other"
        scorer.release_all()
        wait(answers)
