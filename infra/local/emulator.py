"""The emulated AWS, `emulator:app`: ministack with what the project needs of it and it has not.

1. Nested stacks. Children are transformed (Fn::ForEach, SAM) like a stack at the top, and an update keeps the attributes of what
   did not change. With that the real `sam deploy` creates and updates the whole system.
2. Rights, with AUTH=true: each Lambda's calls are checked against its role. The condition keys dynamodb:LeadingKeys and
   ses:FromAddress are filled in.
3. With IAM_RECORD=<file>, one JSON line per check of a Lambda's call; rights.py reads them.

The parts of ministack that are replaced are private: the version is pinned, and a name that is gone fails at the start.
"""

import json
import os
import re

import ministack.services.cloudformation as cloudformation
from ministack.app import app  # noqa: F401  (what hypercorn serves)
from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb
from ministack.services.cloudformation import engine, provisioners

# --- Nested stacks ----------------------------------------------------------------------------------------------------

_update_resource = provisioners._update_resource
_nested_deploy = provisioners._cfn_nested_stack_deploy
_parse_template = engine._parse_template


def _update_keeping_attributes(kind, physical, old, new, stack, logical=None, attributes=None):
    if attributes is None:
        known = cloudformation._stacks.get(stack, {}).get("_resources", {})
        attributes = known.get(logical, {}).get("Attributes")
    return _update_resource(kind, physical, old, new, stack, logical, attributes)


def _nested_deploy_transformed(logical_id, properties, parent, **options):
    """The nested deployment looks the parser up when it runs: for that long it is one that transforms too."""
    parameters = [{"Key": key, "Value": str(value)} for key, value in (properties.get("Parameters") or {}).items()]

    def parse(body):
        template = engine._apply_transforms(_parse_template(body), parameters)
        if isinstance(template, engine._TransformFailed):
            raise ValueError(str(template))
        return template

    engine._parse_template = parse
    try:
        return _nested_deploy(logical_id, properties, parent, **options)
    finally:
        engine._parse_template = _parse_template


provisioners._update_resource = _update_keeping_attributes
provisioners._cfn_nested_stack_deploy = _nested_deploy_transformed

# --- dynamodb:LeadingKeys ---------------------------------------------------------------------------------------------


def _partition_key(table: str, index: str | None) -> str | None:
    """The name of the attribute that partitions the table, or its index."""
    record = dynamodb._tables.get(table.rsplit("/", 1)[-1]) or {}
    schema = record.get("KeySchema", [])
    if index:
        for one in (record.get("GlobalSecondaryIndexes") or []) + (record.get("LocalSecondaryIndexes") or []):
            if one.get("IndexName") == index:
                schema = one["KeySchema"]
    return next((part["AttributeName"] for part in schema if part["KeyType"] == "HASH"), None)


def _text(value) -> str | None:
    """The value inside {"S": "…"}."""
    return str(next(iter(value.values()))) if isinstance(value, dict) and value else None


def _of_condition(request: dict, key: str | None) -> str | None:
    """The partition that a Query names: `pk = :pk`, alone or joined to others by AND."""
    names = request.get("ExpressionAttributeNames") or {}
    values = request.get("ExpressionAttributeValues") or {}
    for left, right in re.findall(r"([#\w]+)\s*=\s*(:\w+)", request.get("KeyConditionExpression") or ""):
        if names.get(left, left) == key:
            return _text(values.get(right))
    return None


def leading_keys(request) -> list[str]:
    """The partitions that a request names. A Scan names none: then the condition key is absent, as on AWS."""
    if not isinstance(request, dict):
        return []
    found = []
    if table := request.get("TableName"):
        key = _partition_key(table, request.get("IndexName"))
        found += [_text((request.get(part) or {}).get(key)) for part in ("Key", "Item")]
        found.append(_of_condition(request, key))
    for table, asked in (request.get("RequestItems") or {}).items():
        key = _partition_key(table, None)
        if isinstance(asked, dict):
            items = asked.get("Keys", [])
        else:
            items = [(one.get("PutRequest") or {}).get("Item") or (one.get("DeleteRequest") or {}).get("Key") or {} for one in asked]
        found += [_text(item.get(key)) for item in items]
    return sorted({key for key in found if key is not None})


class _ActionOnItem(str):
    """An action of one item of a transaction, with the partitions of that item."""

    keys: list[str]


_service_context = iam_actions.dynamodb_service_context
_transaction_checks = iam_actions.dynamodb_transaction_checks
_enforce = iam_evaluator.enforce


def _context_with_keys(body):
    context = _service_context(body)
    try:
        keys = leading_keys(json.loads(body or b"{}"))
    except ValueError:
        keys = []
    return {**context, "dynamodb:LeadingKeys": keys} if keys else context


def _checks_with_keys(action, body, region, account):
    checks = _transaction_checks(action, body, region, account)
    if not checks:
        return checks
    items = [member for item in json.loads(body)["TransactItems"] for member in item.values()]
    marked = []
    for (name, arn), item in zip(checks, items, strict=True):
        action_on_item = _ActionOnItem(name)
        action_on_item.keys = leading_keys(item)
        marked.append((action_on_item, arn))
    return marked


# --- ses:FromAddress --------------------------------------------------------------------------------------------------


class _Sender(str):
    """The identity that an e-mail is sent by, with its address."""

    address: str


_ses_resource = iam_actions._ses_v2_resource_arn


def _ses_resource_with_sender(method, path, body, region, account):
    """On AWS a sent e-mail is of its sender's identity. Here it would be of any."""
    if path.rstrip("/") != "/v2/email/outbound-emails":
        return _ses_resource(method, path, body, region, account)
    address = iam_actions._safe_json_field(body, "FromEmailAddress")
    if not address:
        return "*"
    sender = _Sender(f"arn:aws:ses:{region}:{account}:identity/{address}")
    sender.address = address
    return sender


# --- The record -------------------------------------------------------------------------------------------------------

_record = open(os.environ["IAM_RECORD"], "a", buffering=1) if os.environ.get("IAM_RECORD") else None
# Lambdas' keys begin so; whoever uses "test" is root and is not recorded.
_SESSION = "ASIA"


def _enforce_and_record(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
    if isinstance(iam_action, _ActionOnItem):
        service_context = {**(service_context or {}), "dynamodb:LeadingKeys": iam_action.keys}
    if isinstance(resource_arn, _Sender):
        service_context = {**(service_context or {}), "ses:FromAddress": resource_arn.address}
    denied = _enforce(access_key_id, iam_action, service, region, resource_arn=resource_arn, service_context=service_context)
    if _record is not None and (access_key_id or "").startswith(_SESSION):
        who = iam_evaluator.resolve_credential(access_key_id)
        line = {
            "who": getattr(who, "principal_arn", "?").rsplit("/", 1)[-1],
            "action": str(iam_action),
            "resource": str(resource_arn),
            "keys": (service_context or {}).get("dynamodb:LeadingKeys"),
            "allowed": denied is None,
        }
        _record.write(json.dumps(line) + "\n")
    return denied


iam_actions.dynamodb_service_context = _context_with_keys
iam_actions.dynamodb_transaction_checks = _checks_with_keys
iam_actions._ses_v2_resource_arn = _ses_resource_with_sender
iam_evaluator.enforce = _enforce_and_record
