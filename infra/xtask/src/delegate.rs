//! Commands that are crates of their own, because they need what this one must not: the AWS SDK, the Lambdas' code.

use anyhow::{Context, Result};
use serde_json::Value;
use std::fs;
use std::process::Command;

use crate::builds;
use crate::deploy::STACK;
use crate::layout::Layout;
use crate::process;
use crate::tools::Tools;

/// tests/bench, over release builds of the Lambdas. It is no release build itself: what it measures runs in other processes.
pub(crate) fn bench(layout: &Layout, arguments: &[String]) -> Result<()> {
    let folder = layout.measured_folder();
    println!("Building the Lambdas as they are shipped (the first time takes minutes)");
    let (tools, only) = (Tools::release(layout)?, only(arguments));
    if only != Some("webhook") {
        builds::measured(layout, &tools, &folder)?;
    }
    if only != Some("hub") {
        builds::measured_webhook(layout, &tools, &folder)?;
    }
    process::run(builds::program(layout, "bench")?.arg("--lambdas").arg(folder).args(arguments))
}

/// The part that the benchmark is asked for alone (`--only webhook`): the other one's release build takes minutes.
fn only(arguments: &[String]) -> Option<&str> {
    let mut arguments = arguments.iter().map(String::as_str);
    arguments.find_map(|argument| argument.strip_prefix("--only")).and_then(|rest| match rest {
        "" => arguments.next(),
        _ => rest.strip_prefix('='),
    })
}

/// infra/audit, over the local stack's table unless `PONTE_TABLE` names another (with AWS's own variables).
pub(crate) fn audit(layout: &Layout) -> Result<()> {
    let mut command = builds::program(layout, "audit")?;
    if std::env::var_os("PONTE_TABLE").is_none() {
        let stack = stack_file(layout)?;
        for (variable, field) in
            [("PONTE_TABLE", "table"), ("AWS_ENDPOINT_URL", "aws_endpoint"), ("AWS_REGION", "region")]
        {
            let value = stack.get(field).and_then(Value::as_str);
            command.env(variable, value.with_context(|| format!("stack.json has no {field}"))?);
        }
        // The emulator asks for credentials and checks none.
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    }
    process::run(&mut command)
}

/// The `OpenAPI` document comes from the types of the Lambdas; a test holds the committed one to it.
pub(crate) fn openapi(layout: &Layout) -> Result<()> {
    process::run(&mut builds::program(layout, "openapi")?)
}

/// infra/local/rights.py: what the running stack's Lambdas were refused, and may do but never did.
pub(crate) fn rights(layout: &Layout, arguments: &[String]) -> Result<()> {
    let stack = stack_file(layout)?;
    let endpoint = stack.get("aws_endpoint").and_then(Value::as_str).context("stack.json has no aws_endpoint")?;
    let mut command = Tools::local(layout)?.command("python");
    command.arg(layout.file("infra/local/rights.py")).args(["--endpoint", endpoint, "--stack", STACK, "--record"]);
    process::run(command.arg(layout.rights_record()).args(arguments))
}

/// What Trinks' Lambdas gave up or parked: infra/redrive.py, which needs nothing but Python, here and on AWS.
pub(crate) fn redrive(layout: &Layout, arguments: &[String]) -> Result<()> {
    let mut python = Command::new("python3");
    python.arg(layout.file("infra/redrive.py")).arg("--stack-file").arg(layout.stack_file());
    process::run(python.args(arguments))
}

fn stack_file(layout: &Layout) -> Result<Value> {
    let text =
        fs::read_to_string(layout.stack_file()).context("no local stack: start one with `cargo xtask dev --detach`")?;
    serde_json::from_str(&text).context("stack.json is broken")
}

#[cfg(test)]
mod tests {
    use super::only;

    #[test]
    fn the_part_is_found_in_either_spelling() {
        let only = |text: &str| {
            let arguments: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
            only(&arguments).map(str::to_owned)
        };
        assert_eq!(only("--write --only webhook --spawns 5").as_deref(), Some("webhook"));
        assert_eq!(only("--only=hub").as_deref(), Some("hub"));
        assert_eq!(only("--write"), None);
    }
}
