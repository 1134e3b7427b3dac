"""The release binary under AWS's own runtime interface emulator, with moto as AWS and the simulators around it."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("EMC_LINK_TARGET", ROOT / "target"))
SYNC = pathlib.Path(os.environ.get("EMC_LINK_SYNC_BIN", TARGET / "release" / "sync"))
CONNECT = pathlib.Path(os.environ.get("EMC_LINK_CONNECT_BIN", TARGET / "release" / "connect"))
CLI = pathlib.Path(os.environ.get("EMC_LINK_CLI_BIN", TARGET / "debug" / "emc-link"))
SIMULATORS = pathlib.Path(os.environ.get("EMC_LINK_SIMULATORS_BIN", TARGET / "debug" / "simulators"))
REGION = "ap-northeast-1"
SHEET = (ROOT / "crates" / "simulators" / "src" / "samples" / "full.csv").read_bytes()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=30, host="127.0.0.1"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection((host, port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing answers on port {port}")


def tool(name):
    return str(pathlib.Path(sysconfig.get_path("scripts")) / name)


def emulator():
    import samcli

    machine = {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]
    path = pathlib.Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{machine}"
    path.chmod(path.stat().st_mode | 0o111)
    return str(path)


class Stage:
    """moto, SmartHR and Emergency Call; one tenant; functions that are started in them."""

    def __init__(self, employees=300, limited=False, host="127.0.0.1", ses_limit=10_485_760):
        self.host = host
        self.processes = []
        self.folder = tempfile.TemporaryDirectory()
        self.aws_port, self.smarthr_port, self.emc_port = free_port(), free_port(), free_port()
        self.log = open(pathlib.Path(self.folder.name) / "log", "w")
        moto = pathlib.Path(__file__).with_name("moto_with_limits.py")
        self.start([sys.executable, str(moto), "-H", host, "-p", str(self.aws_port)],
                   env=os.environ | {"SES_LIMIT": str(ses_limit)})
        simulators = [str(SIMULATORS), "--host", host, "--employees", str(employees), "--smarthr-port", str(self.smarthr_port),
                      "--emc-port", str(self.emc_port)]
        self.start(simulators + ([] if limited else ["--no-rate-limit"]))
        for port in (self.aws_port, self.smarthr_port, self.emc_port):
            wait_for(port, host=host)
        self.endpoint = f"http://{host}:{self.aws_port}"
        client = lambda name: boto3.client(  # noqa: E731
            name, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}))
        self.s3, self.secrets, self.ses = client("s3"), client("secretsmanager"), client("ses")
        self.scheduler = client("scheduler")
        self.s3.create_bucket(Bucket="emc-link-acme", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.put("config.toml", self.config().encode())
        self.put("mapping.csv", SHEET)
        tokens = {"smarthr": {"access_token": "smarthr-token"}, "emc": {"token": "emc-token"}}
        self.secrets.create_secret(Name="emc-link/acme", SecretString=json.dumps(tokens))
        self.ses.verify_email_identity(EmailAddress="emc-link@example.co.jp")

    def config(self):
        return (f'company = "みなと総合サービス"\n[smarthr]\nbase_url = "http://{self.host}:{self.smarthr_port}"\n'
                f'[emc]\nbase_url = "http://{self.host}:{self.emc_port}"\n[ids]\nprefix = "A"\n'
                '[notify]\nto = ["hr@example.co.jp"]\n')

    def start(self, command, **options):
        process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, **options)
        self.processes.append(process)
        return process

    def put(self, key, body, bucket="emc-link-acme"):
        self.s3.put_object(Bucket=bucket, Key=f"tenants/acme/{key}", Body=body)

    def keys(self):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket="emc-link-acme")
        return sorted(entry["Key"].removeprefix("tenants/acme/") for page in pages for entry in page.get("Contents", []))

    def read(self, key):
        return self.s3.get_object(Bucket="emc-link-acme", Key=f"tenants/acme/{key}")["Body"].read()

    def tags(self, key):
        return self.s3.get_object_tagging(Bucket="emc-link-acme", Key=f"tenants/acme/{key}")["TagSet"]

    def report(self, run_id):
        date = f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}"
        return json.loads(self.read(f"runs/{date}/{run_id}/report.json"))

    def mails(self):
        with urllib.request.urlopen(f"{self.endpoint}/moto-api/data.json") as answer:
            return json.load(answer)["ses"].get("RawMessage", [])

    def steer(self, port, path, body=b"", method="POST"):
        request = urllib.request.Request(f"http://{self.host}:{port}/_sim/{path}", data=body, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def function(self, binary=SYNC, **changes):
        return Function(self, binary, changes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        self.log.close()
        self.folder.cleanup()


class Function:
    """The binary under the emulator."""

    def __init__(self, stage, binary, changes):
        self.stage = stage
        self.port, runtime = free_port(), free_port()
        environment = {
            "PATH": os.environ["PATH"], "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": stage.endpoint, "AWS_LAMBDA_FUNCTION_NAME": "sync", "TENANT_ID": "acme",
            "STATE_BUCKET": "emc-link-acme", "SECRET_ID": "emc-link/acme", "MAIL_FROM": "emc-link@example.co.jp",
            "OPS_MAIL": "ops@example.co.jp",
        }
        environment.update(changes)
        environment = {name: value for name, value in environment.items() if value is not None}
        self.emulator = stage.start(
            [emulator(), "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
             "--runtime-api-address", f"127.0.0.1:{runtime}", str(binary)], env=environment)
        wait_for(self.port)

    def invoke(self, event):
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=600) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def bootstrap(self):
        """The binary's own process."""
        threads = pathlib.Path(f"/proc/{self.emulator.pid}/task").iterdir()
        return next(int(child) for thread in threads for child in (thread / "children").read_text().split())

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.bootstrap()}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
