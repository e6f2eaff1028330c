//! The Node program of `node/`, where this machine can run it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::process::Program;

/// The heap that fits a function of 256 MB; Node's own limit goes by the whole machine.
const HEAP: &str = "--max-old-space-size=230";

/// Node, and what it runs.
pub(super) struct Node {
    /// `v20.1.0`.
    pub(super) version: String,
    pub(super) program: Program,
}

impl Node {
    /// Installs exactly what the lock file names. `None` without Node or npm on this machine; with them, a failed
    /// installation is an error. What the program prints goes to a folder beside the builds.
    pub(super) fn prepare(lambdas: &Path) -> Result<Option<Self>> {
        let Some((path, version)) = installed()? else { return Ok(None) };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
        let mut install = Command::new("npm");
        install.args(["ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder);
        let status = install.stdin(Stdio::null()).stdout(Stdio::null()).status();
        let Ok(status) = status else { return Ok(None) };
        ensure!(status.success(), "npm ci in {} failed ({status})", folder.display());
        let logs = lambdas.join("bench-node");
        fs::create_dir_all(&logs).with_context(|| format!("cannot make {}", logs.display()))?;
        let arguments = vec![HEAP.into(), folder.join("index.mjs").into()];
        Ok(Some(Self { version, program: Program::command("bench-node", path, arguments, logs) }))
    }
}

/// The program itself, whatever starts it by the name `node`: a Lambda gets no PATH to find it by.
fn installed() -> Result<Option<(PathBuf, String)>> {
    let asked = Command::new("node").args(["--print", "process.execPath + '\\n' + process.version"]).output();
    let Ok(output) = asked else { return Ok(None) };
    ensure!(output.status.success(), "node failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).context("node's path is no text")?;
    let (path, version) = text.trim().split_once('\n').context("node does not say where it is")?;
    Ok(Some((path.into(), version.to_owned())))
}
