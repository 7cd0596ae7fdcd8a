"""The production files: what must hold of them whether or not a container engine is at hand."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from server import settings
from server.attachments.rules import MAX_BYTES
from server.cli import main

ROOT = Path(__file__).parents[1]
DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"migrate"}
OURS = ["migrate", "web", "worker"]


def dockerfile() -> list[tuple[str, str]]:
    """(instruction, rest) pairs, continuation lines joined, comments left out."""
    text = re.sub(r"^\s*#.*\n", "", (DOCKER / "Dockerfile").read_text(), flags=re.M)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    pairs = (line.partition(" ") for line in lines if line.strip())
    return [(name, rest.strip()) for name, _, rest in pairs]


def stages() -> list[list[tuple[str, str]]]:
    """The Dockerfile's instructions, one list per FROM."""
    found: list[list[tuple[str, str]]] = []
    for step in dockerfile():
        if step[0] == "FROM":
            found.append([])
        found[-1].append(step)
    return found


def nginx() -> list[Any]:
    """nginx.conf as nested lists: a directive is its words, a block its words and then a list."""
    text = re.sub(r"#[^\n]*", "", (DOCKER / "nginx.conf").read_text())
    tokens = re.findall(r"\"[^\"]*\"|'[^']*'|[{};]|[^\s{};]+", text)
    root: list[Any] = []
    words: list[Any] = []
    open_blocks = [root]
    for token in tokens:
        if token == "}":
            assert not words, f"a directive before a brace lacks its semicolon: {words}"
            open_blocks.pop()
        elif token in "{;":
            open_blocks[-1].append(words)
            if token == "{":
                block: list[Any] = []
                words.append(block)
                open_blocks.append(block)
            words = []
        else:
            words.append(token)
    assert len(open_blocks) == 1, "a brace is not closed"
    assert not words, f"the last directive is not ended: {words}"
    return root


def within(block: list[Any], *path: str) -> list[Any]:
    """The nested block named by its first words, e.g. `http`, `server 8443`, `location /`."""
    for name in path:
        head, _, tail = name.partition(" ")
        block = next(
            one[-1]
            for one in block
            if one[0] == head
            and (not tail or tail in one[1:-1] or any(["listen", tail] == w[:2] for w in one[-1]))
        )
    return block


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_runs_with_as_little_as_it_can(name: str) -> None:
    service = SERVICES[name]
    user, _, group = service["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & service.keys()


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONE_SHOT))
def test_each_lasting_service_is_watched_and_restarted(name: str) -> None:
    health = SERVICES[name]["healthcheck"]
    assert health["test"][0] == "CMD"
    assert {"interval", "timeout", "start_period", "retries"} < health.keys()
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_web_and_worker_wait_for_the_migration_and_that_for_the_database() -> None:
    done = {"migrate": {"condition": "service_completed_successfully"}}
    assert SERVICES["web"]["depends_on"] == done
    assert SERVICES["worker"]["depends_on"] == done
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert SERVICES["migrate"]["restart"] == "no"


def test_only_nginx_is_open_to_the_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["db"]["networks"] == ["inside"]
    assert SERVICES["nginx"]["networks"] == ["front"]


def test_the_data_lies_on_volumes_that_are_declared() -> None:
    mounts = [one for service in SERVICES.values() for one in service.get("volumes", [])]
    named = {one.split(":")[0] for one in mounts if not one.startswith(".")}
    assert named == COMPOSE["volumes"].keys() == {"database", "files"}
    assert "database:/var/lib/postgresql/data" in SERVICES["db"]["volumes"]
    for mount in mounts:
        if mount.startswith("."):
            assert (DOCKER / mount.split(":")[0]).exists()


def test_no_secret_stands_in_the_files_and_each_variable_is_explained() -> None:
    text = (DOCKER / "compose.yaml").read_text()
    asked = set(re.findall(r"\$\{(\w+)", text))
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", text))
    needed = explained(r"(\w+)=(.+)")
    optional = explained(r"#(\w+)=(.+)")
    assert asked == needed.keys() | defaults.keys()
    for name, default in defaults.items():
        assert {**needed, **optional}[name] == default
    for name in asked - defaults.keys():
        assert f"${{{name}:?" in text, f"{name} must not start empty"
        assert needed[name].endswith("replace-me")


