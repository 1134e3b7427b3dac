"""One tenant's function can do its own work, and nothing of another's: moto enforces the roles of the template.

moto checks actions and resources for S3, but knows neither the resources of Secrets Manager and SES nor conditions. What
is missing is added in `moto_iam`; the policies come from the transformed template, untouched.
"""

import json
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

import moto_iam
from stack import REGION, Stack, as_list, fleet

MINE, THEIRS = "acme", "beta"
# moto tells a JSON client of a denial in XML, of which the client reads the status only.
DENIED = ("AccessDenied", "AccessDeniedException", "403")


def mail(sender):
    return f"From: {sender}\r\nTo: hr@customer.example.jp\r\nSubject: EMC-OK\r\n\r\nok\r\n".encode()


class Enforced(unittest.TestCase):
    """Two tenants, each with the role named here, and IAM enforced."""

    ROLE = None

    def setUp(self):
        mocked = mock_aws()
        mocked.start()
        self.addCleanup(mocked.stop)
        self.addCleanup(moto_iam.complete())
        self.stacks = {tenant: Stack(tenant) for tenant in (MINE, THEIRS)}
        for tenant, stack in self.stacks.items():
            self.deploy(tenant, stack)
        self.credentials = {tenant: self.assume(tenant) for tenant in self.stacks}

    def deploy(self, tenant, stack):
        """What CloudFormation would make of the stack, as far as the roles speak of it."""
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(
            Bucket=stack.outputs["StateBucket"], CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        for key in ("config.toml", "mapping.xlsx", "snapshot.json", "lock.json"):
            s3.put_object(Bucket=stack.outputs["StateBucket"], Key=f"tenants/{tenant}/{key}", Body=b"{}")
        secret = boto3.client("secretsmanager", region_name=REGION).create_secret(
            Name=stack.properties("TenantSecret")["Name"], SecretString='{"emc":{"token":"x"}}'
        )
        boto3.client("ses", region_name=REGION).verify_email_identity(EmailAddress=self.sender(tenant))
        role = stack.properties(self.ROLE)
        iam = boto3.client("iam", region_name=REGION)
        iam.create_role(RoleName=tenant, AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]))
        for policy in role["Policies"]:
            # The random end of a secret's ARN is known only now; a deployed policy holds it too.
            text = json.dumps(policy["PolicyDocument"]).replace(stack.outputs["Secret"], secret["ARN"])
            iam.put_role_policy(RoleName=tenant, PolicyName=policy["PolicyName"], PolicyDocument=text)

    def assume(self, tenant):
        arn = f"arn:aws:iam::123456789012:role/{tenant}"
        got = boto3.client("sts", region_name=REGION).assume_role(RoleArn=arn, RoleSessionName="sync")["Credentials"]
        return {
            "aws_access_key_id": got["AccessKeyId"],
            "aws_secret_access_key": got["SecretAccessKey"],
            "aws_session_token": got["SessionToken"],
        }

    def sender(self, tenant):
        return self.stacks[tenant].parameters["MailFrom"]

    def client(self, service, tenant=MINE):
        plain = Config(request_checksum_calculation="when_required", response_checksum_validation="when_required")
        return boto3.client(service, region_name=REGION, config=plain, **self.credentials[tenant])

    def denied(self, call, **arguments):
        """AWS denies this call, on the ground of IAM and no other."""

        @set_initial_no_auth_action_count(0)
        def enforced():
            with self.assertRaises(ClientError) as caught:
                call(**arguments)
            self.assertIn(caught.exception.response["Error"]["Code"], DENIED, arguments)

        enforced()

    def allowed(self, call, **arguments):
        @set_initial_no_auth_action_count(0)
        def enforced():
            return call(**arguments)

        return enforced()

    def bucket(self, tenant):
        return self.stacks[tenant].outputs["StateBucket"]

    def secret(self, tenant):
        return self.stacks[tenant].properties("TenantSecret")["Name"]


