"""The template as CloudFormation would see it: transformed by SAM's own translator, then resolved for one tenant."""

import functools
import json
import os
import re
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "ap-northeast-1")

from samtranslator.metrics.metrics import Metrics  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

# It complains about figures of its own that nobody wants.
Metrics.__del__ = lambda self: None

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"
REGION = "ap-northeast-1"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "emc-link",
}
NO_VALUE = object()

# What `Ref` gives, and the ARN, by type. `{name}` is the resource's own name.
NAMES = {
    "AWS::Lambda::Function": ("FunctionName", "{name}", "arn:aws:lambda:{region}:{account}:function:{name}"),
    "AWS::S3::Bucket": ("BucketName", "{name}", "arn:aws:s3:::{name}"),
    "AWS::SecretsManager::Secret": (
        "Name",
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    ),
    "AWS::Logs::LogGroup": ("LogGroupName", "{name}", "arn:aws:logs:{region}:{account}:log-group:{name}:*"),
    "AWS::SQS::Queue": (
        "QueueName",
        "https://sqs.{region}.amazonaws.com/{account}/{name}",
        "arn:aws:sqs:{region}:{account}:{name}",
    ),
    "AWS::SNS::Topic": (
        "TopicName",
        "arn:aws:sns:{region}:{account}:{name}",
        "arn:aws:sns:{region}:{account}:{name}",
    ),
    "AWS::IAM::Role": ("RoleName", "{name}", "arn:aws:iam::{account}:role/{name}"),
    "AWS::Lambda::Url": (None, "{name}", "{name}"),
    "AWS::DynamoDB::Table": ("TableName", "{name}", "arn:aws:dynamodb:{region}:{account}:table/{name}"),
    "AWS::SES::ConfigurationSet": ("Name", "{name}", "{name}"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "arn:aws:iam::{account}:policy/{name}", "{name}"),
    "AWS::CloudWatch::Alarm": ("AlarmName", "{name}", "arn:aws:cloudwatch:{region}:{account}:alarm:{name}"),
    "AWS::Scheduler::Schedule": ("Name", "{name}", "arn:aws:scheduler:{region}:{account}:schedule/default/{name}"),
}


def source(path="template.yaml"):
    """A template as it is written."""
    return yaml_parse((ROOT / path).read_text(encoding="utf-8"))


class NoManagedPolicies:
    """SAM's translator asks IAM for the managed policies that it adds by name; this template has none."""

    def load(self):
        return {}


@functools.cache
def transformed(path="template.yaml"):
    """A template as CloudFormation runs it, as JSON."""
    template = source(path)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://artifacts/function.zip"
    return json.dumps(transform(template, {}, NoManagedPolicies()))


class Stack:
    """One stack with every intrinsic function resolved: a tenant's, or the fleet's."""

    def __init__(self, tenant, path="template.yaml", **overrides):
        given = {"TenantId": tenant, "MailFrom": f"link@{tenant}.example.jp", **overrides}
        template = json.loads(transformed(path))
        self.parameters = {
            name: given.get(name, parameter.get("Default")) for name, parameter in template["Parameters"].items()
        }
        for name, parameter in template["Parameters"].items():
            if parameter["Type"] == "CommaDelimitedList":
                self.parameters[name] = self.parameters[name].split(",")
        self._conditions = template["Conditions"]
        self._resources = template["Resources"]
        self.resources = {
            logical: self._resolve(resource)
            for logical, resource in self._resources.items()
            if "Condition" not in resource or self._condition(resource["Condition"])
        }
        self.outputs = {
            name: self._resolve(output["Value"])
            for name, output in template["Outputs"].items()
            if "Condition" not in output or self._condition(output["Condition"])
        }

    def properties(self, logical):
        """The resolved properties of a resource."""
        return self.resources[logical]["Properties"]

    def of_type(self, kind):
        """All resources of a type: logical name to resource."""
        return {logical: resource for logical, resource in self.resources.items() if resource["Type"] == kind}

    def statements(self, logical):
        """The statements of a role's own policies."""
        policies = self.properties(logical)["Policies"]
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def _condition(self, name):
        return self._resolve(self._conditions[name])

    def _name(self, logical, which):
        resource = self._resources[logical]
        key, ref, arn = NAMES[resource["Type"]]
        properties = resource.get("Properties", {})
        name = self._resolve(properties[key]) if key in properties else f"{self.parameters.get('TenantId', 'fleet')}-{logical}"
        address = f"https://{name.lower()}.lambda-url.{REGION}.on.aws/"
        form = {"Ref": ref, "Arn": arn, "QueueName": "{name}", "FunctionUrl": address}[which]
        return form.format(name=name, account=ACCOUNT, region=REGION)

    def _ref(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        return self._name(name, "Ref")

    def _sub(self, value):
        text, local = (value, {}) if isinstance(value, str) else (value[0], self._resolve(value[1]))

        def one(match):
            name = match.group(1)
            if name in local:
                return str(local[name])
            return str(self._name(*name.split(".", 1)) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}!]+)\}", one, text)

    def _resolve(self, value):
        if isinstance(value, list):
            return [item for item in map(self._resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (key, inner) = next(iter(value.items()))
            if key == "Ref":
                return self._ref(inner)
            if key == "Fn::Sub":
                return self._sub(inner)
            if key == "Fn::GetAtt":
                return self._name(*(inner.split(".", 1) if isinstance(inner, str) else inner))
            if key == "Fn::If":
                return self._resolve(inner[1] if self._condition(inner[0]) else inner[2])
            if key == "Fn::Equals":
                return str(self._resolve(inner[0])) == str(self._resolve(inner[1]))
            if key == "Fn::Not":
                return not self._resolve(inner[0])
            if key == "Fn::And":
                return all(map(self._resolve, inner))
            if key == "Condition" and isinstance(inner, str):
                return self._condition(inner)
            if key == "Fn::Join":
                return inner[0].join(self._resolve(inner[1]))
            if key == "Fn::Select":
                return self._resolve(inner[1])[int(inner[0])]
            if key == "Fn::Split":
                return self._resolve(inner[1]).split(inner[0])
            if key.startswith("Fn::"):
                raise NotImplementedError(key)
        resolved = {key: self._resolve(inner) for key, inner in value.items()}
        return {key: inner for key, inner in resolved.items() if inner is not NO_VALUE}


def fleet(**overrides):
    """The stack that an account's tenants share."""
    return Stack("fleet", path="fleet.yaml", OpsMail="ops@example.jp", **overrides)


def as_list(value):
    """IAM writes one thing bare and several as a list."""
    return value if isinstance(value, list) else [value]
