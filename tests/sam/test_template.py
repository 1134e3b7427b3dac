"""What `sam validate --lint`, `cfn-lint` and `checkov` let pass: times, arithmetic, names, and who may do what."""

import json
import re
import unittest
import zoneinfo
from datetime import datetime, timedelta, timezone

from stack import ACCOUNT, ROOT, Stack, as_list, fleet, source

TOKYO = zoneinfo.ZoneInfo("Asia/Tokyo")


def minutes(value):
    return timedelta(minutes=int(value))


class Function(unittest.TestCase):
    def setUp(self):
        self.stack = Stack("acme")
        self.function = self.stack.properties("SyncFunction")

    def test_it_is_built_from_the_workspace_for_arm64(self):
        written = source()["Resources"]["SyncFunction"]
        self.assertEqual(written["Metadata"]["BuildMethod"], "rust-cargolambda")
        self.assertEqual(written["Metadata"]["BuildProperties"], {"Binary": "sync"})
        self.assertEqual(written["Properties"]["CodeUri"], "functions/sync")
        self.assertTrue((ROOT / "functions/sync/Cargo.toml").is_file())
        self.assertEqual(self.function["Runtime"], "provided.al2023")
        self.assertEqual(self.function["Architectures"], ["arm64"])
        self.assertEqual(self.function["Timeout"], 900)

    def test_it_gets_exactly_the_variables_it_knows(self):
        self.assertEqual(
            self.function["Environment"]["Variables"],
            {
                "TENANT_ID": "acme",
                "STATE_BUCKET": self.stack.outputs["StateBucket"],
                "SECRET_ID": self.stack.properties("TenantSecret")["Name"],
                "MAIL_FROM": "link@acme.example.jp",
                "OPS_MAIL": "",
                "PAGES_ENTRY": "",
                "LOG_LEVEL": "info",
            },
        )

    def test_no_log_level_drops_the_metrics(self):
        # Lines without a level, as the metrics are, count as INFO.
        for level in source()["Parameters"]["LogLevel"]["AllowedValues"]:
            logging = Stack("acme", LogLevel=level).properties("SyncFunction")["LoggingConfig"]
            self.assertIn(logging["ApplicationLogLevel"], ("INFO", "DEBUG"), level)
            self.assertEqual(logging["LogFormat"], "JSON")

    def test_it_logs_into_its_own_group_only(self):
        group = self.stack.properties("SyncLogs")
        self.assertEqual(self.function["LoggingConfig"]["LogGroup"], group["LogGroupName"])
        self.assertEqual(group["RetentionInDays"], 90)

    def test_no_concurrency_is_reserved(self):
        self.assertNotIn("ReservedConcurrentExecutions", self.function)

    def test_all_retries_fit_into_the_events_age(self):
        invoke = self.stack.properties("SyncFunctionEventInvokeConfig")
        attempts = 1 + invoke["MaximumRetryAttempts"]
        pauses = (60, 120)[: invoke["MaximumRetryAttempts"]]
        self.assertLessEqual(attempts * self.function["Timeout"] + sum(pauses), invoke["MaximumEventAgeInSeconds"])
        self.assertIn("failed-invocations", invoke["DestinationConfig"]["OnFailure"]["Destination"])


    def test_in_subnets_both_functions_are_and_may(self):
        placed = Stack("acme", SubnetIds="subnet-0123456789abcdef0,subnet-0123456789abcdef1", SecurityGroupIds="sg-0123456789abcdef0")
        for function, role in (("SyncFunction", "SyncRole"), ("ConnectFunction", "ConnectRole")):
            self.assertEqual(
                placed.properties(function)["VpcConfig"],
                {"SubnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"], "SecurityGroupIds": ["sg-0123456789abcdef0"]},
            )
            self.assertIn("UseSubnets", [statement["Sid"] for statement in placed.statements(role)])
            self.assertNotIn("VpcConfig", self.stack.properties(function))
            self.assertNotIn("UseSubnets", [statement["Sid"] for statement in self.stack.statements(role)])

    def test_upload_files_may_be_put_into_the_named_place_and_nowhere_else(self):
        delivering = Stack("acme", DeliverTo="emc-upload-inbox/acme")
        statements = {statement["Sid"]: statement for statement in delivering.statements("SyncRole")}
        self.assertEqual(
            statements["DeliverUploadFiles"],
            {
                "Sid": "DeliverUploadFiles",
                "Effect": "Allow",
                "Action": ["s3:PutObject", "s3:GetObject"],
                "Resource": "arn:aws:s3:::emc-upload-inbox/acme/*",
            },
        )
        self.assertNotIn("DeliverUploadFiles", [statement["Sid"] for statement in self.stack.statements("SyncRole")])
        self.assertNotIn("DeliverUploadFiles", [statement["Sid"] for statement in delivering.statements("ConnectRole")])
        pattern = source()["Parameters"]["DeliverTo"]["AllowedPattern"]
        for place in ("", "emc-upload-inbox", "emc-upload-inbox/acme", "emc-upload-inbox/in/acme_1"):
            self.assertRegex(place, pattern)
        for place in ("s3://emc-upload-inbox", "*", "emc-upload-inbox/", "emc-upload-inbox/*", "a/b", "Inbox", "emc-upload-inbox/a b"):
            self.assertNotRegex(place, pattern)

    def test_signed_code_can_be_asked_for(self):
        arn = f"arn:aws:lambda:ap-northeast-1:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
        signed = Stack("acme", CodeSigningConfigArn=arn)
        for function in ("SyncFunction", "ConnectFunction"):
            self.assertEqual(signed.properties(function)["CodeSigningConfigArn"], arn)
            self.assertNotIn("CodeSigningConfigArn", self.stack.properties(function))


