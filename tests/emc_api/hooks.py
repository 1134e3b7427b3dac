"""What schemathesis does not know by itself: a body of NDJSON is sent as gzip."""

import gzip

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context, value):
    text = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
    return gzip.compress(text)
