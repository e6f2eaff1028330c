"""What no other tool says of template.yaml and infra/stacks/: what CloudFormation would refuse only at the deployment, or AWS not at all.

Each child is expanded as CloudFormation does it (language extensions, then SAM), and root and children are checked together:

  nulls        an empty list item, as `- # comment`, is a null, and CloudFormation refuses it
  references   what is referred to is there: cfn-lint does not look where a template has language extensions
  size         resources, parameters and outputs of a stack; policies; variables of a Lambda; values of parameters
  wiring       the root gives each child what it asks for, and uses only outputs that are there
  parameters   a value that could fail only at the deployment is refused by a pattern
  rules        production without AlarmEmail is refused, and what else the rules are for
  names        Lambdas, queues, secrets: with the longest stack name, and no AWS::StackName in a child
  packages     each Lambda is taken from target/lambda/<binary>, and has the binary's name
  routes       each integration may be called, each route has its target, no route twice, edge limits only routes that are there
  alarms       each Lambda, each dead-letter queue
  queues       what brings work to a Lambda has dead letters, and waits long enough
  rights       "*" as a resource only for what has no name before it comes
  kept         table, key and secrets that must never be lost
  logs         access logs say nothing of paths

Needs the packages of infra/local/requirements.txt. `--expanded-folder` gets the expanded children, for tools that do not see into
Fn::ForEach. `--self-test` breaks the templates in one way per check, and sees that each is found.
"""

import argparse
import copy
import json
import logging
import os
import re
import sys
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "sa-east-1")
logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)

from ministack.services.cloudformation import language_extensions  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

ROOT = Path(__file__).parent.parent / "template.yaml"
SAM = "AWS::Serverless-2016-10-31"
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
FUNCTION = "AWS::Lambda::Function"

LONGEST_PREFIX = "p" * 20
# How long what only AWS knows may become.
LONG_ARN = "a" * 120
LONG_URL = "u" * 140
# CloudFormation takes 500; room for what comes.
MOST_RESOURCES = 400

