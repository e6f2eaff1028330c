"""Invoke one Lambda of the local stack with one event: print what it logged, then what it answered.

Events are committed, so they hold no credentials: the words DEMO_TOKEN, DEMO_NO_PIN_TOKEN, ADMIN_KEY and AGENDA_KEY in an event
stand for those of the running stack (stack.json).
"""

import argparse
import base64
import json
import sys
from pathlib import Path

from botocore.exceptions import ClientError

import clients


def with_credentials(text: str, stack: dict) -> str:
    words = {
        "DEMO_NO_PIN_TOKEN": stack["demo_no_pin"]["token"],
        "DEMO_TOKEN": stack["demo"]["token"],
        "ADMIN_KEY": stack["admin_key"],
        "AGENDA_KEY": stack["agenda_key"],
    }
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack-file", type=Path, required=True)
    parser.add_argument("--function", required=True)
    parser.add_argument("--event", type=Path, required=True)
    parser.add_argument("--print", action="store_true", help="only print the event, with its credentials filled in")
    options = parser.parse_args()

    stack = json.loads(options.stack_file.read_text())
    payload = with_credentials(options.event.read_text(), stack)
    json.loads(payload)
    if options.print:
        print(payload)
        return
    try:
        answer = clients.client("lambda", stack["aws_endpoint"]).invoke(
            FunctionName=f"{stack['stack']}-{options.function}", Payload=payload, LogType="Tail"
        )
    except ClientError as error:
        sys.exit(f"{options.function}: {error.response['Error'].get('Message', error)}")
    print(base64.b64decode(answer.get("LogResult", "")).decode(errors="replace").rstrip(), file=sys.stderr)
    print(json.dumps(json.loads(answer["Payload"].read() or b"null"), indent=2, ensure_ascii=False))
    if "FunctionError" in answer:
        sys.exit(1)


if __name__ == "__main__":
    main()
