"""The pages as they are released, under AWS's runtime interface emulator: function URL events in, moto behind, and a stand-in
for Lambda that takes the start of the daily function."""

import base64
import datetime
import hashlib
import hmac
import http.server
import json
import pathlib
import re
import threading
import time
import unittest
import urllib.parse

from stage import CONNECT, SHEET, Stage

KEY = "a launch key for tests, 32 letters"
HOST = "abcdefghij.lambda-url.ap-northeast-1.on.aws"
COOKIE = "__Host-emc-link"


def signed(claims, key=KEY):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    text = b".".join(part(json.dumps(value).encode()) for value in ({"alg": "HS256", "typ": "JWT"}, claims))
    return (text + b"." + part(hmac.digest(key.encode(), text, hashlib.sha256))).decode()


def launch_token(**changes):
    """What EMC's maintenance site makes: by the documents and with no code of ours."""
    now = int(time.time())
    claims = {"aud": "acme", "sub": "yamada", "name": "山田 花子", "iat": now, "exp": now + 120, "jti": f"{now}-{id(changes)}"}
    return signed(claims | changes)


class Lambda:
    """What takes `Invoke`."""

    def __init__(self):
        self.invoked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.invoked.append((self.path, self.headers["x-amz-invocation-type"], json.loads(body)))
                self.send_response(202)
                self.send_header("x-amzn-requestid", "0f1e2d3c-0000-4000-8000-00000000000a")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Visitor:
    def __init__(self, function):
        self.function, self.cookie = function, None

    def ask(self, method, path, body=None, headers=None, binary=False):
        path, _, query = path.partition("?")
        event = {
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": {"host": HOST, "x-forwarded-proto": "https"} | (headers or {}),
            "requestContext": {
                "accountId": "anonymous", "apiId": "abcdefghij", "domainName": HOST, "domainPrefix": "abcdefghij",
                "requestId": "id", "routeKey": "$default", "stage": "$default", "time": "23/Nov/2026:04:30:00 +0000",
                "timeEpoch": 1795460000000,
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "x"},
            },
            "isBase64Encoded": body is not None,
        }
        if self.cookie:
            event["cookies"] = [f"{COOKIE}={self.cookie}"]
            event["headers"]["cookie"] = f"{COOKIE}={self.cookie}"
        if body is not None:
            event["body"] = base64.b64encode(body).decode()
        answer = self.function.invoke(event)
        for cookie in answer.get("cookies", []):
            self.cookie = cookie.split("=", 1)[1].split(";")[0] or None
        text = answer.get("body") or ""
        if answer.get("isBase64Encoded"):
            text = base64.b64decode(text)
            text = text if binary else text.decode()
        headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        return answer["statusCode"], headers, text

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, **form):
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.get("/")[2]).group(1)
        body = urllib.parse.urlencode({"csrf": csrf, **form}).encode()
        return self.ask("POST", path, body, {"content-type": "application/x-www-form-urlencoded"})


