"""Prove that the real `sam deploy` takes template.yaml: create, update, delete, on an emulator of its own.

template.yaml, infra/stacks/ and samconfig.toml are copied into a folder, with the binaries where `cargo lambda build` leaves them
(target/lambda/<binary>/bootstrap). By default only the Lambdas of REAL are the real binaries; each other is a placeholder of a few
bytes, because what is proven is the deployment, and packing a gigabyte takes a minute. --all-real takes all.

The emulator must be started anew for it (PYTHONPATH=infra/local, hypercorn emulator:app), and its endpoint be none that dev uses.
Prints what it did; exit code 1 with the reason if anything is not as it should be.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import clients

REPOSITORY = Path(__file__).parent.parent.parent
STACK = "ponte-samdeploy"
# Answers through the API, with a call of the table and one of a secret.
REAL = {"console-programs", "hub-fallback"}
PLACEHOLDER = b"#!/bin/sh\necho 'a placeholder: see sam_deploy.py' >&2\nexit 1\n"
CREATED = {"LogRetentionDays": "14"}
UPDATED = {"LogRetentionDays": "30", "TrinksWebhookRateLimit": "20", "WatchTrinksSilence": "true"}


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def stage(folder: Path, binaries: Path, all_real: bool) -> None:
    """A copy of what is deployed. Nothing in the repository itself is touched."""
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "infra").mkdir(parents=True)
    shutil.copy(REPOSITORY / "template.yaml", folder)
    shutil.copy(REPOSITORY / "samconfig.toml", folder)
    shutil.copytree(REPOSITORY / "infra" / "stacks", folder / "infra" / "stacks")
    real = 0
    for stack in sorted((folder / "infra" / "stacks").glob("*.yaml")):
        for name in re.findall(r"CodeUri: \.\./\.\./target/lambda/(\S+)", stack.read_text()):
            bootstrap = folder / "target" / "lambda" / name / "bootstrap"
            bootstrap.parent.mkdir(parents=True)
            if all_real or name in REAL:
                if not (binaries / name).is_file():
                    sys.exit(f"{binaries / name} is missing: build it first")
                link(binaries / name, bootstrap)
                real += 1
            else:
                # Different for each, so that each is an upload of its own.
                bootstrap.write_bytes(PLACEHOLDER + f"# {name}\n".encode())
                bootstrap.chmod(0o755)
    say(f"staged in {folder}, {real} real binaries")


def link(source: Path, copy: Path) -> None:
    try:
        os.link(source, copy)
    except OSError:
        shutil.copy(source, copy)


def sam_deploy(sam: Path, folder: Path, endpoint: str, parameters: dict[str, str]) -> None:
    """As in docs/operations.md, but for what keeps it on this machine."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": clients.REGION,
        "AWS_ACCESS_KEY_ID": clients.CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": clients.CREDENTIALS["aws_secret_access_key"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
    }
    # samconfig.toml's section homologacao, so that what it says is proven too; its parameters are replaced by these.
    pairs = {"Production": "false", "DeletionProtection": "false", "EndpointUrl": endpoint, **parameters}
    command = [str(sam), "deploy", "--config-env", "homologacao", "--stack-name", STACK, "--no-confirm-changeset", "--no-progressbar"]
    command += ["--parameter-overrides", *(f"{key}={value}" for key, value in pairs.items())]
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, timeout=300, check=False)
    (folder / "sam.log").open("a").write(done.stdout + done.stderr)
    if done.returncode != 0:
        sys.exit(f"sam deploy failed:\n{(done.stdout + done.stderr)[-6000:]}")
    say(f"sam deploy in {time.monotonic() - started:.1f} s")


def sam_deploy_refused(sam: Path, folder: Path, endpoint: str) -> None:
    """Production without anybody whom alarms reach: CloudFormation refuses by the rule."""
    try:
        sam_deploy(sam, folder, endpoint, {"Production": "true"})
    except SystemExit as refusal:
        if "Production needs AlarmEmail" not in str(refusal.code):
            raise
        say("production without AlarmEmail was refused")
        return
    sys.exit("production without AlarmEmail was deployed")


def stacks_of(cloudformation) -> dict[str, str]:
    """The root and its children, with their status."""
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    return {one["StackName"]: one["StackStatus"] for page in pages for one in page["Stacks"] if one["StackName"].startswith(STACK)}


