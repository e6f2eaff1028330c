//! One Lambda process, and what the kernel knows of it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::runtime_api::RuntimeApi;

/// What is started as a Lambda, and where what it prints goes.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    name: String,
    path: PathBuf,
    arguments: Vec<OsString>,
    logs: PathBuf,
}

impl Program {
    /// A build: `<folder>/<name>/bootstrap`.
    pub(crate) fn build(folder: &Path, name: &str) -> Self {
        let logs = folder.join(name);
        Self { name: name.to_owned(), path: logs.join("bootstrap"), arguments: Vec::new(), logs }
    }

    /// Anything else, such as an interpreter with its script. What it prints goes to the folder `logs`.
    pub(crate) fn command(name: &str, path: PathBuf, arguments: Vec<OsString>, logs: PathBuf) -> Self {
        Self { name: name.to_owned(), path, arguments, logs }
    }

    /// Bytes of log so far.
    pub(crate) fn logged(&self) -> Result<u64> {
        Ok(fs::metadata(self.log_path("out"))?.len())
    }

    fn log(&self, stream: &str) -> Result<File> {
        let path = self.log_path(stream);
        File::create(&path).with_context(|| format!("{} cannot be written; are the Lambdas built?", path.display()))
    }

    fn log_path(&self, stream: &str) -> PathBuf {
        self.logs.join(format!("bench.{stream}.log"))
    }
}

/// A Lambda process with its Runtime API. It is killed with this value, as AWS does.
pub(crate) struct Lambda {
    name: String,
    child: Child,
    api: RuntimeApi,
    started: Instant,
}

impl Lambda {
    /// Starts a program with exactly these variables. An event offered here waits for it.
    pub(crate) async fn start(program: &Program, variables: &[(&str, String)], first: Option<&Value>) -> Result<Self> {
        let api = RuntimeApi::start().await?;
        if let Some(event) = first {
            api.offer(event)?;
        }
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
        command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("AWS_LAMBDA_FUNCTION_NAME", &program.name);
        command.stdin(Stdio::null()).stdout(program.log("out")?).stderr(program.log("err")?);
        let started = Instant::now();
        let child = command.spawn().with_context(|| format!("{} cannot be started", program.path.display()))?;
        Ok(Self { name: program.name.clone(), child, api, started })
    }

    /// The answer to the event that waited for the process, and the time from its start to that answer.
    pub(crate) async fn first_answer(&mut self) -> Result<(Duration, Value)> {
        let (at, answer) = self.api.answer().await.with_context(|| self.failed())?;
        Ok((at.duration_since(self.started), answer))
    }

    /// Invokes the waiting process: the time from handing out the event to its answer.
    pub(crate) async fn invoke(&mut self, event: &Value) -> Result<(Duration, Value)> {
        let handed_out = Instant::now();
        self.api.offer(event)?;
        let (at, answer) = self.api.answer().await.with_context(|| self.failed())?;
        Ok((at.duration_since(handed_out), answer))
    }

    fn failed(&self) -> String {
        format!("{} did not answer; what it printed is in its bench.*.log", self.name)
    }

    /// CPU time of all its threads so far, user and kernel.
    pub(crate) fn cpu_time(&self) -> Result<Duration> {
        let mut total = Duration::ZERO;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id())).context("no /proc: this needs Linux")? {
            let schedstat =
                fs::read_to_string(thread?.path().join("schedstat")).context("this kernel keeps no schedstat")?;
            let on_cpu = schedstat.split_whitespace().next().and_then(|text| text.parse().ok());
            total += Duration::from_nanos(on_cpu.context("schedstat is not as expected")?);
        }
        Ok(total)
    }

    /// The most memory it ever had resident, in KiB.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        line.trim().trim_end_matches(" kB").parse().context("VmHWM is not as expected")
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
