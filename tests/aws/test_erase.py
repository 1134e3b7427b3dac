"""The end of a contract against moto: what an erasure asks AWS for, takes away, and proves."""

import base64
import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import boto3
from stage import CLI, REGION, Stage

# The key of a test of RFC 8032 (section 7.1), as OpenSSL writes it, and its public half.
KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
BUCKET, OWN, OTHER = "emc-link-acme", "acme", "acme-2"
SCHEDULES = ("daily", "keep-alive", "change")


class Erasure(unittest.TestCase):
    def setUp(self):
        self.stage = self.enterContext(Stage(employees=20))
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "key.pem").write_text(KEY)
        client = lambda name: boto3.client(  # noqa: E731
            name, endpoint_url=self.stage.endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")
        self.scheduler, self.dynamodb, self.stacks = (client(name) for name in ("scheduler", "dynamodb", "cloudformation"))
        self.stage.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.stage.put("config.toml", b"changed")
        self.stage.s3.delete_object(Bucket=BUCKET, Key="tenants/acme/mapping.csv")
        self.stage.s3.put_object(Bucket=BUCKET, Key=f"tenants/{OTHER}/config.toml", Body=b"x")
        self.dynamodb.create_table(
            TableName="emc-link-fleet", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
        for tenant in (OWN, OTHER):
            self.dynamodb.put_item(TableName="emc-link-fleet", Item={"id": {"S": tenant}})
            for end in SCHEDULES:
                self.schedule(tenant, end, "DISABLED" if end == "daily" else "ENABLED", self.scheduler.create_schedule)

    def schedule(self, tenant, end, state, call):
        call(Name=f"emc-link-{tenant}-{end}", ScheduleExpression="rate(1 day)", State=state, FlexibleTimeWindow={"Mode": "OFF"},
             Target={"Arn": "arn:aws:lambda:ap-northeast-1:123456789012:function:x", "RoleArn": "arn:aws:iam::123456789012:role/x"})

    def erase(self, proof, *more):
        environment = {"PATH": os.environ["PATH"], "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_ENDPOINT_URL": self.stage.endpoint, "HOME": str(self.folder)}
        return subprocess.run(
            [CLI, "--tenant", OWN, "--function", "emc-link-acme-sync", "--bucket", BUCKET, "erase", "--confirm", OWN,
             "--person", "運用 太郎", "--key", "key.pem", "--proof", proof, *more],
            env=environment, cwd=self.folder, capture_output=True, text=True, check=False, timeout=120)

    def proof(self, name):
        document = (self.folder / name).read_bytes()
        self.assertTrue(self.signed(document, (self.folder / f"{name}.sig").read_bytes()))
        return json.loads(document)

    def signed(self, document, signature):
        """By OpenSSL alone, as the operator's book says."""
        prefix = bytes.fromhex("302a300506032b6570032100")
        pem = base64.b64encode(prefix + PUBLIC).decode()
        (self.folder / "operator.pub").write_text(f"-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n")
        (self.folder / "checked").write_bytes(document)
        (self.folder / "checked.sig").write_bytes(signature)
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "operator.pub", "-rawin", "-in", "checked",
                               "-sigfile", "checked.sig"], cwd=self.folder, capture_output=True, check=False)
        return done.returncode == 0

    def left(self, tenant):
        """What AWS has of a tenant, asked of AWS and not of the command."""
        listing = self.stage.s3.list_object_versions(Bucket=BUCKET, Prefix=f"tenants/{tenant}/")
        names = [schedule["Name"] for schedule in self.scheduler.list_schedules(NamePrefix=f"emc-link-{tenant}-")["Schedules"]]
        own = [name for name in names if name in {f"emc-link-{tenant}-{end}" for end in SCHEDULES}]
        return {
            "objects": len(listing.get("Versions", [])) + len(listing.get("DeleteMarkers", [])),
            "schedules": len(own),
            "row": "Item" in self.dynamodb.get_item(TableName="emc-link-fleet", Key={"id": {"S": tenant}}),
        }

    def test_nothing_is_erased_while_the_schedule_is_on_whatever_the_records_say(self):
        self.schedule(OWN, "daily", "ENABLED", self.scheduler.update_schedule)
        before = self.left(OWN)
        refused = self.erase("proof.json")
        self.assertEqual(refused.returncode, 5, refused.stderr)
        self.assertIn("emc-link fleet pause acme", refused.stderr)
        self.assertEqual(self.left(OWN), before)
        self.assertTrue(self.stage.secrets.describe_secret(SecretId="emc-link/acme"))
        self.assertFalse((self.folder / "proof.json").exists())

    def test_everything_goes_and_the_proof_counts_it(self):
        others = self.left(OTHER)
        self.assertEqual(self.left(OWN), {"objects": 4, "schedules": 3, "row": True})
        done = self.erase("proof.json", "--secret-now")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.left(OWN), {"objects": 0, "schedules": 0, "row": False})
        self.assertEqual(self.left(OTHER), others, "another tenant whose name begins so")
        with self.assertRaises(self.stage.secrets.exceptions.ResourceNotFoundException):
            self.stage.secrets.describe_secret(SecretId="emc-link/acme")
        proof = self.proof("proof.json")
        found = {holding["kind"]: (holding["found"], holding["left"]) for holding in proof["holdings"]}
        self.assertEqual(found, {"object versions": (3, 0), "deletion marks": (1, 0), "secret": (1, 0), "schedules": (3, 0),
                                 "fleet table entry": (1, 0), "stack": (0, 0)})
        self.assertEqual((proof["is_complete"], proof["person"], proof["tenant"]), (True, "運用 太郎", "acme"))
        self.assertFalse(self.signed((self.folder / "proof.json").read_bytes().replace(b"acme", b"acne"),
                                     (self.folder / "proof.json.sig").read_bytes()))
        # Once more, and without a fleet: there is nothing, and the proof says so.
        self.dynamodb.delete_table(TableName="emc-link-fleet")
        again = self.erase("again.json")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertTrue(all(holding["found"] == 0 for holding in self.proof("again.json")["holdings"]))

    def test_a_secret_is_recoverable_unless_asked_otherwise(self):
        self.assertEqual(self.erase("proof.json").returncode, 0)
        days = self.stage.secrets.describe_secret(SecretId="emc-link/acme")["DeletedDate"].timestamp() - time.time()
        self.assertAlmostEqual(days / 86_400, 30, delta=1.1)

    def test_a_stack_that_is_still_there_makes_the_proof_incomplete(self):
        body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
        self.stacks.create_stack(StackName="emc-link-acme", TemplateBody=body)
        done = self.erase("proof.json")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("fleet remove", done.stderr)
        proof = self.proof("proof.json")
        self.assertFalse(proof["is_complete"])
        self.assertIn({"kind": "stack", "place": "emc-link-acme", "found": 1, "left": 1}, proof["holdings"])


if __name__ == "__main__":
    unittest.main()