class Pages(unittest.TestCase):
    def test_they_may_plan_one_schedule_and_lend_one_role(self):
        for stack in (Stack("acme"), Stack("acme", WatchedBy="fleet")):
            variables = stack.properties("ConnectFunction")["Environment"]["Variables"]
            statements = {statement["Sid"]: statement for statement in stack.statements("ConnectRole")}
            self.assertEqual(variables["SYNC_FUNCTION_ARN"], stack.outputs["FunctionArn"])
            plan, lend = statements["PlanOwnChangeRun"], statements["LendScheduleRole"]
            self.assertEqual(plan["Resource"], f"arn:aws:scheduler:ap-northeast-1:{ACCOUNT}:schedule/default/emc-link-acme-change")
            self.assertEqual(sorted(plan["Action"]), ["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:GetSchedule"])
            self.assertEqual((lend["Action"], lend["Resource"]), ("iam:PassRole", variables["CHANGE_ROLE_ARN"]))
            self.assertEqual(lend["Condition"], {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}})
        # The role that is lent may start that function.
        self.assertEqual(variables["CHANGE_ROLE_ARN"], f"arn:aws:iam::{ACCOUNT}:role/emc-link-fleet-schedules")

    def test_whoever_knows_the_address_may_call_it_and_nobody_past_it(self):
        # A function URL answers 403 to everyone where one of the two is missing.
        grants = [
            resource["Properties"]
            for resource in Stack("acme").resources.values()
            if resource["Type"] == "AWS::Lambda::Permission"
        ]
        granted = {
            (grant["Action"], grant["Principal"], grant.get("FunctionUrlAuthType"), grant.get("InvokedViaFunctionUrl"))
            for grant in grants
        }
        self.assertEqual(
            granted,
            {("lambda:InvokeFunctionUrl", "*", "NONE", None), ("lambda:InvokeFunction", "*", None, True)},
        )


