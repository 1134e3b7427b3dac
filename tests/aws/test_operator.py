"""The operator's command line with a deployed stack: the binary, moto behind, a stand-in for Lambda that passes events on to
the released function under AWS's runtime interface emulator."""

import csv
import dataclasses
import datetime
import http.server
import io
import json
import os
import pathlib
import re
import subprocess
import threading
import unittest
import urllib.request

from stage import CLI, REGION, Stage, free_port

FUNCTION = "emc-link-acme-sync"
# Nothing of these may be shown by any command.
SECRETS = {"access key": "AKIDOFTHEOPERATOR", "secret key": "very/secret+key", "session": "session-of-the-operator",
           "SmartHR": "smarthr-token", "Emergency Call": "emc-token"}
CAUSE_AND_REMEDY = re.compile(r"^emc-link: [^\n]*(ません|しました|です|います)[^\n]*。[^\n]*(ください|できます)[^\n]*\n\Z", re.MULTILINE)


def setUpModule():
    """Without its feature the binary knows no stack, and what is tested here would not exist."""
    shown = subprocess.run([CLI, "--help"], capture_output=True, text=True, timeout=60).stdout
    if "--function" not in shown:
        raise AssertionError(f"{CLI.name} was built without the feature aws")


class Lambda:
    """`Invoke`, answered as Lambda does."""

    def __init__(self, functions):
        self.functions, self.events, self.fault = functions, [], None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.events.append(event)
                # Signed by the operator's own key, and answered only when the run is over.
                signed = self.headers["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={SECRETS['access key']}/")
                waits = self.headers.get("x-amz-invocation-type", "RequestResponse") == "RequestResponse"
                if not signed or not waits or self.headers.get("x-amz-security-token") != SECRETS["session"]:
                    return self.fail(403, "InvalidSignatureException", {"message": "not signed as expected"})
                name = re.fullmatch("/2015-03-31/functions/([^/]+)/invocations", self.path).group(1)
                if outer.fault:
                    return outer.fault(self, event)
                if name not in outer.functions:
                    arn = f"arn:aws:lambda:{REGION}:123456789012:function:{name}"
                    told = {"Type": "User", "Message": f"Function not found: {arn}"}
                    return self.fail(404, "ResourceNotFoundException", told)
                answer = outer.functions[name](event)
                erred = isinstance(answer, dict) and "errorMessage" in answer
                self.answer(200, answer, {"x-amz-function-error": "Unhandled"} if erred else {})

            def fail(self, status, code, told):
                self.answer(status, told, {"x-amzn-errortype": code})

            def answer(self, status, value, headers):
                body = json.dumps(value).encode()
                self.send_response(status)
                for header, text in {"content-type": "application/json", "content-length": str(len(body)), **headers}.items():
                    self.send_header(header, text)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@dataclasses.dataclass
