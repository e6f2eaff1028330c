//! Build the Lambdas for the local stack.

use anyhow::{Result, bail};

use crate::layout::Layout;
use crate::process;
use crate::tools::Tools;

/// The crates that hold Lambdas.
const PACKAGES: [&str; 3] = [
    "ponte-hub-fidelidade",
    "ponte-notifications",
    "ponte-console",
];

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
    let target = if architecture()? == "arm64" {
        "--arm64"
    } else {
        "--x86-64"
    };
    let mut command = tools.command("cargo-lambda");
    command
        .current_dir(layout.root())
        .args(["lambda", "build", target, "--lambda-dir"])
        .arg(layout.lambda_folder());
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    process::run(&mut command)
}
