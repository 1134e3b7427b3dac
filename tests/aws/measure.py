"""The function's figures: size, start, memory. `cargo measure` builds what it needs and runs this."""

import http.server
import os
import statistics
import subprocess
import threading
import time

from stage import REGION, SYNC, Stage, free_port
from test_function import event

STARTS = 50


def start_to_next():
    """Milliseconds from the start of the process to its first request for an event."""
    asked = threading.Event()
    moment = [0.0]

    class Runtime(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            moment[0] = time.perf_counter()
            asked.set()
            threading.Event().wait(1)

        def log_message(self, *_):
            pass

    port = free_port()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Runtime)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}", "AWS_LAMBDA_FUNCTION_NAME": "sync", "AWS_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769", "PATH": os.environ["PATH"],
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "TENANT_ID": "acme", "STATE_BUCKET": "b",
        "SECRET_ID": "s", "MAIL_FROM": "emc-link@example.co.jp",
    }
    begin = time.perf_counter()
    process = subprocess.Popen([str(SYNC)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not asked.wait(10):
        raise RuntimeError("the function never asked for an event")
    process.kill()
    process.wait()
    server.shutdown()
    server.server_close()
    return (moment[0] - begin) * 1000


def peaks(employees):
    """Peak memory in MiB after the first link, and after a second run of the same container."""
    with Stage(employees=employees) as stage:
        function = stage.function()
        first = function.invoke(event("sync"))
        assert first["outcome"] == "success", first
        after_first = function.peak_mib()
        second = function.invoke(event("preview"))
        assert second["outcome"] == "preview", second
        return first["counts"]["users"]["received_valid"], after_first, function.peak_mib()


size = SYNC.stat().st_size
print(f"binary: {size} bytes, {size / 2**20:.2f} MiB")
times = sorted(start_to_next() for _ in range(STARTS))
print(f"start to first next, {STARTS} starts: median {statistics.median(times):.1f} ms, "
      f"fastest {times[0]:.1f} ms, 90 % within {times[int(STARTS * 0.9)]:.1f} ms")
for employees in (11_285, 100_000):
    people, first, both = peaks(employees)
    print(f"peak memory, {people} people: {first:.1f} MiB for the first link, {both:.1f} MiB with a preview after it")