def explained(form: str) -> dict[str, str]:
    """Name → value on the lines of env.example that have this form."""
    lines = (DOCKER / "env.example").read_text().splitlines()
    found = (re.fullmatch(form, line) for line in lines)
    return {one[1]: one[2] for one in found if one}


def test_each_setting_is_explained_with_its_default() -> None:
    known = set(re.findall(r"\bWANGGE_[A-Z_]+", Path(settings.__file__).read_text()))
    values = explained(r"#?(\w+)=(.+)")
    assert known <= values.keys()
    key = "A" * 43 + "="
    needed = {name: value for name, value in values.items() if name.endswith("_URL")}
    needed |= {"WANGGE_SEAL_KEYS": f"k1:{key}", "WANGGE_BLIND_KEY": key}
    # Where there is none by default, what stands there is an example.
    said = {
        name: value
        for name, value in values.items()
        if not name.startswith(("WANGGE_OIDC_", "WANGGE_BASE_MAP"))
    }
    assert settings.from_environment({**said, **needed}) == settings.from_environment(needed)


def test_compose_passes_on_every_setting_that_may_be_changed() -> None:
    told = {name: set(SERVICES[name]["environment"]) for name in OURS}
    for name in explained(r"#(\w+)=(.+)"):
        of_compose_alone = name.endswith("_DATABASE_URL") or name == "WANGGE_DATA_DIR"
        if name == "WANGGE_AUDIT_KEY":  # who breaks into the web signs nothing
            assert [of for of, known in told.items() if name in known] == ["worker"]
            continue
        assert of_compose_alone or all(name in known for known in told.values()), name


def test_web_and_worker_never_hold_the_administrators_key() -> None:
    assert "WANGGE_ADMIN_DATABASE_URL" in SERVICES["migrate"]["environment"]
    for name in ("web", "worker"):
        assert "POSTGRES_PASSWORD" not in str(SERVICES[name]["environment"])
    assert "//wangge_app:" in SERVICES["web"]["environment"]["WANGGE_DATABASE_URL"]
    assert "//wangge_worker:" in SERVICES["worker"]["environment"]["WANGGE_WORKER_DATABASE_URL"]


def test_the_database_is_told_what_the_private_cluster_is_told() -> None:
    from server.cluster.settings import SETTINGS

    for flag in SERVICES["db"]["command"][1:]:
        name, _, value = flag.removeprefix("-c").partition("=")
        private = re.search(rf"^{name} = '?([\w.]+)", SETTINGS, re.M)
        assert private is not None
        assert name == "shared_buffers" or private.group(1) == value


def test_the_commands_that_the_files_name_exist() -> None:
    assert (Path(sys.executable).parent / "wangge").exists()  # by this name, in the same place
    commands = [SERVICES[name]["command"] for name in OURS]
    commands.append(SERVICES["worker"]["healthcheck"]["test"][1:])
    assert commands[-1] == ["wangge", "doctor", "--quick"]  # reckons nothing anew each minute
    for program, verb, *options in commands:
        assert program == "wangge"
        told = CliRunner().invoke(main, [verb, "--help"]).output
        assert f" {verb} " in told.splitlines()[0], told
        assert all(option in told for option in options if option.startswith("--")), told
    (serve,) = [command for command in commands if command[1] == "serve"]
    assert "--host" in serve


def test_the_image_is_built_apart_and_runs_as_nobody_in_particular() -> None:
    build, final = stages()
    assert build[0] == ("FROM", "python:3.11-slim-bookworm AS build")
    assert final[0] == ("FROM", "python:3.11-slim-bookworm")
    run = " ".join(rest for name, rest in final if name == "RUN")
    assert "system-packages.sh image" in run
    assert not re.search(r"gcc|-dev\b|pip install|system-packages.sh build", run)
    uid = re.search(r"--uid (\d+)", run)
    assert uid is not None
    assert {SERVICES[name]["user"] for name in OURS} == {f"{uid.group(1)}:{uid.group(1)}"}
    assert [rest for name, rest in final if name == "USER"] == ["wangge"]
    after_user = [name for name, _ in final[final.index(("USER", "wangge")) + 1 :]]
    assert "RUN" not in after_user
    assert "COPY" not in after_user


def test_the_image_serves_and_is_watched_as_compose_says() -> None:
    final = dict(stages()[1])
    assert yaml.safe_load(final["CMD"]) == SERVICES["web"]["command"]
    _, _, probe = final["HEALTHCHECK"].partition(" CMD ")
    assert ["CMD", *yaml.safe_load(probe)] == SERVICES["web"]["healthcheck"]["test"]
    assert "/readyz" in probe