class TheDailyFunction(Enforced):
    ROLE = "SyncRole"

    # ── Its own work ──────────────────────────────────────────────────────────────────────────────────────────────

    def test_each_tenant_reads_and_writes_its_own_state(self):
        for tenant in self.stacks:
            s3, bucket, own = self.client("s3", tenant), self.bucket(tenant), f"tenants/{tenant}/"
            for key in ("config.toml", "mapping.xlsx", "snapshot.json"):
                self.allowed(s3.get_object, Bucket=bucket, Key=own + key)
            for key in ("snapshot.json", "pending.json", "lock.json", "runs/2026-11-23/r/report.json", "outbox/u.csv"):
                self.allowed(s3.put_object, Bucket=bucket, Key=own + key, Body=b"{}")
            for key in ("pending.json", "lock.json", "outbox/r/users.csv"):
                self.allowed(s3.delete_object, Bucket=bucket, Key=own + key)
            self.allowed(s3.list_objects_v2, Bucket=bucket, Prefix=own + "runs/2026-11-23/")

    def test_each_tenant_reads_and_renews_its_own_tokens(self):
        for tenant in self.stacks:
            secrets = self.client("secretsmanager", tenant)
            self.allowed(secrets.get_secret_value, SecretId=self.secret(tenant))
            self.allowed(secrets.put_secret_value, SecretId=self.secret(tenant), SecretString="{}")

    def test_each_tenant_mails_as_its_own_sender(self):
        for tenant in self.stacks:
            self.allowed(
                self.client("ses", tenant).send_raw_email,
                Source=self.sender(tenant),
                Destinations=["hr@customer.example.jp"],
                RawMessage={"Data": mail(self.sender(tenant))},
            )

    def test_a_verified_domain_will_do_for_a_sender(self):
        ses = boto3.client("ses", region_name=REGION)
        ses.delete_identity(Identity=self.sender(MINE))
        ses.verify_domain_identity(Domain="acme.example.jp")
        self.allowed(
            self.client("ses").send_raw_email,
            Source=self.sender(MINE),
            RawMessage={"Data": mail(self.sender(MINE))},
        )

    # ── Nothing of another tenant's ───────────────────────────────────────────────────────────────────────────────

    def test_another_tenants_state_is_out_of_reach(self):
        s3, bucket, theirs = self.client("s3"), self.bucket(THEIRS), f"tenants/{THEIRS}/"
        self.denied(s3.get_object, Bucket=bucket, Key=theirs + "snapshot.json")
        self.denied(s3.put_object, Bucket=bucket, Key=theirs + "snapshot.json", Body=b"{}")
        self.denied(s3.put_object, Bucket=bucket, Key=f"tenants/{MINE}/snapshot.json", Body=b"{}")
        self.denied(s3.delete_object, Bucket=bucket, Key=theirs + "lock.json")
        self.denied(s3.list_objects_v2, Bucket=bucket, Prefix=theirs)

    def test_another_prefix_of_the_own_bucket_is_out_of_reach_too(self):
        s3, bucket, theirs = self.client("s3"), self.bucket(MINE), f"tenants/{THEIRS}/"
        self.denied(s3.get_object, Bucket=bucket, Key=theirs + "snapshot.json")
        self.denied(s3.put_object, Bucket=bucket, Key=theirs + "snapshot.json", Body=b"{}")
        self.denied(s3.list_objects_v2, Bucket=bucket, Prefix=theirs)

    def test_another_tenants_tokens_are_out_of_reach(self):
        secrets = self.client("secretsmanager")
        self.denied(secrets.get_secret_value, SecretId=self.secret(THEIRS))
        self.denied(secrets.put_secret_value, SecretId=self.secret(THEIRS), SecretString="{}")

    def test_another_tenants_sender_is_out_of_reach(self):
        send = self.client("ses").send_raw_email
        self.denied(send, Source=self.sender(THEIRS), RawMessage={"Data": mail(self.sender(THEIRS))})
        # Not by the header alone either.
        self.denied(send, Source=self.sender(MINE), RawMessage={"Data": mail(self.sender(THEIRS))})

    # ── Nothing beyond its work ───────────────────────────────────────────────────────────────────────────────────

    def test_the_operators_files_cannot_be_changed(self):
        s3, bucket, own = self.client("s3"), self.bucket(MINE), f"tenants/{MINE}/"
        for key in ("config.toml", "mapping.xlsx", "mapping.csv", "baseline/users.csv"):
            self.denied(s3.put_object, Bucket=bucket, Key=own + key, Body=b"{}")
        for key in ("config.toml", "snapshot.json", "runs/2026-11-23/r/report.json"):
            self.denied(s3.delete_object, Bucket=bucket, Key=own + key)

    def test_other_actions_are_denied(self):
        secrets, ses, s3 = self.client("secretsmanager"), self.client("ses"), self.client("s3")
        self.denied(secrets.delete_secret, SecretId=self.secret(MINE))
        self.denied(secrets.list_secrets)
        self.denied(ses.verify_email_identity, EmailAddress="x@acme.example.jp")
        self.denied(ses.list_identities)
        self.denied(s3.put_bucket_versioning, Bucket=self.bucket(MINE), VersioningConfiguration={"Status": "Suspended"})
        self.denied(s3.delete_bucket, Bucket=self.bucket(MINE))