class Schedule(unittest.TestCase):
    def schedule(self, **overrides):
        return Stack("acme", **overrides).properties("DailySchedule")

    def test_the_default_is_half_past_four_in_tokyo(self):
        schedule = self.schedule()
        self.assertEqual(schedule["ScheduleExpression"], "cron(30 4 * * ? *)")
        self.assertEqual(schedule["ScheduleExpressionTimezone"], "Asia/Tokyo")
        zoneinfo.ZoneInfo(schedule["ScheduleExpressionTimezone"])

    def test_every_hour_and_minute_gives_a_valid_six_field_cron(self):
        for hour in range(24):
            for minute in (0, 1, 30, 59):
                expression = self.schedule(DailyHour=hour, DailyMinute=minute)["ScheduleExpression"]
                fields = re.fullmatch(r"cron\((.+)\)", expression).group(1).split(" ")
                self.assertEqual(fields, [str(minute), str(hour), "*", "*", "?", "*"])

    def test_the_flexible_window_has_minutes(self):
        window = self.schedule()["FlexibleTimeWindow"]
        self.assertEqual(window["Mode"], "FLEXIBLE")
        self.assertIn(int(window["MaximumWindowInMinutes"]), range(1, 1441))

    def test_the_payload_is_a_daily_run_with_the_scheduled_time(self):
        payload = json.loads(self.schedule()["Target"]["Input"])
        self.assertEqual(payload, {"mode": "sync", "scheduled_at": "<aws.scheduler.scheduled-time>"})

    def test_it_is_off_until_switched_on(self):
        self.assertEqual(self.schedule()["State"], "DISABLED")
        self.assertEqual(self.schedule(ScheduleState="ENABLED")["State"], "ENABLED")

    def test_the_consent_is_kept_alive_weekly_also_while_the_daily_run_is_off(self):
        for state in ("DISABLED", "ENABLED"):
            for watched in ("itself", "fleet"):
                stack = Stack("acme", ScheduleState=state, WatchedBy=watched, FirstDay="2026-11-30T15:00:00Z")
                keep = stack.properties("KeepAliveSchedule")
                self.assertEqual((keep["State"], keep["ScheduleExpressionTimezone"]), ("ENABLED", "Asia/Tokyo"))
                # A day of the week, and no first day: it is due before the daily run is, too.
                self.assertRegex(keep["ScheduleExpression"], r"^cron\(\d+ \d+ \? \* [A-Z]{3} \*\)$")
                self.assertNotIn("StartDate", keep)
                target = keep["Target"]
                self.assertEqual(json.loads(target["Input"]), {"mode": "keep_alive"})
                self.assertEqual(target["Arn"], stack.properties("DailySchedule")["Target"]["Arn"])
                self.assertEqual(target["RoleArn"], stack.properties("DailySchedule")["Target"]["RoleArn"])

    def test_a_first_day_is_midnight_in_tokyo(self):
        self.assertNotIn("StartDate", self.schedule())
        start = self.schedule(FirstDay="2026-11-30T15:00:00Z")["StartDate"]
        at = datetime.strptime(start, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).astimezone(TOKYO)
        self.assertEqual((at.year, at.month, at.day, at.hour), (2026, 12, 1, 0))
        pattern = source()["Parameters"]["FirstDay"]["AllowedPattern"]
        for refused in ("2026-12-01", "2026-12-01T00:00:00Z", "2026-12-01T00:00:00+09:00", "2026-13-01T15:00:00Z"):
            self.assertIsNone(re.fullmatch(pattern, refused), refused)
        for accepted in ("", "2026-11-30T15:00:00Z"):
            self.assertIsNotNone(re.fullmatch(pattern, accepted), accepted)

    def test_a_start_that_is_tried_again_still_comes_the_same_night(self):
        retry = self.schedule()["Target"]["RetryPolicy"]
        self.assertLessEqual(retry["MaximumEventAgeInSeconds"], 3600)
        self.assertIn(retry["MaximumRetryAttempts"], range(1, 186))
        self.assertIn("failed-starts", self.schedule()["Target"]["DeadLetterConfig"]["Arn"])


