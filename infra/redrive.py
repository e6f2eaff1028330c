"""See, replay or drop what Trinks' Lambdas gave up or parked, through the administration API.

    cargo xtask redrive                                   what lies where
    cargo xtask redrive show conta                        up to ten dead letters of a queue
    cargo xtask redrive replay conta --limit 20           back to its queue
    cargo xtask redrive drop conta --limit 1 --reason x   away for good
    cargo xtask redrive parked demo                       all calls of a connection that wait for the next month
    cargo xtask redrive release demo --limit 50           back to the queue now
    cargo xtask redrive drop-parked demo ID --reason x    one of them away for good, by the id that `parked` shows

It speaks to the local stack, or to the API of PONTE_API (https://.../) with the key in PONTE_ADMIN_KEY.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path


def target(stack_file: Path) -> tuple[str, str]:
    """The console's base URL and a key for it."""
    if api := os.environ.get("PONTE_API"):
        key = os.environ.get("PONTE_ADMIN_KEY") or sys.exit("PONTE_API needs PONTE_ADMIN_KEY beside it")
        return f"{api.rstrip('/')}/console/v1", key
    if not stack_file.exists():
        sys.exit("no local stack runs: start it with `cargo xtask dev --detach`, or set PONTE_API and PONTE_ADMIN_KEY")
    stack = json.loads(stack_file.read_text())
    return stack["console"], stack["admin_key"]


def call(base: str, key: str, method: str, path: str, body: dict | None = None) -> dict:
    request = urllib.request.Request(f"{base}/trinks/{path}", method=method)
    request.add_header("Authorization", f"Bearer {key}")
    data = None
    if body is not None:
        request.add_header("Content-Type", "application/json")
        data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, data, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}")
    except urllib.error.URLError as error:
        sys.exit(f"{method} {path}: {error.reason}")


def parked(base: str, key: str, connection: str) -> dict:
    """All pages of what is parked."""
    found: list[dict] = []
    cursor = ""
    while True:
        page = call(base, key, "GET", f"connections/{connection}/parked?limit=100{cursor}")
        found += page["parked"]
        if page["next"] is None:
            return {"parked": found}
        cursor = f"&cursor={urllib.parse.quote(page['next'], safe='')}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stack-file", type=Path, required=True, help=argparse.SUPPRESS)
    actions = ["list", "show", "replay", "drop", "parked", "release", "drop-parked"]
    parser.add_argument("action", nargs="?", default="list", choices=actions)
    parser.add_argument("name", nargs="?", help="a queue, or for parked, release and drop-parked a connection")
    parser.add_argument("request", nargs="?", help="for drop-parked: the id of a parked call")
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--reason", help="why something is dropped; it is logged with your key")
    options = parser.parse_args()
    if options.action != "list" and not options.name:
        parser.error(f"{options.action} needs the name of a queue or connection")
    if options.action in ("drop", "drop-parked") and not options.reason:
        parser.error(f"{options.action} needs a --reason")
    if (options.action == "drop-parked") != bool(options.request):
        parser.error("drop-parked, and only that, needs the id of a parked call too")

    base, key = target(options.stack_file)
    limit = {"limit": options.limit}
    answer = {
        "list": lambda: call(base, key, "GET", "dead-letters"),
        "show": lambda: call(base, key, "GET", f"dead-letters/{options.name}"),
        "replay": lambda: call(base, key, "POST", f"dead-letters/{options.name}/replay", limit),
        "drop": lambda: call(base, key, "POST", f"dead-letters/{options.name}/drop", {**limit, "reason": options.reason}),
        "parked": lambda: parked(base, key, options.name),
        "release": lambda: call(base, key, "POST", f"connections/{options.name}/parked/release", limit),
        "drop-parked": lambda: call(
            base, key, "POST", f"connections/{options.name}/parked/{urllib.parse.quote(options.request, safe='')}/drop", {"reason": options.reason}
        ),
    }[options.action]()
    print(json.dumps(answer, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
