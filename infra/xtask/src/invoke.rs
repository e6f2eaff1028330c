//! One Lambda, one event, no Docker: on the local stack, which is started when it does not run.

use anyhow::{Result, bail};
use std::path::Path;

use crate::dev;
use crate::layout::Layout;
use crate::process;
use crate::stack;
use crate::tools::Tools;

pub(crate) fn run(layout: &Layout, lambda: &str, event: Option<&Path>, print: bool) -> Result<()> {
    let event = match event {
        Some(path) => path.to_path_buf(),
        None => layout.file("events").join(format!("{lambda}.json")),
    };
    if !event.exists() {
        bail!("there is no event {}", event.display());
    }
    let mut tools = Tools::local(layout)?;
    if !stack::is_running(layout) || !layout.stack_file().exists() {
        tools = dev::build(layout)?;
        dev::up(layout, &tools)?;
        println!("The local stack goes on running; `cargo xtask down` stops it.\n");
    }
    process::run(
        tools
            .command("python")
            .arg(layout.file("infra/local/invoke.py"))
            .arg("--stack-file")
            .arg(layout.stack_file())
            .args(["--function", lambda, "--event"])
            .arg(event)
            .args(print.then_some("--print")),
    )
}
