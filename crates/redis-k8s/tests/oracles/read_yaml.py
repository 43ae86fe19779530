"""Reads one YAML document from stdin with PyYAML and prints what it read as JSON.

Every loader must agree: the Python one and, where it was built, libyaml's. What JSON has no word for (dates, sets,
bytes, keys that are no strings) is an error, because none of it was written. Exit code 3: there is no PyYAML.
"""

import json
import sys

try:
    import yaml
except ImportError:
    sys.exit(3)


def only_string_keys(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                sys.exit(f"key {key!r} is {type(key).__name__}, not str")
            only_string_keys(inner)
    elif isinstance(value, list):
        for inner in value:
            only_string_keys(inner)


def main():
    text = sys.stdin.buffer.read()
    loaders = [yaml.SafeLoader]
    if yaml.__with_libyaml__:
        loaders.append(yaml.CSafeLoader)
    documents = [yaml.load(text, Loader=loader) for loader in loaders]
    if any(document != documents[0] for document in documents):
        sys.exit("PyYAML's loaders read different things")
    only_string_keys(documents[0])
    json.dump(documents[0], sys.stdout)


main()
