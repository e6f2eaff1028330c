//! Follow what the Lambdas log.

use anyhow::Result;

use crate::deploy::STACK;
use crate::layout::Layout;
use crate::process;
use crate::tools::Tools;

/// Print log lines as they come. Returns only when the logs cannot be read any more.
pub(crate) fn follow(layout: &Layout, tools: &Tools, endpoint: &str) -> Result<()> {
    process::run(tools.command("python").arg(layout.file("infra/local/logs.py")).args([
        "--endpoint",
        endpoint,
        "--stack",
        STACK,
    ]))
}
