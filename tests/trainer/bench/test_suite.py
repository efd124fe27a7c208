"""Parts of the benchmark run alone: one that breaks costs its own rows."""

import os
from concurrent.futures.process import BrokenProcessPool

import pytest

from trainer.bench.suite import Wanted, apart, run_part


def test_a_part_that_breaks_says_so_and_costs_its_own_rows_alone():
    (row,) = run_part("rescoring", Wanted(("rescoring",), quick=True, store="sqlite:////nowhere.db", checkpoint="x"))
    assert (row.part, dict(row.values)) == ("rescoring", {})
    assert row.note.startswith("broke: no store at /nowhere.db")


def test_parts_run_in_a_process_of_their_own_that_may_die():
    assert apart(os.getpid) != os.getpid()
    with pytest.raises(BrokenProcessPool):
        apart(os._exit, 1)
