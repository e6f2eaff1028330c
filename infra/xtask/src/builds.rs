//! What cargo builds, and how: one set of features and one folder for tests, local Lambdas and the project's own commands.
//!
//! `--package` would select other features of the same dependencies and compile the AWS SDK once more, so everything is
//! built as a part of the whole workspace. This program itself stays out: it is built alone, before anything else can run.

use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::layout::Layout;
use crate::process;
use crate::tools::Tools;

/// The selection that all builds and tests share.
pub(crate) const WORKSPACE: [&str; 3] = ["--workspace", "--exclude", "xtask"];

/// What the benchmark measures whole: tills wait for these; the administration's Lambdas have nobody waiting.
const MEASURED: [&str; 3] = ["ponte-hub-fidelidade", "ponte-notifications", "ponte-bench-baseline"];

const ARM64_TARGET: &str = "aarch64-unknown-linux-gnu";

/// Cargo, at the root.
pub(crate) fn cargo(layout: &Layout) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(layout.root());
    as_from_a_shell(&mut command);
    command
}

/// Without what cargo tells this program of its own package. Build scripts watch these variables: seen once set and once
/// not, they would run again, and with ring's the AWS SDK would be compiled anew.
pub(crate) fn as_from_a_shell(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_the_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if of_the_package.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}

/// All programs: Lambdas, vendor sandboxes, audit, benchmark. Cargo knows what changed.
pub(crate) fn programs(layout: &Layout) -> Result<()> {
    process::run(cargo(layout).arg("build").args(WORKSPACE).arg("--bins"))
}

/// One of them, ready to run.
pub(crate) fn program(layout: &Layout, name: &str) -> Result<Command> {
    process::run(cargo(layout).args(["build", "--quiet"]).args(WORKSPACE).arg("--bins"))?;
    let mut command = Command::new(layout.program(name));
    command.current_dir(layout.root());
    Ok(command)
}

/// The processor of this machine, as Lambda calls it.
pub(crate) fn architecture() -> Result<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("x86_64"),
        "aarch64" => Ok("arm64"),
        other => bail!("Lambdas run on x86_64 and arm64, not on {other}"),
    }
}

/// The names of all Lambdas: `functions/<context>/src/bin/<binary>.rs`.
pub(crate) fn lambdas(layout: &Layout) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for context in fs::read_dir(layout.file("functions"))? {
        let folder = context?.path().join("src/bin");
        for file in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                names.extend(path.file_stem().map(Path::new).map(|stem| stem.display().to_string()));
            }
        }
    }
    Ok(names)
}

/// Compile what the benchmark measures of a sale as it is shipped, for this machine, beside the builds that go to AWS.
pub(crate) fn measured(layout: &Layout, tools: &Tools, folder: &Path) -> Result<()> {
    let packages = MEASURED.iter().flat_map(|package| ["--package", package]);
    process::run(shipped(layout, tools, architecture()?, folder).args(packages))
}

/// The same for the one Lambda of Trinks that is measured: the others of its crate have nobody waiting.
pub(crate) fn measured_webhook(layout: &Layout, tools: &Tools, folder: &Path) -> Result<()> {
    let mut command = shipped(layout, tools, architecture()?, folder);
    process::run(command.args(["--package", "ponte-trinks-functions", "--bin", "trinks-webhook"]))
}

/// All Lambdas as they are shipped, where `sam deploy` looks for them. arm64, unless this machine has no standard library
/// for it. Says how large each is: Lambda takes 50 MB zipped.
pub(crate) fn release(layout: &Layout) -> Result<()> {
    let tools = Tools::release(layout)?;
    let architecture = if has_arm64_library()? { "arm64" } else { "x86_64" };
    let folder = layout.release_folder();
    println!("Building all Lambdas for {architecture} into {}", folder.display());
    process::run(&mut shipped(layout, &tools, architecture, &folder))?;
    let mut largest = (0, String::new());
    for name in lambdas(layout)? {
        let bootstrap = folder.join(&name).join("bootstrap");
        let bytes = fs::metadata(&bootstrap).with_context(|| format!("{} was not built", bootstrap.display()))?.len();
        ensure!(bytes < 50_000_000, "{name} has {bytes} bytes: Lambda may refuse it");
        largest = largest.max((bytes, name));
    }
    println!("The largest is {} with {:.1} MB. Deploy with: sam deploy --guided", largest.1, megabytes(largest.0));
    if architecture == "x86_64" {
        println!("No standard library for {ARM64_TARGET} here: add --parameter-overrides Architecture=x86_64");
    }
    Ok(())
}

fn has_arm64_library() -> Result<bool> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let folder = process::output(rustc.args(["--print", "target-libdir", "--target", ARM64_TARGET]))?;
    Ok(PathBuf::from(folder.trim()).is_dir())
}

/// cargo-lambda with the profile that is shipped: its zig links for the C library of Amazon Linux.
fn shipped(layout: &Layout, tools: &Tools, architecture: &str, folder: &Path) -> Command {
    let target = if architecture == "arm64" { "--arm64" } else { "--x86-64" };
    let mut command = tools.command("cargo-lambda");
    command.current_dir(layout.root()).args(["lambda", "build", "--release", target, "--lambda-dir"]).arg(folder);
    command
}

#[allow(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "a size to look at")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
