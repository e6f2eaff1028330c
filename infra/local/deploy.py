"""Deploy template.yaml to the local stack, as `sam deploy` would to AWS.

The root's children (infra/stacks/) become stacks of their own, `<stack>-<Child>`, in the order in which they refer to each other:
the emulator expands and updates a stack at the top faster than a nested one. So the root may say only literals, Ref of a parameter or
of AWS::StackName, GetAtt of a child's output, Sub of those, and DependsOn.

Each Lambda's binary is zipped and uploaded under a name made of its content, and CodeUri points there. A child is created, or
updated when its template, a parameter or a binary changed: only Lambdas whose binary changed are replaced.

Progress goes to stderr, one JSON object with the root's outputs to stdout.
"""

import argparse
import hashlib
import io
import json
import os
import re
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

import clients

BUCKET = "ponte-artifacts"
FUNCTION = "AWS::Serverless::Function"
CHILD = "AWS::CloudFormation::Stack"
PATIENCE_SECONDS = 300


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- Binaries ---------------------------------------------------------------------------------------------------------


def bundle(binary: Path) -> bytes:
    """Zip a bootstrap so that equal binaries give equal bytes (fixed date and mode)."""
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compresslevel=1) as archive:
        archive.writestr(entry, binary.read_bytes(), compresslevel=1)
    return buffer.getvalue()


