"""Write what the local stack "sent" to outbox.jsonl, one message a line, so that a person can read a PIN there.

The emulator keeps each SMS and e-mail; this process asks for them four times a second and appends what is new:
{"at": "...", "channel": "sms" | "email", "to": "...", "subject": null | "...", "text": "...", "id": "..."}
"""

import argparse
import json
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

INTERVAL_SECONDS = 0.25
# The emulator is gone for good when it has not answered for this long.
GIVE_UP_SECONDS = 30


def read(endpoint: str, path: str) -> dict:
    with urllib.request.urlopen(f"{endpoint}{path}", timeout=5) as response:
        return json.load(response)


def messages(endpoint: str):
    for number, sent in read(endpoint, "/_ministack/sns/sms-messages")["sms_messages"].items():
        for item in sent:
            yield {"channel": "sms", "to": number, "subject": None, "text": item["Message"], "id": item["MessageId"]}
    for sent in read(endpoint, "/_ministack/ses/messages")["messages"].values():
        for item in sent:
            text = item["BodyText"] or item["BodyHtml"] or ""
            to = ", ".join(item["To"])
            yield {"channel": "email", "to": to, "subject": item["Subject"], "text": text, "id": item["MessageId"]}


def known(outbox: Path) -> set[str]:
    if not outbox.exists():
        return set()
    return {json.loads(line)["id"] for line in outbox.read_text().splitlines() if line}


def append(outbox: Path, message: dict) -> None:
    line = {"at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"), **message}
    with outbox.open("a") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--outbox", type=Path, required=True)
    options = parser.parse_args()

    options.outbox.touch()
    seen = known(options.outbox)
    answered = time.monotonic()
    while time.monotonic() - answered < GIVE_UP_SECONDS:
        try:
            for message in messages(options.endpoint):
                if message["id"] not in seen:
                    append(options.outbox, message)
                    seen.add(message["id"])
            answered = time.monotonic()
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(INTERVAL_SECONDS)


if __name__ == "__main__":
    main()
