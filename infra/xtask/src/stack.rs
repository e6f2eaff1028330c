//! The emulated AWS and the process that writes the outbox: start, health, stop.

use anyhow::{Context, Result, bail};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::http::Http;
use crate::layout::Layout;
use crate::process::Background;
use crate::sandbox;
use crate::tools::Tools;

/// The region of the local stack; infra/local/clients.py says the same.
pub(crate) const REGION: &str = "sa-east-1";
/// The usual port of emulated AWS, and those after it, before any other.
const PREFERRED_PORTS: std::ops::Range<u16> = 4566..4600;
/// The port in the URLs of queues, which are their names too. It stays, whatever port is free today: a saved queue whose
/// URL has another port would be found no more. (Queues are reached through the endpoint, and known by path.)
const ADVERTISED_PORT: &str = "4566";
const START_PATIENCE: Duration = Duration::from_secs(30);
/// It writes its whole state as it ends.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

fn emulator(layout: &Layout) -> Background {
    Background::new(layout.state(), "emulator", "emulator:app")
}

fn outbox(layout: &Layout) -> Background {
    Background::new(layout.state(), "outbox", "outbox.py")
}

/// Start what does not run yet. Returns the endpoint of the emulated AWS.
pub(crate) fn start(layout: &Layout, tools: &Tools) -> Result<String> {
    let endpoint = start_emulator(layout, tools)?;
    start_outbox(layout, tools, &endpoint)?;
    Ok(endpoint)
}

/// Is it up, so that commands can use it?
pub(crate) fn is_running(layout: &Layout) -> bool {
    emulator(layout).running().is_some() && saved_port(layout).is_some_and(|port| healthy(&endpoint_of(port)))
}

/// Stop everything; the emulated AWS saves its state first.
pub(crate) fn stop(layout: &Layout) {
    outbox(layout).stop(Duration::from_secs(2));
    sandbox::stop(layout);
    emulator(layout).stop(STOP_PATIENCE);
}

/// Stop everything and forget all state but the installed tools.
pub(crate) fn forget(layout: &Layout) -> Result<()> {
    stop(layout);
    for folder in [layout.emulator_folder(), layout.state().join("logs")] {
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
    }
    [layout.stack_file(), layout.demo_file(), layout.outbox()].iter().try_for_each(|file| remove(file))
}

fn remove(file: &Path) -> Result<()> {
    if file.exists() {
        fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    Ok(())
}

/// The emulated AWS alone. Returns its endpoint.
pub(crate) fn start_emulator(layout: &Layout, tools: &Tools) -> Result<String> {
    if is_running(layout)
        && let Some(port) = saved_port(layout)
    {
        return Ok(endpoint_of(port));
    }
    // One that runs but does not answer is of no use.
    emulator(layout).stop(STOP_PATIENCE);
    let port = choose_port(layout)?;
    remove(&layout.rights_record())?;
    let folder = layout.emulator_folder();
    let temporary = folder.join("tmp");
    fs::create_dir_all(&temporary)?;
    fs::write(layout.state().join("port"), port.to_string())?;
    let mut command = tools.command("python");
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Lambdas inherit this environment, so it holds only what the emulator needs.
    command
        .args(["-m", "hypercorn", "emulator:app", "--workers", "0", "--keep-alive", "75", "--log-level", "warning"])
        .args(["--bind", &format!("127.0.0.1:{port}")])
        .current_dir(&folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", &folder)
        .env("TMPDIR", &temporary)
        .env("PYTHONPATH", layout.file("infra/local"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Each Lambda may do what its role says, as on AWS; what it used of it is recorded.
        .env("AUTH", "true")
        .env("IAM_RECORD", layout.rights_record())
        .env("GATEWAY_PORT", ADVERTISED_PORT)
        .env("MINISTACK_REGION", REGION)
        .env("PERSIST_STATE", "1")
        .env("STATE_DIR", folder.join("state"))
        .env("S3_PERSIST", "1")
        .env("S3_DATA_DIR", folder.join("s3"))
        // It logs the texts of messages at INFO.
        .env("LOG_LEVEL", "WARNING");
    let log = layout.log_file("emulator");
    emulator(layout).start(&mut command, &log)?;
    let endpoint = endpoint_of(port);
    let started = Instant::now();
    while !healthy(&endpoint) {
        if emulator(layout).running().is_none() || started.elapsed() > START_PATIENCE {
            bail!("the emulated AWS did not start: see {}", log.display());
        }
        sleep(Duration::from_millis(50));
    }
    Ok(endpoint)
}

fn start_outbox(layout: &Layout, tools: &Tools, endpoint: &str) -> Result<()> {
    let process = outbox(layout);
    // It follows one endpoint, which may be another now.
    process.stop(Duration::from_secs(2));
    let mut command = tools.command("python");
    command
        .arg(layout.file("infra/local/outbox.py"))
        .args(["--endpoint", endpoint])
        .arg("--outbox")
        .arg(layout.outbox());
    process.start(&mut command, &layout.log_file("outbox"))
}

fn endpoint_of(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn healthy(endpoint: &str) -> bool {
    Http::new(endpoint).get("/_ministack/health").is_ok_and(|answer| answer.status == 200)
}

fn saved_port(layout: &Layout) -> Option<u16> {
    fs::read_to_string(layout.state().join("port")).ok()?.trim().parse().ok()
}

/// The port of last time if it is free (URLs stay), else the usual ones, else any.
fn choose_port(layout: &Layout) -> Result<u16> {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    if let Some(port) = saved_port(layout).into_iter().chain(PREFERRED_PORTS).find(free) {
        return Ok(port);
    }
    let any = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(any.local_addr()?.port())
}
