"""The programs of the workspace, for the checks that run them."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def build(kind, name):
    """The path of a program, wherever the target folder is. `kind` is `bin`, `example` or `test`; of the tests that are
    called alike, those of the package `tests`.

    Cargo chooses a crate's features by all packages that it builds, and by their development dependencies if an example
    is among them. Asked like this it takes what `cargo test --workspace` has built, and compiles no crate once more.
    """
    command = ["cargo", "build", "--workspace", "--example", "hello", f"--{kind}", name]
    command += ["--message-format=json-render-diagnostics"]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    for message in map(json.loads, output.splitlines()):
        if message.get("executable") and message["target"]["name"] == name and is_of(message, kind):
            return message["executable"]
    sys.exit(f"cargo built no {kind} called {name}")


def is_of(message, kind):
    return kind != "test" or Path(message["manifest_path"]).parent.name == "tests"


def main():
    print(build(*sys.argv[1:]))


if __name__ == "__main__":
    main()
