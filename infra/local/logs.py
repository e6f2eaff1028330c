"""Print what the Lambdas log, as it comes, one short line each, until stopped."""

import argparse
import json
import sys
import time
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

import clients

CONTEXTS = ("hub-fidelidade", "notifications", "console", "trinks", "agenda", "events")
# The platform's own lines tell a developer nothing.
PLATFORM = ("START ", "END ", "REPORT ", "INIT_START ")
INTERVAL_SECONDS = 0.5
# Fields shown apart, or repeated by the line's own context.
HEAD = ("timestamp", "level", "message", "target", "fields", "function", "span", "spans")


def fields_of(line: dict) -> dict:
    """tracing nests fields, or flattens them: show both alike. Metrics (EMF) are for CloudWatch, not for eyes."""
    nested = line.get("fields") if isinstance(line.get("fields"), dict) else {}
    flat = {key: value for key, value in line.items() if key not in HEAD}
    return {key: value for key, value in {**nested, **flat}.items() if key not in ("message", "_aws")}


def readable(text: str) -> str | None:
    text = text.strip()
    if not text or text.startswith(PLATFORM):
        return None
    try:
        line = json.loads(text)
    except ValueError:
        return text
    if not isinstance(line, dict) or line.get("type", "").startswith("platform."):
        return None
    nested = line.get("fields") if isinstance(line.get("fields"), dict) else {}
    message = line.get("message") or nested.get("message") or ""
    rest = " ".join(f"{key}={value}" for key, value in fields_of(line).items())
    return f"{line.get('level', ''):5} {message} {rest}".rstrip()


def follow(logs, group: str, context: str, since: int, seen: set[str]) -> None:
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since):
        for event in page["events"]:
            identity = f"{event['logStreamName']} {event['timestamp']} {event['message']}"
            if identity in seen:
                continue
            seen.add(identity)
            text = readable(event["message"])
            if text is not None:
                at = datetime.fromtimestamp(event["timestamp"] / 1000).strftime("%H:%M:%S")
                print(f"{at} {context:14} {text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--stack", required=True)
    options = parser.parse_args()

    logs = clients.client("logs", options.endpoint)
    since = int(time.time() * 1000)
    seen: set[str] = set()
    while True:
        asked = int(time.time() * 1000)
        try:
            for context in CONTEXTS:
                follow(logs, f"/{options.stack}/{context}", context, since, seen)
        except (BotoCoreError, ClientError) as error:
            sys.exit(f"the logs cannot be read any more: {type(error).__name__}")
        # A line may be stored a moment after its time stamp: look back a little, `seen` drops what was shown.
        since = asked - 5_000
        time.sleep(INTERVAL_SECONDS)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