class ThePages(unittest.TestCase):
    def setUp(self):
        self.stage = self.enterContext(Stage(employees=60))
        self.stage.secrets.put_secret_value(SecretId="emc-link/acme", SecretString=json.dumps({
            "smarthr": {"access_token": "smarthr-token", "client_id": "emc-link", "client_secret": "emc-link-secret"},
            "emc": {"token": "emc-token"}, "connect": {"launch_key": KEY}}))
        self.stage.put("config.toml", self.stage.config().replace(
            "[emc]", f'auth_url = "http://127.0.0.1:{self.stage.smarthr_port}"\n[emc]').encode())
        self.awss_lambda = Lambda()
        self.addCleanup(self.awss_lambda.stop)
        self.function = self.stage.function(
            binary=CONNECT, SYNC_FUNCTION="emc-link-acme-sync", OTHER_LINKS="B社=https://b.example.jp",
            AWS_ENDPOINT_URL_LAMBDA=self.awss_lambda.endpoint)
        self.visitor = Visitor(self.function)

    def enter(self):
        status, headers, _ = self.visitor.get("/launch?token=" + launch_token())
        self.assertEqual((status, headers["location"]), (303, "/"))

    def test_nobody_is_inside_without_a_launch_link(self):
        for path in ("/", "/runs", "/sheet", "/connection"):
            self.assertEqual(self.visitor.get(path)[0], 401, path)
        now = int(time.time())
        for wrong in (
            launch_token(aud="beta"), launch_token(exp=now - 1, iat=now - 60), launch_token(exp=now + 3600),
            launch_token(jti=""), launch_token()[:-2], signed({"aud": "acme"}), signed({}, "x" * 32),
        ):
            self.assertEqual(self.visitor.get("/launch?token=" + wrong)[0], 403)
        token = launch_token()
        self.assertEqual(self.visitor.get("/launch?token=" + token)[0], 303)
        self.assertEqual(Visitor(self.function).get("/launch?token=" + token)[0], 403)
        self.assertIn("山田 花子", self.visitor.get("/")[2])

    def test_a_run_is_started_by_lambda_and_watched(self):
        self.enter()
        status, headers, body = self.visitor.post("/start/preview")
        self.assertEqual(status, 303, body)
        self.assertEqual(self.awss_lambda.invoked, [
            ("/2015-03-31/functions/emc-link-acme-sync/invocations", "Event", {"mode": "preview"})])
        self.assertEqual(headers["location"], "/progress/0f1e2d3c-0000-4000-8000-00000000000a")
        status, headers, body = self.visitor.get(headers["location"])
        self.assertEqual((status, headers["refresh"]), (200, "5"))
        self.assertIn("処理の開始を待っています", body)
        audit = [key for key in self.stage.keys() if key.startswith("audit/")]
        actions = [json.loads(self.stage.read(key))["action"] for key in audit]
        self.assertEqual(sorted(actions), ["accepted", "entered", "preview_started"])
        # The daily function does it, and its record is what the page then shows.
        run = self.stage.function().invoke({"mode": "preview"})
        status, _, body = self.visitor.get(f"/runs/{run['run_id']}")
        self.assertEqual(status, 200)
        self.assertIn("確認のみを行いました", body)
        self.assertIn(run["run_id"], self.visitor.get("/runs")[2])

    def test_the_consent_returns_to_the_functions_own_address_and_is_kept_in_the_secret(self):
        self.enter()
        status, headers, body = self.visitor.post("/connection/connect")
        self.assertEqual(status, 303, body)
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(headers["location"]).query)
        self.assertEqual(asked["redirect_uri"], [f"https://{HOST}/smarthr/callback"])
        back = self.follow(headers["location"])
        status, headers, body = self.visitor.get("/smarthr/callback?" + urllib.parse.urlsplit(back).query)
        self.assertEqual((status, headers.get("location")), (303, "/connection"), body)
        secret = json.loads(self.stage.secrets.get_secret_value(SecretId="emc-link/acme")["SecretString"])
        self.assertTrue(secret["smarthr"]["access_token"].startswith("access-"))
        self.assertEqual(secret["connect"]["launch_key"], KEY)
        self.assertIn("連携済み", self.visitor.get("/connection")[2])

    def follow(self, address):
        import http.client

        url = urllib.parse.urlsplit(address)
        connection = http.client.HTTPConnection(url.netloc)
        connection.request("GET", f"{url.path}?{url.query}")
        answer = connection.getresponse()
        self.assertEqual(answer.status, 302)
        connection.close()
        return answer.headers["location"]

    def test_a_change_makes_one_schedule_and_a_forged_one_makes_none(self):
        arn = "arn:aws:lambda:ap-northeast-1:123456789012:function:emc-link-acme-sync"
        role = "arn:aws:iam::123456789012:role/emc-link-acme-change"
        function = self.stage.function(
            binary=CONNECT, SYNC_FUNCTION="emc-link-acme-sync", SYNC_FUNCTION_ARN=arn, CHANGE_ROLE_ARN=role,
            AWS_ENDPOINT_URL_LAMBDA=self.awss_lambda.endpoint)
        sender = Visitor(function)
        scheduler = self.stage.scheduler
        secret = json.loads(self.stage.secrets.get_secret_value(SecretId="emc-link/acme")["SecretString"])
        secret["connect"]["webhook_token"] = "the webhook's token"
        self.stage.secrets.put_secret_value(SecretId="emc-link/acme", SecretString=json.dumps(secret))

        def event(token, body=b"{}"):
            return sender.ask("POST", "/smarthr/webhook", body, {"x-smarthr-token": token})[0]

        self.assertEqual(event("the webhook's token"), 404, "not enabled")
        config = self.stage.read("config.toml").decode()
        self.stage.put("config.toml", (config + "\n[on_change]\nenabled = true\nwait_minutes = 7\n").encode())
        for wrong in ("", "x", "the webhook's toke", "the webhook's token "):
            self.assertEqual(event(wrong), 401)
        self.assertEqual(scheduler.list_schedules()["Schedules"], [])
        before = datetime.datetime.now(datetime.UTC)
        self.assertEqual(event("the webhook's token"), 204)
        made = scheduler.get_schedule(Name="emc-link-acme-change")
        at = datetime.datetime.strptime(made["ScheduleExpression"], "at(%Y-%m-%dT%H:%M:%S)").replace(tzinfo=datetime.UTC)
        self.assertLessEqual(abs((at - before).total_seconds() - 7 * 60), 30)
        self.assertEqual(made["Target"]["Arn"], arn)
        self.assertEqual(made["Target"]["RoleArn"], role)
        self.assertEqual(json.loads(made["Target"]["Input"]), {"mode": "sync", "trigger": "change"})
        self.assertEqual(made["FlexibleTimeWindow"], {"Mode": "OFF"})
        slowest = 0
        for _ in range(50):
            began = time.monotonic()
            self.assertEqual(event("the webhook's token", b"x" * 1_000_000), 204)
            slowest = max(slowest, time.monotonic() - began)
        again = scheduler.get_schedule(Name="emc-link-acme-change")
        self.assertEqual(again["ScheduleExpression"], made["ScheduleExpression"])
        self.assertLess(slowest, 10)
        # Carried out, it is gone; the next change makes another.
        scheduler.delete_schedule(Name="emc-link-acme-change")
        time.sleep(1.1)
        self.assertEqual(event("the webhook's token"), 204)
        scheduler.get_schedule(Name="emc-link-acme-change")

    def test_a_workbook_goes_out_and_comes_back(self):
        self.enter()
        status, headers, workbook = self.visitor.get("/sheet/current", binary=True)
        self.assertEqual(status, 200)
        self.assertTrue(workbook.startswith(b"PK\x03\x04"))
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.visitor.get("/")[2]).group(1)
        form = (f'--b\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n{csrf}\r\n'
                '--b\r\ncontent-disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n').encode()
        body = form + workbook + b"\r\n--b--\r\n"
        status, headers, text = self.visitor.ask("POST", "/sheet/upload", body, {"content-type": "multipart/form-data; boundary=b"})
        self.assertEqual(status, 303, text)
        draft = headers["location"]
        page = self.visitor.get(draft)[2]
        self.assertIn("内容の違いはありません", page)
        seen = re.search(r'name="seen" value="([^"]+)"', page).group(1).replace("&quot;", '"')
        status, headers, text = self.visitor.post(f"{draft}/adopt", seen=seen)
        self.assertEqual((status, headers.get("location")), (303, "/sheet"), text)
        keys = self.stage.keys()
        self.assertIn("mapping.xlsx", keys)
        self.assertNotIn("mapping.csv", keys)
        (earlier,) = [key for key in keys if key.startswith("mapping-history/")]
        self.assertEqual(self.stage.read(earlier), SHEET)
        self.assertNotIn("lock.json", keys)


class AFaultyEnvironment(unittest.TestCase):
    def test_it_ends_the_start_and_names_what_is_wrong(self):
        with Stage(employees=20) as stage:
            function = stage.function(binary=CONNECT, TENANT_ID="A!", SYNC_FUNCTION=None)
            with self.assertRaises(Exception):  # The emulator has no words for a start that failed.
                function.invoke({"version": "2.0"})
            stage.log.flush()
            log = pathlib.Path(stage.log.name).read_text(encoding="utf-8")
            self.assertIn("SYNC_FUNCTION, TENANT_ID", log)


if __name__ == "__main__":
    unittest.main()
