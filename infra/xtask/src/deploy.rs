//! Deploy template.yaml, the same that goes to AWS, to the emulated AWS.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::builds;
use crate::layout::Layout;
use crate::process;
use crate::sandbox::Sandbox;
use crate::seed;
use crate::tools::Tools;

/// The stack's name; function names begin with it.
pub(crate) const STACK: &str = "ponte";
const SENDER: &str = "ponte@example.com";
/// A store that is changed by hand, or by a test, is seen changed at once.
const STORE_CACHE_SECONDS: u8 = 1;

/// The stack's outputs, and the first administration key as `AdminKey`.
pub(crate) struct Deployment {
    outputs: Value,
}

impl Deployment {
    pub(crate) fn get(&self, output: &str) -> Result<&str> {
        self.outputs
            .get(output)
            .and_then(Value::as_str)
            .with_context(|| format!("template.yaml has no output {output}"))
    }

    /// The API's base URL for any client: by path, so that no special Host header is needed.
    pub(crate) fn api(&self, endpoint: &str) -> Result<String> {
        Ok(format!("{endpoint}/_aws/execute-api/{}", self.get("ApiId")?))
    }
}

/// Upload what changed, create or update the stack, and read its outputs.
pub(crate) fn run(layout: &Layout, tools: &Tools, endpoint: &str, sandbox: &Sandbox) -> Result<Deployment> {
    let parameters = [
        format!("Architecture={}", builds::architecture()?),
        format!("EndpointUrl={endpoint}"),
        format!("EmailFrom={SENDER}"),
        format!("StoreCacheSeconds={STORE_CACHE_SECONDS}"),
        format!("TrinksSandboxUrl={}", sandbox.url),
        format!("TrinksSandboxRoot={}", sandbox.root),
        "DeletionProtection=false".to_owned(),
        "Production=false".to_owned(),
    ];
    let mut command = tools.command("python");
    command
        .arg(layout.file("infra/local/deploy.py"))
        .args(["--endpoint", endpoint, "--stack", STACK])
        .arg("--template")
        .arg(layout.file("template.yaml"))
        .arg("--artifacts")
        .arg(layout.program_folder());
    for parameter in &parameters {
        command.args(["--parameter", parameter]);
    }
    // The key that the Trinks sandbox takes: no secret.
    command.args(["--secret", &format!("{}=sandbox-key", seed::API_KEY_SECRET)]);
    let printed = process::output(&mut command)?;
    let outputs = serde_json::from_str(&printed).context("deploy.py printed no outputs")?;
    Ok(Deployment { outputs })
}
