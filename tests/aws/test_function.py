"""The function as it is released, under AWS's runtime interface emulator, through everything that can start it."""

import base64
import email
import email.policy
import json
import pathlib
import unittest

from stage import ROOT, Stage

EVENTS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "events").glob("*.json"))}


def event(name):
    return EVENTS[name]


def parsed(mail):
    raw = mail["raw_data"]
    if not raw.lstrip().startswith(("From:", "Message-ID:", "Date:", "To:", "Subject:", "MIME-Version:", "Auto-Submitted:")):
        raw = base64.b64decode(raw).decode()
    return email.message_from_string(raw, policy=email.policy.default)


def attached(mail, name):
    [part] = [part for part in parsed(mail).iter_attachments() if part.get_filename() == name]
    return part.get_content().decode("utf-8-sig") if isinstance(part.get_content(), bytes) else part.get_content()


def recipients(mail):
    """moto lists an address once for the envelope and once for the header."""
    return set(mail["destinations"])


class TheFunction(unittest.TestCase):
    def test_every_event_file(self):
        with Stage() as stage:
            function = stage.function()
            self.assertEqual(function.invoke(event("check"))["outcome"], "checked")
            preview = function.invoke(event("preview"))
            self.assertEqual((preview["outcome"], preview["would"], preview["code"]), ("preview", "success", "EMC-PREVIEW"))
            self.assertNotIn("snapshot.json", stage.keys())

            refused = function.invoke(event("baseline"))
            self.assertEqual([fault["code"] for fault in refused["errors"]], ["BASELINE_MISSING"] * 2)
            stage.put("baseline/departments.csv", "部署ID\n".encode())
            stage.put("baseline/users.csv", "ユーザID\n".encode())
            self.assertEqual(function.invoke(event("baseline"))["outcome"], "baseline")
            self.assertEqual(function.invoke(event("baseline"))["errors"][0]["code"], "SNAPSHOT_EXISTS")
            self.assertEqual(function.invoke(event("baseline-replace"))["outcome"], "baseline")

            first = function.invoke(event("sync-daily"))
            self.assertEqual((first["outcome"], first["code"]), ("success", "EMC-OK"), first["errors"])
            self.assertEqual(stage.report(first["run_id"]), first)
            snapshot = json.loads(stage.read("snapshot.json"))
            self.assertEqual(snapshot["run_id"], first["run_id"])
            self.assertEqual(snapshot["users"]["valid"], first["counts"]["users"]["received_valid"])
            again = function.invoke(event("sync-daily"))
            self.assertEqual((again["outcome"], again["run_id"]), ("skipped", first["run_id"]))
            self.assertEqual(function.invoke(event("sync"))["outcome"], "no_change")
            # EventBridge's own event names the same time in UTC.
            self.assertEqual(function.invoke(event("scheduled-event"))["outcome"], "skipped")
            later = event("scheduled-event") | {"time": "2026-11-23T19:30:00Z"}
            self.assertEqual(function.invoke(later)["outcome"], "no_change")
            # A run after a change that changed nothing is tagged, so that the bucket removes it after a week.
            quiet = function.invoke(event("sync") | {"trigger": "change"})
            self.assertEqual((quiet["outcome"], quiet["trigger"]), ("no_change", "change"))
            for run, tags in [(quiet, [{"Key": "kept", "Value": "a-week"}]), (first, [])]:
                files = [key for key in stage.keys() if run["run_id"] in key]
                self.assertGreaterEqual(len(files), 2)
                for key in files:
                    self.assertEqual(stage.tags(key), tags, key)
            self.assertEqual(function.invoke(event("sync-approve"))["errors"][0]["code"], "APPROVAL_UNKNOWN")
            for key in ("pending.json", "lock.json"):
                self.assertNotIn(key, stage.keys())

            subjects = [parsed(mail)["Subject"] for mail in stage.mails()]
            self.assertEqual(subjects, ["EMC-PREVIEW", "EMC-OK", "EMC-OK", "EMC-OK", "EMC-ERROR-C(Config NG)"])
            mail = parsed(stage.mails()[1])
            self.assertEqual((mail["From"], mail["To"]), ("emc-link@example.co.jp", "hr@example.co.jp"))
            body = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
            self.assertTrue(body.startswith("処理結果: 成功\n処理開始日時: ("), body)
            self.assertIn(f"社員データ 新規件数: {first['counts']['users']['created']}\n", body)
            self.assertEqual([part.get_filename() for part in mail.iter_attachments()], ["errors.csv"])

    def test_a_hold_and_its_approval(self):
        with Stage() as stage:
            function = stage.function()
            self.assertEqual(function.invoke(event("sync"))["outcome"], "success")
            stage.steer(stage.smarthr_port, "company/hide?fraction=0.4")
            held = function.invoke(event("sync"))
            self.assertEqual((held["outcome"], held["code"]), ("held", "EMC-HOLD(Delete NG)"))
            approved = function.invoke({"mode": "sync", "approve": held["run_id"]})
            self.assertEqual(approved["outcome"], "success", approved["errors"])
            self.assertEqual(approved["counts"]["users"]["deleted"], held["counts"]["users"]["deleted"])

    def test_refused_events_are_neither_mailed_nor_recorded(self):
        with Stage(employees=20) as stage:
            function = stage.function()
            for bad in ({}, [], "sync", {"mode": "wipe"}, {"mode": "sync", "tenant": "other"}, {"detail-type": "x"}):
                answer = function.invoke(bad)
                self.assertEqual((answer["outcome"], answer["code"]), ("failure", "EMC-ERROR-C(Config NG)"), bad)
                self.assertIn('"mode":"preview"', answer["errors"][0]["message"])
            self.assertEqual((stage.mails(), [key for key in stage.keys() if key.startswith("runs/")]), ([], []))

    def test_a_bad_environment_names_every_variable(self):
        with Stage(employees=20) as stage:
            answer = stage.function(TENANT_ID="../acme", STATE_BUCKET=None, SECRET_ID="a b").invoke(event("sync"))
            self.assertEqual((answer["outcome"], answer["code"]), ("failure", "EMC-ERROR-C(Config NG)"))
            self.assertEqual([fault["field"] for fault in answer["errors"]], ["TENANT_ID", "STATE_BUCKET", "SECRET_ID"])
            self.assertEqual([recipients(mail) for mail in stage.mails()], [{"ops@example.co.jp"}])
            self.assertIn("TENANT_ID", attached(stage.mails()[0], "errors.csv"))
            # Neither recorded nor mailed: only the function's error is left to tell it.
            for changes in ({"OPS_MAIL": None}, {"MAIL_FROM": "nobody"}, {"MAIL_FROM": "stranger@example.com"}):
                answer = stage.function(TENANT_ID="../acme", **changes).invoke(event("sync"))
                self.assertIn("the environment is not valid", answer["errorMessage"], changes)
            self.assertEqual(len(stage.mails()), 1)

    def test_missing_config_sheet_and_secret_are_told_at_once(self):
        with Stage(employees=20) as stage:
            for key in ("config.toml", "mapping.csv"):
                stage.s3.delete_object(Bucket="emc-link-acme", Key=f"tenants/acme/{key}")
            answer = stage.function(SECRET_ID="no-such-secret").invoke(event("sync"))
            codes = [fault["code"] for fault in answer["errors"]]
            self.assertEqual(codes, ["CONFIG_MISSING", "SHEET_MISSING", "SECRET_MISSING"])
            self.assertIn("no-such-secret", answer["errors"][2]["message"])
            self.assertEqual(recipients(stage.mails()[0]), {"ops@example.co.jp"})

    def test_a_missing_bucket_is_a_function_error_that_names_it(self):
        with Stage(employees=20) as stage:
            answer = stage.function(STATE_BUCKET="no-such-bucket").invoke(event("sync"))
            self.assertIn("no-such-bucket", answer["errorMessage"])
            self.assertIn("NoSuchBucket", answer["errorMessage"])
            self.assertEqual(recipients(stage.mails()[0]), {"ops@example.co.jp"})
            self.assertIn("NoSuchBucket", attached(stage.mails()[0], "errors.csv"))

    def test_a_sender_that_ses_refuses_is_a_function_error_and_the_run_stands(self):
        with Stage(employees=20) as stage:
            # The first link is a person's: the daily run alone would be held.
            self.assertEqual(stage.function().invoke(event("sync"))["outcome"], "success")
            linked = len(stage.mails())
            answer = stage.function(MAIL_FROM="stranger@example.com").invoke(event("sync-daily"))
            self.assertIn("stranger@example.com", answer["errorMessage"])
            self.assertIn("MailRefused", answer["errorType"])
            self.assertTrue(any(key.endswith("mail-failed.json") for key in stage.keys()))
            # The retry sends what is owed, and does nothing else.
            retry = stage.function().invoke(event("sync-daily"))
            self.assertEqual((retry["outcome"], len(stage.mails()) - linked), ("skipped", 1))

    def test_a_rotated_token_is_written_back(self):
        with Stage(employees=20) as stage:
            config = stage.config().replace("[emc]", f'auth_url = "http://127.0.0.1:{stage.smarthr_port}"\n[emc]')
            stage.put("config.toml", config.encode())
            smarthr = {"access_token": "stale", "refresh_token": "refresh-0", "expires_at": "2020-01-01T00:00:00Z",
                       "client_id": "emc-link", "client_secret": "emc-link-secret"}
            secret = {"smarthr": smarthr, "emc": {"token": "emc-token"}, "launch": {"key": "kept"}}
            stage.secrets.put_secret_value(SecretId="emc-link/acme", SecretString=json.dumps(secret))
            self.assertEqual(stage.function().invoke(event("sync"))["outcome"], "success")
            now = json.loads(stage.secrets.get_secret_value(SecretId="emc-link/acme")["SecretString"])
            self.assertNotIn(now["smarthr"]["access_token"], ("stale", ""))
            self.assertNotEqual(now["smarthr"]["refresh_token"], "refresh-0")
            self.assertEqual(now["launch"], {"key": "kept"})


if __name__ == "__main__":
    unittest.main()