def check(endpoint: str, children: int, expected: set[str], outcome: str) -> dict[str, str]:
    cloudformation = clients.client("cloudformation", endpoint)
    found = stacks_of(cloudformation)
    if len(found) != children + 1:
        sys.exit(f"{len(found)} stacks instead of the root and {children}: {found}")
    if bad := {name: status for name, status in found.items() if status not in outcome.split()}:
        sys.exit(f"not {outcome}: {bad}")
    described = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}
    if missing := sorted(name for name in expected if not outputs.get(name)):
        sys.exit(f"outputs are missing: {', '.join(missing)}")
    say(f"{len(found)} stacks stand, {len(outputs)} outputs")
    return outputs


def ask(endpoint: str, outputs: dict[str, str]) -> None:
    """Two real Lambdas answer through the API: one that needs its role's rights, one that needs none."""
    secrets = clients.client("secretsmanager", endpoint)
    key = secrets.get_secret_value(SecretId=outputs["AdminKeySecretArn"])["SecretString"]
    api = f"{endpoint}/_aws/execute-api/{outputs['ApiId']}"
    for method, path, wanted in (("GET", "/console/v1/programs", 200), ("POST", "/hub-fidelidade/v1/Nothing", 404)):
        request = urllib.request.Request(f"{api}{path}", method=method, headers={"Authorization": f"Bearer {key}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                status, body = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        if status != wanted:
            sys.exit(f"{method} {path} answered {status}, not {wanted}: {body[:500]!r}")
        say(f"{method} {path}: {status} {json.loads(body)}")


def took_effect(endpoint: str) -> None:
    """The update reached the resources of two children: one changed in place, one made by a condition."""
    groups = clients.client("logs", endpoint).describe_log_groups(logGroupNamePrefix=f"/{STACK}/")["logGroups"]
    days = {group["retentionInDays"] for group in groups}
    pages = clients.client("cloudwatch", endpoint).get_paginator("describe_alarms").paginate()
    silence = [one["AlarmName"] for page in pages for one in page["MetricAlarms"] if "TrinksSilence" in one["AlarmName"]]
    if days != {int(UPDATED["LogRetentionDays"])} or len(silence) != 1:
        sys.exit(f"the update did not take effect: days {days}, alarms {silence}")
    say(f"the update took effect: {len(groups)} log groups, one alarm more")


def delete(endpoint: str) -> None:
    cloudformation = clients.client("cloudformation", endpoint)
    cloudformation.delete_stack(StackName=STACK)
    started = time.monotonic()
    while left := {name: status for name, status in stacks_of(cloudformation).items() if status != "DELETE_COMPLETE"}:
        if time.monotonic() - started > 60 or any(status.endswith("FAILED") for status in left.values()):
            sys.exit(f"not deleted: {left}")
        time.sleep(0.2)
    say("deleted")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--sam", type=Path, required=True, help="the sam program (of .local/venv-test)")
    parser.add_argument("--artifacts", type=Path, required=True, help="folder with the binaries: target/debug")
    parser.add_argument("--folder", type=Path, required=True, help="where to stage: emptied first")
    parser.add_argument("--all-real", action="store_true", help="all binaries, no placeholders")
    options = parser.parse_args()

    folder = options.folder.resolve()
    stage(folder, options.artifacts.resolve(), options.all_real)
    template = (folder / "template.yaml").read_text()
    children = template.count("Type: AWS::CloudFormation::Stack\n")
    expected = set(re.findall(r"^  (\w+):$", template.split("\nOutputs:\n")[1], re.MULTILINE))
    sam = options.sam.resolve()
    sam_deploy_refused(sam, folder, options.endpoint)
    sam_deploy(sam, folder, options.endpoint, CREATED)
    ask(options.endpoint, check(options.endpoint, children, expected, "CREATE_COMPLETE"))
    sam_deploy(sam, folder, options.endpoint, UPDATED)
    after = check(options.endpoint, children, expected, "UPDATE_COMPLETE CREATE_COMPLETE")
    took_effect(options.endpoint)
    ask(options.endpoint, after)
    delete(options.endpoint)


if __name__ == "__main__":
    main()
