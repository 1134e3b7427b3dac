"""The released binary, ended around every request that it sends: to S3, Secrets Manager, SES, SmartHR and EMC.

A proxy stands in front of all of them. It kills the process (SIGKILL) before it passes request N on, or after the other side
has done what it asked; or it leaves request N without an answer until Lambda's time is over, when Lambda kills. The next
start, as Lambda makes it, must bring EMC and the snapshot into agreement.
"""

import csv
import http.client
import http.server
import io
import json
import os
import subprocess
import threading
import time
import unittest
import urllib.request
import uuid

from stage import REGION, SYNC, Stage, free_port


class Proxy(http.server.ThreadingHTTPServer):
    """Passes requests on; the one that `counted` names ends the process."""

    daemon_threads = True

    def __init__(self, behind, counted):
        self.counted = counted
        self.after, self.process, self.stalls = False, None, False

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.server.passed(self, behind)

            do_PUT = do_POST = do_DELETE = do_HEAD = do_GET

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def passed(self, request, behind):
        length = request.headers.get("Content-Length")
        if request.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(request.rfile.readline().split(b";")[0], 16):
                body += request.rfile.read(size)
                request.rfile.readline()
            request.rfile.readline()
        else:
            body = request.rfile.read(int(length)) if length else None
        die = self.counted()
        if die and not self.after:
            return self.end(request)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "transfer-encoding"}
        server = http.client.HTTPConnection("127.0.0.1", behind, timeout=60)
        try:
            server.request(request.command, request.path, body=body, headers=headers)
            answer = server.getresponse()
            content = answer.read()
        finally:
            server.close()
        if die:
            return self.end(request)
        request.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        try:
            request.wfile.write(content)
        except OSError:
            pass

    def handle_error(self, *_):
        """A killed process leaves broken connections: that is what is tried here."""

    def end(self, request):
        if self.stalls:
            # Until Lambda has ended it, or it has given up by itself.
            self.process.wait()
        else:
            self.process.kill()
        request.close_connection = True


class Counter:
    """One count over all proxies."""

    def __init__(self, ports):
        self.lock, self.count, self.kill_at = threading.Lock(), 0, None
        self.proxies = {name: Proxy(port, self.counted) for name, port in ports.items()}

    def counted(self):
        with self.lock:
            self.count += 1
            return self.count == self.kill_at

    def begin(self, kill_at, after, process, stalls=False):
        with self.lock:
            self.count, self.kill_at = 0, kill_at
        for proxy in self.proxies.values():
            proxy.after, proxy.process, proxy.stalls = after, process, stalls