# What the rules are for: parameters, and whether they may be deployed.
DEPLOYABLE = [
    ({}, False),
    ({"Production": "true", "AlarmEmail": ""}, False),
    ({"Production": "true", "AlarmEmail": "alarms@example.com"}, True),
    ({"Production": "false"}, True),
    ({"Production": "false", "DomainName": "api.example.com"}, False),
    ({"Production": "false", "CertificateArn": "arn:aws:acm:sa-east-1:123456789012:certificate/0"}, False),
    ({"Production": "false", "DomainName": "api.example.com", "CertificateArn": "arn:aws:acm:sa-east-1:123456789012:certificate/0"}, True),
]
# Actions that a role may have on any resource, and why no resource can be named.
ON_ANYTHING = {
    "sns:Publish",  # a phone number has no ARN; topics are denied beside it
    "sns:ConfirmSubscription",  # a topic of a partner is known once its confirmation comes
    "dynamodb:ListStreams",  # Lambda asks for it to read a stream, and it takes no resource
}
# Lost with them: balances, the members' names, every address that a partner was given.
NEVER_LOST = {"Key", "Table", "IdentitySecret", "UrlSecret"}
LOGGED = {
    "requestId", "requestTime", "identity.sourceIp", "routeKey", "status", "responseLatency", "integrationLatency",
    "integrationStatus", "error.message", "integrationErrorMessage", "responseLength",
}  # fmt: skip
LEADING_KEYS = "dynamodb:LeadingKeys"
WRITES = {f"dynamodb:{action}" for action in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")}
ON_ITEMS = WRITES | {f"dynamodb:{action}" for action in ("GetItem", "BatchGetItem", "Query", "Scan", "ConditionCheckItem")}
NOT_FOR_THE_AGENDA = ("ACCOUNT#", "TX#", "SALE#", "PENDING#", "MEMBER#", "PHONE#", "PIN#", "ADMINKEYS", "AGENDAKEY#", "STORE#", "PROGRAM")


class NoManagedPolicies:
    def load(self):
        return {}


# --- Templates --------------------------------------------------------------------------------------------------------


def transforms(template: dict) -> list[str]:
    declared = template.get("Transform") or []
    return [declared] if isinstance(declared, str) else declared


def expand(template: dict) -> dict:
    """As CloudFormation: language extensions first, SAM second."""
    template = copy.deepcopy(template)
    declared = transforms(template)
    template.pop("Transform", None)
    if LANGUAGE_EXTENSIONS in declared:
        template = language_extensions.apply(template, {})
    if SAM in declared:
        for resource in template["Resources"].values():
            if resource and resource["Type"] == "AWS::Serverless::Function":
                # Where an upload would have put it.
                resource["Properties"]["CodeUri"] = {"Bucket": "artifacts", "Key": "bootstrap.zip"}
        template = transform({**template, "Transform": SAM}, {}, NoManagedPolicies())
        template.pop("Transform", None)
    return template


class Project:
    """The root and its children, as written and expanded."""

    cache: dict[str, dict] = {}

    def __init__(self, root: dict, children: dict[str, dict]):
        self.root = root
        self.written = children
        self.expanded = {name: self.expand_once(template) for name, template in children.items()}
        self.defaults = {name: one.get("Default", "") for name, one in root["Parameters"].items()}

    @classmethod
    def load(cls, path: Path) -> "Project":
        root = yaml_parse(path.read_text())
        files = {name: path.parent / child["Properties"]["TemplateURL"] for name, child in root["Resources"].items()}
        return cls(root, {name: yaml_parse(file.read_text()) for name, file in files.items()})

    def expand_once(self, template: dict) -> dict:
        text = json.dumps(template, sort_keys=True, default=str)
        if text not in self.cache:
            self.cache[text] = expand(template)
        return copy.deepcopy(self.cache[text])

    def copy(self) -> tuple[dict, dict[str, dict]]:
        return copy.deepcopy(self.root), copy.deepcopy(self.written)

    def given(self, child: str) -> dict:
        return self.root["Resources"][child]["Properties"].get("Parameters", {})

    def of_type(self, kind: str):
        """(child, name, resource) of all resources of a type."""
        for child, template in self.expanded.items():
            for name, resource in template["Resources"].items():
                if resource["Type"] == kind:
                    yield child, name, resource

    # --- Values: what a node becomes at its longest, with the root's defaults ---

    def value(self, child: str, node, depth: int = 0):
        """A node of a child with what is known filled in, and what AWS decides at its longest."""
        if isinstance(node, list):
            return [v for v in (self.value(child, one, depth) for one in node) if v is not None]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (key, argument), = node.items()
            match key:
                case "Ref":
                    return self.named(child, argument, depth)
                case "Fn::GetAtt":
                    return self.output(*argument, depth) if child == "" else LONG_ARN
                case "Fn::Sub" if isinstance(argument, str):
                    return re.sub(r"\$\{([^}]+)\}", lambda found: str(self.named(child, found[1], depth)), argument)
                case "Fn::Join":
                    return argument[0].join(map(str, self.value(child, argument[1], depth)))
                case "Fn::If":
                    name, yes, no = argument
                    return self.value(child, yes if self.holds(child, {"Condition": name}) else no, depth)
        result = {key: self.value(child, one, depth) for key, one in node.items()}
        return {key: one for key, one in result.items() if one is not None}

    def named(self, child: str, name: str, depth: int):
        pseudo = {"AWS::NoValue": None, "AWS::Region": "sa-east-1", "AWS::Partition": "aws", "AWS::AccountId": "1" * 12,
                  "AWS::URLSuffix": "amazonaws.com", "AWS::StackName": LONGEST_PREFIX}  # fmt: skip
        if name in pseudo:
            return pseudo[name]
        if child == "":
            if ".Outputs." in name:
                return self.output(*name.split(".", 1), depth)
            return self.defaults[name]
        if name in self.written[child].get("Parameters", {}) and name in self.given(child):
            return self.value("", self.given(child)[name], depth + 1)
        return LONG_ARN if "." in name else LONG_URL

    def output(self, child: str, attribute: str, depth: int):
        return self.value(child, self.expanded[child]["Outputs"][attribute.removeprefix("Outputs.")]["Value"], depth + 1)

    def holds(self, child: str, condition) -> bool:
        """Conditions and rules, with the root's defaults."""
        template = self.expanded[child] if child else self.root
        match condition:
            case {"Condition": name}:
                return self.holds(child, template["Conditions"][name])
            case {"Fn::Equals": [left, right]}:
                return str(self.value(child, left)) == str(self.value(child, right))
            case {"Fn::Not": [one]}:
                return not self.holds(child, one)
            case {"Fn::And": many}:
                return all(self.holds(child, one) for one in many)
            case {"Fn::Or": many}:
                return any(self.holds(child, one) for one in many)
            case {"Fn::Contains": [many, one]}:
                return str(self.value(child, one)) in [str(self.value(child, each)) for each in many]
        raise ValueError(f"no evaluator for {condition}")

    def stands(self, child: str, resource: dict) -> bool:
        return "Condition" not in resource or self.holds(child, {"Condition": resource["Condition"]})


def nulls(node, path: str = ""):
    if node is None:
        yield path
    elif isinstance(node, dict):
        for key, one in node.items():
            yield from nulls(one, f"{path}/{key}")
    elif isinstance(node, list):
        for index, one in enumerate(node):
            yield from nulls(one, f"{path}/{index}")


def target(node) -> str | None:
    """The resource that a Ref, a GetAtt or a Sub of one name points to."""
    match node:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Fn::GetAtt": str(path)}:
            return path.split(".")[0]
        case {"Fn::Sub": str(text)} if found := re.search(r"\$\{(\w+)\}$", text):
            return found[1]
    return None


def compact(node) -> int:
    return len(json.dumps(node, separators=(",", ":"), default=str))


# --- Checks: each yields what is wrong --------------------------------------------------------------------------------


def check_nulls(project: Project):
    for path in nulls(project.root):
        yield f"template.yaml has a null at {path}"
    for stage, templates in (("", project.written), ("expanded ", project.expanded)):
        for child, template in templates.items():
            for path in nulls(template):
                yield f"{stage}{child} has a null at {path}"


def referred(node):
    """(how, name) of all that a node refers to."""
    if isinstance(node, list):
        for one in node:
            yield from referred(one)
    if not isinstance(node, dict):
        return
    for key, one in node.items():
        match key, one:
            case "Ref", str():
                yield "Ref", one
            case "Fn::GetAtt", [str(name), *_]:
                yield key, name
            case "Fn::GetAtt", str():
                yield key, one.split(".")[0]
            case "Fn::Sub", str() | [str(), dict()]:
                text, own = (one, {}) if isinstance(one, str) else one
                for name in re.findall(r"\$\{([^!}][^}]*)\}", text):
                    if name not in own:
                        yield ("Fn::GetAtt" if "." in name else "Ref"), name.split(".")[0]
            case "Condition", str():
                yield key, one
            case "Fn::If", [str(name), *_]:
                yield "Condition", name
            case "DependsOn", str():
                yield key, one
            case "DependsOn", list():
                for name in one:
                    yield key, name
        yield from referred(one)


def check_references(project: Project):
    for child, template in {"template.yaml": project.root, **project.expanded}.items():
        resources = set(template["Resources"])
        there = {
            "Ref": resources | set(template.get("Parameters", {})),
            "Fn::GetAtt": resources,
            "DependsOn": resources,
            "Condition": set(template.get("Conditions", {})),
        }
        used = {part: template[part] for part in ("Conditions", "Rules", "Resources", "Outputs") if part in template}
        for how, name in sorted(set(referred(used))):
            if name not in there[how] and not name.startswith("AWS::"):
                yield f"{child}: {how} {name}, which is not there"


def check_size(project: Project):
    for child, template in project.expanded.items():
        for section, most in (("Resources", MOST_RESOURCES), ("Parameters", 200), ("Outputs", 200)):
            if (count := len(template.get(section, {}))) > most:
                yield f"{child} has {count} {section}, {most} at most"
    for child in project.expanded:
        for name, node in project.given(child).items():
            if (size := len(str(project.value("", node)))) > 4096:
                yield f"{child}: parameter {name} may have {size} characters, 4096 at most"
    for child, name, resource in project.of_type("AWS::IAM::ManagedPolicy"):
        if (size := compact(project.value(child, resource["Properties"]["PolicyDocument"]))) > 6144:
            yield f"{child}: policy {name} may have {size} characters, 6144 at most"
    for child, name, resource in project.of_type("AWS::IAM::Role"):
        policies = resource["Properties"].get("Policies", [])
        if (size := sum(compact(project.value(child, one["PolicyDocument"])) for one in policies)) > 10240:
            yield f"{child}: role {name} may have {size} characters of policies, 10240 at most"
    for child, name, resource in project.of_type(FUNCTION):
        variables = project.value(child, resource["Properties"].get("Environment", {}).get("Variables", {}))
        if (size := sum(len(key) + len(str(one)) for key, one in variables.items())) > 4096:
            yield f"{child}: the variables of {name} may have {size} bytes, 4096 at most"


def check_wiring(project: Project):
    def uses(node):
        for found in re.findall(r'"Fn::GetAtt": \["(\w+)", "Outputs\.(\w+)"|"Fn::GetAtt": "(\w+)\.Outputs\.(\w+)|\$\{(\w+)\.Outputs\.(\w+)\}', json.dumps(node)):
            yield tuple(part for part in found if part)

    for child, template in project.written.items():
        declared, given = template.get("Parameters", {}), project.given(child)
        for name in sorted(set(declared) - set(given)):
            yield f"{child}: the root does not give it {name}"
        for name in sorted(set(given) - set(declared)):
            yield f"{child}: the root gives it {name}, which it does not declare"
    for owner, node in [*project.root["Resources"].items(), *project.root["Outputs"].items()]:
        for child, output in uses(node):
            if output not in project.expanded.get(child, {}).get("Outputs", {}):
                yield f"{owner} uses {child}.Outputs.{output}, which is not there"
    used = {one for part in ("Resources", "Outputs") for one in uses(project.root[part])}
    for child, template in project.expanded.items():
        for output in template.get("Outputs", {}):
            if (child, output) not in used:
                yield f"{child}: nobody uses output {output}"


def check_parameters(project: Project):
    for name, one in project.root["Parameters"].items():
        if one["Type"] == "Number":
            if not {"MinValue", "AllowedValues"} & set(one):
                yield f"parameter {name}: a number without MinValue or AllowedValues"
            continue
        if not {"AllowedPattern", "AllowedValues"} & set(one):
            yield f"parameter {name}: without AllowedPattern or AllowedValues it fails only at the deployment"
        if "Default" not in one:
            yield f"parameter {name}: has no default, so a deployment may ask for it"
        elif pattern := one.get("AllowedPattern"):
            if not re.fullmatch(pattern, str(one["Default"])):
                yield f"parameter {name}: its default is not what its pattern allows"
            if re.fullmatch(pattern, "a b\n"):
                yield f"parameter {name}: its pattern allows anything"


def check_rules(project: Project):
    for parameters, expected in DEPLOYABLE:
        before = project.defaults
        project.defaults = {**before, **parameters}
        refusals = [
            assertion["AssertDescription"]
            for rule in project.root.get("Rules", {}).values()
            if "RuleCondition" not in rule or project.holds("", rule["RuleCondition"])
            for assertion in rule["Assertions"]
            if not project.holds("", assertion["Assert"])
        ]
        project.defaults = before
        if expected == bool(refusals):
            yield f"the rules {'refuse' if refusals else 'allow'} {parameters or 'the defaults'} {refusals}"


def check_names(project: Project):
    def prefixed(child, what, name, node, most):
        if node is None:
            return
        if "${Prefix}" not in json.dumps(node):
            yield f"{child}: {what} {name} does not begin with the prefix"
        if (size := len(project.value(child, node))) > most:
            yield f"{child}: {what} {name} may have {size} characters, {most} at most"

    for child, template in project.written.items():
        if "AWS::StackName" in json.dumps(template):
            yield f"{child}: AWS::StackName is the child's own name here, not the system's: use Prefix"
        declared = template.get("Parameters", {}).get("Prefix")
        if declared is None:
            continue
        pattern = declared.get("AllowedPattern", "")
        if not re.fullmatch(pattern, LONGEST_PREFIX) or re.fullmatch(pattern, LONGEST_PREFIX + "p"):
            yield f"{child}: Prefix may have {len(LONGEST_PREFIX)} characters by its pattern, no more and no fewer"
    kinds = {FUNCTION: ("FunctionName", 64), "AWS::SQS::Queue": ("QueueName", 80), "AWS::SNS::Topic": ("TopicName", 256),
             "AWS::Logs::LogGroup": ("LogGroupName", 512), "AWS::SecretsManager::Secret": ("Name", 500), "AWS::IAM::Role": ("RoleName", 64)}  # fmt: skip
    for kind, (property_name, most) in kinds.items():
        for child, name, resource in project.of_type(kind):
            yield from prefixed(child, property_name, name, resource.get("Properties", {}).get(property_name), most)
    # The secrets that a connection may name are those that the Lambdas may read.
    allowed = {found for template in project.expanded.values() for found in re.findall(r":secret:(\$\{Prefix\}/[a-z]+/)\*", json.dumps(template))}
    for child, name, resource in project.of_type(FUNCTION):
        prefix = resource["Properties"].get("Environment", {}).get("Variables", {}).get("PONTE_SECRETS_PREFIX")
        if prefix and {prefix["Fn::Sub"]} != allowed:
            yield f"{child}: {name} offers secrets under {prefix['Fn::Sub']}, the Lambdas may read {sorted(allowed)}"


def check_packages(project: Project):
    for child, template in project.written.items():
        for name, resource in template["Resources"].items():
            if not isinstance(resource, dict) or resource.get("Type") != "AWS::Serverless::Function":
                continue
            properties = resource["Properties"]
            folder, _, binary = str(properties.get("CodeUri")).rpartition("/")
            if folder != "../../target/lambda":
                yield f"{child}: {name} is not taken from ../../target/lambda/<binary>"
            if properties.get("FunctionName") != {"Fn::Sub": f"${{Prefix}}-{binary}"}:
                yield f"{child}: {name} has another name than its binary {binary}"
            if resource.get("Metadata", {}).get("SkipBuild") is not True:
                yield f"{child}: {name} would be built by `sam build`: it lacks SkipBuild"


def check_routes(project: Project):
    keys: dict[str, str] = {}
    for child, template in project.expanded.items():
        resources = template["Resources"]
        permitted = {
            target(r["Properties"]["FunctionName"])
            for r in resources.values()
            if r["Type"] == "AWS::Lambda::Permission"
            and r["Properties"].get("Principal") == "apigateway.amazonaws.com"
            and r["Properties"].get("Action") == "lambda:InvokeFunction"
            and "${ApiId}/" in json.dumps(r["Properties"].get("SourceArn", ""))
        }
        used = set()
        for name, resource in resources.items():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::ApiGatewayV2::Integration":
                function = target(properties["IntegrationUri"])
                if resources.get(function, {}).get("Type") != FUNCTION:
                    yield f"{child}: {name} calls {function}, which is no Lambda here"
                if function not in permitted:
                    yield f"{child}: {name}: the API may not invoke {function}"
            if resource["Type"] == "AWS::ApiGatewayV2::Route":
                integration = target(properties["Target"])
                used.add(integration)
                if resources.get(integration, {}).get("Type") != "AWS::ApiGatewayV2::Integration":
                    yield f"{child}: {name} leads to {integration}, which is no integration here"
                if not project.stands(child, resource):
                    continue
                key = project.value(child, properties["RouteKey"])
                shape = re.sub(r"\{[^}]*[^+}]\}", "{}", key)
                if shape in keys:
                    yield f"{child}: {name} is a second route {key}"
                keys[shape] = key
        for name, resource in resources.items():
            if resource["Type"] == "AWS::ApiGatewayV2::Integration" and name not in used:
                yield f"{child}: no route leads to {name}"
    with_routes = {child for child, _, _ in project.of_type("AWS::ApiGatewayV2::Route")}
    for child, name, resource in project.of_type("AWS::ApiGatewayV2::Stage"):
        for key in resource["Properties"].get("RouteSettings", {}):
            if key not in keys.values():
                yield f"{child}: {name} has settings of {key}, which is no route"
        late = project.root["Resources"][child].get("DependsOn", [])
        for other in sorted(with_routes - set(late)):
            yield f"{child} must wait for {other}, which has routes"


def alarms(project: Project, child: str, metric: str):
    """What a child's alarms of a metric watch. Alarms that call nobody do not count."""
    for resource in project.expanded[child]["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::CloudWatch::Alarm" and properties.get("MetricName") == metric and properties.get("AlarmActions"):
            yield from (target(dimension["Value"]) for dimension in properties.get("Dimensions", []))


def check_alarms(project: Project):
    for child, name, _ in project.of_type(FUNCTION):
        if name not in alarms(project, child, "Errors"):
            yield f"{child}: {name} has no alarm of its errors"
    for child, name, _ in dead_letter_queues(project):
        if name not in alarms(project, child, "ApproximateNumberOfMessagesVisible"):
            yield f"{child}: dead-letter queue {name} has no alarm"


def dead_letter_queues(project: Project):
    """Queues that something puts into what it gave up: those with a redrive to them, of queues, subscriptions and streams."""
    for child, name, resource in project.of_type("AWS::SQS::Queue"):
        text = json.dumps([r for r in project.expanded[child]["Resources"].values() if r["Type"] != FUNCTION])
        if re.search(rf'("deadLetterTargetArn"|"Destination"): {{"Fn::GetAtt": \["{name}", "Arn"\]', text):
            yield child, name, resource


def check_queues(project: Project):
    dead = {(child, name) for child, name, _ in dead_letter_queues(project)}
    for child, name, resource in project.of_type("AWS::Lambda::EventSourceMapping"):
        resources, properties = project.expanded[child]["Resources"], resource["Properties"]
        if "ReportBatchItemFailures" not in properties.get("FunctionResponseTypes", []):
            yield f"{child}: {name} takes a whole batch for failed when one item is"
        source = resources.get(target(properties["EventSourceArn"]), {})
        if source.get("Type") != "AWS::SQS::Queue":
            if not properties.get("DestinationConfig", {}).get("OnFailure"):
                yield f"{child}: what {name} gives up is lost: it has no OnFailure"
            continue
        queue = source["Properties"]
        if (child, target(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))) not in dead:
            yield f"{child}: the queue of {name} has no dead letters"
        timeout = resources[target(properties["FunctionName"])]["Properties"]["Timeout"]
        if queue.get("VisibilityTimeout", 30) < 6 * timeout:
            yield f"{child}: the queue of {name} must hide a message for six times the Lambda's {timeout} s"
    for child, name, resource in project.of_type("AWS::SNS::Subscription"):
        if resource["Properties"]["Protocol"] == "sqs" and "RedrivePolicy" not in resource["Properties"]:
            yield f"{child}: what SNS cannot deliver to {name} is lost: it has no RedrivePolicy"
    for child, name, resource in project.of_type("AWS::Scheduler::Schedule"):
        call = resource["Properties"]["Target"]
        role = project.expanded[child]["Resources"][target(call["RoleArn"])]
        if f'"{target(call["Arn"])}", "Arn"' not in json.dumps(role["Properties"]["Policies"]):
            yield f"{child}: the role of {name} may not invoke {target(call['Arn'])}"


def check_rights(project: Project):
    for child, name, resource in project.of_type("AWS::IAM::Role"):
        for policy in resource["Properties"].get("Policies", []):
            statements = listed(policy["PolicyDocument"]["Statement"])
            denied = {action for one in statements if one and one["Effect"] == "Deny" for action in listed(one["Action"])}
            for statement in filter(None, statements):
                actions = listed(statement.get("Action", "all but some (NotAction *)"))
                if wild := [action for action in actions if "*" in action]:
                    yield f"{child}: {name} may do {', '.join(wild)}: name the actions"
                if statement["Effect"] != "Allow" or "*" not in listed(statement.get("Resource", "*")):
                    continue
                if extra := set(actions) - ON_ANYTHING:
                    yield f"{child}: {name} may do {', '.join(sorted(extra))} on anything"
                if "sns:Publish" in actions and "sns:Publish" not in denied:
                    yield f"{child}: {name} may publish to any topic: deny topics beside it"


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def check_partitions(project: Project):
    """Rights on the table name partition keys; a booking API has no business with money, people or keys."""
    for child, name, resource in project.of_type("AWS::IAM::Role"):
        for policy in resource["Properties"].get("Policies", []):
            for statement in filter(None, listed(policy["PolicyDocument"]["Statement"])):
                actions = set(listed(statement.get("Action", []))) & ON_ITEMS
                if not actions or statement["Effect"] != "Allow":
                    continue
                condition = statement.get("Condition", {})
                keys = listed(condition.get("ForAllValues:StringLike", {}).get(LEADING_KEYS, []))
                if not keys or any(key.startswith("*") for key in keys):
                    yield f"{child}: {name} may do {', '.join(sorted(actions))} on every partition: name them"
                if condition.get("Null", {}).get(LEADING_KEYS) != "false":
                    yield f"{child}: {name} may do {', '.join(sorted(actions))} without a key: add the Null condition"
                if "dynamodb:Scan" in actions:
                    yield f"{child}: {name} may scan the table"
                private = [key for key in keys if key.startswith(NOT_FOR_THE_AGENDA)]
                if child == "Agenda" and actions & WRITES and private:
                    yield f"{child}: {name} may write {', '.join(private)}"


def check_kept(project: Project):
    found = set()
    for child, template in project.expanded.items():
        for name, resource in template["Resources"].items():
            if name in NEVER_LOST:
                found.add(name)
                if (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) != ("RetainExceptOnCreate", "Retain"):
                    yield f"{child}: {name} may be lost: it needs RetainExceptOnCreate, and Retain when it is replaced"
    for name in sorted(NEVER_LOST - found):
        yield f"{name} is gone"


def check_logs(project: Project):
    for child, name, resource in project.of_type("AWS::ApiGatewayV2::Stage"):
        text = resource["Properties"].get("AccessLogSettings", {}).get("Format", "")
        if extra := set(re.findall(r"\$context\.([\w.]+)", text)) - LOGGED:
            yield f"{child}: {name} logs {', '.join(sorted(extra))}: it may name a person or hold a secret"
        for needed in ("identity.sourceIp", "requestTime"):
            if needed not in text:
                yield f"{child}: {name} does not log {needed}, which the law wants kept"
        group = next(r for _, n, r in project.of_type("AWS::Logs::LogGroup") if n == "AccessLogGroup")["Properties"]
        if group.get("RetentionInDays") != 180 or "KmsKeyId" not in group:
            yield f"{child}: access logs are kept encrypted, for 180 days"


CHECKS = {name.removeprefix("check_"): check for name, check in list(globals().items()) if name.startswith("check_")}


def findings(project: Project) -> list[tuple[str, str]]:
    return [(name, finding) for name, check in CHECKS.items() for finding in check(project)]


# --- The self-test: one way to break the templates per thing that is checked -------------------------------------------


def breaks():
    """(check, what is broken, how)"""

    def at(node, *path):
        for step in path:
            node = node[step]
        return node

    def book(children):
        return at(children, "Agenda", "Resources", "AgendaBook")

    def routed(children):
        return at(children, "Agenda", "Resources", "Fn::ForEach::Routed", 2)

    def settings(children):
        return at(children, "Edge", "Resources", "ApiStage", "Properties")

    def consumer(children):
        return at(children, "Trinks", "Resources", "Fn::ForEach::Consumer", 2)

    long_list = [f"arn:aws:dynamodb:sa-east-1:111111111111:table/{number:060}" for number in range(100)]
    yield "nulls", "an empty statement", lambda root, c: at(book(c), "Properties", "Policies", 1, "Statement").append(None)
    yield "nulls", "an empty value of the root", lambda root, c: root["Outputs"]["ApiId"].update(Description=None)
    yield "references", "a parameter that is not there", lambda root, c: at(book(c), "Properties", "Environment", "Variables").update(OTHER={"Ref": "Other"})
    yield "references", "a resource that is not there", lambda root, c: at(book(c), "Properties", "Environment", "Variables").update(OTHER={"Fn::GetAtt": ["Other", "Arn"]})
    yield "references", "a name within a text", lambda root, c: at(book(c), "Properties").update(Description={"Fn::Sub": "${Prefix} of ${Other}"})
    yield "references", "a condition that is not there", lambda root, c: at(c, "Edge", "Resources", "ApiStage").update(Condition="Other")
    yield "references", "something to wait for", lambda root, c: at(c, "Edge", "Resources", "ApiStage").update(DependsOn=["Other"])
    yield "size", "401 resources", lambda root, c: c["Edge"]["Resources"].update({f"T{n}": {"Type": "AWS::SNS::Topic", "Properties": {}} for n in range(401)})
    yield "size", "a long managed policy", lambda root, c: at(c, "Foundation", "Resources", "UseKeyPolicy", "Properties", "PolicyDocument", "Statement", 0).update(Resource=long_list)
    yield "size", "a long policy of a role", lambda root, c: at(book(c), "Properties", "Policies", 1, "Statement", 0).update(Resource=long_list * 2)
    yield "size", "long variables", lambda root, c: at(book(c), "Properties", "Environment", "Variables").update(LONG="x" * 4096)
    yield "size", "a long parameter", lambda root, c: at(c, "Events", "Outputs", "Queues").update(Value="x" * 4097)
    yield "wiring", "a parameter not given", lambda root, c: at(root, "Resources", "Agenda", "Properties", "Parameters").pop("TableArn")
    yield "wiring", "an unknown parameter", lambda root, c: at(root, "Resources", "Agenda", "Properties", "Parameters").update(Other="x")
    yield "wiring", "an unknown output", lambda root, c: at(root, "Outputs", "ApiId").update(Value={"Fn::GetAtt": ["Foundation", "Outputs.Nothing"]})
    yield "wiring", "an output for nobody", lambda root, c: at(c, "Events", "Outputs").update(Other={"Value": "x"})
    yield "parameters", "no pattern", lambda root, c: at(root, "Parameters", "AlarmEmail").pop("AllowedPattern")
    yield "parameters", "a number without bounds", lambda root, c: at(root, "Parameters", "ApiRateLimit").pop("MinValue")
    yield "parameters", "a default that is not allowed", lambda root, c: at(root, "Parameters", "TrinksReconciliationHours").update(Default="99")
    yield "parameters", "a pattern for anything", lambda root, c: at(root, "Parameters", "AlarmEmail").update(AllowedPattern="(?s).*")
    yield "parameters", "no default", lambda root, c: at(root, "Parameters", "AlarmEmail").pop("Default")
    yield "rules", "no rule for production", lambda root, c: root["Rules"].pop("ProductionIsWatched")
    yield "rules", "production by default off", lambda root, c: at(root, "Parameters", "Production").update(Default="false")
    yield "rules", "a rule that refuses all", lambda root, c: at(root, "Rules", "ProductionIsWatched").pop("RuleCondition")
    yield "names", "AWS::StackName", lambda root, c: at(book(c), "Properties").update(Description={"Ref": "AWS::StackName"})
    yield "names", "a long name of a Lambda", lambda root, c: at(book(c), "Properties").update(FunctionName={"Fn::Sub": "${Prefix}-" + "x" * 44})
    yield "names", "a long name of a queue", lambda root, c: at(c, "Trinks", "Resources", "TrinksRequests", "Properties").update(QueueName={"Fn::Sub": "${Prefix}-" + "x" * 60})
    yield "names", "a name without prefix", lambda root, c: at(c, "Events", "Resources", "DomainEvents", "Properties").update(TopicName="events.fifo")
    yield "names", "a longer prefix", lambda root, c: at(c, "Agenda", "Parameters", "Prefix").update(AllowedPattern="^[a-z]{0,40}$")
    yield "names", "other secrets", lambda root, c: at(c, "Console", "Resources", "ConsoleTrinksConnections", "Properties", "Environment", "Variables").update(PONTE_SECRETS_PREFIX={"Fn::Sub": "${Prefix}/other/"})
    yield "packages", "another folder", lambda root, c: at(book(c), "Properties").update(CodeUri="../../target/debug/agenda-book")
    yield "packages", "another binary", lambda root, c: at(book(c), "Properties").update(CodeUri="../../target/lambda/agenda-cancel")
    yield "packages", "a build", lambda root, c: book(c).pop("Metadata")
    yield "routes", "no permission", lambda root, c: routed(c).pop("${Name}Permission")
    yield "routes", "a permission of another", lambda root, c: routed(c)["${Name}Permission"]["Properties"].update(Principal="events.amazonaws.com")
    yield "routes", "a target that is not there", lambda root, c: at(c, "Agenda", "Resources", "AgendaBookRoute", "Properties").update(Target={"Fn::Sub": "integrations/${Nothing}"})
    yield "routes", "a Lambda without a route", lambda root, c: at(c, "Agenda", "Resources").pop("AgendaBookRoute")
    yield "routes", "a route twice", lambda root, c: at(c, "Agenda", "Resources", "AgendaCancelRoute", "Properties").update(RouteKey="POST /agenda/v1/appointments/{other}/confirmation")
    yield "routes", "an alias like a path", lambda root, c: at(root, "Parameters", "AliasEnviarPin").update(Default="ValidarPin")
    yield "routes", "settings of no route", lambda root, c: settings(c)["RouteSettings"].update({"POST /nothing": {}})
    yield "routes", "a stage too early", lambda root, c: at(root, "Resources", "Edge", "DependsOn").remove("Trinks")
    yield "alarms", "a Lambda without an alarm", lambda root, c: routed(c).pop("${Name}ErrorsAlarm")
    yield "alarms", "an alarm for nobody", lambda root, c: routed(c)["${Name}ErrorsAlarm"]["Properties"].pop("AlarmActions")
    yield "alarms", "dead letters without an alarm", lambda root, c: consumer(c).pop("${Name}DeadLettersAlarm")
    yield "queues", "no dead letters", lambda root, c: consumer(c)["${Name}Queue"]["Properties"].pop("RedrivePolicy")
    yield "queues", "a short time", lambda root, c: consumer(c)["${Name}Queue"]["Properties"].update(VisibilityTimeout=60)
    yield "queues", "whole batches", lambda root, c: consumer(c)["${Name}Source"]["Properties"].pop("FunctionResponseTypes")
    yield "queues", "a stream without a destination", lambda root, c: at(c, "Events", "Resources", "OutboxSource", "Properties").pop("DestinationConfig")
    yield "queues", "a subscription without dead letters", lambda root, c: at(c, "Trinks", "Resources", "TrinksContaSubscription", "Properties").pop("RedrivePolicy")
    yield "queues", "a clock that may not", lambda root, c: at(c, "Events", "Resources", "SchedulerRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 0).update(Resource=[{"Fn::GetAtt": ["Outbox", "Arn"]}])
    yield "rights", "any table", lambda root, c: at(book(c), "Properties", "Policies", 1, "Statement", 0).update(Resource="*")
    yield "rights", "any action", lambda root, c: at(book(c), "Properties", "Policies", 1, "Statement", 0).update(Action="dynamodb:*")
    yield "rights", "any topic", lambda root, c: at(c, "Notifications", "Resources", "PinSender", "Properties", "Policies", 1, "Statement").pop(4)
    yield "partitions", "the whole table", lambda root, c: at(book(c), "Properties", "Policies", 1, "Statement", 0).pop("Condition")
    yield "partitions", "a call without a key", lambda root, c: at(book(c), "Properties", "Policies", 1, "Statement", 0, "Condition").pop("Null")
    yield "partitions", "a scan", lambda root, c: at(book(c), "Properties", "Policies", 1, "Statement", 0).update(Action="dynamodb:Scan")
    yield "partitions", "a booking that writes money", lambda root, c: at(book(c), "Properties", "Policies", 1, "Statement", 1, "Condition", "ForAllValues:StringLike").update({LEADING_KEYS: ["ACCOUNT#*"]})
    yield "kept", "a table that goes", lambda root, c: at(c, "Foundation", "Resources", "Table").update(DeletionPolicy="Delete")
    yield "kept", "a secret that is gone", lambda root, c: (at(c, "Foundation", "Resources").pop("UrlSecret"))
    yield "logs", "the path", lambda root, c: settings(c)["AccessLogSettings"].update(Format='{"a":"$context.identity.sourceIp $context.requestTime $context.path"}')
    yield "logs", "no address", lambda root, c: settings(c)["AccessLogSettings"].update(Format='{"a":"$context.requestTime"}')
    yield "logs", "a short time", lambda root, c: at(c, "Foundation", "Resources", "AccessLogGroup", "Properties").update(RetentionInDays=30)


def self_test(project: Project) -> list[str]:
    missed, tested, broken_ways = [], set(), 0
    for check, what, do in breaks():
        broken_ways += 1
        root, children = project.copy()
        do(root, children)
        broken = Project.__new__(Project)
        try:
            broken.__init__(root, children)
            found = list(CHECKS[check](broken))
        except Exception as error:  # noqa: BLE001 (a template that cannot even be expanded was found out too, but not by the check)
            found = []
            what = f"{what} ({type(error).__name__}: {error})"
        tested.add(check)
        if not found:
            missed.append(f"{check} does not find: {what}")
    missed += [f"{check} has no self-test" for check in CHECKS if check not in tested]
    if not missed:
        print(f"self-test: {len(CHECKS)} checks find what was broken in {broken_ways} ways")
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--template", type=Path, default=ROOT)
    parser.add_argument("--expanded-folder", type=Path, help="write the expanded children there, as JSON")
    parser.add_argument("--self-test", action="store_true", help="also break the templates, and see that it is found")
    options = parser.parse_args()

    project = Project.load(options.template)
    wrong = [f"{name}: {finding}" for name, finding in findings(project)]
    if options.self_test and not wrong:
        wrong = self_test(project)
    if options.expanded_folder:
        options.expanded_folder.mkdir(parents=True, exist_ok=True)
        for old in options.expanded_folder.glob("*.json"):
            old.unlink()
        for child, template in {"template": project.root, **project.expanded}.items():
            (options.expanded_folder / f"{child.lower()}.json").write_text(json.dumps(template, indent=1) + "\n")
    if wrong:
        sys.exit("\n".join(wrong))
    counts = ", ".join(f"{child} {len(template['Resources'])}" for child, template in project.expanded.items())
    print(f"{len(project.expanded)} stacks are sound; resources: {counts}")


if __name__ == "__main__":
    main()
