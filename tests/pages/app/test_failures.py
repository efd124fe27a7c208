"""What fails is one sentence on the page with its details in the log, until its cause is gone."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import create_engine, inspect, text
from streamlit import config
from streamlit.error_util import handle_user_script_exception
from streamlit.testing.v1 import AppTest

from din_core.domain import DinLensError
from din_core.pages.app import failure_log, launch, startup
from din_core.pages.session import caches
from din_core.pages.widgets import failures
from tests.pages.conftest import World
from tests.pages.page_contents import said, shows_lens
from tests.postgres_server import PASSWORD, PostgresServer

Visit = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    """The log, in which nothing was said before."""
    monkeypatch.setattr(failure_log, "_last", {})
    caplog.set_level(logging.ERROR, "din_lens")
    return caplog


@pytest.fixture(autouse=True)
def _started_anew() -> Iterator[None]:
    yield
    caches.startup.clear()


def own_lines(logged: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in logged.records if record.name == "din_lens"]


def sentence(page: AppTest) -> str:
    """The one that the page says, and nothing else."""
    (found,) = said(page)
    assert not page.exception and not shows_lens(page)
    assert "Traceback" not in found and "SELECT" not in found and PASSWORD not in found
    return found


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (RuntimeError("a secret of line 7"), "RuntimeError"),
        (PermissionError(13, "Permission denied", "/models"), "Permission denied: models"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_a_start_that_fails_unexpectedly_says_the_same_to_every_visitor_and_is_logged_once(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, logged: pytest.LogCaptureFixture, fault: Exception, reason: str
) -> None:
    def fail(_: Path) -> None:
        raise fault

    monkeypatch.setattr(startup, "load_models", fail)
    page = visit()
    told = f"The app cannot start because of an unexpected fault ({reason}); the server's log says more."
    assert [sentence(page), sentence(page.run()), sentence(visit())] == [told] * 3
    (line,) = own_lines(logged)
    assert "Traceback" in line and str(fault) in line


def test_what_every_visitor_is_told_does_not_grow(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    start = startup.Startup(f"{world.url}.none", str(world.checkpoints))
    depths = []
    for _ in range(3):
        with pytest.raises(DinLensError) as raised:
            start.wait(60)
        depths.append(len(raised.traceback))
    assert len(set(depths)) == 1


def test_the_start_goes_well_once_its_fault_is_mended(visit: Visit, world: World, tmp_path: Path) -> None:
    path = Path(world.url.removeprefix("sqlite:///"))
    kept = path.rename(tmp_path / "kept")
    path.write_text("this is no database, but a letter of more than a hundred bytes " * 9)
    page = visit()
    assert "cannot be opened (file is not a database); check the address" in sentence(page)
    kept.replace(path)
    page.button[-1].click().run()
    assert shows_lens(page) and not said(page)


def truncate(path: Path) -> None:
    os.truncate(path, 4096)


def overwrite(path: Path) -> None:
    path.write_bytes(b"no database" * 4096)


def rename_table(path: Path) -> None:
    """Another program takes a table away, and the next time brings it back."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        names = ("impressions", "elsewhere")
        old, new = names if inspect(connection).has_table(names[0]) else names[::-1]
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
    engine.dispose()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncate, "malformed"),
        (overwrite, "cannot be read"),
        (Path.unlink, "unable to open database file"),
        (rename_table, "no such table: impressions"),
    ],
)
def test_a_store_that_is_damaged_is_told_and_read_again_when_it_is_mended(
    visit: Visit, world: World, tmp_path: Path, logged: pytest.LogCaptureFixture,
    damage: Callable[[Path], None], reason: str,
) -> None:  # fmt: skip
    page = visit()
    assert shows_lens(page)
    path = Path(world.url.removeprefix("sqlite:///"))
    shutil.copy(path, tmp_path / "kept")
    damage(path)
    assert reason in sentence(page.run()) and "cannot be read" in sentence(page.run())
    assert path.exists() == (damage is not Path.unlink)
    assert any("Traceback" in line and reason in line for line in own_lines(logged))
    if damage is rename_table:
        damage(path)
    else:
        shutil.copy(tmp_path / "kept", path)
    assert shows_lens(page.run()) and not said(page)