def test_the_image_copies_what_exists_and_is_let_through() -> None:
    let_through = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    for name, rest in dockerfile():
        words = shlex.split(rest)
        if name == "COPY" and not words[0].startswith("--from"):
            for source in words[:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in let_through, source


def test_the_image_takes_the_runtime_part_of_the_requirements() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    cut = next(at for at, line in enumerate(lines) if line.startswith("# checks and tests"))
    assert any(line.startswith("psycopg2==") for line in lines[:cut])
    assert not any(line.startswith("pytest==") for line in lines[:cut])
    assert any("/^# checks and tests/,$d" in rest for name, rest in stages()[0] if name == "RUN")


def test_nginx_takes_slow_requests_whole_before_anyone_works_on_them() -> None:
    http = within(nginx(), "http")
    for name in ("client_header_timeout", "client_body_timeout", "send_timeout"):
        assert [name] == [one[0] for one in http if one[0] == name]
    assert ["client_max_body_size", "8m"] in http
    outside = within(http, "server 8443", "location /")
    files = within(outside, "location /api/v1/attachments/")
    assert ["client_max_body_size", f"{MAX_BYTES >> 20}m"] in files
    assert ["proxy_pass", "$web"] in files
    assert ["proxy_request_buffering", "on"] in outside
    assert ["proxy_buffering", "on"] in outside
    assert ["gzip", "off"] in outside
    assert ["proxy_next_upstream", "off"] in outside
    assert ["proxy_pass", "$web"] in outside
    assert ["set", "$web", "http://web:8000"] in within(http, "server 8443")


def test_nginx_speaks_tls_and_sends_everyone_else_there() -> None:
    http = within(nginx(), "http")
    tls = within(http, "server 8443")
    assert ["listen", "8443", "ssl"] in tls
    assert ["ssl_protocols", "TLSv1.2", "TLSv1.3"] in tls
    mounted = {f"/run/secrets/{name}" for name in SERVICES["nginx"]["secrets"]}
    assert {one[1] for one in tls if one[0].startswith("ssl_certificate")} == mounted
    assert ["return", "308", "https://$host$request_uri"] in within(
        http, "server 8080", "location /"
    )
    alive = SERVICES["nginx"]["healthcheck"]["test"][-1]
    assert alive == "http://127.0.0.1:8080/alive"
    assert within(http, "server 8080", "location /alive")


def test_nginx_writes_down_nobodys_address_and_no_path() -> None:
    http = within(nginx(), "http")
    [form] = [" ".join(one[2:]) for one in http if one[0] == "log_format"]
    assert not re.search(r"remote_addr|forwarded|\buri|request_uri|\$request\b|args|referer", form)
    assert ["error_log", "/dev/stderr", "crit"] in nginx()


def test_the_tools_that_are_here_agree(tmp_path: Path) -> None:
    """Whoever has the compose client or nginx lets them judge; bash is everywhere."""
    for script in [*DOCKER.glob("*.sh"), ROOT / ".ci/run"]:
        subprocess.run(["bash", "-n", script], check=True)
        assert script.stat().st_mode & 0o100, f"{script} is not executable"
    if subprocess.run("docker compose version", shell=True, capture_output=True).returncode == 0:  # noqa: S602 (constant)
        files: list[str | Path] = ["--file", DOCKER / "compose.yaml"]
        files += ["--env-file", DOCKER / "env.example"]
        subprocess.run(["docker", "compose", *files, "config", "--quiet"], check=True)
    if shutil.which("nginx") and shutil.which("openssl"):
        subprocess.run(["nginx", "-t", "-q", "-c", tls_at(tmp_path)], check=True)


def tls_at(place: Path) -> Path:
    """A copy of nginx.conf whose certificate and key lie at `place`, for `nginx -t`."""
    text = (DOCKER / "nginx.conf").read_text()
    text = text.replace(" /tmp/", f" {place}/").replace("/run/secrets/", f"{place}/")
    (place / "nginx.conf").write_text(text)
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test"]
    out = ["-keyout", str(place / "tls_key"), "-out", str(place / "tls_certificate")]
    subprocess.run([*made, *out], check=True, capture_output=True)
    return place / "nginx.conf"
