"""docs/emc-import-api.yaml: it is OpenAPI 3.1, its examples fit its schemas, and the model implementation answers as it says."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("EMC_LINK_TARGET", ROOT / "target"))
SIMULATORS = pathlib.Path(os.environ.get("EMC_LINK_SIMULATORS_BIN", TARGET / "debug" / "simulators"))
PAGE = ROOT / "docs" / "emc-import-api.yaml"
SPEC = yaml.safe_load(PAGE.read_text(encoding="utf-8"))


def resolved(value):
    """What a reference leads to."""
    while isinstance(value, dict) and "$ref" in value:
        target = SPEC
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/")]
        value = target
    return value


def media_types(value):
    """Every schema with examples beside it."""
    if isinstance(value, dict):
        if "schema" in value and "examples" in value:
            yield value
        for part in value.values():
            yield from media_types(part)
    elif isinstance(value, list):
        for part in value:
            yield from media_types(part)


def faults(schema, value):
    whole = {"components": SPEC["components"], **schema}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


class Page(unittest.TestCase):
    def test_it_is_openapi(self):
        self.assertEqual([error.message for error in OpenAPIV31SpecValidator(SPEC).iter_errors()], [])

    def test_every_example_fits_its_schema(self):
        seen = 0
        for media_type in media_types(SPEC):
            for name, example in media_type["examples"].items():
                self.assertEqual(faults(media_type["schema"], resolved(example)["value"]), [], name)
                seen += 1
        self.assertGreater(seen, 12)

    def test_every_line_of_the_example_fits_one_schema_of_lines(self):
        put = SPEC["paths"]["/v1/imports/{import_id}"]["put"]
        body = put["requestBody"]["content"]["application/x-ndjson"]
        kinds = set()
        for line in body["examples"]["import"]["value"].splitlines():
            line = json.loads(line)
            self.assertEqual(faults(body["x-line-schema"], line), [], line)
            kinds.add((line["op"], line.get("record")))
        self.assertEqual(len(kinds), len(SPEC["components"]["schemas"]["Line"]["oneOf"]))

    def test_a_wrong_line_fits_no_schema(self):
        line = {"$ref": "#/components/schemas/Line"}
        for wrong in (
            {"op": "upsert"},
            {"op": "put", "record": "department", "id": "1", "expect": "replace"},
            {"op": "put", "record": "user", "id": "x" * 41, "expect": "create"},
            {"op": "put", "record": "user", "id": "1", "expect": "create", "set": {"血液型": "A"}},
        ):
            self.assertNotEqual(faults(line, wrong), [], wrong)


class Model(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        cls.base = f"http://127.0.0.1:{port}"
        cls.server = subprocess.Popen([SIMULATORS, "emc", "--port", str(port), "--token", "one"], stdout=subprocess.DEVNULL)
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"{cls.base}/openapi.yaml") as answer:
                    cls.served = answer.read()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the simulator does not answer")

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        cls.server.wait()

    def test_it_serves_the_page(self):
        self.assertEqual(self.served, PAGE.read_bytes())

    def test_it_answers_as_the_page_says(self):
        command = [
            pathlib.Path(sys.executable).parent / "schemathesis", "run", f"{self.base}/openapi.yaml",
            "--url", self.base, "--header", "Authorization: Bearer one",
            "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            "--mode", "positive", "--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--seed", "1",
        ]
        folder = pathlib.Path(__file__).parent
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(folder)}
        done = subprocess.run(command, env=environment, cwd=TARGET, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout[-8000:] + done.stderr[-2000:])
        # It would be no test if a call had been left out, or if no body had been read.
        with urllib.request.urlopen(f"{self.base}/_sim/requests") as answer:
            requests = json.load(answer)
        kinds = {(request["method"], request["path"].split("/")[2]) for request in requests if "/v1/" in request["path"]}
        for kind in ("PUT", "GET", "DELETE"):
            self.assertIn((kind, "imports"), kinds)
        for path in ("search-words", "users.csv", "departments.csv"):
            self.assertIn(("GET", path), kinds)
        self.assertTrue(any(request["method"] == "PUT" and request["status"] == 422 for request in requests))


if __name__ == "__main__":
    unittest.main()
