"""Which of a run's states is its best: by GAUC, and by calibrated log loss where GAUC cannot tell them apart."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from din_core.domain import CheckpointError
from trainer.training.fitting.best_state import BestState, standard_error
from trainer.training.fitting.selection import Entry

FEW, MANY = 40, 2_000
Floats = NDArray[np.float64]


def pairs(users: int) -> tuple[NDArray[np.int64], Floats]:
    """Of each user a positive and a negative."""
    return np.repeat(np.arange(users), 2), np.tile([1.0, 0.0], users)


def logits(users: int, right: int, wrong_by: float = 1.0, first: int = 0) -> Floats:
    """Positives of so many users from the `first` lie 2 above their negatives, the others' twice `wrong_by` below."""
    nth = np.arange(users) - first
    upper = np.where((nth >= 0) & (nth < right), 1.0, -wrong_by)
    return np.stack([upper, -upper], axis=1).ravel()


def kept(users: int, *states: Floats) -> list[bool]:
    """Of each state in turn, whether it is the best so far."""
    best, curve, found = BestState(*pairs(users)), list[Entry](), list[bool]()
    for logit in states:
        entry, taken = best.look(logit, curve)
        curve.append(entry)
        found.append(taken)
    return found


def test_over_many_users_the_highest_gauc_is_kept_however_little_it_is_ahead() -> None:
    low, high = logits(MANY, 1_500, wrong_by=0.1), logits(MANY, 1_501)
    assert kept(MANY, low, high, low, high) == [True, True, False, False]


def test_over_few_users_of_states_with_about_the_same_gauc_the_one_with_the_lower_loss_is_kept() -> None:
    ahead, behind = logits(FEW, 31), logits(FEW, 30, wrong_by=0.1, first=3)
    assert kept(FEW, ahead, behind, ahead) == [True, True, False]


def test_a_state_that_is_behind_by_more_than_a_standard_error_is_not_kept_for_its_loss() -> None:
    assert kept(FEW, logits(FEW, 31), logits(FEW, 28, wrong_by=0.1)) == [True, False]


def test_a_new_highest_gauc_takes_the_place_of_a_best_that_it_leaves_behind() -> None:
    assert kept(FEW, logits(FEW, 28, wrong_by=0.1), logits(FEW, 34)) == [True, True]


def test_of_one_user_gauc_tells_nothing_and_the_loss_alone_chooses() -> None:
    user, label = np.zeros(40, np.int64), np.tile([1.0, 0.0], 20)
    rng = np.random.default_rng(1)
    noise = rng.normal(size=40)
    best = BestState(user, label)
    assert [best.look(strength * label + noise, [])[1] for strength in (1.0, 2.0, 0.5)] == [True, True, False]


def test_what_goes_on_chooses_as_what_was_not_broken_off() -> None:
    ways = ((28, 1.0, 0), (31, 1.0, 0), (30, 0.3, 3), (31, 0.1, 2), (33, 2.0, 5))
    states = [logits(FEW, *way) for way in ways]
    whole = BestState(*pairs(FEW))
    entries = [whole.look(state, []) for state in states]
    begun = BestState(*pairs(FEW))
    curve = [{**begun.look(state, [])[0], "step": float(step)} for step, state in enumerate(states[:3])]
    best_step = max(step for step, (_, taken) in enumerate(entries[:3]) if taken)
    again = BestState(*pairs(FEW))
    again.restore(begun.tensors(), curve, best_step)
    assert [again.look(state, []) for state in states[3:]] == entries[3:]


def test_an_unfinished_run_of_an_earlier_release_is_refused() -> None:
    with pytest.raises(CheckpointError, match="of an earlier release; pass --restart"):
        BestState(*pairs(FEW)).restore({}, [{"step": 1.0, "gauc": 0.5}], 1)


def test_a_standard_error_is_of_a_mean_over_users() -> None:
    value, share = np.array([1.0, 0.0, 1.0, 0.0]), np.full(4, 0.25)
    assert standard_error(value, share) == pytest.approx(np.std(value, ddof=1) / 2)
    assert standard_error(np.array([1.0]), np.array([1.0])) == np.inf