class Kept(unittest.TestCase):
    def setUp(self):
        self.stack = Stack("acme")

    def test_state_and_tokens_outlive_the_stack(self):
        for logical in ("StateBucket", "StateBucketNeedsTls", "TenantSecret"):
            resource = self.stack.resources[logical]
            # Except on create: a first deployment that fails must not block the second by what it left behind.
            self.assertEqual(resource["DeletionPolicy"], "RetainExceptOnCreate", logical)
            self.assertEqual(resource["UpdateReplacePolicy"], "Retain", logical)

    def test_the_secret_has_no_value_in_the_template(self):
        secret = self.stack.properties("TenantSecret")
        self.assertFalse({"SecretString", "GenerateSecretString"} & secret.keys())

    def test_the_bucket_is_versioned_encrypted_private_and_tls_only(self):
        bucket = self.stack.properties("StateBucket")
        self.assertEqual(bucket["VersioningConfiguration"], {"Status": "Enabled"})
        self.assertTrue(bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"])
        self.assertEqual(set(bucket["PublicAccessBlockConfiguration"].values()), {True})
        self.assertEqual(len(bucket["PublicAccessBlockConfiguration"]), 4)
        (deny,) = self.stack.properties("StateBucketNeedsTls")["PolicyDocument"]["Statement"]
        self.assertEqual((deny["Effect"], deny["Action"]), ("Deny", "s3:*"))
        self.assertEqual(deny["Condition"], {"Bool": {"aws:SecureTransport": "false"}})
        self.assertEqual(len(deny["Resource"]), 2)

    def test_only_what_may_go_goes(self):
        rules = self.stack.properties("StateBucket")["LifecycleConfiguration"]["Rules"]
        brief = [rule for rule in rules if "TagFilters" in rule]
        rules = [rule for rule in rules if "TagFilters" not in rule]
        # Runs after a change that changed nothing; the sync function tags them (crates/link-aws/src/state.rs).
        [rule] = brief
        self.assertEqual(rule["TagFilters"], [{"Key": "kept", "Value": "a-week"}])
        self.assertEqual((rule["Prefix"], rule["ExpirationInDays"]), ("tenants/acme/runs/", 7))
        source = (ROOT / "crates/link-aws/src/state.rs").read_text(encoding="utf-8")
        self.assertIn('KEPT_A_WEEK: &str = "kept=a-week"', source)
        expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
        kept = {"runs/": 400, "outbox/": 7, "audit/": 400, "mapping-drafts/": 30, "connect/sessions/": 1, "connect/launches/": 1}
        self.assertEqual(expiring, {f"tenants/acme/{folder}": days for folder, days in kept.items()})
        old = {rule.get("Prefix"): rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
               for rule in rules if "NoncurrentVersionExpiration" in rule}
        # What was uploaded and removed holds names and first passwords; everything else can be brought back for a while.
        self.assertEqual(old, {None: 30, "tenants/acme/outbox/": 1})

    def test_queues_are_encrypted_and_keep_for_two_weeks(self):
        queues = self.stack.of_type("AWS::SQS::Queue")
        self.assertEqual(len(queues), 2)
        for logical, queue in queues.items():
            self.assertIs(queue["Properties"]["SqsManagedSseEnabled"], True, logical)
            self.assertEqual(queue["Properties"]["MessageRetentionPeriod"], 14 * 86400, logical)


class Rights(unittest.TestCase):
    """Every statement of every role names this tenant, and no other."""

    # No role has a resource that holds a `*` but for what lies below the tenant's own prefix, or in its own log group.
    OWN_WILDCARDS = (
        r"arn:aws:s3:::emc-link-acme-\d{12}/tenants/acme/((runs|outbox|audit|connect|mapping-drafts|mapping-history)/)?\*",
        r"arn:aws:logs:ap-northeast-1:\d{12}:log-group:/aws/lambda/emc-link-acme-(sync|connect):\*",
    )

    def setUp(self):
        self.stack = Stack("acme")

    def roles(self):
        return self.stack.of_type("AWS::IAM::Role")

    def test_no_managed_policy_is_attached(self):
        for logical, role in self.roles().items():
            self.assertNotIn("ManagedPolicyArns", role["Properties"], logical)

    def test_every_statement_names_the_tenant(self):
        for logical in self.roles():
            for statement in self.stack.statements(logical):
                self.assertEqual(statement["Effect"], "Allow")
                self.assertFalse({"NotAction", "NotResource"} & statement.keys(), statement["Sid"])
                for action in as_list(statement["Action"]):
                    self.assertNotIn("*", action, statement["Sid"])
                for resource in as_list(statement["Resource"]):
                    self.assertIn("acme", resource, statement["Sid"])
                    if "*" in resource:
                        own = any(re.fullmatch(pattern, resource) for pattern in self.OWN_WILDCARDS)
                        self.assertTrue(own, f"{statement['Sid']}: {resource}")

    def test_two_tenants_share_no_resource(self):
        # The sender may be one for all tenants; here each has its own.
        other = Stack("beta")

        def resources(stack):
            roles = stack.of_type("AWS::IAM::Role")
            return {r for role in roles for s in stack.statements(role) for r in as_list(s["Resource"])}

        self.assertFalse(resources(self.stack) & resources(other))

    def test_a_prefix_of_a_name_is_not_the_name(self):
        # acme's patterns must not fit acme-2.
        import fnmatch

        other = {r for role in self.roles() for s in Stack("acme-2").statements(role) for r in as_list(s["Resource"])}
        for role in self.roles():
            for statement in self.stack.statements(role):
                for pattern in as_list(statement["Resource"]):
                    hit = [resource for resource in other if fnmatch.fnmatchcase(resource, pattern)]
                    self.assertFalse(hit, pattern)

    def test_listing_is_for_the_prefix_and_mail_for_the_sender(self):
        by_sid = {statement["Sid"]: statement for statement in self.stack.statements("SyncRole")}
        self.assertEqual(by_sid["ListOwnState"]["Condition"], {"StringLikeIfExists": {"s3:prefix": "tenants/acme/*"}})
        mail = by_sid["MailAsOwnSender"]
        self.assertEqual(mail["Condition"], {"StringEquals": {"ses:FromAddress": "link@acme.example.jp"}})
        self.assertEqual(
            mail["Resource"],
            [
                f"arn:aws:ses:ap-northeast-1:{ACCOUNT}:identity/link@acme.example.jp",
                f"arn:aws:ses:ap-northeast-1:{ACCOUNT}:identity/acme.example.jp",
            ],
        )

    def test_only_scheduler_and_lambda_of_this_account_may_take_the_roles(self):
        trusts = {
            logical: role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            for logical, role in self.roles().items()
        }
        self.assertEqual({logical: len(trust) for logical, trust in trusts.items()}, {"SyncRole": 1, "ConnectRole": 1, "ScheduleRole": 1})
        for role in ("SyncRole", "ConnectRole"):
            self.assertEqual(trusts[role][0]["Principal"], {"Service": "lambda.amazonaws.com"})
        schedule = trusts["ScheduleRole"][0]
        self.assertEqual(schedule["Principal"], {"Service": "scheduler.amazonaws.com"})
        self.assertEqual(schedule["Condition"]["StringEquals"]["aws:SourceAccount"], ACCOUNT)

    def test_every_name_fits_for_the_longest_tenant(self):
        stack = Stack("a" * 32)
        for kind, key, most in (
            ("AWS::Lambda::Function", "FunctionName", 64),
            ("AWS::S3::Bucket", "BucketName", 63),
            ("AWS::SQS::Queue", "QueueName", 80),
            ("AWS::Scheduler::Schedule", "Name", 64),
            ("AWS::SNS::Topic", "TopicName", 256),
            ("AWS::CloudWatch::Alarm", "AlarmName", 255),
        ):
            for logical, resource in stack.of_type(kind).items():
                self.assertLessEqual(len(resource["Properties"][key]), most, logical)


class Alarms(unittest.TestCase):
    def setUp(self):
        self.stack = Stack("acme", ScheduleState="ENABLED")
        self.alarms = {
            resource["Properties"]["AlarmName"].removeprefix("emc-link-acme-"): resource["Properties"]
            for resource in self.stack.of_type("AWS::CloudWatch::Alarm").values()
        }

    def test_there_is_one_for_each_thing_that_can_go_wrong(self):
        self.assertEqual(set(self.alarms), {"failed-run", "held-run", "missing-run", "pages-error", "slow-run"})

    def test_every_alarm_is_told_and_watches_this_tenant(self):
        for name, alarm in self.alarms.items():
            self.assertEqual(alarm["AlarmActions"], [self.stack.outputs["AlarmTopic"]], name)
            self.assertNotIn("ActionsEnabled", alarm, name)
            watched = alarm["Namespace"] if "Dimensions" not in alarm else alarm["Dimensions"][0]["Value"]
            self.assertIn("acme", watched, name)
            self.assertIn("docs/OPERATIONS", alarm["AlarmDescription"], name)
            # What is sent by mail is garbled by too many on its way if it is not ASCII.
            self.assertTrue(alarm["AlarmDescription"].isascii(), name)

    def test_an_alarm_on_something_that_happens_is_quiet_when_nothing_does(self):
        for name in set(self.alarms) - {"missing-run"}:
            alarm = self.alarms[name]
            self.assertEqual(alarm["TreatMissingData"], "notBreaching", name)
            self.assertEqual(alarm["ComparisonOperator"], "GreaterThanOrEqualToThreshold", name)

    def test_what_is_counted_is_what_the_function_tells(self):
        emitted = (ROOT / "functions/sync/src/metrics.rs").read_text(encoding="utf-8")
        filters = {f["Properties"]["MetricTransformations"][0]["MetricName"]: f["Properties"]
                   for f in self.stack.of_type("AWS::Logs::MetricFilter").values()}
        for name in ("failed-run", "held-run", "missing-run"):
            alarm = self.alarms[name]
            counted = filters[alarm["MetricName"]]
            (told,) = counted["MetricTransformations"]
            self.assertEqual((told["MetricNamespace"], told["MetricValue"]), (alarm["Namespace"], "1"))
            self.assertEqual(counted["LogGroupName"], "/aws/lambda/emc-link-acme-sync")
            for field in re.findall(r"\$\.(\w+)", counted["FilterPattern"]):
                self.assertIn(f'"{field}"', emitted)
            self.assertEqual(alarm["Statistic"], "Sum")

    def test_one_lost_run_raises_one_alarm(self):
        # It leaves no result and no failure that was told: only the absence of a result is left to tell it.
        failed = self.stack.properties("FailedRuns")["FilterPattern"]
        self.assertIn('$.Outcome = "failure"', failed)
        lost = (ROOT / "functions/sync/src/metrics.rs").read_text(encoding="utf-8")
        self.assertIn('"lost"', lost)
        self.assertFalse([name for name in self.alarms if "function" in name or "invocations" in name or "starts" in name])

    def test_missing_runs_are_found_after_25_hours_and_late_ones_are_not(self):
        alarm = self.alarms["missing-run"]
        self.assertEqual((alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]), (3600, 25, 25))
        self.assertEqual((alarm["Threshold"], alarm["ComparisonOperator"]), (1, "LessThanThreshold"))
        # Above one day only with a period of an hour or more, and then seven days at most.
        watched = timedelta(seconds=alarm["Period"] * alarm["EvaluationPeriods"])
        self.assertLessEqual(watched, timedelta(days=7))
        window = minutes(source()["Parameters"]["FlexibleWindowMinutes"]["MaxValue"])
        run = timedelta(seconds=self.stack.properties("SyncFunction")["Timeout"])
        self.assertLess(timedelta(hours=24) + window + run, watched)

    def test_a_first_run_that_never_comes_is_told(self):
        # CloudWatch acts on a change of state only. A new alarm is in "insufficient data", and stays there while nothing
        # comes: it must be put elsewhere after each day's time, from the first day on, and coming back must be told.
        stack = Stack("acme", ScheduleState="ENABLED", FirstDay="2026-11-30T15:00:00Z")
        alarm, check = stack.properties("MissingRunAlarm"), stack.properties("MissingRunCheck")
        self.assertEqual(alarm["TreatMissingData"], "missing")
        self.assertEqual(alarm["InsufficientDataActions"], [stack.outputs["AlarmTopic"]])
        self.assertEqual(check["StartDate"], "2026-11-30T15:00:00Z")
        self.assertEqual(check["Target"]["Arn"], "arn:aws:scheduler:::aws-sdk:cloudwatch:setAlarmState")
        told = json.loads(check["Target"]["Input"])
        self.assertEqual((told["AlarmName"], told["StateValue"]), (alarm["AlarmName"], "OK"))
        (may,) = [s for s in stack.statements("ScheduleRole") if s["Action"] == "cloudwatch:SetAlarmState"]
        self.assertTrue(may["Resource"].endswith(f":alarm:{alarm['AlarmName']}"))

    def test_while_the_schedule_is_off_no_run_is_missed(self):
        off = Stack("acme")
        self.assertFalse({"MissingRunAlarm", "MissingRunCheck"} & off.resources.keys())

    def test_a_slow_run_is_told_at_four_fifths_of_the_timeout(self):
        timeout = self.stack.properties("SyncFunction")["Timeout"]
        self.assertEqual(self.alarms["slow-run"]["Threshold"], timeout * 1000 * 8 // 10)
        self.assertEqual(self.alarms["slow-run"]["Statistic"], "Maximum")

    def test_a_shared_topic_takes_the_place_of_the_own_one(self):
        topic = f"arn:aws:sns:ap-northeast-1:{ACCOUNT}:operators"
        shared = Stack("acme", AlarmTopicArn=topic, OpsMail="ops@example.jp")
        self.assertFalse(shared.of_type("AWS::SNS::Topic") or shared.of_type("AWS::SNS::Subscription"))
        self.assertTrue(shared.of_type("AWS::CloudWatch::Alarm"))
        for alarm in shared.of_type("AWS::CloudWatch::Alarm").values():
            self.assertEqual(alarm["Properties"]["AlarmActions"], [topic])

    def test_operators_are_subscribed_to_the_own_topic(self):
        self.assertFalse(self.stack.of_type("AWS::SNS::Subscription"))
        mailed = Stack("acme", OpsMail="ops@example.jp").properties("AlarmMail")
        self.assertEqual((mailed["Protocol"], mailed["Endpoint"]), ("email", "ops@example.jp"))


class InAFleet(unittest.TestCase):
    """What a tenant's stack is where the account's fleet watches it."""

    def setUp(self):
        self.alone, self.stack, self.fleet = Stack("acme"), Stack("acme", WatchedBy="fleet", ScheduleState="ENABLED"), fleet()

    def test_it_has_nothing_that_watches(self):
        kinds = {resource["Type"] for resource in self.stack.resources.values()}
        self.assertFalse(kinds & {"AWS::CloudWatch::Alarm", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::Logs::MetricFilter"})
        self.assertEqual(set(self.stack.of_type("AWS::IAM::Role")), {"SyncRole", "ConnectRole"})
        self.assertEqual(set(self.stack.of_type("AWS::Scheduler::Schedule")), {"DailySchedule", "KeepAliveSchedule"})

    def test_it_finds_what_the_fleet_makes(self):
        queues = {q["Properties"]["QueueName"] for q in self.fleet.of_type("AWS::SQS::Queue").values()}
        targets = [self.stack.properties(name)["Target"] for name in ("DailySchedule", "KeepAliveSchedule")]
        for target in targets:
            self.assertIn(target["DeadLetterConfig"]["Arn"].rsplit(":", 1)[1], queues)
        lost = self.stack.properties("SyncFunctionEventInvokeConfig")["DestinationConfig"]["OnFailure"]["Destination"]
        self.assertIn(lost.rsplit(":", 1)[1], queues)
        role = self.fleet.properties("SchedulesRole")["RoleName"]
        for target in targets:
            self.assertTrue(target["RoleArn"].endswith(f":role/{role}"))
        lines = self.stack.properties("RunLines")
        self.assertEqual(lines["DestinationArn"].rsplit(":", 1)[1], self.fleet.properties("Watch")["FunctionName"])
        self.assertEqual(lines["LogGroupName"], "/aws/lambda/emc-link-acme-sync")

    def test_each_tenants_log_group_may_call_the_watch_and_no_other(self):
        import fnmatch

        grant = self.fleet.properties("WatchTakesLines")
        self.assertEqual((grant["Principal"], grant["SourceAccount"]), ("logs.amazonaws.com", ACCOUNT))
        of = lambda group: f"arn:aws:logs:ap-northeast-1:{ACCOUNT}:log-group:{group}:*"  # noqa: E731
        self.assertTrue(fnmatch.fnmatchcase(of("/aws/lambda/emc-link-acme-sync"), grant["SourceArn"]))
        for group in ("/aws/lambda/emc-link-acme-connect", "/aws/lambda/other", "/aws/lambda/emc-link-watch"):
            self.assertFalse(fnmatch.fnmatchcase(of(group), grant["SourceArn"]), group)

    def test_existing_stacks_are_taken_over_without_losing_anything(self):
        # Today's form, as it was released; and the one that a fleet deploys over it.
        before = Stack("acme", path="tests/sam/before/template.yaml", ScheduleState="ENABLED")
        names = {"AWS::Lambda::Function": "FunctionName", "AWS::S3::Bucket": "BucketName", "AWS::SecretsManager::Secret": "Name",
                 "AWS::Scheduler::Schedule": "Name", "AWS::Logs::LogGroup": "LogGroupName"}
        kept = 0
        for logical, resource in before.resources.items():
            if resource["Type"] in names:
                after = self.stack.resources[logical]
                key = names[resource["Type"]]
                self.assertEqual((after["Type"], after["Properties"][key]), (resource["Type"], resource["Properties"][key]))
                self.assertEqual(after.get("DeletionPolicy"), resource.get("DeletionPolicy"))
                kept += 1
        self.assertEqual(kept, 7)
        gone = {before.resources[logical]["Type"] for logical in before.resources.keys() - self.stack.resources.keys()}
        self.assertEqual(gone, {"AWS::CloudWatch::Alarm", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SQS::Queue",
                                "AWS::SQS::QueuePolicy", "AWS::IAM::Role"})
        # What was typed as parameters before is still one.
        self.assertFalse(before.parameters.keys() - self.stack.parameters.keys())


class Fleet(unittest.TestCase):
    def setUp(self):
        self.stack = fleet()
        self.alarms = {a["Properties"]["AlarmName"]: a["Properties"] for a in self.stack.of_type("AWS::CloudWatch::Alarm").values()}

    def test_the_accounts_alarms(self):
        kinds = {name.removeprefix("emc-link-fleet-") for name in self.alarms}
        self.assertEqual(kinds, {"many-failed", "missing-tenants", "watch-silent", "failed-starts", "failed-invocations",
                                 "function-errors", "throttles", "concurrency", "bounces"})
        for name, alarm in self.alarms.items():
            self.assertEqual(alarm["AlarmActions"], [self.stack.outputs["Topic"]], name)
            self.assertTrue(alarm["AlarmDescription"].isascii(), name)
            if name != "emc-link-fleet-watch-silent":
                self.assertEqual(alarm["TreatMissingData"], "notBreaching", name)

    def test_what_is_watched_is_what_is_told(self):
        told = (ROOT / "functions/sync/src/metrics.rs").read_text(encoding="utf-8")
        watch = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions/watch/src").glob("*.rs"))
        for alarm in self.alarms.values():
            for stat in [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m] or [alarm]:
                source = {"EmcLink": told, "EmcLink/Fleet": watch}.get(stat["Namespace"])
                if source is not None:
                    self.assertIn(f'"{stat["MetricName"]}"', source)
                    self.assertIn(f'"{stat["Dimensions"][0]["Value"]}"', source)

    def test_the_digest_is_not_taken_for_a_tenants_schedule(self):
        name = self.stack.properties("Digest")["Name"]
        self.assertFalse(name.endswith("-daily"))
        self.assertEqual(self.stack.properties("Digest")["ScheduleExpression"], "cron(45 6 * * ? *)")
        self.assertEqual(self.stack.properties("Digest")["ScheduleExpressionTimezone"], "Asia/Tokyo")

    def test_schedules_may_start_daily_functions_and_nothing_else(self):
        statements = {s["Sid"]: s for s in self.stack.statements("SchedulesRole")}
        self.assertEqual(set(statements), {"StartDailyFunctions", "TellFailedStarts"})
        self.assertEqual(statements["StartDailyFunctions"]["Resource"], f"arn:aws:lambda:ap-northeast-1:{ACCOUNT}:function:emc-link-*-sync")
        (trust,) = self.stack.properties("SchedulesRole")["AssumeRolePolicyDocument"]["Statement"]
        self.assertEqual(trust["Principal"], {"Service": "scheduler.amazonaws.com"})
        self.assertEqual(trust["Condition"]["StringEquals"]["aws:SourceAccount"], ACCOUNT)

    def test_neither_watch_nor_operator_reads_tokens(self):
        watch = {action for s in self.stack.statements("WatchRole") for action in as_list(s["Action"])}
        self.assertFalse({a for a in watch if a.startswith(("s3:", "secretsmanager:", "lambda:"))})
        operator = self.stack.properties("OperatorPolicy")["PolicyDocument"]["Statement"]
        actions = {action for s in operator for action in as_list(s["Action"])}
        self.assertFalse({a for a in actions if a.startswith("secretsmanager:") or "*" in a})
        (read,) = [s for s in operator if s["Action"] == "s3:GetObject"]
        self.assertTrue(read["Resource"].endswith("/tenants/*/runs/*"))

    def test_bounces_and_complaints_reach_somebody(self):
        events = self.stack.properties("Bounces")["EventDestination"]
        self.assertEqual(set(events["MatchingEventTypes"]), {"BOUNCE", "COMPLAINT", "REJECT"})
        self.assertEqual(events["SnsDestination"]["TopicARN"], self.stack.outputs["Topic"])
        self.assertEqual(self.stack.properties("OperatorsMail")["Endpoint"], "ops@example.jp")
        published = [s["Principal"]["Service"] for s in self.stack.properties("TopicPolicy")["PolicyDocument"]["Statement"]]
        self.assertEqual(published, ["cloudwatch.amazonaws.com", "ses.amazonaws.com"])

    def test_a_release_is_written_once(self):
        statements = {s["Sid"]: s for s in self.stack.properties("ReleasesPolicy")["PolicyDocument"]["Statement"]}
        deny = statements["DenyReplacingARelease"]
        self.assertEqual((deny["Effect"], deny["Action"], deny["Condition"]), ("Deny", "s3:PutObject", {"Null": {"s3:if-none-match": "true"}}))
        self.assertEqual(self.stack.properties("Releases")["VersioningConfiguration"], {"Status": "Enabled"})

    def test_the_dashboard_is_json(self):
        body = json.loads(self.stack.properties("Dashboard")["DashboardBody"])
        self.assertGreater(len(body["widgets"]), 3)


class Egress(unittest.TestCase):
    def test_one_address_that_stays_serves_two_private_subnets(self):
        resources = source("egress.yaml")["Resources"]
        kinds = [resource["Type"] for resource in resources.values()]
        self.assertEqual((kinds.count("AWS::EC2::NatGateway"), kinds.count("AWS::EC2::EIP")), (1, 1))
        self.assertEqual(resources["Address"]["DeletionPolicy"], "Retain")
        self.assertEqual(resources["PrivateOut"]["Properties"]["NatGatewayId"], {"Ref": "Nat"})
        self.assertNotIn("SecurityGroupIngress", resources["Functions"]["Properties"])
        self.assertEqual(set(source("egress.yaml")["Outputs"]), {"FixedAddress", "SubnetIds", "SecurityGroupIds"})


class Parameters(unittest.TestCase):
    def test_every_parameter_is_explained_and_bounded(self):
        for name, parameter in source()["Parameters"].items():
            self.assertTrue(parameter.get("Description"), name)
            self.assertTrue({"AllowedPattern", "AllowedValues", "MinValue"} & parameter.keys(), name)

    def test_every_default_is_allowed(self):
        for name, parameter in source()["Parameters"].items():
            default = parameter.get("Default")
            if default is None:
                self.assertIn(name, ("TenantId", "MailFrom"))
            elif "AllowedPattern" in parameter:
                self.assertIsNotNone(re.fullmatch(parameter["AllowedPattern"], default), name)
            elif "AllowedValues" in parameter:
                self.assertIn(default, parameter["AllowedValues"], name)
            else:
                self.assertTrue(parameter["MinValue"] <= default <= parameter["MaxValue"], name)

    def test_the_tenants_pattern_is_the_functions(self):
        pattern = source()["Parameters"]["TenantId"]["AllowedPattern"]
        for tenant in ("acme", "a", "0-x", "a" * 32):
            self.assertIsNotNone(re.fullmatch(pattern, tenant), tenant)
        for tenant in ("", "-a", "Acme", "a_b", "a/b", "..", "a" * 33):
            self.assertIsNone(re.fullmatch(pattern, tenant), tenant)

    def test_what_it_costs_is_billed_to_the_tenant(self):
        for logical, resource in Stack("acme").resources.items():
            if resource["Type"] in (
                "AWS::Lambda::Function",
                "AWS::S3::Bucket",
                "AWS::SecretsManager::Secret",
                "AWS::Logs::LogGroup",
                "AWS::SQS::Queue",
            ):
                self.assertIn({"Key": "Tenant", "Value": "acme"}, resource["Properties"]["Tags"], logical)


if __name__ == "__main__":
    unittest.main()
