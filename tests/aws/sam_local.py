"""Every file in events/ through `sam build` and `sam local invoke`: the function in SAM's own container flow.

Needs a Docker engine; `cargo verify --sam-local` runs it. Lambda's base image is pulled; where no registry can be
reached, a plain Debian of the same glibc generation takes its place: the function is one static-enough binary, and SAM
brings the runtime emulator itself.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from stage import ROOT, TARGET, Stage, tool
from test_function import EVENTS

MACHINE = {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]
BASE = f"public.ecr.aws/lambda/provided:al2023-{MACHINE}"
BUILD = TARGET / "sam-local" / "build"


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, **options)


def docker(*words):
    return subprocess.run(["docker", *words], capture_output=True, text=True)


def base_image():
    """The base image's origin: already there, pulled, or made here."""
    if docker("image", "inspect", BASE).returncode == 0:
        return "present"
    try:
        if subprocess.run(["docker", "pull", BASE], capture_output=True, timeout=300).returncode == 0:
            return "pulled"
    except subprocess.TimeoutExpired:
        pass
    with tempfile.TemporaryDirectory() as folder:
        system = pathlib.Path(folder) / "system"
        run("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", system,
            *[mirror for mirror in [os.environ.get("DEBIAN_MIRROR")] if mirror], stdout=subprocess.DEVNULL)
        with subprocess.Popen(["tar", "-C", system, "-c", "."], stdout=subprocess.PIPE) as archive:
            run("docker", "import", "--change", "WORKDIR /var/task", "--change", "ENV LAMBDA_TASK_ROOT=/var/task",
                "--change", "ENV LAMBDA_RUNTIME_DIR=/var/runtime", "-", BASE, stdin=archive.stdout,
                stdout=subprocess.DEVNULL)
    return "made here"


def gateway():
    """This machine's address on Docker's bridge, by which a container reaches it."""
    found = json.loads(docker("network", "inspect", "bridge").stdout)
    return found[0]["IPAM"]["Config"][0]["Gateway"]


class SamLocal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        engine = docker("info", "--format", "{{.ServerVersion}}")
        if engine.returncode != 0:
            raise RuntimeError("no Docker engine is reachable: `sam local invoke` cannot be verified here")
        print(f"Docker engine {engine.stdout.strip()}, base image: {base_image()}")
        run(tool("sam"), "build", "--config-env", "local", "--build-dir", BUILD,
            "--parameter-overrides", f"TenantId=acme MailFrom=emc-link@example.co.jp Architecture={MACHINE}", cwd=ROOT)

    def test_every_event_file(self):
        with Stage(employees=100, host=gateway()) as stage, tempfile.NamedTemporaryFile("w", suffix=".json") as variables:
            json.dump({"SyncFunction": {
                "TENANT_ID": "acme", "STATE_BUCKET": "emc-link-acme", "SECRET_ID": "emc-link/acme",
                "MAIL_FROM": "emc-link@example.co.jp", "OPS_MAIL": "ops@example.co.jp",
                "AWS_ENDPOINT_URL": stage.endpoint}}, variables)
            variables.flush()
            environment = os.environ | {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                                        "SAM_CLI_TELEMETRY": "0"}

            def invoke(event):
                command = [tool("sam"), "local", "invoke", "SyncFunction",
                           # Named, because SAM looks for it beside the template.
                           "--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local",
                           "--template", str(BUILD / "template.yaml"), "--event", str(ROOT / "events" / f"{event}.json"),
                           "--env-vars", variables.name]
                done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                return json.loads(done.stdout.strip().splitlines()[-1])

            for name, body in (("departments", "部署ID\n"), ("users", "ユーザID\n")):
                stage.put(f"baseline/{name}.csv", body.encode())
            told = {}
            # Those that leave things as they are first; the daily run twice over, by its two triggers.
            order = ["check", "preview", "baseline", "baseline-replace", "sync-daily", "scheduled-event", "sync", "sync-approve"]
            self.assertEqual(sorted(order), sorted(EVENTS))
            for event in order:
                answer = invoke(event)
                told[event] = answer["outcome"]
                print(f"{event:17} {answer['outcome']:10} {answer['code']}")
            self.assertEqual(told, {
                "check": "checked", "preview": "preview", "baseline": "baseline", "baseline-replace": "baseline",
                "sync-daily": "success", "scheduled-event": "skipped", "sync": "no_change", "sync-approve": "failure"})
            self.assertEqual(len(stage.mails()), 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