class Runtime(http.server.ThreadingHTTPServer):
    """Lambda's runtime API for one invocation."""

    daemon_threads = True

    def __init__(self, event, seconds, request_id):
        deadline = str(int((time.time() + seconds) * 1000))
        self.done, self.answer, self.given = threading.Event(), None, False
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if outer.given:
                    threading.Event().wait(30)
                    return
                outer.given = True
                body = json.dumps(event).encode()
                self.send_response(200)
                for name, value in (("Lambda-Runtime-Aws-Request-Id", request_id),
                                    ("Lambda-Runtime-Deadline-Ms", deadline),
                                    ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:ap-northeast-1:123456789012:function:sync"),
                                    ("Content-Length", str(len(body)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                content = self.rfile.read(int(self.headers["Content-Length"])) if self.headers["Content-Length"] else b""
                if self.headers.get("Transfer-Encoding") == "chunked":
                    while size := int(self.rfile.readline().split(b";")[0], 16):
                        content += self.rfile.read(size)
                        self.rfile.readline()
                outer.answer = json.loads(content)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                outer.done.set()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A process that was ended leaves its connection broken."""


class Kills(unittest.TestCase):
    def run_once(self, stage, counter, kill_at=None, after=False, seconds=None, request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd"):
        """One process, one event; its answer, or None if it was killed: at request `kill_at`, which with `seconds` gets no
        answer until that time is over."""
        runtime = Runtime({"mode": "sync"}, seconds or 300, request_id)
        end = time.monotonic() + (seconds or 300)
        environment = {
            "PATH": os.environ["PATH"], "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": counter.proxies["aws"].url, "AWS_LAMBDA_FUNCTION_NAME": "sync",
            "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.server_address[1]}", "TENANT_ID": "acme",
            "STATE_BUCKET": "emc-link-acme", "SECRET_ID": "emc-link/acme", "MAIL_FROM": "emc-link@example.co.jp",
        }
        counter.begin(None, after, None)
        process = subprocess.Popen([str(SYNC)], env=environment, stdout=stage.log, stderr=subprocess.STDOUT)
        counter.begin(kill_at, after, process, stalls=seconds is not None)
        while not runtime.done.wait(0.02) and process.poll() is None and time.monotonic() < end:
            pass
        process.kill()
        process.wait()
        runtime.shutdown()
        runtime.server_close()
        return runtime.answer

    def agrees(self, stage, context):
        snapshot = json.loads(stage.read("snapshot.json"))
        request = urllib.request.Request(f"http://{stage.host}:{stage.emc_port}/v1/users.csv",
                                         headers={"Authorization": "Bearer emc-token"})
        with urllib.request.urlopen(request) as answer:
            rows = list(csv.DictReader(io.StringIO(answer.read().decode("utf-8-sig"))))
        self.assertEqual(sorted(user["id"] for user in snapshot["users"]["ids"]), sorted(row["ユーザID"] for row in rows), context)
        self.assertNotIn("pending.json", stage.keys(), context)

    def linked(self, stage):
        """A tenant whose requests all pass the proxies, linked once; and how many requests a run sends."""
        counter = Counter({"aws": stage.aws_port, "smarthr": stage.smarthr_port, "emc": stage.emc_port})
        config = stage.config()
        for name, port in (("smarthr", stage.smarthr_port), ("emc", stage.emc_port)):
            config = config.replace(f"http://{stage.host}:{port}", counter.proxies[name].url)
        stage.put("config.toml", config.encode())
        self.assertEqual(self.run_once(stage, counter)["outcome"], "success")
        stage.steer(stage.smarthr_port, "company/hire?n=1")
        self.assertEqual(self.run_once(stage, counter)["outcome"], "success")
        self.assertGreater(counter.count, 15)
        return counter, counter.count

    def ended_and_started_again(self, stage, counter, context, **how):
        """Somebody joins, somebody is promoted, the run is ended, the next one does it."""
        stage.steer(stage.smarthr_port, "company/hire?n=1")
        stage.steer(stage.smarthr_port, "company/change_positions?n=1")
        answer = self.run_once(stage, counter, **how)
        # Lambda starts again after a minute, when the dead run's lease has ended.
        stage.s3.delete_object(Bucket="emc-link-acme", Key="tenants/acme/lock.json")
        # An invocation that ended is started again as itself; one that told what was wrong is not, and the next is another.
        next_id = str(uuid.uuid4()) if answer else "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
        again = self.run_once(stage, counter, request_id=next_id)
        self.assertIn(again.get("outcome"), ("success", "no_change", "skipped"), f"{context}: {again}")
        self.agrees(stage, context)
        return answer

    def test_killed_around_every_request_the_next_process_brings_agreement(self):
        with Stage(employees=30) as stage:
            counter, requests = self.linked(stage)
            killed = 0
            for kill_at in range(1, requests + 1):
                for after in (False, True):
                    context = f"killed {'after' if after else 'before'} request {kill_at} of {requests}"
                    killed += self.ended_and_started_again(stage, counter, context, kill_at=kill_at, after=after) is None
            print(f"{requests} requests, {killed} kills")
            self.assertGreaterEqual(killed, requests)

    def test_when_lambdas_time_is_over_at_any_request_the_next_process_brings_agreement(self):
        with Stage(employees=30) as stage:
            counter, requests = self.linked(stage)
            ended = told = 0
            for stall_at in range(1, requests + 1):
                # What is asked has been done, or has not: in turns.
                after = stall_at % 2 == 0
                context = f"no answer {'after' if after else 'before'} request {stall_at} of {requests} was done"
                answer = self.ended_and_started_again(stage, counter, context, kill_at=stall_at, after=after, seconds=3)
                ended += answer is None
                told += answer is not None
            print(f"{requests} requests without an answer: {ended} ended by Lambda, {told} told it themselves")
            self.assertGreater(ended, 0)
            self.assertGreater(told, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
