"""Puts the demo tenant into the AWS emulator: bucket, config, sheet, secret, verified sender."""

import pathlib
import sys

import boto3

endpoint, folder = sys.argv[1], pathlib.Path(sys.argv[2])
client = lambda name: boto3.client(  # noqa: E731
    name, endpoint_url=endpoint, region_name="ap-northeast-1", aws_access_key_id="demo", aws_secret_access_key="demo")
s3 = client("s3")
s3.create_bucket(Bucket="emc-link-demo", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
for name in ("config.toml", "mapping.csv"):
    s3.put_object(Bucket="emc-link-demo", Key=f"tenants/demo/{name}", Body=(folder / name).read_bytes())
client("secretsmanager").create_secret(Name="emc-link/demo", SecretString=(folder / "secret.json").read_text())
client("ses").verify_email_identity(EmailAddress="emc-link@example.co.jp")