class ThePages(Enforced):
    ROLE = "ConnectRole"

    def own(self, tenant=MINE):
        return self.client("s3", tenant), self.bucket(tenant), f"tenants/{tenant}/"

    def test_they_read_what_they_show(self):
        for tenant in self.stacks:
            s3, bucket, own = self.own(tenant)
            for key in ("config.toml", "mapping.xlsx", "snapshot.json", "lock.json"):
                self.allowed(s3.get_object, Bucket=bucket, Key=own + key)
            self.allowed(s3.list_objects_v2, Bucket=bucket, Prefix=own + "runs/")

    def test_they_write_settings_sheets_sessions_and_the_audit_log(self):
        s3, bucket, own = self.own()
        for key in (
            "config.toml", "mapping.xlsx", "mapping.csv", "mapping-drafts/d.xlsx", "lock.json",
            "connect/sessions/s.json", "connect/connection.json",
        ):
            self.allowed(s3.put_object, Bucket=bucket, Key=own + key, Body=b"{}")
        for key in ("mapping-history/h.csv", "audit/2026-11-23/a.json"):
            self.allowed(s3.put_object, Bucket=bucket, Key=own + key, Body=b"{}", IfNoneMatch="*")
            # What stands there cannot be written over, by whatever write.
            self.denied(s3.put_object, Bucket=bucket, Key=own + key, Body=b"other")
            with self.assertRaises(ClientError) as caught:
                self.allowed(s3.put_object, Bucket=bucket, Key=own + key, Body=b"other", IfNoneMatch="*")
            self.assertEqual(caught.exception.response["Error"]["Code"], "PreconditionFailed")
        for key in ("mapping.csv", "mapping-drafts/d.xlsx", "lock.json", "connect/sessions/s.json"):
            self.allowed(s3.delete_object, Bucket=bucket, Key=own + key)

    def test_they_read_and_write_their_own_tokens(self):
        secrets = self.client("secretsmanager")
        self.allowed(secrets.get_secret_value, SecretId=self.secret(MINE))
        self.allowed(secrets.put_secret_value, SecretId=self.secret(MINE), SecretString="{}")
        self.denied(secrets.get_secret_value, SecretId=self.secret(THEIRS))
        self.denied(secrets.put_secret_value, SecretId=self.secret(THEIRS), SecretString="{}")

    def test_they_do_not_do_the_daily_functions_work(self):
        s3, bucket, own = self.own()
        for key in ("snapshot.json", "pending.json", "runs/2026-11-23/r/report.json", "outbox/u.csv", "baseline/users.csv"):
            self.denied(s3.put_object, Bucket=bucket, Key=own + key, Body=b"{}")

    def test_they_mail_a_refusal_as_their_own_sender_and_no_other(self):
        send = self.client("ses").send_raw_email
        self.allowed(send, Source=self.sender(MINE), RawMessage={"Data": mail(self.sender(MINE))})
        self.denied(send, Source=self.sender(THEIRS), RawMessage={"Data": mail(self.sender(THEIRS))})

    def test_what_was_done_and_what_was_in_force_stays(self):
        s3, bucket, own = self.own()
        for key in ("config.toml", "snapshot.json", "audit/2026-11-23/a.json", "mapping-history/h.csv", "runs/x/report.json"):
            self.denied(s3.delete_object, Bucket=bucket, Key=own + key)

    def test_another_tenants_state_is_out_of_reach(self):
        s3, bucket, theirs = self.client("s3"), self.bucket(THEIRS), f"tenants/{THEIRS}/"
        self.denied(s3.get_object, Bucket=bucket, Key=theirs + "snapshot.json")
        self.denied(s3.put_object, Bucket=bucket, Key=theirs + "config.toml", Body=b"{}")
        self.denied(s3.list_objects_v2, Bucket=bucket, Prefix=theirs)
        self.denied(s3.get_object, Bucket=self.bucket(MINE), Key=theirs + "snapshot.json")

    def test_they_may_start_their_own_function_and_no_other(self):
        statements = {statement["Sid"]: statement for statement in self.stacks[MINE].statements("ConnectRole")}
        start = statements["StartOwnFunction"]
        self.assertEqual(start["Action"], "lambda:InvokeFunction")
        self.assertEqual(start["Resource"], "arn:aws:lambda:ap-northeast-1:123456789012:function:emc-link-acme-sync")
        actions = {action for one in statements.values() for action in as_list(one["Action"])}
        self.assertEqual({action for action in actions if action.startswith("lambda:")}, {"lambda:InvokeFunction"})