class Artifacts:
    """What lies in the bucket: zips by content, templates by content, and notes of earlier deployments."""

    def __init__(self, s3, endpoint: str):
        self.s3 = s3
        self.url = f"{endpoint}/{BUCKET}"
        try:
            s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        self.known = {item["Key"] for page in pages for item in page.get("Contents", [])}

    def note(self, key: str) -> dict:
        if key not in self.known:
            return {}
        return json.loads(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        self.known.add(key)

    def put_note(self, key: str, note: dict) -> None:
        self.put(key, json.dumps(note).encode())

    def put_template(self, template: dict) -> str:
        """By S3, as `sam deploy` does: a template in the request itself may have 51,200 bytes at most."""
        body = json.dumps(template).encode()
        key = f"templates/{hashlib.sha256(body).hexdigest()}.json"
        if key not in self.known:
            self.put(key, body)
        return f"{self.url}/{key}"

    def put_binaries(self, binaries: dict[str, Path]) -> tuple[dict[str, str], int]:
        """Upload what is not there yet. Returns the key of each, and how many were new."""
        seen = self.note("digests.json")

        def upload(name: str) -> tuple[str, list, str, bool]:
            path = binaries[name]
            stat = path.stat()
            mark = [str(path.resolve()), stat.st_size, stat.st_mtime_ns]
            # A file that was not written since has the digest that it had: a gigabyte need not be read each time.
            digest = seen[name][1] if seen.get(name, [None])[0] == mark else hashlib.sha256(path.read_bytes()).hexdigest()
            key = f"{name}/{digest}.zip"
            new = key not in self.known
            if new:
                body = bundle(path)
                self.put(key, body)
                say(f"  uploaded {name} ({len(body) / 1e6:.1f} MB)")
            return name, [mark, digest], key, new

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            done = list(pool.map(upload, binaries))
        if (notes := {name: note for name, note, _, _ in done}) != seen:
            self.put_note("digests.json", notes)
        return {name: key for name, _, key, _ in done}, sum(new for *_, new in done)


def functions(template: dict) -> dict[str, dict]:
    """The Lambdas of a child, by the name of their binary: the folder where `cargo lambda build` leaves it."""
    found = [r["Properties"] for r in template["Resources"].values() if isinstance(r, dict) and r.get("Type") == FUNCTION]
    return {Path(properties["CodeUri"]).name: properties for properties in found}


# --- The root ---------------------------------------------------------------------------------------------------------


class Root:
    """What the root says of its children."""

    def __init__(self, path: Path, stack: str, given: dict[str, str]):
        self.template = yaml_parse(path.read_text())
        self.stack = stack
        declared = self.template.get("Parameters", {})
        if unknown := set(given) - set(declared):
            sys.exit(f"{path.name} has no parameter {', '.join(sorted(unknown))}")
        self.parameters = {name: text(one["Default"]) for name, one in declared.items() if "Default" in one} | given
        self.outputs: dict[str, dict[str, str]] = {}
        self.children = self.template["Resources"]
        self.paths = {}
        for name, child in self.children.items():
            if child["Type"] != CHILD:
                sys.exit(f"{path.name}: {name} is no {CHILD}, which is all that the root may hold")
            self.paths[name] = path.parent / child["Properties"]["TemplateURL"]

    def value(self, node) -> str:
        match node:
            case {"Ref": "AWS::StackName"}:
                return self.stack
            case {"Ref": name} if name in self.parameters:
                return self.parameters[name]
            case {"Fn::GetAtt": [child, attribute]}:
                return self.outputs[child][attribute.removeprefix("Outputs.")]
            case {"Fn::GetAtt": str(path)}:
                return self.value({"Fn::GetAtt": path.split(".", 1)})
            case {"Fn::Sub": str(template)}:
                return re.sub(r"\$\{([^}]+)\}", lambda found: self.named(found[1]), template)
            case str() | int() | float():
                return text(node)
        sys.exit(f"deploy.py does not know what the root means by {node}")

    def named(self, name: str) -> str:
        """What `${name}` stands for."""
        return self.value({"Fn::GetAtt": name} if "." in name and "::" not in name else {"Ref": name})

    def in_order(self):
        """The children, each after those that it needs."""
        todo = dict(self.children)
        while todo:
            ready = [name for name, child in todo.items() if not (set(references(child)) & set(todo))]
            if not ready:
                sys.exit(f"these children need each other: {', '.join(todo)}")
            for name in ready:
                yield name, todo.pop(name)["Properties"].get("Parameters", {})


def text(value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def references(child: dict):
    """The children that one needs."""
    depends = child.get("DependsOn", [])
    yield from [depends] if isinstance(depends, str) else depends
    for found in re.findall(r'"Fn::GetAtt": \["(\w+)"|"Fn::GetAtt": "(\w+)\.|\$\{(\w+)\.Outputs', json.dumps(child)):
        yield next(name for name in found if name)


# --- Stacks -----------------------------------------------------------------------------------------------------------


class Stacks:
    def __init__(self, cloudformation, artifacts: Artifacts):
        self.cloudformation = cloudformation
        self.artifacts = artifacts

    def describe(self, stack: str) -> dict | None:
        try:
            return self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def deploy(self, stack: str, template: dict, parameters: dict[str, str]) -> tuple[dict[str, str], bool]:
        """Create or update a stack, wait until it stands. Returns its outputs, and whether there was anything to do."""
        url = self.artifacts.put_template(template)
        wanted = {"template": url, "parameters": parameters}
        note = f"stacks/{stack}.json"
        now = self.describe(stack)
        if now and self.artifacts.note(note) == {**wanted, "stood": standing(now)}:
            return outputs(now), False
        request = {
            "StackName": stack,
            "TemplateURL": url,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())],
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        }
        if now and now["StackStatus"].endswith("ROLLBACK_COMPLETE") and not now["StackStatus"].startswith("UPDATE"):
            say(f"  {stack} is {now['StackStatus']}: deleting it")
            self.cloudformation.delete_stack(StackName=stack)
            self.wait(stack)
            now = None
        create = now is None or now["StackStatus"] == "DELETE_COMPLETE"
        good = ["CREATE_COMPLETE", "UPDATE_COMPLETE"]
        try:
            (self.cloudformation.create_stack if create else self.cloudformation.update_stack)(**request)
        except ClientError as error:
            if "No updates" not in str(error):
                sys.exit(f"{stack}: {error.response['Error'].get('Message', error)}")
            # After an update that failed and was undone, this is what stands again.
            good.append("UPDATE_ROLLBACK_COMPLETE")
        now = self.wait(stack)
        if now is None or now["StackStatus"] not in good:
            self.tell_failure(stack)
            sys.exit(1)
        self.artifacts.put_note(note, {**wanted, "stood": standing(now)})
        return outputs(now), True

    def wait(self, stack: str) -> dict | None:
        started = time.monotonic()
        while (now := self.describe(stack)) is not None and now["StackStatus"].endswith("_IN_PROGRESS"):
            if time.monotonic() - started > PATIENCE_SECONDS:
                sys.exit(f"{stack} is still {now['StackStatus']} after five minutes")
            time.sleep(0.05)
        if now is not None:
            say(f"  {stack}: {now['StackStatus']} in {time.monotonic() - started:.1f} s")
        return now

    def tell_failure(self, stack: str) -> None:
        for event in self.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]:
            if event["ResourceStatus"].endswith("FAILED"):
                say(f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}")


