//! `cargo xtask test`: what CI checks, in pieces that run alone too.

use anyhow::{Context, Result, anyhow, bail};
use clap::ValueEnum;
use serde_json::Value;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::delegate;
use crate::dev;
use crate::layout::Layout;
use crate::process;
use crate::stack;
use crate::tools::Tools;

mod template;

/// The pieces, in the order they run: what is quick and likely to fail goes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Piece {
    /// Formatting, clippy and rustdoc, all without a warning
    Lint,
    /// template.yaml: sam validate, cfn-lint, checkov, and that every Lambda is deployed and has an event
    Template,
    /// Licences, sources and duplicates of the dependencies
    Deps,
    /// Unit, property and store tests
    Unit,
    /// Tests against the deployed template
    E2e,
    /// schemathesis, from docs/openapi.json against the deployed template
    ApiFuzz,
}

const ALL: [Piece; 6] = [Piece::Lint, Piece::Template, Piece::Deps, Piece::Unit, Piece::E2e, Piece::ApiFuzz];

pub(crate) fn run(layout: &Layout, wanted: &[Piece]) -> Result<()> {
    let mut pieces = if wanted.is_empty() { ALL.to_vec() } else { wanted.to_vec() };
    pieces.sort_unstable();
    pieces.dedup();
    // Started by the first piece that needs it, stopped whatever happens.
    let mut stack = None;
    let mut times = Vec::new();
    // The network is slow and the compiler is not waiting for it: what the other pieces need comes beside the first.
    let needs_tools = pieces.iter().any(|piece| !matches!(piece, Piece::Lint | Piece::Unit));
    let mut installing = (needs_tools && pieces.contains(&Piece::Lint)).then(|| {
        let layout = layout.clone();
        thread::spawn(move || Tools::install_all(&layout))
    });
    for piece in pieces {
        if piece != Piece::Lint
            && let Some(installed) = installing.take()
        {
            installed.join().map_err(|_| anyhow!("the installation panicked"))??;
        }
        let started = Instant::now();
        println!("\n=== {} ===", name(piece));
        run_piece(layout, piece, &mut stack).with_context(|| format!("`cargo xtask test {}` failed", name(piece)))?;
        times.push((piece, started.elapsed()));
    }
    drop(stack);
    report(&times);
    Ok(())
}

fn run_piece(layout: &Layout, piece: Piece, stack: &mut Option<TestStack>) -> Result<()> {
    match piece {
        Piece::Lint => lint(layout),
        Piece::Template => template::check(layout),
        Piece::Deps => dependencies(layout),
        Piece::Unit => unit(layout),
        Piece::E2e => end_to_end(TestStack::ensure(layout, stack)?),
        Piece::ApiFuzz => fuzz_api(TestStack::ensure(layout, stack)?),
    }
}

/// Libraries and integration tests: a Lambda's binary has no tests of its own, and linking twenty test harnesses for
/// that would cost minutes.
fn unit(layout: &Layout) -> Result<()> {
    cargo(layout, &["test", "--workspace", "--exclude", "ponte-e2e", "--lib", "--test", "*"])?;
    cargo(layout, &["test", "--package", "xtask"])
}

fn lint(layout: &Layout) -> Result<()> {
    cargo(layout, &["fmt", "--all", "--check"])?;
    cargo(layout, &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    let mut rustdoc = cargo_command(layout);
    rustdoc.env("RUSTDOCFLAGS", "--deny warnings").args([
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]);
    process::run(&mut rustdoc)
}

/// Advisories live in a git repository that CI may not reach; deny.toml says so too.
fn dependencies(layout: &Layout) -> Result<()> {
    let tools = Tools::test(layout)?;
    let mut command = tools.command("cargo-deny");
    process::run(command.current_dir(layout.root()).args(["--workspace", "check", "bans", "licenses", "sources"]))
}

fn end_to_end(stack: &TestStack) -> Result<()> {
    let mut command = cargo_command(&stack.layout);
    process::run(command.env("PONTE_STACK", stack.layout.stack_file()).args(["test", "--package", "ponte-e2e"]))?;
    // After all that the tills did at once, every invariant must hold over the whole table.
    delegate::audit(&stack.layout)
}

/// No 5xx, no status and no body that the document does not have, from the till's, the agenda's and the console's doors.
fn fuzz_api(stack: &TestStack) -> Result<()> {
    let tools = Tools::test(&stack.layout)?;
    let text = |pointer: &str| -> Result<&str> {
        stack.file.pointer(pointer).and_then(Value::as_str).with_context(|| format!("stack.json has no {pointer}"))
    };
    let till = [
        "Authorization: ".to_owned() + text("/demo/token")?,
        "cnpj: ".to_owned() + text("/demo/cnpj")?,
        "tipo_ambiente: 1".to_owned(),
    ];
    let agenda = ["Authorization: Bearer ".to_owned() + text("/agenda_key")?];
    let console = ["Authorization: Bearer ".to_owned() + text("/admin_key")?];
    // The console last: what is fuzzed there takes keys and salons away from the others.
    for (paths, headers) in [("^/hub-fidelidade/", &till[..]), ("^/agenda/", &agenda), ("^/console/", &console)] {
        let mut command = tools.command("schemathesis");
        command
            .current_dir(stack.layout.state())
            .arg("run")
            .arg(stack.layout.file("docs/openapi.json"))
            .args(["--url", text("/api")?, "--include-path-regex", paths])
            .args([
                "--checks",
                "not_a_server_error,status_code_conformance,response_schema_conformance,content_type_conformance",
            ])
            .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "12", "--seed", "1"])
            .args(["--workers", "2", "--no-color"]);
        for header in headers {
            command.args(["--header", header]);
        }
        process::run(&mut command)?;
    }
    Ok(())
}

/// A local stack of the tests' own, with a fresh state; dropping it stops it.
struct TestStack {
    layout: Layout,
    file: Value,
}

impl TestStack {
    fn ensure<'a>(layout: &Layout, stack: &'a mut Option<Self>) -> Result<&'a Self> {
        let stack = match stack.take() {
            Some(running) => stack.insert(running),
            None => stack.insert(Self::start(layout)?),
        };
        Ok(stack)
    }

    fn start(layout: &Layout) -> Result<Self> {
        let mut stack = Self { layout: layout.for_tests(), file: Value::Null };
        dev::stop_on_interrupt(&stack.layout)?;
        stack::forget(&stack.layout)?;
        let tools = Tools::local(&stack.layout)?;
        let running = dev::up(&stack.layout, &tools)?;
        dev::tell(&stack.layout, &running)?;
        let text = fs::read_to_string(stack.layout.stack_file())?;
        stack.file = serde_json::from_str(&text).context("stack.json is broken")?;
        Ok(stack)
    }
}

impl Drop for TestStack {
    fn drop(&mut self) {
        stack::stop(&self.layout);
    }
}

fn report(times: &[(Piece, Duration)]) {
    println!();
    for (piece, time) in times {
        println!("{:10} passed in {:.0} s", name(*piece), time.as_secs_f32());
    }
}

fn name(piece: Piece) -> String {
    piece.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn cargo(layout: &Layout, arguments: &[&str]) -> Result<()> {
    process::run(cargo_command(layout).args(arguments))
}

fn cargo_command(layout: &Layout) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(layout.root());
    command
}

/// Several checks whose findings are worth seeing together.
fn all_of(checks: impl IntoIterator<Item = Result<()>>) -> Result<()> {
    let failures: Vec<String> = checks.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    if failures.is_empty() {
        return Ok(());
    }
    bail!(failures.join("; "))
}
