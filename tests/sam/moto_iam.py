"""What moto's enforcement of IAM lacks for the function's role: resources of Secrets Manager, SES and DynamoDB, and conditions.

moto 5.2 takes every Secrets Manager and SES call to be about resource `*`, and takes an unmet condition for a denial by
any statement. `complete` teaches it the ARNs, the condition keys `s3:prefix` `s3:if-none-match` and `ses:FromAddress`, and AWS's own rule: an
`Allow` whose condition is not met does not apply.
"""

import email
import email.utils
import fnmatch
from unittest import mock

from moto.core.authorization import ActionAuthenticatorMixin
from moto.dynamodb.responses import DynamoHandler
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.secretsmanager.models import secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.ses.models import ses_backends
from moto.ses.responses import EmailResponse

# The condition keys of the request under way.
_context = {}

_permitted = IAMPolicyStatement.is_action_permitted
_authorize_s3 = ActionAuthenticatorMixin._authenticate_and_authorize_s3_action


def _met(conditions):
    for operator, expected in conditions.items():
        name = operator.removesuffix("IfExists")
        for key, values in expected.items():
            if operator == "Null":
                if (key not in _context) != (values == "true"):
                    return False
                continue
            if key not in _context:
                if operator == name:
                    return False
                continue
            values = values if isinstance(values, list) else [values]
            if name == "StringEquals":
                met = _context[key] in values
            elif name == "StringLike":
                met = any(fnmatch.fnmatchcase(_context[key], value) for value in values)
            else:
                raise NotImplementedError(operator)
            if not met:
                return False
    return True


def _is_action_permitted(self, action, resource="*", principal=None, incoming_condition_values=None):
    statement = dict(self._statement)
    conditions = statement.pop("Condition", None)
    if conditions and not _met(conditions):
        return PermissionResult.NEUTRAL
    return _permitted(IAMPolicyStatement(statement), action, resource, principal, incoming_condition_values)


def _authorize(self, bucket_name=None, key_name=None):
    _context.clear()
    prefix = self.querystring.get("prefix") if hasattr(self, "querystring") else None
    if prefix:
        _context["s3:prefix"] = prefix[0]
    if self.headers.get("If-None-Match"):
        _context["s3:if-none-match"] = self.headers["If-None-Match"]
    return _authorize_s3(self, bucket_name=bucket_name, key_name=key_name)


def _secret(self):
    _context.clear()
    asked = self._get_param("SecretId")
    if not asked:
        return "*"
    for secret in secretsmanager_backends[self.current_account][self.region].secrets.values():
        if asked in (secret.name, secret.arn):
            return secret.arn
    return f"arn:aws:secretsmanager:{self.region}:{self.current_account}:secret:{asked}-??????"


def _identity(self):
    _context.clear()
    if self._get_action() != "SendRawEmail":
        return "*"
    header = email.message_from_bytes(self._get_param("RawMessage.Data"))["From"]
    source = self._get_param("Source") or header
    _context["ses:FromAddress"] = email.utils.parseaddr(header)[1]
    address = email.utils.parseaddr(source)[1]
    verified = ses_backends[self.current_account][self.region].email_identities
    identity = address if address in verified else address.split("@")[1]
    return f"arn:aws:ses:{self.region}:{self.current_account}:identity/{identity}"


def _table(self):
    _context.clear()
    name = self.body.get("TableName", "*") if isinstance(self.body, dict) else "*"
    return f"arn:aws:dynamodb:{self.region}:{self.current_account}:table/{name}"


def complete():
    """Teaches moto; gives what undoes it."""
    patches = [
        mock.patch.object(IAMPolicyStatement, "is_action_permitted", _is_action_permitted),
        mock.patch.object(ActionAuthenticatorMixin, "_authenticate_and_authorize_s3_action", _authorize),
        mock.patch.object(SecretsManagerResponse, "_determine_resource", _secret, create=True),
        mock.patch.object(EmailResponse, "_determine_resource", _identity, create=True),
        mock.patch.object(DynamoHandler, "_determine_resource", _table, create=True),
    ]
    for patch in patches:
        patch.start()
    return lambda: [patch.stop() for patch in patches]
