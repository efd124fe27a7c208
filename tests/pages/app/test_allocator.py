"""What a run of the page frees goes back to the system."""

import subprocess
import sys

import pytest

from din_core.pages.app.allocator import keep_level

RESIDENT = """
import sys
from din_core.pages.app.allocator import keep_level
if sys.argv[1] == "level":
    keep_level()
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
before = resident()
bytes(24 * 2**20)  # freed at once: glibc now takes blocks up to this size from its heap, and keeps them
blocks = [bytes(b"x" * 2**21) for _ in range(40)]
last = bytes(b"x" * 2**19)
del blocks
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the allocator of glibc is set")
def test_blocks_below_one_that_stays_are_returned_when_they_are_freed():
    grown = {how: run(how) for how in ("as it is", "level")}
    assert grown["level"] < 2**24 < grown["as it is"]


def run(how: str) -> int:
    return int(subprocess.run([sys.executable, "-c", RESIDENT, how], capture_output=True, text=True, check=True).stdout)


def test_an_allocator_without_these_settings_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    assert keep_level() is False
