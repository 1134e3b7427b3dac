"""The operators' pages name what the stacks really have."""

import re
import unittest

from stack import ROOT, Stack, fleet

PAGES = ("OPERATIONS.ja.md",)


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def slug(heading):
    """GitHub's anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


class Operations(unittest.TestCase):
    def test_every_alarm_has_its_row(self):
        for stack, prefix in ((Stack("acme", ScheduleState="ENABLED"), "emc-link-acme-"), (fleet(), "emc-link-fleet-")):
            for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
                kind = alarm["Properties"]["AlarmName"].removeprefix(prefix)
                for name in PAGES:
                    self.assertIn(f"| `{kind}` |", page(name), name)

    def test_every_event_has_its_row(self):
        for path in (ROOT / "events").iterdir():
            for name in PAGES:
                self.assertIn(f"| `{path.name}` |", page(name), name)

    def test_what_is_spelled_out_is_what_the_stack_makes(self):
        stack = Stack("acme")
        for name in PAGES:
            for text in (
                stack.outputs["StateUri"],
                f"--secret-id {stack.properties('TenantSecret')['Name']} ",
                f"--queue-name {fleet().properties('FailedInvocations')['QueueName']} ",
                stack.properties("FailedInvocations")["QueueName"],
            ):
                self.assertIn(text, page(name), name)
            for output in ("Console", "RunsConsole"):
                self.assertIn(f"`{output}`", page(name), name)
                self.assertIn(output, stack.outputs)

    def test_every_command_says_its_region(self):
        # emc-link and sam read it from a file that is named in the text; AWS's own command line would take whatever is set.
        for name in PAGES:
            blocks = re.findall(r"^ *```sh\n(.*?)^ *```", page(name), re.S | re.M)
            for line in "".join(blocks).replace("\\\n", " ").splitlines():
                if re.search(r"\baws (s3|s3api|secretsmanager|sqs|cloudformation|lambda) ", line):
                    self.assertIn("--region ", line)

    def test_every_link_leads_somewhere(self):
        for name in (*PAGES, "SCALE.md"):
            text = page(name)
            anchors = {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.M)}
            for target in re.findall(r"\]\(([^)]+)\)", text):
                if target.startswith("#"):
                    self.assertIn(target[1:], anchors, name)
                elif not target.startswith("http"):
                    self.assertTrue((ROOT / "docs" / target.split("#")[0]).is_file(), f"{name}: {target}")


class Scale(unittest.TestCase):
    def test_the_costs_add_up(self):
        table = page("SCALE.md").split("## What a tenant costs a month")[1].split("**sum**")
        parts = [float(cell) for cell in re.findall(r"\| ([0-9.]+) \|$", table[0], re.M)]
        total = float(re.search(r"\*\*([0-9.]+)\*\*", table[1]).group(1))
        self.assertEqual(round(sum(parts), 2), total)

    def test_an_account_costs_what_its_parts_cost(self):
        table = page("SCALE.md").split("## What an account costs a month")[1].split("**account**")
        parts = [float(cell) for cell in re.findall(r"\| ([0-9.]+) \|$", table[0], re.M)]
        account = float(re.search(r"\*\*([0-9.]+)\*\*", table[1]).group(1))
        self.assertEqual(round(sum(parts), 2), account)
        tenant = float(re.search(r"\*\*sum\*\* \|[ |]*\*\*([0-9.]+)\*\*", page("SCALE.md")).group(1))
        rows = re.findall(r"^\| ([0-9,]+) \| ([0-9]+) \| ([0-9,]+) \| ([0-9.]+) \|", page("SCALE.md"), re.M)
        self.assertEqual(len(rows), 4)
        for tenants, accounts, month, each in rows:
            tenants, month = int(tenants.replace(",", "")), int(month.replace(",", ""))
            self.assertAlmostEqual(tenants * tenant + int(accounts) * account, month, delta=max(1, month * 0.01))
            self.assertAlmostEqual(month / tenants, float(each), delta=0.006)
        self.assertEqual(len(fleet().of_type("AWS::CloudWatch::Alarm")), 9)

    def test_what_a_tenant_uses_is_what_the_stack_has(self):
        stack, alone = Stack("acme", WatchedBy="fleet", ScheduleState="ENABLED"), Stack("acme", ScheduleState="ENABLED", OpsMail="ops@example.jp")
        text = page("SCALE.md")
        self.assertIn(f"{len(stack.of_type('AWS::IAM::Role'))} IAM roles, no alarm", text)
        self.assertIn(f"({len(stack.resources)} resources)", text)
        self.assertIn(f"{len(alone.of_type('AWS::IAM::Role'))} IAM roles, {len(alone.of_type('AWS::CloudWatch::Alarm'))} alarms", text)
        self.assertIn(f"stack of {len(alone.resources)} resources", text)


if __name__ == "__main__":
    unittest.main()
