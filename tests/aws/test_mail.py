"""Mails on the worst days, under SES's own limit, read by Python's MIME parser."""

import base64
import binascii
import csv
import email
import email.policy
import io
import re
import unittest

from stage import SHEET, Stage

EMPLOYEES = 12_900
MAX_MAIL = 7_000_000
ENTRY = "https://emc.example.co.jp/maintenance?menu=link"
SENDER = "人事データ連携 <emc-link@example.co.jp>"


def raw(mail):
    """moto keeps what it got: the message in base64, or as it is."""
    data = mail["raw_data"]
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return data.encode()


class Mails(unittest.TestCase):
    def read(self, mail):
        """The body and the rows of each attachment of a mail that has the form that every mail has."""
        message = raw(mail)
        self.assertLessEqual(len(message), MAX_MAIL)
        self.assertIsNone(re.search(rb"(?<!\r)\n", message), "a line ends without CR")
        parsed = email.message_from_bytes(message, policy=email.policy.default)
        self.assertEqual(parsed.defects, [])
        sender = parsed["From"].addresses[0]
        self.assertEqual((sender.display_name, sender.addr_spec), ("人事データ連携", "emc-link@example.co.jp"))
        body = parsed.get_body(("plain",)).get_payload(decode=True).decode()
        self.assertEqual(body.count("\n"), body.count("\r\n"))
        self.assertIn("詳細メッセージ\r\n - 連携: みなと総合サービス(acme)\r\n", body)
        files = {}
        for part in parsed.iter_attachments():
            text = part.get_payload(decode=True).decode("utf-8-sig")
            files[part.get_filename()] = list(csv.reader(io.StringIO(text, newline="")))[1:]
        return body, files

    def whole(self, stage, run_id, name):
        date = f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}"
        text = stage.read(f"runs/{date}/{run_id}/{name}").decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline="")))[1:]

    def is_cut(self, stage, run_id, body, files, name):
        """The attachment is the stored file's beginning; its last line and the body count the same missing lines."""
        stored, sent = self.whole(stage, run_id, name), files[name]
        self.assertGreater(len(stored), EMPLOYEES)
        self.assertEqual(sent[:-1], stored[:len(sent) - 1])
        told = f"全{len(stored)}行のうち{len(stored) - len(sent) + 1}行を省略しました。"
        self.assertTrue(sent[-1][0].startswith(told), sent[-1])
        self.assertIn(told, body)
        self.assertIn(ENTRY, body)

    def function(self, stage):
        return stage.function(MAIL_FROM=SENDER, PAGES_ENTRY=ENTRY)

    def test_ids_of_twelve_thousand_change_and_are_held_then_approved(self):
        with Stage(employees=EMPLOYEES) as stage:
            function = self.function(stage)
            self.assertEqual(function.invoke({"mode": "sync"})["outcome"], "success")
            stage.put("config.toml", stage.config().replace('prefix = "A"', 'prefix = "B"').encode())
            held = function.invoke({"mode": "sync"})
            self.assertEqual((held["outcome"], held["code"]), ("held", "EMC-HOLD(Delete NG)"))
            body, files = self.read(stage.mails()[-1])
            self.assertGreater(len(self.whole(stage, held["run_id"], "plan.csv")), 2 * 12_500)
            self.assertIn(f"{ENTRY} で、", body)
            self.assertTrue(body.split("部署データ前回")[0].rstrip().endswith(f'"approve":"{held["run_id"]}"}}'), body)
            self.assertEqual(set(files), {"errors.csv", "plan.csv"})

            done = function.invoke({"mode": "sync", "approve": held["run_id"]})
            self.assertEqual(done["outcome"], "success", done["errors"])
            body, files = self.read(stage.mails()[-1])
            self.assertIn("plan.csv", files, "somebody was deleted")
            self.assertEqual(body.count("ユーザIDが「"), 3)

    def test_errors_of_twelve_thousand_people(self):
        with Stage(employees=EMPLOYEES) as stage:
            rows = "".join(f"緊急連絡{n} アドレス,ビジネスネーム,登録,エラー,更新,エラー\r\n" for n in (7, 8, 9))
            stage.put("mapping.csv", SHEET.rstrip() + b"\r\n" + rows.encode())
            failed = self.function(stage).invoke({"mode": "sync"})
            self.assertEqual((failed["outcome"], failed["code"]), ("failure", "EMC-ERROR-D(Update NG)"))
            self.assertGreater(failed["error_count"], 25_000)
            body, files = self.read(stage.mails()[-1])
            self.is_cut(stage, failed["run_id"], body, files, "errors.csv")

    def test_a_mail_refused_for_its_size_goes_without_its_files(self):
        with Stage(employees=300, ses_limit=80_000) as stage:
            rows = "緊急連絡9 アドレス,ビジネスネーム,登録,エラー,更新,エラー\r\n"
            stage.put("mapping.csv", SHEET.rstrip() + b"\r\n" + rows.encode())
            failed = self.function(stage).invoke({"mode": "sync"})
            self.assertEqual(failed["code"], "EMC-ERROR-D(Update NG)")
            [mail] = stage.mails()
            body, files = self.read(mail)
            self.assertEqual(files, {})
            self.assertIn("errors.csvは大きすぎるため添付していません。", body)


if __name__ == "__main__":
    unittest.main()
