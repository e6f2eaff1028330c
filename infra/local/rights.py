"""What the Lambdas may and did: from the emulator's roles and its record of checks (IAM_RECORD).

Prints what was refused, and per Lambda the rights that were never used. Exit code 1 if anything was refused; with --strict also if a
right was never used and its statement is not marked: a statement of rights that no test can use has a Sid that begins with
`Untested`, and a comment beside it in the template says why. A mark on a statement of which every right was used is
told, and fails nothing: of two Lambdas that may do a thing, the faster does it.

A right is an action on a resource. Where a statement's condition names partitions (dynamodb:LeadingKeys), each of them must have
been met by a call too; with --pairs, each by each action.

What Lambda does in a role's name to read its queue or stream is no call of ours: those rights count as used if there is such a source.
"""

import argparse
import collections
import json
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import clients

UNTESTED = "Untested"
LEADING_KEYS = "dynamodb:leadingkeys"
# What Lambda needs of the role to read an event source, by the service in its ARN.
OF_SOURCES = {
    "sqs": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "dynamodb": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"},
}


@dataclass(frozen=True)
class Call:
    action: str
    resource: str
    keys: tuple[str, ...] | None


@lru_cache(maxsize=None)
def pattern(text: str, ignore_case: bool) -> re.Pattern:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(c) or re.escape(c) for c in text), re.IGNORECASE if ignore_case else 0)


def matches(value: str, wanted: str, ignore_case: bool = False) -> bool:
    return pattern(wanted, ignore_case).fullmatch(value) is not None


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


class Statement:
    """One Allow of a role."""

    def __init__(self, statement: dict):
        self.sid = statement.get("Sid", "")
        self.untested = self.sid.startswith(UNTESTED)
        self.actions = listed(statement.get("Action", []))
        self.resources = listed(statement.get("Resource", []))
        self.keys: list[str] = []
        self.any_key = False
        # Whichever way it says so: StringLike or StringEquals, ForAllValues or ForAnyValue. Null asks only whether there is a key.
        for operator, conditions in (statement.get("Condition") or {}).items():
            for name, values in conditions.items():
                if name.lower() == LEADING_KEYS and re.search(r"String(Like|Equals)", operator) and "Not" not in operator:
                    self.keys += listed(values)
                    self.any_key |= operator.startswith("ForAnyValue")

    def is_for(self, call: Call) -> bool:
        """Do the keys of the call, if the statement names any, meet its condition?"""
        if not self.keys:
            return True
        met = [any(matches(key, wanted) for wanted in self.keys) for key in call.keys or ()]
        return any(met) if self.any_key else bool(met) and all(met)

    def unused(self, calls: set[Call], sources: set[str], pairs: bool):
        """The rights that no call used, in words."""
        calls = {call for call in calls if self.is_for(call)}
        for resource in self.resources:
            on_it = {call for call in calls if matches(call.resource, resource)}
            shown = resource.split(":", 5)[-1]
            for action in self.actions:
                of_source = any(action in OF_SOURCES.get(arn.split(":")[2], ()) and matches(arn, resource) for arn in sources)
                called = {call for call in on_it if matches(call.action, action, ignore_case=True)}
                if not called and not of_source:
                    yield f"{action} on {shown}" + (f", keys {', '.join(self.keys)}" if self.keys else "")
                elif pairs:
                    yield from (f"{action} on {shown}, keys {key}" for key in self.not_met(called))
            if not pairs and on_it:
                yield from (f"{', '.join(self.actions)} on {shown}, keys {key}" for key in self.not_met(on_it))

    def not_met(self, calls: set[Call]) -> list[str]:
        return [wanted for wanted in self.keys if not any(matches(key, wanted) for call in calls for key in call.keys or ())]


def statements_of(document: dict | str) -> list[Statement]:
    document = json.loads(document) if isinstance(document, str) else document
    return [Statement(one) for one in listed(document["Statement"]) if one and one["Effect"] == "Allow"]


def read_record(record: Path):
    done: dict[str, set[Call]] = collections.defaultdict(set)
    refused: collections.Counter = collections.Counter()
    with record.open() as lines:
        for line in lines:
            try:
                one = json.loads(line)
            except ValueError:
                continue  # the last line of an emulator that was killed
            call = Call(one["action"], one["resource"], tuple(one["keys"]) if one["keys"] is not None else None)
            if one["allowed"]:
                done[one["who"]].add(call)
            else:
                refused[(one["who"], call)] += 1
    return done, refused


def granted(endpoint: str, stack: str | None):
    """Of each Lambda: its name, what its role allows, the ARNs of its event sources. Managed policies (logs, traces, the key) are
    not looked at: what they allow is no call of ours."""
    iam, functions = clients.client("iam", endpoint), clients.client("lambda", endpoint)
    sources = collections.defaultdict(set)
    for page in functions.get_paginator("list_event_source_mappings").paginate():
        for mapping in page["EventSourceMappings"]:
            sources[mapping["FunctionArn"].split(":")[6]].add(mapping["EventSourceArn"])
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name, role = function["FunctionName"], function["Role"].rsplit("/", 1)[-1]
            if stack and not name.startswith(f"{stack}-"):
                continue
            statements = []
            for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                statements += statements_of(iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"])
            yield name, statements, sources[name]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--record", type=Path, required=True, help="the file that IAM_RECORD named")
    parser.add_argument("--stack", help="only Lambdas whose names begin with it")
    parser.add_argument("--strict", action="store_true", help="a right that no test used must be marked")
    parser.add_argument("--pairs", action="store_true", help="each action with each key, where a statement has several of both")
    options = parser.parse_args()

    if not options.record.exists():
        sys.exit(f"{options.record} is missing: the emulator runs without IAM_RECORD, or no Lambda called anything")
    done, refused = read_record(options.record)
    total, unmarked, marked = 0, 0, 0
    stale = []
    for name, statements, sources in sorted(granted(options.endpoint, options.stack), key=lambda one: one[0]):
        lines = []
        for statement in statements:
            total += len(statement.actions) * len(statement.resources)
            unused = list(statement.unused(done[name], sources, options.pairs))
            lines += [f"    {right}" + (f"   ({statement.sid})" if statement.untested else "") for right in unused]
            if statement.untested:
                marked += len(unused)
                if not unused:
                    stale.append(f"{name}: {statement.sid} was used: take the mark off, unless that hangs on which Lambda is faster")
            else:
                unmarked += len(unused)
        if lines:
            print("\n".join([f"{name} never used:", *sorted(lines)]))
    for line in stale:
        print(line)
    if refused:
        print("Refused:")
        for (who, call), times in sorted(refused.items(), key=str):
            keys = "" if call.keys is None else f", keys {', '.join(call.keys)}"
            print(f"    {who}: {call.action} on {call.resource.split(':', 5)[-1]}{keys}   ({times} times)")
    print(f"{total} rights; never used: {unmarked}, and {marked} that are marked {UNTESTED}; refused: {sum(refused.values())} calls")
    if refused or (options.strict and unmarked):
        sys.exit(1)


if __name__ == "__main__":
    main()
