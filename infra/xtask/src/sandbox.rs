//! The Trinks sandbox of the local stack: a process of its own, beside the emulated AWS.

use anyhow::{Context, Result, bail};
use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::http::Http;
use crate::layout::Layout;
use crate::process::Background;

/// Its usual port, and those after it.
const PREFERRED_PORTS: std::ops::Range<u16> = 9700..9730;
/// The first time it makes two RSA keys, which may take a while beside a build.
const START_PATIENCE: Duration = Duration::from_mins(4);

/// 2026-01-01: from there, seconds are the numbers of what a run makes.
const IDS_SINCE: i64 = 1_767_225_600;

/// A running sandbox.
pub(crate) struct Sandbox {
    pub(crate) url: String,
    /// The authority that signs its certificates, as the receiver is told it.
    pub(crate) root: String,
}

fn background(layout: &Layout) -> Background {
    Background::new(layout.state(), "trinks-sandbox", "trinks-sandbox")
}

/// Starts it, unless it runs; it is built with the Lambdas. It forgets its salon when it ends: the demonstration subscribes again.
pub(crate) fn start(layout: &Layout) -> Result<Sandbox> {
    if let Some(running) = running(layout) {
        return Ok(running);
    }
    background(layout).stop(Duration::from_secs(2));
    let port = choose_port(layout)?;
    fs::create_dir_all(layout.state())?;
    fs::write(port_file(layout), port.to_string())?;
    let mut command = Command::new(layout.program("trinks-sandbox"));
    command.args(["--port", &port.to_string(), "--state"]).arg(layout.state().join("trinks-sandbox"));
    // The stack remembers what earlier runs of the sandbox were called.
    let ids_from = jiff::Timestamp::now().as_second() - IDS_SINCE;
    command.args(["--ids-from", &ids_from.to_string()]);
    let log = layout.log_file("trinks-sandbox");
    background(layout).start(&mut command, &log)?;
    let started = Instant::now();
    loop {
        if let Some(running) = running(layout) {
            return Ok(running);
        }
        if background(layout).running().is_none() || started.elapsed() > START_PATIENCE {
            bail!("the Trinks sandbox did not start: see {}", log.display());
        }
        sleep(Duration::from_millis(50));
    }
}

pub(crate) fn stop(layout: &Layout) {
    background(layout).stop(Duration::from_secs(2));
}

fn running(layout: &Layout) -> Option<Sandbox> {
    background(layout).running()?;
    let port: u16 = fs::read_to_string(port_file(layout)).ok()?.trim().parse().ok()?;
    let url = format!("http://127.0.0.1:{port}");
    let answer = Http::new(&url).get("/sandbox/ca.der.b64").ok().filter(|answer| answer.status == 200)?;
    let root = answer.body.as_str()?.trim().to_owned();
    Some(Sandbox { url, root })
}

fn port_file(layout: &Layout) -> std::path::PathBuf {
    layout.state().join("trinks-sandbox.port")
}

/// The port of last time if it is free: the deployed Lambdas know it.
fn choose_port(layout: &Layout) -> Result<u16> {
    let saved = fs::read_to_string(port_file(layout)).ok().and_then(|text| text.trim().parse().ok());
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    if let Some(port) = saved.into_iter().chain(PREFERRED_PORTS).find(free) {
        return Ok(port);
    }
    let any = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(any.local_addr()?.port())
}
