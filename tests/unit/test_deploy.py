"""What the service is run with: the Dockerfile, compose.yaml, systemd's unit, the proxies, and what is promised."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from inkread.service.settings import ServiceOptions

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
UNIT = ROOT / "deploy" / "inkread.service"


def test_the_image_runs_as_nobody_offline_and_is_checked():
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER inkread$", last, re.MULTILINE)
    assert "--uid 10001" in last
    assert re.search(r"^HEALTHCHECK .*\\\n\s+CMD \[.*health/ready", last, re.MULTILINE)
    assert '"--offline"' in last.rpartition("CMD ")[2]
    assert "ADD " not in DOCKERFILE
    assert not re.search(r"curl|wget|--trusted-host", DOCKERFILE.replace("apt-get", ""))


def test_the_image_is_made_of_nothing_but_the_package():
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        name for names in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for name in names.split()
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


def test_the_composition_takes_what_a_service_does_not_need():
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["inkread"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert {"mem_limit", "pids_limit", "cpus", "tmpfs", "volumes"} <= set(service)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
def test_the_unit_is_well_formed_and_hardened(tmp_path):
    installed = tmp_path / "inkread.service"
    installed.write_text(UNIT.read_text().replace("/opt/inkread/bin/inkread", sys.executable))
    told = subprocess.run(["systemd-analyze", "verify", installed], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "inkread.service" not in told.stderr
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", UNIT]
    level = subprocess.run(command, capture_output=True, text=True, check=False)
    if "offline" in level.stderr:
        pytest.skip("systemd is too old to judge a file")
    assert level.returncode == 0, level.stdout[-300:]


@pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx")
def test_nginx_takes_what_the_page_says(tmp_path):
    (given,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs" / "deploy.md").read_text(), re.DOTALL)
    # Certificates are not made here.
    given = re.sub(r"\n *ssl_certificate.*", "", given).replace("listen 443 ssl", "listen 8443")
    config = tmp_path / "nginx.conf"
    config.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {given} }}")
    done = subprocess.run(["nginx", "-t", "-c", config, "-p", tmp_path], capture_output=True, text=True, check=False)
    assert "syntax is ok" in done.stderr, done.stderr


def test_each_promise_names_a_test_that_is_there():
    promises = re.findall(r"^\| .+ \|.*\| `(tests/[\w/]+\.py)::(\w+)` \|$", SECURITY, re.MULTILINE)
    rows = [line for line in SECURITY.splitlines() if re.match(r"\| (?!promise|---)", line)]
    assert len(rows) == len(promises) > 30
    for path, name in promises:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}, f"{path}::{name}"


def test_promised_limits_are_the_defaults():
    options = ServiceOptions()
    limits, rate, jobs = options.limits, options.rate, options.jobs
    kept = f"| {jobs.per_client} of a client, {jobs.max_pages:,} pages, {jobs.max_mb / 1024:g} GiB |"
    assert kept in SECURITY
    assert f"| {jobs.keep_s / 3600:g} h |" in SECURITY
    assert f"| {jobs.attempts} times |" in SECURITY
    assert (
        f"{limits.decode_cpu_s:g} s of processor, {limits.decode_wall_s:g} s, {limits.decode_memory_mb:,} MiB"
        in SECURITY
    )
    assert f"| {limits.max_megapixels:g} Mpx, {limits.max_side_px:,} px a side |" in SECURITY
    assert f"| {limits.max_body_mb} MiB; of a job {jobs.max_body_mb} MiB |" in SECURITY
    assert f"| {limits.max_waiting_mb} MiB |" in SECURITY
    assert f"| {limits.header_s:g} s, {limits.body_s:g} s, {limits.answer_s:g} s |" in SECURITY
    assert f"| {limits.max_pages} |" in SECURITY
    assert f"| {limits.queue} wait |" in SECURITY
    assert f"| {limits.per_client} |" in SECURITY
    assert f"| {limits.request_s:g} s |" in SECURITY
    assert f"| {rate.requests:g} requests, {rate.megapixels:,.0f} Mpx a minute |" in SECURITY
