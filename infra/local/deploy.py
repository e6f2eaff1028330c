"""Deploy template.yaml to the local stack, as `sam package` and `sam deploy` would to AWS.

Each Lambda's binary is zipped and uploaded under a name made of its content, and CodeUri points there. The stack is
created, or updated when template, parameters or a binary changed: only Lambdas whose binary changed are replaced.

Progress goes to stderr, one JSON object with the stack's outputs to stdout.
"""

import argparse
import hashlib
import io
import json
import sys
import time
import zipfile
from pathlib import Path

from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

import clients

BUCKET = "ponte-artifacts"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def bundle(binary: Path) -> bytes:
    """Zip a bootstrap so that equal binaries give equal bytes (fixed date and mode)."""
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compresslevel=1) as archive:
        archive.writestr(entry, binary.read_bytes())
    return buffer.getvalue()


def functions(template: dict) -> dict[str, dict]:
    """The Lambdas that cargo-lambda builds, by logical name."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def upload(s3, binary: Path, known: set[str]) -> str:
    """Upload a binary unless it is there already; its digest alone decides, so nothing is zipped twice."""
    digest = hashlib.sha256(binary.read_bytes()).hexdigest()
    key = f"{binary.parent.name}/{digest}.zip"
    if key not in known:
        body = bundle(binary)
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        say(f"  uploaded {binary.parent.name} ({len(body) / 1e6:.1f} MB)")
    return key


def package(template: dict, artifacts: Path, s3) -> int:
    """Point every CodeUri at an uploaded zip. Returns how many zips were new."""
    try:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    known = {item["Key"] for page in pages for item in page.get("Contents", [])}
    before = len(known)
    for resource in functions(template).values():
        name = resource["Metadata"]["BuildProperties"]["Binary"]
        binary = artifacts / name / "bootstrap"
        if not binary.exists():
            sys.exit(f"{binary} is missing: build it with cargo lambda build")
        key = upload(s3, binary, known)
        known.add(key)
        resource["Properties"]["CodeUri"] = {"Bucket": BUCKET, "Key": key}
    return len(known) - before


def deploy(cloudformation, stack: str, template_url: str, parameters: dict[str, str]) -> None:
    """Create or update the stack, and wait until it stands."""
    request = {
        "StackName": stack,
        "TemplateURL": template_url,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in sorted(parameters.items())],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    status = stack_status(cloudformation, stack)
    if status is not None and status.endswith("ROLLBACK_COMPLETE") and not status.startswith("UPDATE"):
        say(f"  the stack is {status}: deleting it")
        cloudformation.delete_stack(StackName=stack)
        wait(cloudformation, stack)
        status = None
    if status is None:
        cloudformation.create_stack(**request)
    else:
        try:
            cloudformation.update_stack(**request)
        except ClientError as error:
            if "No updates" in str(error):
                say("  nothing changed")
                return
            raise
    wait(cloudformation, stack)


def stack_status(cloudformation, stack: str) -> str | None:
    try:
        return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def wait(cloudformation, stack: str) -> None:
    started = time.monotonic()
    while (status := stack_status(cloudformation, stack)) is not None and status.endswith("_IN_PROGRESS"):
        if time.monotonic() - started > 300:
            sys.exit(f"the stack is still {status} after five minutes")
        time.sleep(0.2)
    if status in (None, "DELETE_COMPLETE"):
        return
    say(f"  {status} in {time.monotonic() - started:.1f} s")
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        for event in cloudformation.describe_stack_events(StackName=stack)["StackEvents"]:
            if event["ResourceStatus"].endswith("FAILED"):
                say(f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}")
        sys.exit(1)


def verify_sender(sesv2, address: str) -> None:
    """On AWS an administrator verifies the sender; here nobody has to click a link."""
    try:
        sesv2.create_email_identity(EmailIdentity=address)
    except sesv2.exceptions.AlreadyExistsException:
        pass


def put_secret(secrets, name: str, value: str) -> None:
    """What an operator does once: `aws secretsmanager create-secret`."""
    try:
        secrets.create_secret(Name=name, SecretString=value)
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId=name, SecretString=value)


def outputs(cloudformation, stack: str) -> dict[str, str]:
    description = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {item["OutputKey"]: item["OutputValue"] for item in description["Outputs"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--template", type=Path, required=True)
    parser.add_argument("--artifacts", type=Path, required=True, help="folder with <binary>/bootstrap")
    parser.add_argument("--stack", required=True)
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--secret", action="append", default=[], metavar="NAME=VALUE", help="made unless it is there")
    options = parser.parse_args()

    template = yaml_parse(options.template.read_text())
    s3 = clients.client("s3", options.endpoint)
    new = package(template, options.artifacts, s3)
    # By S3, as `sam deploy` does: a template in the request itself may have 51,200 bytes at most.
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template))
    template_url = f"{options.endpoint}/{BUCKET}/template.json"
    say(f"  {len(functions(template))} Lambdas, {new} new or changed")
    cloudformation = clients.client("cloudformation", options.endpoint)
    parameters = dict(item.split("=", 1) for item in options.parameter)
    deploy(cloudformation, options.stack, template_url, parameters)
    if parameters.get("EmailFrom"):
        verify_sender(clients.client("sesv2", options.endpoint), parameters["EmailFrom"])
    result = outputs(cloudformation, options.stack)
    secrets = clients.client("secretsmanager", options.endpoint)
    for item in options.secret:
        put_secret(secrets, *item.split("=", 1))
    result["AdminKey"] = secrets.get_secret_value(SecretId=result["AdminKeySecretArn"])["SecretString"]
    print(json.dumps(result))


if __name__ == "__main__":
    main()