def outputs(description: dict) -> dict[str, str]:
    return {item["OutputKey"]: item["OutputValue"] for item in description.get("Outputs", [])}


def standing(description: dict) -> list[str]:
    """Which deployment of a stack this is. A state that was restored from before the last one differs."""
    times = [description.get("CreationTime"), description.get("LastUpdatedTime")]
    return [description["StackId"], description["StackStatus"], *map(str, times)]


# --- What an operator does on AWS -------------------------------------------------------------------------------------


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--template", type=Path, required=True)
    parser.add_argument("--artifacts", type=Path, required=True, help="folder with the binaries: target/debug")
    parser.add_argument("--stack", required=True)
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--secret", action="append", default=[], metavar="NAME=VALUE", help="made unless it is there")
    options = parser.parse_args()

    given = dict(item.split("=", 1) for item in options.parameter)
    root = Root(options.template, options.stack, given)
    templates = {name: yaml_parse(path.read_text()) for name, path in root.paths.items()}
    lambdas = {binary: one for template in templates.values() for binary, one in functions(template).items()}
    binaries = {name: options.artifacts / name for name in lambdas}
    if missing := [str(path) for path in binaries.values() if not path.is_file()]:
        sys.exit(f"not built: {', '.join(missing)}")
    artifacts = Artifacts(clients.client("s3", options.endpoint), options.endpoint)
    keys, new = artifacts.put_binaries(binaries)
    for name, properties in lambdas.items():
        properties["CodeUri"] = {"Bucket": BUCKET, "Key": keys[name]}
    say(f"  {len(lambdas)} Lambdas, {new} new or changed")

    stacks = Stacks(clients.client("cloudformation", options.endpoint), artifacts)
    old = stacks.describe(options.stack)
    if old is not None and old["StackStatus"] != "DELETE_COMPLETE":
        sys.exit(f"{options.stack} is one stack here, from before it had children: begin anew with --fresh")
    changed = 0
    for name, parameters in root.in_order():
        values = {key: root.value(value) for key, value in parameters.items()}
        root.outputs[name], did = stacks.deploy(f"{options.stack}-{name}", templates[name], values)
        changed += did
    if not changed:
        say("  nothing changed")
    if root.parameters.get("EmailFrom"):
        verify_sender(clients.client("sesv2", options.endpoint), root.parameters["EmailFrom"])
    result = {name: root.value(output["Value"]) for name, output in root.template["Outputs"].items()}
    secrets = clients.client("secretsmanager", options.endpoint)
    for item in options.secret:
        put_secret(secrets, *item.split("=", 1))
    result["AdminKey"] = secrets.get_secret_value(SecretId=result["AdminKeySecretArn"])["SecretString"]
    print(json.dumps(result))


if __name__ == "__main__":
    main()
