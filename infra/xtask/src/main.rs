//! The project's own commands: `cargo xtask <command>`. `cargo xtask help` lists them.

mod builds;
mod checks;
mod delegate;
mod deploy;
mod dev;
mod http;
mod invoke;
mod layout;
mod logs;
mod process;
mod sandbox;
mod seed;
mod stack;
mod story;
mod tools;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

use layout::Layout;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands", disable_help_subcommand = false)]
struct Cli {
    /// Folder of the local stack's state
    #[arg(long, global = true, value_name = "FOLDER", default_value = ".local")]
    state: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the local AWS, build and deploy the Lambdas, run a first sale, follow the logs until Ctrl-C
    Dev {
        /// Leave it running and return
        #[arg(long)]
        detach: bool,
        /// Forget the state of earlier runs
        #[arg(long)]
        fresh: bool,
    },
    /// Stop the local AWS that `dev --detach` left running; its state is kept
    Down,
    /// Invoke one Lambda on the local stack with one event
    Invoke {
        /// The binary's name, as hub-gerar-bonus
        lambda: String,
        /// The event; `events/<lambda>.json` unless given
        event: Option<PathBuf>,
        /// Only print the event with its credentials filled in, as for `sam local invoke`
        #[arg(long)]
        print: bool,
    },
    /// Everything that CI checks, or only the pieces named
    Test {
        /// Pieces to run, in their usual order; all unless given
        pieces: Vec<checks::Piece>,
    },
    /// Measure round trips, cold starts, latency, memory, size and cost
    Bench {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// See, replay or drop what Trinks' Lambdas gave up or parked: on the local stack, or at PONTE_API
    Redrive {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Prove the ledger's invariants over a whole table: the local stack's, unless PONTE_TABLE names another
    Audit,
    /// Which rights of the running local stack's Lambdas no call has used since it started, and what was refused
    Rights {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build all Lambdas as they are shipped, for `sam deploy`
    Release,
    /// Write docs/openapi.json anew from the code's own types
    Openapi,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let layout = Layout::new(&cli.state)?;
    match cli.command {
        Command::Dev { detach, fresh } => dev::run(&layout, detach, fresh),
        Command::Down => {
            dev::down(&layout);
            Ok(())
        }
        Command::Invoke { lambda, event, print } => invoke::run(&layout, &lambda, event.as_deref(), print),
        Command::Test { pieces } => checks::run(&layout, &pieces),
        Command::Bench { arguments } => delegate::bench(&layout, &arguments),
        Command::Redrive { arguments } => delegate::redrive(&layout, &arguments),
        Command::Audit => delegate::audit(&layout),
        Command::Rights { arguments } => delegate::rights(&layout, &arguments),
        Command::Release => builds::release(&layout),
        Command::Openapi => delegate::openapi(&layout),
    }
}
