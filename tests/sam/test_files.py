"""events/ and samconfig.toml: usable as they are."""

import json
import re
import tomllib
import unittest
from datetime import datetime

from stack import ROOT, source

RUN_ID = re.compile(r"[0-9]{8}T[0-9]{9}-[0-9a-f]{12}")


def event(name):
    return json.loads((ROOT / "events" / name).read_text(encoding="utf-8"))


class Events(unittest.TestCase):
    def test_there_is_one_for_each_accepted_form(self):
        self.assertEqual(
            {path.name for path in (ROOT / "events").iterdir()},
            {
                "sync-daily.json",
                "sync.json",
                "sync-approve.json",
                "preview.json",
                "check.json",
                "keep-alive.json",
                "baseline.json",
                "baseline-replace.json",
                "scheduled-event.json",
            },
        )

    def test_each_is_an_accepted_form(self):
        self.assertEqual(event("sync.json"), {"mode": "sync"})
        self.assertEqual(event("preview.json"), {"mode": "preview"})
        self.assertEqual(event("check.json"), {"mode": "check"})
        self.assertEqual(event("baseline.json"), {"mode": "baseline"})
        self.assertEqual(event("baseline-replace.json"), {"mode": "baseline", "replace": True})

    def test_the_daily_run_tells_its_time_with_an_offset(self):
        daily = event("sync-daily.json")
        self.assertEqual(set(daily), {"mode", "scheduled_at"})
        at = datetime.fromisoformat(daily["scheduled_at"])
        self.assertEqual((at.hour, at.minute, at.utcoffset().total_seconds()), (4, 30, 9 * 3600))

    def test_the_approval_names_a_run(self):
        approval = event("sync-approve.json")
        self.assertEqual(set(approval), {"mode", "approve"})
        self.assertIsNotNone(RUN_ID.fullmatch(approval["approve"]))

    def test_the_scheduled_event_is_eventbridges_own(self):
        scheduled = event("scheduled-event.json")
        self.assertEqual(scheduled["detail-type"], "Scheduled Event")
        self.assertEqual(scheduled["source"], "aws.events")
        self.assertIsNotNone(datetime.fromisoformat(scheduled["time"]).utcoffset())
        self.assertEqual(
            set(scheduled),
            {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"},
        )


class Environments(unittest.TestCase):
    def setUp(self):
        self.config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))

    def overrides(self, environment, command):
        pairs = self.config[environment][command]["parameters"]["parameter_overrides"]
        return dict(pair.split("=", 1) for pair in pairs)

    def test_every_override_is_a_parameter_with_an_allowed_value(self):
        for environment, command in (("acme", "deploy"), ("fleet", "deploy"), ("local", "local_invoke")):
            parameters = source("fleet.yaml" if environment == "fleet" else "template.yaml")["Parameters"]
            for name, value in self.overrides(environment, command).items():
                parameter = parameters[name]
                if "AllowedPattern" in parameter:
                    self.assertIsNotNone(re.fullmatch(parameter["AllowedPattern"], value), name)
                if "AllowedValues" in parameter:
                    self.assertIn(value, map(str, parameter["AllowedValues"]), name)
                if "MinValue" in parameter:
                    self.assertTrue(parameter["MinValue"] <= int(value) <= parameter["MaxValue"], name)

    def test_a_tenants_environment_names_that_tenant_everywhere(self):
        deploy = self.config["acme"]["deploy"]["parameters"]
        self.assertEqual(deploy["stack_name"], "emc-link-acme")
        self.assertEqual(deploy["s3_prefix"], "emc-link-acme")
        self.assertIn("Tenant=acme", deploy["tags"])
        self.assertEqual(self.overrides("acme", "deploy")["TenantId"], "acme")
        self.assertEqual(deploy["region"], "ap-northeast-1")
        # Roles have no names of their own: the weaker capability is enough.
        self.assertEqual(deploy["capabilities"], "CAPABILITY_IAM")

    def test_what_is_copied_is_switched_off_and_says_what_to_change(self):
        text = (ROOT / "samconfig.toml").read_text(encoding="utf-8")
        for environment, commands in self.config.items():
            if environment not in ("version", "default", "local", "fleet"):
                self.assertEqual(self.overrides(environment, "deploy")["ScheduleState"], "DISABLED", environment)
        for line in text.split("[local.")[0].splitlines():
            if "example.co.jp" in line:
                self.assertIn("←", line)

    def test_nothing_is_cached(self):
        # SAM would build again only what changed below functions/sync.
        for environment in self.config.values():
            if isinstance(environment, dict):
                for command in environment.values():
                    self.assertFalse(command["parameters"].get("cached"))

    def test_the_local_environment_reaches_an_emulator_and_no_deployment_does(self):
        path = self.config["local"]["local_invoke"]["parameters"]["env_vars"]
        variables = json.loads((ROOT / path).read_text(encoding="utf-8"))
        self.assertTrue(variables["SyncFunction"]["AWS_ENDPOINT_URL"].startswith("http://"))
        self.assertNotIn("deploy", self.config["local"])


if __name__ == "__main__":
    unittest.main()
