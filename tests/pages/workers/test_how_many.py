"""As many as are asked for; else what cores and memory leave, a container's limits counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from din_core.pages.workers import how_many


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of eight cores that says nothing of itself yet."""
    for name in ("DIN_WORKERS", "DIN_DEVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(how_many.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(how_many, "CGROUP", tmp_path)
    monkeypatch.setattr(how_many, "MEMORY_INFO", tmp_path / "meminfo")
    return tmp_path


@pytest.mark.parametrize(("cores", "workers"), [(1, 0), (2, 1), (4, 3), (64, 3)])
def test_one_core_is_left_to_the_pages(monkeypatch: pytest.MonkeyPatch, cores: int, workers: int) -> None:
    monkeypatch.setattr(how_many.os, "sched_getaffinity", lambda _: set(range(cores)))
    assert how_many.most_workers() == workers


def test_a_container_has_no_more_cores_than_it_was_given(machine: Path) -> None:
    (machine / "cpu.max").write_text("150000 100000\n")
    assert how_many.most_workers() == 0
    (machine / "cpu.max").write_text("max 100000\n")
    assert how_many.most_workers() == 3


def test_a_setting_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_WORKERS", "5")
    assert (how_many.most_workers(), how_many.has_memory()) == (5, True)


@pytest.mark.parametrize("text", ["two", "-1", "1.5", "17", "٣"])
def test_a_setting_that_is_no_number_ends_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("DIN_WORKERS", text)
    with pytest.raises(SystemExit, match=f'DIN_WORKERS is "{text}"; it must be a whole number from 0 to 16'):
        how_many.most_workers()


def test_models_on_a_device_are_held_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_DEVICE", "cuda")
    assert how_many.most_workers() == 0


def test_none_is_started_where_memory_is_short(machine: Path) -> None:
    assert how_many.has_memory()  # nothing tells
    (machine / "meminfo").write_text("MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\n")
    assert how_many.has_memory()
    (machine / "memory.max").write_text("2000000000\n")
    (machine / "memory.current").write_text("900000000\n")
    (machine / "memory.stat").write_text("anon 5\ninactive_file 100000000\n")
    assert how_many.memory_left() == 1.2e9
    assert not how_many.has_memory()
