//! Commands that are crates of their own, because they need what this one must not: the AWS SDK, the Lambdas' code.

use anyhow::{Context, Result};
use serde_json::Value;
use std::fs;
use std::process::Command;

use crate::layout::Layout;
use crate::process;

/// tests/bench measures release builds, so it is one itself.
pub(crate) fn bench(layout: &Layout, arguments: &[String]) -> Result<()> {
    process::run(
        cargo(layout)
            .args([
                "run",
                "--quiet",
                "--release",
                "--package",
                "ponte-bench",
                "--",
            ])
            .args(arguments),
    )
}

/// infra/audit, over the local stack's table unless told which.
pub(crate) fn audit(layout: &Layout, arguments: &[String]) -> Result<()> {
    let mut command = cargo(layout);
    command.args(["run", "--quiet", "--package", "ponte-audit", "--"]);
    if !arguments
        .iter()
        .any(|argument| argument.starts_with("--table"))
    {
        let stack = stack_file(layout)?;
        for (option, field) in [("--table", "table"), ("--endpoint", "aws_endpoint")] {
            let value = stack
                .get(field)
                .and_then(Value::as_str)
                .with_context(|| format!("stack.json has no {field}"))?;
            command.args([option, value]);
        }
    }
    process::run(command.args(arguments))
}

/// The `OpenAPI` document comes from the types of the Lambdas; a test holds the committed one to it.
pub(crate) fn openapi(layout: &Layout) -> Result<()> {
    process::run(
        cargo(layout)
            .args(["run", "--quiet", "--package", "ponte-openapi", "--"])
            .arg(layout.file("docs/openapi.json")),
    )
}

fn cargo(layout: &Layout) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(layout.root());
    command
}

fn stack_file(layout: &Layout) -> Result<Value> {
    let text = fs::read_to_string(layout.stack_file())
        .context("no local stack: start one with `cargo xtask dev --detach`")?;
    serde_json::from_str(&text).context("stack.json is broken")
}
