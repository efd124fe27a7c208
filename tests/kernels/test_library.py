"""The C library is compiled once a machine; where there can be none, one line says which reason it was."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from din_core.kernels import cache_folder, library
from din_core.kernels.library import LibraryError, find_library

SOURCE = '#include <stdint.h>\n#include "more.h"\nint64_t answer(void) { return 40 + MORE; }\n'


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "c"
    folder.mkdir()
    (folder / "answer.c").write_text(SOURCE)
    (folder / "more.h").write_text("#define MORE 2\n")
    return folder


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of what is kept."""
    folder = tmp_path / "kept"
    monkeypatch.setenv("DIN_KERNELS_CACHE", str(folder))
    monkeypatch.delenv("DIN_KERNELS", raising=False)
    return folder


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, sources: Path):
    """`load` as in a process that has not asked yet, on these sources."""
    monkeypatch.setattr(library, "SOURCES", sources)
    library._load_result.cache_clear()
    yield library
    library._load_result.cache_clear()


def a_compiler(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    path = folder / "compiler"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("CC", str(path))
    return path


def counting_compiler(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's own, and a file with a letter a compiled source."""
    counted = folder / "counted"
    a_compiler(folder, monkeypatch, f'case " $* " in *" -c "*) printf x >> {counted};; esac\nexec cc "$@"')
    return counted


def test_a_library_is_compiled_once_and_kept(sources, kept, tmp_path, monkeypatch):
    counted = counting_compiler(tmp_path, monkeypatch)
    first, path = find_library(sources)
    again, same_path = find_library(sources)
    assert first.answer() == again.answer() == 42
    assert path == same_path
    assert path.parent == kept
    assert counted.read_text() == "x"
    assert [file.name for file in kept.iterdir()] == [path.name]


@pytest.mark.parametrize("changed", ["source", "header", "compiler", "flags", "processor"])
def test_whatever_decides_what_is_compiled_decides_the_entry(changed, sources, kept, tmp_path, monkeypatch):
    _, before = find_library(sources)
    if changed == "source":
        (sources / "answer.c").write_text(SOURCE + "int another;\n")
    if changed == "header":
        (sources / "more.h").write_text("#define MORE 3\n")
    if changed == "compiler":
        counting_compiler(tmp_path, monkeypatch)
    if changed == "flags":
        monkeypatch.setattr(library, "FLAGS", (*library.FLAGS, "-DUNUSED"))
    if changed == "processor":
        monkeypatch.setattr(library, "processor", lambda: "another one")
    found, after = find_library(sources)
    assert before != after
    assert found.answer() == (43 if changed == "header" else 42)


def test_a_new_version_of_the_compiler_makes_a_new_entry(sources, kept, tmp_path, monkeypatch):
    script = 'case "$1" in --version) echo {version};; *) exec cc "$@";; esac'
    a_compiler(tmp_path, monkeypatch, script.format(version=1))
    _, before = find_library(sources)
    a_compiler(tmp_path, monkeypatch, script.format(version=2))
    assert find_library(sources)[1] != before


@pytest.mark.parametrize("damage", [b"", b"\x7fELF", None], ids=["empty", "cut off", "a bit turned"])
def test_a_damaged_entry_is_made_anew(damage, sources, kept):
    _, path = find_library(sources)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()  # this process still has the old one
    path.write_bytes(content if damage is None else damage)
    assert find_library(sources)[0].answer() == 42


def test_two_processes_at_once_both_get_a_library(sources, kept):
    program = (
        "import sys; from pathlib import Path; from din_core.kernels.library import find_library\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(find_library(Path(sys.argv[1]))[0].answer())"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(sources)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in started] == ["42\n", "42\n"]
    assert len(list(kept.iterdir())) == 1


def test_the_default_folder_is_the_user_s_cache(kept, tmp_path, monkeypatch, sources):
    monkeypatch.delenv("DIN_KERNELS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert find_library(sources)[1].parent == tmp_path / "cache" / "din-lens" / "kernels"


def test_a_home_that_cannot_be_written_leaves_the_temporary_folder(kept, tmp_path, monkeypatch, sources):
    monkeypatch.delenv("DIN_KERNELS_CACHE")
    (tmp_path / "home").write_text("a file, which no folder can be in")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cache_folder.tempfile, "gettempdir", lambda: str(tmp_path))
    assert find_library(sources)[1].parent == tmp_path / f"din-lens-{os.getuid()}" / "kernels"


def test_a_read_only_folder_gives_what_it_holds(kept, monkeypatch, sources):
    _, path = find_library(sources)

    def refuse(*_args, **_keywords):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(cache_folder.tempfile, "TemporaryDirectory", refuse)
    assert find_library(sources)[1] == path
    path.unlink()
    with pytest.raises(LibraryError, match="Read-only file system"):
        find_library(sources)


def no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CC", "no-such-compiler")
    return "there is no C compiler 'no-such-compiler'"


def failing_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    script = 'case "$1" in --version) echo 1;; *) echo "fatal error: no stdint.h" >&2; exit 1;; esac'
    path = a_compiler(tmp_path, monkeypatch, script)
    return f"the C compiler {path} failed (fatal error: no stdint.h)"


def compiler_of_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    script = 'while [ $# -gt 1 ]; do if [ "$1" = -o ]; then echo rubbish > "$2"; fi; shift; done; echo 1'
    a_compiler(tmp_path, monkeypatch, script)
    return "does not load"


def noexec_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(cache_folder.os, "statvfs", lambda _: SimpleNamespace(f_flag=cache_folder.ST_NOEXEC))
    return f"no folder can keep them ({tmp_path / 'kept'} is mounted noexec)"


def no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "kept").write_text("a file")
    return f"no folder can keep them ({tmp_path / 'kept'} cannot be made (File exists))"


def a_stranger_s_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(cache_folder.os, "getuid", lambda: os.stat(tmp_path).st_uid + 12345)
    monkeypatch.setattr(cache_folder, "TRUSTED", frozenset())
    return f"no folder can keep them ({tmp_path / 'kept'} belongs to another user)"


@pytest.mark.parametrize(
    "broken",
    [no_compiler, failing_compiler, compiler_of_rubbish, noexec_folder, no_folder, a_stranger_s_folder],
)
def test_where_there_is_no_library_one_line_says_why(broken, fresh, kept, tmp_path, monkeypatch, caplog):
    why = broken(tmp_path, monkeypatch)
    with caplog.at_level(logging.INFO, logger="din_core"):
        assert fresh.load() is None
        assert fresh.load() is None
    assert [record.getMessage() for record in caplog.records] == [fresh.status()]
    assert fresh.status().startswith("no compiled kernels: ")
    assert why in fresh.status()
    assert "\n" not in fresh.status()


def test_a_library_is_loaded_without_a_word(fresh, kept, caplog):
    with caplog.at_level(logging.INFO, logger="din_core"):
        assert fresh.load().answer() == 42
    assert not caplog.records
    assert fresh.status().startswith(f"compiled kernels: {kept}")


def test_kernels_can_be_turned_off(fresh, kept, monkeypatch, caplog):
    monkeypatch.setenv("DIN_KERNELS", "off")
    with caplog.at_level(logging.INFO, logger="din_core"):
        assert fresh.load() is None
    assert not caplog.records
    assert fresh.status() == "compiled kernels are off: DIN_KERNELS=off"


def test_a_compiler_without_openmp_makes_a_library_without_threads(sources, kept, tmp_path, monkeypatch):
    a_compiler(tmp_path, monkeypatch, 'case " $* " in *" -fopenmp "*) exit 1;; esac\nexec cc "$@"')
    assert find_library(sources)[0].answer() == 42


def test_an_entry_is_followed_by_its_own_hash(sources, kept):
    content = find_library(sources)[1].read_bytes()
    assert hashlib.sha256(content[:-32]).digest() == content[-32:]
