"""Dockerfile, compose.yaml and Caddyfile agree with each other and with the app; no Docker is needed to see that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from din_core.pages.app.launch import routes
from din_core.pages.monitoring.health import HEALTH

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "din_core" / "deploy"
FILES = ("Dockerfile", "compose.yaml", "Caddyfile")


def text_of(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def services() -> dict[str, Any]:
    """What compose.yaml starts."""
    found: dict[str, Any] = yaml.safe_load(text_of("compose.yaml"))["services"]
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_setting_is_read_by_the_code(name: str) -> None:
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "din_core").rglob("*.py"))
    named = set(re.findall(r"\bDIN_[A-Z_]+", text_of(name)))
    assert not {one for one in named if f'"{one}"' not in sources}


def test_the_image_holds_what_the_app_is_made_of_and_nothing_private() -> None:
    kept = {line[1:] for line in text_of("Dockerfile.dockerignore").splitlines() if line.startswith("!")}
    assert {"app.py", "din_core", "trainer", "assets", ".streamlit", "requirements.txt"} <= kept
    assert ".streamlit/secrets.toml" in text_of("Dockerfile.dockerignore").splitlines()
    assert all((ROOT / name).exists() for name in kept)
    assert "\n*\n" in text_of("Dockerfile.dockerignore")  # all else stays out


def test_the_image_runs_as_a_user_without_rights_and_is_asked_for_its_health() -> None:
    text = text_of("Dockerfile")
    assert text.index("USER 1000") < text.index('CMD ["python", "app.py"]')
    assert f"http://127.0.0.1:8501/{HEALTH}" in text and "STREAMLIT_SERVER_PORT=8501" in text
    assert any(route.path.endswith(HEALTH) for route in routes())


def test_the_image_has_the_driver_that_the_tests_run_with() -> None:
    (driver,) = re.findall(r"psycopg\[binary\]==[\d.]+", text_of("Dockerfile"))
    assert driver in (ROOT / "requirements-dev.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", ["app-1", "app-2"])
def test_both_processes_have_a_read_only_root_no_rights_and_one_store_share_and_key(name: str) -> None:
    app = services()[name]
    assert app["read_only"] and app["cap_drop"] == ["ALL"] and app["networks"] == ["inside"]
    assert app["environment"] == services()["app-1"]["environment"]
    assert {"DIN_STORE", "DIN_SHARE", "DIN_CHECKPOINTS", "DIN_PAGE_KEY"} <= set(app["environment"])
    assert "ports" not in app


def test_no_password_stands_in_the_files_and_the_port_is_this_machines_alone() -> None:
    for secret in ("POSTGRES_PASSWORD", "DIN_PAGE_KEY", "DIN_METRICS_KEY"):
        assert f"${{{secret}:?" in text_of("compose.yaml")
    assert services()["proxy"]["ports"] == ["127.0.0.1:8080:8080"]
    assert [name for name, service in services().items() if "ports" in service] == ["proxy"]


def test_the_proxy_keeps_visitors_at_the_processes_that_there_are() -> None:
    listed = services()["proxy"]["environment"]["APP_PROCESSES"].split()
    assert listed == [f"{name}:8501" for name in services() if name.startswith("app-")]
    caddy = text_of("Caddyfile")
    assert "lb_policy cookie" in caddy and f"health_uri /{HEALTH}\n" in caddy and "{$APP_PROCESSES}" in caddy


def test_every_file_that_compose_mounts_is_there() -> None:
    mounts = re.findall(r"(\.\.?/[\w./]+)[}:]", text_of("compose.yaml"))
    assert "./Caddyfile" in mounts
    assert all((FOLDER / mount).exists() for mount in mounts)