def test_postgres_that_stops_is_told_without_its_password_and_read_again_when_it_is_back(
    visit: Visit,
    monkeypatch: pytest.MonkeyPatch,
    logged: pytest.LogCaptureFixture,
    postgres: PostgresServer,
    postgres_world: str,
) -> None:
    with postgres.database(postgres_world) as name:
        page_of = visit
        monkeypatch.setenv("DIN_STORE", postgres.url(name))
        page = page_of()
        assert shows_lens(page) and not said(page)
        postgres.stop()
        try:
            assert "cannot be read" in sentence(page.run())
        finally:
            postgres.start()
        assert shows_lens(page.run()) and not said(page)
        caches.startup.clear()
    assert PASSWORD not in "".join(own_lines(logged))


def test_an_unexpected_fault_of_a_page_is_told_by_its_kind_alone(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, logged: pytest.LogCaptureFixture
) -> None:
    page = visit()
    with monkeypatch.context() as patch:
        patch.setattr("din_core.pages.session.address.resolve", lambda *_: {}[7])
        page.query_params["user"] = "8"
        told = sentence(page.run())
    assert told == "This cannot be shown because of an unexpected fault (KeyError); the server's log says more."
    assert "KeyError: 7" in own_lines(logged)[0]


def test_a_part_of_the_page_that_runs_by_itself_fails_in_a_sentence() -> None:
    def app() -> None:
        import streamlit as st

        from din_core.pages.widgets.failures import shows_failures

        @st.fragment
        @shows_failures
        def part() -> None:
            raise KeyError("secret")

        st.text("before")
        part()

    page = AppTest.from_function(app).run()
    assert page.text[0].value == "before"
    assert "(KeyError)" in sentence(page) and "secret" not in sentence(page)


def test_the_same_failure_is_logged_again_only_after_a_while(
    logged: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        failure_log.log_failure(ValueError("one"))
    assert len(own_lines(logged)) == 1
    failure_log.log_failure(ValueError("two"))
    assert len(own_lines(logged)) == 2
    monkeypatch.setattr(failure_log, "QUIET_SECONDS", 0.0)
    failure_log.log_failure(ValueError("one"))
    assert len(own_lines(logged)) == 3


def test_the_log_holds_no_password(logged: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"postgresql://din:{PASSWORD}@localhost/shop"
    monkeypatch.setenv("DIN_STORE", url)
    failure_log.log_failure(ValueError(f"could not parse {url}, password {PASSWORD}"))
    (line,) = own_lines(logged)
    assert PASSWORD not in line and "postgresql://din:***@localhost/shop" in line


def test_exceptions_stay_off_the_page_by_the_settings_and_wherever_the_app_is_started_from() -> None:
    import tomllib

    root = Path(__file__).parents[3]
    assert tomllib.loads((root / ".streamlit" / "config.toml").read_text())["client"]["showErrorDetails"] == "none"
    before = {name: config.get_option(name) for name in launch.OPTIONS}
    try:
        config.set_option("client.showErrorDetails", "full", "<default>")
        launch.set_options()
        assert config.get_option("client.showErrorDetails") == "none"
        config.set_option("client.showErrorDetails", "full")
        launch.set_options()
        assert config.get_option("client.showErrorDetails") == "full"  # as somebody chose
    finally:
        for name, value in before.items():
            config.set_option(name, value, "<default>")


def test_an_exception_of_a_callback_is_left_to_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr(failures, "report", lambda problems: told.append([str(problem) for problem in problems]))
    assert launch.on_script_error(DinLensError("no user {user}", user="7"))
    assert told == [["no user 7"]]
    import app

    assert isinstance(app.app, st.App) and app.app._on_script_error is launch.on_script_error


def test_streamlit_logs_what_a_callback_raises_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"postgresql+psycopg://din:{PASSWORD}@db.example/shop"
    monkeypatch.setenv("DIN_STORE", url)
    failure_log.hide_passwords_of_streamlit()
    logger, lines = logging.getLogger(failure_log.STREAMLIT_ERRORS), list[str]()
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: lines.append(handler.format(record)))
    logger.addHandler(handler)
    try:
        raise RuntimeError(f"no connection to {url} with {PASSWORD}")
    except RuntimeError as error:
        handle_user_script_exception(error, lambda _: True)
    finally:
        logger.removeHandler(handler)
    (line,) = lines
    assert "Traceback" in line and "no connection to" in line
    assert PASSWORD not in line
