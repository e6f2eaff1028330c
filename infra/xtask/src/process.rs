//! Commands in the foreground, and processes that outlive this one.

use anyhow::{Context, Result, anyhow, bail};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// Run a command to its end; anything but success is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = name_of(command);
    let status = command.status().with_context(|| format!("{name} could not be started"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

/// Run a command to its end and return what it printed; its standard error stays visible.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = name_of(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("{name} could not be started"))?;
    if !output.status.success() {
        bail!("{name} failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{name} printed something that is no text"))
}

/// Run commands beside each other, each to its end. What they print is shown one after the other, when each is done.
pub(crate) fn run_together(commands: Vec<Command>) -> Result<()> {
    let running: Vec<_> = commands
        .into_iter()
        .map(|mut command| {
            let name = name_of(&command);
            (name, thread::spawn(move || command.stdin(Stdio::null()).output()))
        })
        .collect();
    let mut failed = Vec::new();
    for (name, command) in running {
        let output = command.join().map_err(|_| anyhow!("{name} could not be watched"))?;
        let output = output.with_context(|| format!("{name} could not be started"))?;
        io::stdout().write_all(&output.stdout)?;
        io::stderr().write_all(&output.stderr)?;
        if !output.status.success() {
            failed.push(format!("{name} failed ({})", output.status));
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!(failed.join("; ")) }
}

/// The program, and the first arguments that say what it does.
fn name_of(command: &Command) -> String {
    let short = |text: &OsStr| Path::new(text).file_name().unwrap_or(text).to_string_lossy().into_owned();
    let arguments = command.get_args().take(3).map(short);
    std::iter::once(short(command.get_program())).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// A process that goes on after this one, known by its pid file.
pub(crate) struct Background {
    name: &'static str,
    /// What its command line contains: a pid alone may have passed to another process.
    marker: &'static str,
    pid_file: PathBuf,
}

impl Background {
    pub(crate) fn new(folder: &Path, name: &'static str, marker: &'static str) -> Self {
        Self { name, marker, pid_file: folder.join(format!("{name}.pid")) }
    }

    /// Start it in a process group of its own, so that Ctrl-C reaches this program alone.
    pub(crate) fn start(&self, command: &mut Command, log: &Path) -> Result<()> {
        for folder in [self.pid_file.parent(), log.parent()].into_iter().flatten() {
            fs::create_dir_all(folder)?;
        }
        let log_file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stderr(log_file.try_clone()?)
            .stdout(log_file)
            .spawn()
            .with_context(|| format!("{} could not be started", self.name))?;
        fs::write(&self.pid_file, child.id().to_string())?;
        // For a moment after it was started a process has no command line: it must not be taken for one that ended.
        let started = Instant::now();
        while self.running().is_none() && started.elapsed() < Duration::from_secs(2) {
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Its pid, if it still runs.
    pub(crate) fn running(&self) -> Option<u32> {
        let pid = fs::read_to_string(&self.pid_file).ok()?.trim().parse().ok()?;
        command_line(pid).contains(self.marker).then_some(pid)
    }

    /// Ask it to end, wait, and insist only when it does not: the emulator saves its state as it ends.
    pub(crate) fn stop(&self, patience: Duration) {
        if let Some(pid) = self.running() {
            signal(pid, "TERM");
            let asked = Instant::now();
            while self.running().is_some() && asked.elapsed() < patience {
                sleep(Duration::from_millis(50));
            }
            if self.running().is_some() {
                eprintln!("{} (pid {pid}) did not end in {} s: killing it", self.name, patience.as_secs());
                signal(pid, "KILL");
            }
        }
        // A pid file that cannot be removed is stale, which `running` sees by itself.
        let _ = fs::remove_file(&self.pid_file);
    }
}

fn signal(pid: u32, signal: &str) {
    // The shell's own kill: small machines have no kill command.
    let _ = Command::new("sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", signal, &pid.to_string()]).status();
}

/// The command line of a process; empty for one that has ended.
fn command_line(pid: u32) -> String {
    if let Ok(raw) = fs::read(format!("/proc/{pid}/cmdline")) {
        return String::from_utf8_lossy(&raw).replace('\0', " ");
    }
    if cfg!(target_os = "linux") {
        return String::new();
    }
    let ps = Command::new("ps").args(["-p", &pid.to_string(), "-o", "args="]).output();
    ps.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}