class Ended:
    exit: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class TheCommandLine(unittest.TestCase):
    def set_up(self, employees=60, **environment):
        self.stage = self.enterContext(Stage(employees=employees))
        self.here = pathlib.Path(self.stage.folder.name)
        self.function = self.stage.function(**environment)
        self.awss_lambda = Lambda({FUNCTION: self.function.invoke})
        self.addCleanup(self.awss_lambda.stop)

    def emc_link(self, *arguments, **changes):
        """One command as the operator types it, with nothing of this machine's environment."""
        environment = {
            "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": SECRETS["access key"],
            "AWS_SECRET_ACCESS_KEY": SECRETS["secret key"], "AWS_SESSION_TOKEN": SECRETS["session"],
            "AWS_ENDPOINT_URL": self.stage.endpoint, "AWS_ENDPOINT_URL_LAMBDA": self.awss_lambda.endpoint,
            "EMC_LINK_TENANT": "acme", "EMC_LINK_FUNCTION": FUNCTION, "EMC_LINK_BUCKET": "emc-link-acme",
        } | changes
        environment = {name: value for name, value in environment.items() if value is not None}
        done = subprocess.run([CLI, *arguments], env=environment, cwd=self.here, capture_output=True, text=True, timeout=120)
        for whose, secret in SECRETS.items():
            self.assertNotIn(secret, done.stdout + done.stderr, (whose, arguments))
        return Ended(done.returncode, done.stdout, done.stderr)

    def ends(self, code, *arguments, **changes):
        ended = self.emc_link(*arguments, **changes)
        self.assertEqual(ended.exit, code, (arguments, ended.out, ended.err))
        return ended

    def recorded(self, code, *arguments):
        """As JSON, a run's answer is what was recorded, and nothing stands beside it."""
        answer = self.ends(code, *arguments, "--json").json
        self.assertEqual(answer, self.stage.report(answer["run_id"]))
        return answer

    def refused(self, told, *arguments, **changes):
        """Ends with 5 and one Japanese line with cause and remedy, as text and as JSON."""
        ended = self.ends(5, *arguments, **changes)
        line = ended.err.splitlines(keepends=True)[-1]
        self.assertRegex(line, CAUSE_AND_REMEDY)
        self.assertNotRegex(line, r"\w+ \{|DispatchFailure|Some\(")
        for text in told:
            self.assertIn(text, line)
        self.assertEqual(ended.out, "")
        as_json = self.ends(5, "--json", *arguments, **changes)
        self.assertEqual(list(as_json.json), ["error"])
        for text in told:
            self.assertIn(text, as_json.json["error"])
        return ended

    def search_words(self, keep=lambda number, at: True):
        """EMC's masters without what is not kept; the ones there were."""
        address = f"http://127.0.0.1:{self.stage.emc_port}/v1/search-words"
        request = urllib.request.Request(address, headers={"authorization": f"Bearer {SECRETS['Emergency Call']}"})
        with urllib.request.urlopen(request) as answer:
            before = json.load(answer)["search_words"]
        words = [word | {"options": [option for at, option in enumerate(word["options"]) if keep(word["number"], at)]}
                 for word in before]
        self.set_search_words(words)
        return before

    def set_search_words(self, words):
        self.stage.steer(self.stage.emc_port, "search-words", json.dumps(words).encode(), method="PUT")

    def test_check(self):
        self.set_up()
        fine = self.ends(0, "check", "--masters", "masters.csv")
        self.assertIn("✓ エマージェンシーコールに接続できました。", fine.out)
        self.assertIn("問題はありません。次に: emc-link preview", fine.out)
        self.assertIn(f"… {FUNCTION} を実行しています", fine.err)
        self.assertEqual(self.recorded(0, "check")["outcome"], "checked")

        names = [row["名称"] for row in self.masters("masters.csv") if row["検索ワード"] == "検索ワード3:役職"]
        before = self.search_words(lambda number, at: number != 3 or at == 0)
        wrong = self.ends(1, "check", "--masters", "masters.csv")
        self.assertIn("✗ Point⑤ 検索ワード", wrong.out)
        self.assertIn("masters.csv", wrong.out)
        self.assertNotIn("問題はありません", wrong.out)
        rows = [row for row in self.masters("masters.csv") if row["検索ワード"] == "検索ワード3:役職"]
        self.assertEqual([row["表示順序"] for row in rows], [str(at + 1) for at in range(len(rows))])
        self.assertEqual([row["名称"] for row in rows if row["状態"] == "登録済み"], names[:1])
        # The simulators' EMC has them by SmartHR's rank, and so they are to be entered.
        missing = [row["名称"] for row in rows if row["状態"] == "要追加"]
        self.assertGreater(len(missing), 2)
        self.assertEqual(missing, [name for name in names if name in missing])
        told = self.recorded(1, "check", "--masters", "masters.csv")
        self.assertEqual([fault["code"] for fault in told["warnings"]], ["SEARCH_WORD_UNKNOWN"])
        self.set_search_words(before)

        # Without EMC no masters are known: the list stays as it was written.
        kept = (self.here / "masters.csv").read_bytes()
        rule = {"path": "/v1/search-words", "times": 99, "fault": {"kind": "error", "status": 401}}
        self.stage.steer(self.stage.emc_port, "faults", json.dumps(rule).encode())
        unreached = self.ends(1, "check", "--masters", "masters.csv")
        self.assertIn("一覧を書き出していません", unreached.out)
        self.assertEqual((self.here / "masters.csv").read_bytes(), kept)
        self.assertEqual(self.awss_lambda.events, [{"mode": "check"}] * 5)

    def masters(self, name):
        return list(csv.DictReader(io.StringIO((self.here / name).read_text(encoding="utf-8-sig"))))

    def test_from_the_baseline_to_an_approved_run(self):
        self.set_up()
        lists = {"departments": "部署ID\r\nB1\r\n", "users": "ユーザID\r\nB00001\r\n"}
        for name, content in lists.items():
            (self.here / f"{name}.csv").write_text(content, newline="")
        given = ["--departments", "departments.csv", "--users", "users.csv"]
        self.assertIn("実行の記録はまだありません。", self.ends(0, "runs").out)
        self.assertEqual(self.ends(0, "runs", "--json").json, [])
        self.assertIn("→ 次に: emc-link preview", self.ends(0, "baseline", *given).out)
        for name, content in lists.items():
            self.assertEqual(self.stage.read(f"baseline/{name}.csv").decode(), content)
        self.assertIn("→ 作り直してよければ: emc-link baseline --replace", self.ends(1, "baseline").out)
        self.assertEqual([fault["code"] for fault in self.recorded(1, "baseline")["errors"]], ["SNAPSHOT_EXISTS"])
        self.assertEqual(self.recorded(0, "baseline", "--replace")["outcome"], "baseline")
        self.assertIn("処理結果: 成功", self.ends(0, "baseline", "--replace", *given).out)

        self.assertIn("→ この内容で連携するには: emc-link sync", self.ends(0, "preview").out)
        self.assertEqual(self.recorded(0, "preview")["would"], "success")
        first = self.recorded(0, "sync")
        self.assertEqual((first["outcome"], first["counts"]["users"]["previous_total"]), ("success", 0))
        self.assertIn("前回処理とデータに変化なし", self.ends(0, "sync").out)

        self.stage.steer(self.stage.smarthr_port, "company/clear_kana?n=1")
        self.assertIn("→ 直した後に、もう一度: emc-link preview", self.ends(1, "preview").out)
        failed = self.ends(1, "sync")
        self.assertIn("件名: EMC-ERROR-D(Update NG)", failed.out)
        self.assertIn("→ 直した後に: emc-link sync", failed.out)
        self.assertEqual([fault["code"] for fault in self.recorded(1, "sync")["errors"]], ["KANA_MISSING"])

        self.stage.steer(self.stage.smarthr_port, "company/remove?n=20")
        self.assertEqual(self.recorded(3, "preview")["would"], "held")
        self.assertIn("確認のみ", self.ends(3, "preview").out)
        held = self.recorded(3, "sync")
        shown = self.ends(3, "sync")
        self.assertRegex(shown.out, r"→ 意図した変更であれば: emc-link approve \d{8}T\d{9}-[0-9a-f]{12}\n")
        self.assertIn("処理結果: 保留", shown.out)
        again = re.search(r"emc-link approve (\S+)", shown.out).group(1)
        approved = self.ends(0, "approve", again)
        self.assertIn(f"社員データ 削除件数: {held['counts']['users']['deleted']}\n", approved.out)
        self.assertEqual(self.recorded(0, "approve", again)["outcome"], "no_change")
        unknown = "20200101T000000000-000000000000"
        self.assertEqual([fault["code"] for fault in self.recorded(1, "approve", unknown)["errors"]], ["APPROVAL_UNKNOWN"])

        self.records(first, held)
        modes = [event["mode"] for event in self.awss_lambda.events]
        self.assertEqual(modes, ["baseline"] * 5 + ["preview"] * 2 + ["sync"] * 2 + ["preview"] + ["sync"] * 2
                         + ["preview"] * 2 + ["sync"] * 5)
        self.assertEqual([event.get("replace") for event in self.awss_lambda.events[:5]], [None, None, None, True, True])

    def records(self, first, held):
        """`runs` and `report` read the bucket and start nothing."""
        started = len(self.awss_lambda.events)
        ids = sorted((key.split("/")[2] for key in self.stage.keys() if key.endswith("/report.json")), reverse=True)
        listed = self.ends(0, "runs", "--last", "99", "--json").json
        self.assertEqual(listed, [self.stage.report(run_id) for run_id in ids])
        lines = self.ends(0, "runs", "--last", "3").out.splitlines()
        self.assertEqual([line.split()[0] for line in lines], ids[:3])
        everything = self.ends(0, "runs", "--last", "99").out
        self.assertRegex(everything, rf"{first['run_id']}  連携  成功  社員 新規{first['counts']['users']['created']} 更新0 削除0\n")
        self.assertIn(f"{held['run_id']}  連携  保留", everything)
        self.assertEqual(self.ends(0, "report", "--json").json["run_id"], ids[0])
        self.assertEqual(self.ends(0, "report", held["run_id"], "--json").json, held)
        report = self.ends(0, "report", held["run_id"]).out
        self.assertIn("件名: EMC-HOLD(Delete NG)\n", report)
        folder = f"runs/{held['started_at'][:10]}/{held['run_id']}/"
        shown = [line.strip() for line in report.splitlines() if "s3://" in line]
        self.assertEqual(shown, [f"s3://emc-link-acme/tenants/acme/{key}" for key in self.stage.keys() if key.startswith(folder)])
        self.assertIn(f"s3://emc-link-acme/tenants/acme/{folder}hold.json", shown)
        self.refused(["20200101T000000000-000000000000", "emc-link runs"], "report", "20200101T000000000-000000000000")
        self.assertEqual(len(self.awss_lambda.events), started)

    def test_a_bulk_upload_and_its_confirmation(self):
        self.set_up()
        before = self.search_words()
        masters = "".join(f"{word['number']} = {json.dumps([option['name'] for option in word['options']], ensure_ascii=False)}\n"
                          for word in before)
        config = self.stage.config().replace("[emc]\n", '[emc]\ndestination = "csv"\n')
        self.stage.put("config.toml", f"{config}[csv.search_words]\n{masters}".encode())
        self.assertIn("一括アップロード用ファイルを作成する設定です", self.ends(0, "check").out)
        made = self.recorded(0, "sync")
        run_id = made["run_id"]
        self.assertIn(f"outbox/{run_id}/users.csv", self.stage.keys())
        self.assertNotIn("snapshot.json", self.stage.keys())
        confirmed = self.ends(0, "confirm", run_id)
        self.assertIn(f"実行ID {run_id} のアップロードを確認しました。", confirmed.out)
        self.assertEqual(json.loads(self.stage.read("snapshot.json"))["run_id"], run_id)
        self.assertNotIn(f"outbox/{run_id}/users.csv", self.stage.keys())
        self.assertEqual(self.recorded(0, "confirm", run_id)["outcome"], "no_change")
        unknown = "20200101T000000000-000000000000"
        self.assertEqual([fault["code"] for fault in self.recorded(1, "confirm", unknown)["errors"]], ["UPLOAD_UNKNOWN"])
        self.assertIn(unknown, self.ends(1, "confirm", unknown).out)
        self.assertEqual(self.awss_lambda.events[2], {"mode": "confirm", "run_id": run_id})

    def test_while_another_run_is_in_progress(self):
        self.set_up()
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=10)
        lock = json.dumps({"holder": "20261123T043112345-0f1e2d3c4b5a", "expires_at": until.isoformat()}).encode()
        self.stage.put("lock.json", lock)
        (self.here / "masters.csv").write_text("as it was")
        unknown = "20200101T000000000-000000000000"
        for arguments in (["check", "--masters", "masters.csv"], ["baseline"], ["preview"], ["sync"], ["approve", unknown],
                          ["confirm", unknown]):
            busy = self.ends(4, *arguments)
            self.assertEqual(busy.out, "他の処理が実行中のため、何も行いませんでした。\n→ 終わった後に、もう一度実行してください。\n")
            self.assertEqual(self.ends(4, *arguments, "--json").json["outcome"], "busy")
        self.assertEqual(len(self.awss_lambda.events), 12)
        self.assertEqual((self.here / "masters.csv").read_text(), "as it was")
        self.assertEqual(self.stage.keys(), ["config.toml", "lock.json", "mapping.csv"])
        self.assertEqual(self.stage.read("lock.json"), lock)

    def test_what_cannot_be_done_is_told_with_its_remedy(self):
        self.set_up(employees=20)
        self.refused(["no-such-function", "ResourceNotFoundException", "関数名とリージョン"], "sync",
                     EMC_LINK_FUNCTION="no-such-function")
        self.refused(["no-such-bucket", "NoSuchBucket", "保存先の指定と権限"], "runs", EMC_LINK_BUCKET="no-such-bucket")
        (self.here / "list.csv").write_text("ユーザID\n")
        self.refused(["no-such-bucket", "NoSuchBucket"], "baseline", "--departments", "list.csv", "--users", "list.csv",
                     EMC_LINK_BUCKET="no-such-bucket")
        self.refused(["missing.csv"], "baseline", "--departments", "missing.csv", "--users", "list.csv")
        # Nothing of the last three came to Lambda.
        self.assertEqual(self.awss_lambda.events, [{"mode": "sync"}] * 2)

        nowhere = f"http://127.0.0.1:{free_port()}"
        for command in ("sync", "check"):
            self.refused([FUNCTION, "no connection (Connection refused", "ネットワーク"], command, AWS_ENDPOINT_URL_LAMBDA=nowhere)
        # On a busy machine the SDK's tries are over before it says that nobody listens.
        self.refused(["保存先の指定と権限"], "report", AWS_ENDPOINT_URL=nowhere)
        for command in ("sync", "runs"):
            self.refused(["環境変数 AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY を", "--profile"], command,
                         AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY="")
            self.refused(["環境変数 AWS_REGION を"], command, AWS_REGION=None)
        self.ends(0, "runs", AWS_REGION=None, AWS_DEFAULT_REGION=REGION)
        # The expired or foreign key of a person is Lambda's 403.
        self.refused(["InvalidSignatureException", "認証情報の期限と権限"], "sync", AWS_SESSION_TOKEN="expired")
        self.refused(["--state", "--function", "EMC_LINK_STATE"], "sync", "--state", "here")
        self.assertEqual(self.ends(2, "sync", EMC_LINK_BUCKET=None).out, "")

        at = len(self.awss_lambda.events)
        self.refused(["AccessDenied", "s3://emc-link-acme"], "runs", AWS_ENDPOINT_URL_S3=self.denying().endpoint)
        self.awss_lambda.functions[FUNCTION] = lambda _: {"statusCode": 200, "body": "the pages"}
        self.refused([FUNCTION, "同期の関数の名前"], "sync")
        self.awss_lambda.functions[FUNCTION] = self.function.invoke
        foreign = self.refused([FUNCTION, "テナント acme", "--tenant"], "check", EMC_LINK_TENANT="beta")
        self.assertRegex(foreign.err, r"実行ID \d{8}T\d{9}-")
        self.assertEqual(len(self.awss_lambda.events), at + 4)

    def denying(self):
        """An S3 that gives nobody anything."""
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
                self.send_response(403)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = Lambda({})
        server.server.RequestHandlerClass = Handler
        self.addCleanup(server.stop)
        return server

    def test_a_functions_error_is_told(self):
        self.set_up(employees=20, STATE_BUCKET="gone")
        for command in ("check", "preview", "sync"):
            self.refused([FUNCTION, "エラーで終了しました", "s3://gone/", "NoSuchBucket", "emc-link runs"], command)
        killed = {"errorType": "Sandbox.Timedout", "errorMessage": "RequestId: 0f1e Error: Task timed out after 900.00 seconds"}
        self.awss_lambda.functions[FUNCTION] = lambda _: killed
        self.refused(["Task timed out after 900.00 seconds)", "関数のログ"], "sync")
        # A function that does not even know its tenant answers what is wrong with it.
        self.awss_lambda.functions[FUNCTION] = self.stage.function(TENANT_ID="../acme").invoke
        self.assertIn("TENANT_ID", self.ends(1, "sync").out)

    def test_nothing_is_sent_twice(self):
        self.set_up(employees=20)

        def status(number, code):
            told = {"Type": "Service", "Message": "on purpose"}
            return lambda handler, _: handler.fail(number, code, told)

        def cut(handler, event):
            # The run is done, and its answer is lost.
            self.function.invoke(event)
            handler.close_connection = True

        def half(handler, _):
            handler.send_response(200)
            handler.send_header("content-length", "1000")
            handler.end_headers()
            handler.wfile.write(b'{"run_id":')
            handler.close_connection = True

        look_first = ["もう一度実行する前に emc-link runs"]
        commands = [["check"], ["baseline"], ["preview"], ["sync"]]
        commands += [[command, "20200101T000000000-000000000000"] for command in ("approve", "confirm")]
        for fault, told in ((status(500, "ServiceException"), ["ServiceException: on purpose", *look_first]),
                            (status(502, "EC2UnexpectedException"), look_first),
                            (status(429, "TooManyRequestsException"), ["TooManyRequestsException", "しばらく待って"]),
                            (half, look_first)):
            self.awss_lambda.fault = fault
            for command in commands:
                before = len(self.awss_lambda.events)
                self.refused([FUNCTION, *told], *command)
                self.assertEqual(len(self.awss_lambda.events) - before, 2, command)
        self.awss_lambda.fault, before = cut, len(self.awss_lambda.events)
        self.refused(look_first, "sync")
        self.assertEqual(len(self.awss_lambda.events) - before, 2)
        # What the message says to look at: the first of the two did it all.
        outcomes = [answer["outcome"] for answer in self.ends(0, "runs", "--json").json]
        self.assertEqual(outcomes, ["no_change", "success"])


if __name__ == "__main__":
    unittest.main()
