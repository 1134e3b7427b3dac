"""moto's server with a limit that it lacks and SES has: how many bytes a mail may have as sent."""

import base64
import binascii
import os
import sys

from moto.server import main
from moto.ses import models
from moto.ses.exceptions import InvalidParameterValue

LIMIT = int(os.environ.get("SES_LIMIT", 10_485_760))
send = models.SESBackend.send_raw_email


def size(raw):
    try:
        return len(base64.b64decode(raw, validate=True))
    except (binascii.Error, ValueError):
        return len(raw.encode())


def send_raw_email(self, source, destinations, raw_data):
    if size(raw_data) > LIMIT:
        raise InvalidParameterValue(f"Message length is more than {LIMIT} bytes long: '{size(raw_data)}'.")
    return send(self, source, destinations, raw_data)


models.SESBackend.send_raw_email = send_raw_email

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
