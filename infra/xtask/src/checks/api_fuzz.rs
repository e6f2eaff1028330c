//! schemathesis: no 5xx, no status and no body that docs/openapi.json does not have, from the till's, the agenda's and the
//! console's doors.

use anyhow::{Context, Result};
use serde_json::Value;
use std::process::Command;

use super::TestStack;
use crate::process;
use crate::tools::Tools;

/// Requests made up for each route in its fuzzing phase; examples and edge cases come on top.
const EXAMPLES: &str = "12";

pub(super) fn run(stack: &TestStack) -> Result<()> {
    let tools = Tools::test(&stack.layout)?;
    let till = [
        "Authorization: ".to_owned() + stack.text("/demo/token")?,
        "cnpj: ".to_owned() + stack.text("/demo/cnpj")?,
        "tipo_ambiente: 1".to_owned(),
    ];
    let agenda = ["Authorization: Bearer ".to_owned() + stack.text("/agenda_key")?];
    let console = ["Authorization: Bearer ".to_owned() + stack.text("/admin_key")?];
    let door = |paths: &str, headers: &[String]| command(&tools, stack, paths, headers);
    process::run_together(vec![door("^/hub-fidelidade/", &till)?, door("^/agenda/", &agenda)?])?;
    // The console last: what is fuzzed there takes keys and salons away from the others.
    process::run_together(vec![door("^/console/v1/trinks/", &console)?, door("^/console/v1/(?!trinks/)", &console)?])
}

/// One process with one worker: two threads that parse Python at once can break its parser (CPython issue 106905). The
/// seed is fixed, no example is remembered, and no limit of time decides.
fn command(tools: &Tools, stack: &TestStack, paths: &str, headers: &[String]) -> Result<Command> {
    let mut command = tools.command("schemathesis");
    command
        .current_dir(stack.layout.state())
        .arg("run")
        .arg(stack.layout.file("docs/openapi.json"))
        .args(["--url", stack.text("/api")?, "--include-path-regex", paths])
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,response_schema_conformance,content_type_conformance",
        ])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES])
        .args(["--seed", "1", "--generation-deterministic"])
        .args(["--suppress-health-check", "all", "--workers", "1", "--no-color"]);
    for header in headers {
        command.args(["--header", header]);
    }
    Ok(command)
}

impl TestStack {
    /// A text of stack.json.
    fn text(&self, pointer: &str) -> Result<&str> {
        self.file.pointer(pointer).and_then(Value::as_str).with_context(|| format!("stack.json has no {pointer}"))
    }
}
