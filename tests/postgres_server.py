"""A PostgreSQL server for the tests: Debian's package, in a folder of its own, gone with the process that began it."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import URL

PASSWORD = "hunter2"
"""Of the user `din`; no page, log or error may hold it."""
LIMIT = 60
"""Seconds until a start or a stop has failed."""
INSTALLED = Path("/usr/lib/postgresql")
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # what a crash of the machine loses need not be kept
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
}
LINGUISTIC = ("--locale-provider=icu", "--icu-locale=en-US")
"""A collation such as most servers have: no order by the numbers of characters."""
GUARD = """
program=$1 folder=$2 options=$3
"$program" start --wait --timeout=60 --pgdata="$folder/data" --log="$folder/log" --options="$options" >"$folder/start"
echo $?
read word
"$program" stop --mode=fast --pgdata="$folder/data" >/dev/null
[ "$word" = keep ] || rm -rf "$folder"
"""
"""Stops the server and deletes its folder once nobody holds the other end of its input, however the tests ended."""


class PostgresServer:
    """A server whose databases are each made for one test."""

    def __init__(self, folder: Path, programs: Path, owner: dict[str, int]) -> None:
        self.folder, self._programs, self._owner = folder, programs, owner
        self._guard: subprocess.Popen[str] | None = None
        self._numbers = count()

    def make(self) -> None:
        """Make the empty cluster."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        options = ["--username=din", f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]
        linguistic = LINGUISTIC if int(self._programs.parent.name) >= 15 else ()
        made = subprocess.run(
            [self._programs / "initdb", f"--pgdata={self.folder / 'data'}", "--locale=C.UTF-8", *options, *linguistic],
            **self._owner,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert not made.returncode, made.stderr

    def start(self) -> None:
        """Start it; returns when it answers."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.folder)}
        options = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        self._guard = subprocess.Popen(
            ["sh", "-c", GUARD, "guard", self._programs / "pg_ctl", self.folder, options],
            **self._owner,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # an interrupt is the tests', not the guard's
        )
        assert self._guard.stdout is not None
        assert self._guard.stdout.readline() == "0\n", (self.folder / "log").read_text()

    def stop(self, keep: bool = True) -> None:
        """Cut every connection and stop it; another `start` finds the same databases if they are kept."""
        if self._guard is not None:
            self._guard.communicate("keep\n" if keep else "", timeout=LIMIT)
            self._guard = None

    def url(self, database: str, user: str = "din", password: str = PASSWORD) -> str:
        """A store's URL, password and all."""
        address = URL.create("postgresql+psycopg", user, password, database=database, query={"host": str(self.folder)})
        return address.render_as_string(hide_password=False)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside of any transaction."""
        with psycopg.connect(
            host=str(self.folder), user="din", password=PASSWORD, dbname=database, autocommit=True, connect_timeout=10
        ) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The name of a new database, empty or a copy; it is dropped in the end, whoever is connected."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def programs() -> Path:
    """Where the newest version's programs are; AssertionError says what to install where there are none."""
    found = sorted(INSTALLED.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    assert found, f"there is no PostgreSQL below {INSTALLED}, which the tests start; apt-get install postgresql"
    return found[-1].parent


def owner() -> dict[str, int]:
    """For `subprocess`, whose process the server is: it refuses to be root's."""
    if os.getuid():
        return {}
    entry = pwd.getpwnam("postgres")  # of Debian's package
    return {"user": entry.pw_uid, "group": entry.pw_gid}


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Made, started, and in the end stopped and deleted."""
    installed, user = programs(), owner()
    # Not below pytest's folder: that is closed to other users, and too long for a socket's path.
    folder = Path(tempfile.mkdtemp(prefix="din-lens-postgres-"))
    server = PostgresServer(folder, installed, user)
    try:
        if user:
            os.chown(folder, user["user"], user["group"])
        server.make()
        server.start()
        yield server
    finally:
        server.stop(keep=False)
        shutil.rmtree(folder, ignore_errors=True)
