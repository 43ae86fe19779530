#!/usr/bin/env python3
"""Holds renderings against schemas that are not ours, and against a reader that is not ours.

Arguments are pairs of files: one rendering as YAML and the same as JSON. Each object of `v1` and newer must be valid in
the strict schemas (unknown fields refused) of every supported Kubernetes; each object of v1beta3 in those of
schemas/v1beta3, each of the Prometheus operator and of cert-manager in those of schemas/operators.json. PyYAML, which reads YAML 1.1, must read from the YAML what the JSON says.
"""

import argparse
import json
import pathlib
import re
import sys

import jsonschema
import kubernetes_validate
import referencing
import yaml

VERSIONS = ["1.33", "1.34", "1.35", "1.36", "1.37"]
BUNDLE = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"


def schema_directory(minor):
    """The newest patch of a minor in the bundle, e.g. v1.33.2-local-strict."""
    found = sorted(BUNDLE.glob(f"v{minor}*-local-strict"))
    if not found:
        sys.exit(f"the bundle of kubernetes-validate has no schemas for Kubernetes {minor}")
    return found[-1]


def with_definitions(schema, definitions):
    """A validator that finds what the schema refers to."""
    registry = referencing.Registry()
    for contents in definitions:
        registry = referencing.Resource.from_contents(contents) @ registry
    return jsonschema.Draft202012Validator(schema, registry=registry)


class Kubernetes:
    """The strict schemas of one minor, each read once."""

    def __init__(self, minor):
        self.minor = minor
        self.directory = schema_directory(minor)
        self.definitions = json.loads((self.directory / "_definitions.json").read_text())
        self.validators = {}

    def problems(self, item):
        # The bundle's names: rbac.authorization.k8s.io/v1 is rbac-v1.
        group_version = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", item["apiVersion"])
        file = self.directory / f"{item['kind'].lower()}-{group_version}.json"
        if file not in self.validators:
            if not file.exists():
                return [f"Kubernetes {self.minor} has no {item['kind']} of {item['apiVersion']}"]
            self.validators[file] = with_definitions(json.loads(file.read_text()), [self.definitions])
        errors = self.validators[file].iter_errors(item)
        return [f"Kubernetes {self.minor}: {error.json_path}: {error.message}" for error in errors]


class Tutorial:
    """Our schemas of the API version that is gone."""

    def __init__(self, directory):
        self.schemas = {}
        for file in sorted(directory.glob("*.json")):
            schema = json.loads(file.read_text())
            jsonschema.Draft202012Validator.check_schema(schema)
            self.schemas[file.stem.lower()] = schema
        self.validators = {}

    def problems(self, item):
        kind = item["kind"].lower()
        if kind not in self.schemas:
            return [f"schemas/v1beta3 has no {item['kind']}"]
        if kind not in self.validators:
            others = [schema for schema in self.schemas.values() if "$id" in schema]
            self.validators[kind] = with_definitions(self.schemas[kind], others)
        return [f"v1beta3: {error.json_path}: {error.message}" for error in self.validators[kind].iter_errors(item)]


class Operator:
    """The custom resources of operators."""

    def __init__(self, file):
        schemas = json.loads(file.read_text())
        del schemas["$comment"]
        self.validators = {kind: jsonschema.Draft202012Validator(schema) for kind, schema in schemas.items()}

    def problems(self, item):
        if item["kind"] not in self.validators:
            return [f"schemas/operators.json has no {item['kind']}"]
        errors = self.validators[item["kind"]].iter_errors(item)
        return [f"operators: {error.json_path}: {error.message}" for error in errors]


def objects_of(yaml_text, json_text):
    """The objects as JSON has them, after PyYAML gave the same."""
    value = json.loads(json_text)
    items = value["items"] if value.get("kind") == "List" else [value]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read = list(yaml.load_all(yaml_text, Loader=loader))
    return items, [] if read == items else ["PyYAML does not read from the YAML what the JSON says"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repository", type=pathlib.Path, required=True)
    parser.add_argument("files", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()

    clusters = [Kubernetes(minor) for minor in VERSIONS]
    operators = [Operator(arguments.repository / "schemas" / "operators.json")]
    others = {
        "v1beta3": [Tutorial(arguments.repository / "schemas" / "v1beta3")],
        "cert-manager.io/v1": operators,
        "monitoring.coreos.com/v1": operators,
    }
    pairs = list(zip(arguments.files[::2], arguments.files[1::2], strict=True))
    failures = []
    count = 0
    for yaml_file, json_file in pairs:
        items, problems = objects_of(yaml_file.read_text(), json_file.read_text())
        failures += [f"{yaml_file.name}: {problem}" for problem in problems]
        for item in items:
            count += 1
            readers = others.get(item["apiVersion"], clusters)
            title = f"{yaml_file.name}: {item['kind']} {item['metadata']['name']}"
            failures += [f"{title}: {problem}" for reader in readers for problem in reader.problems(item)]
    for failure in failures:
        print(failure)
    print(f"{count} objects in {len(pairs)} renderings, Kubernetes {', '.join(VERSIONS)}: {len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
