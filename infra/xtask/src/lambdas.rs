//! Build the Lambdas for the local stack.

use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

use crate::layout::Layout;
use crate::process;
use crate::tools::Tools;

/// The crates that hold Lambdas.
const PACKAGES: [&str; 5] =
    ["ponte-hub-fidelidade", "ponte-notifications", "ponte-console", "ponte-trinks-functions", "ponte-agenda"];

/// What the benchmark measures whole: tills wait for these; the administration's Lambdas have nobody waiting.
const MEASURED: [&str; 3] = ["ponte-hub-fidelidade", "ponte-notifications", "ponte-bench-baseline"];

/// The processor of this machine, as Lambda calls it.
pub(crate) fn architecture() -> Result<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("x86_64"),
        "aarch64" => Ok("arm64"),
        other => bail!("Lambdas run on x86_64 and arm64, not on {other}"),
    }
}

/// Compile all Lambdas with the dev profile (quick to link, no LTO) for this machine. Cargo knows what changed.
pub(crate) fn build(layout: &Layout, tools: &Tools) -> Result<()> {
    process::run(&mut command(layout, tools, &PACKAGES, &layout.lambda_folder())?)
}

/// Compile what the benchmark measures of a sale with the profile that is shipped, beside the builds for the local stack.
pub(crate) fn build_measured(layout: &Layout, tools: &Tools, folder: &Path) -> Result<()> {
    process::run(command(layout, tools, &MEASURED, folder)?.arg("--release"))
}

/// The same for the one Lambda of Trinks that is measured: the others of its crate have nobody waiting.
pub(crate) fn build_measured_webhook(layout: &Layout, tools: &Tools, folder: &Path) -> Result<()> {
    let mut command = command(layout, tools, &["ponte-trinks-functions"], folder)?;
    process::run(command.args(["--bin", "trinks-webhook", "--release"]))
}

fn command(layout: &Layout, tools: &Tools, packages: &[&str], folder: &Path) -> Result<Command> {
    let target = if architecture()? == "arm64" { "--arm64" } else { "--x86-64" };
    let mut command = tools.command("cargo-lambda");
    command.current_dir(layout.root()).args(["lambda", "build", target, "--lambda-dir"]).arg(folder);
    for package in packages {
        command.args(["--package", package]);
    }
    Ok(command)
}