class TheWatch(Enforced):
    """The fleet's watch, beside two tenants of the same account; and the tenants, beside the fleet."""

    ROLE = "SyncRole"

    def setUp(self):
        super().setUp()
        self.fleet = fleet()
        table = self.fleet.properties("Tenants")
        boto3.client("dynamodb", region_name=REGION).create_table(
            **{key: table[key] for key in ("TableName", "BillingMode", "AttributeDefinitions", "KeySchema")}
        )
        self.table = table["TableName"]
        self.releases = self.fleet.properties("Releases")["BucketName"]
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=self.releases, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=self.releases, Key="releases/0.2.0/sync.zip", Body=b"zip")
        iam = boto3.client("iam", region_name=REGION)
        role = self.fleet.properties("WatchRole")
        iam.create_role(RoleName="watch", AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]))
        for policy in role["Policies"]:
            iam.put_role_policy(RoleName="watch", PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"]))
        self.credentials["watch"] = self.assume("watch")

    def test_the_watch_keeps_the_table(self):
        table = self.client("dynamodb", "watch")
        self.allowed(table.update_item, TableName=self.table, Key={"id": {"S": "acme"}}, UpdateExpression="SET code = :c",
                     ExpressionAttributeValues={":c": {"S": "EMC-OK"}})
        self.allowed(table.get_item, TableName=self.table, Key={"id": {"S": "acme"}})
        self.allowed(table.scan, TableName=self.table)
        self.denied(table.delete_item, TableName=self.table, Key={"id": {"S": "acme"}})
        self.denied(table.scan, TableName="other")

    def test_the_watch_reads_no_tenants_data(self):
        s3, secrets = self.client("s3", "watch"), self.client("secretsmanager", "watch")
        for tenant in (MINE, THEIRS):
            for key in ("config.toml", "snapshot.json", "runs/2026-11-23/r/report.json"):
                self.denied(s3.get_object, Bucket=self.bucket(tenant), Key=f"tenants/{tenant}/{key}")
            self.denied(s3.list_objects_v2, Bucket=self.bucket(tenant), Prefix=f"tenants/{tenant}/")
            self.denied(secrets.get_secret_value, SecretId=self.secret(tenant))

    def test_a_tenant_reaches_nothing_of_the_fleet(self):
        table, s3 = self.client("dynamodb"), self.client("s3")
        self.denied(table.get_item, TableName=self.table, Key={"id": {"S": MINE}})
        self.denied(table.scan, TableName=self.table)
        self.denied(s3.get_object, Bucket=self.releases, Key="releases/0.2.0/sync.zip")
        self.denied(s3.put_object, Bucket=self.releases, Key="releases/0.2.0/sync.zip", Body=b"other")


if __name__ == "__main__":
    unittest.main()
