//! `cargo xtask test`: what CI checks, in pieces that run alone too.

use anyhow::{Context, Result, anyhow, bail};
use clap::ValueEnum;
use serde_json::Value;
use std::fs;
use std::process::Command;
use std::thread;

use crate::builds::{WORKSPACE, as_from_a_shell, cargo};
use crate::delegate;
use crate::dev;
use crate::layout::Layout;
use crate::process;
use crate::stack;
use crate::tools::Tools;
use times::Times;

mod api_fuzz;
mod template;
mod times;

/// The pieces, in the order they run: what is quick and likely to fail goes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Piece {
    /// Formatting, clippy and rustdoc, all without a warning
    Lint,
    /// template.yaml and infra/stacks: our own checks, sam validate, cfn-lint, checkov
    Template,
    /// Licences, sources and duplicates of the dependencies
    Deps,
    /// Unit, property and store tests
    Unit,
    /// Tests against the deployed template, with its rights enforced
    E2e,
    /// schemathesis, from docs/openapi.json against the deployed template
    ApiFuzz,
    /// The real `sam deploy` of the template with local builds to the emulated AWS: created, then updated
    SamDeploy,
}

const ALL: [Piece; 7] =
    [Piece::Lint, Piece::Template, Piece::Deps, Piece::Unit, Piece::E2e, Piece::ApiFuzz, Piece::SamDeploy];

pub(crate) fn run(layout: &Layout, wanted: &[Piece]) -> Result<()> {
    let mut pieces = if wanted.is_empty() { ALL.to_vec() } else { wanted.to_vec() };
    pieces.sort_unstable();
    pieces.dedup();
    let mut times = Times::default();
    // Started by the first piece that needs it, stopped whatever happens.
    let mut stack = None;
    let outcome = run_pieces(layout, &pieces, &mut stack, &mut times);
    drop(stack);
    times.report();
    outcome
}

fn run_pieces(layout: &Layout, pieces: &[Piece], stack: &mut Option<TestStack>, times: &mut Times) -> Result<()> {
    // The network is slow and the compiler is not waiting for it: what the other pieces need comes beside the first.
    let mut installing = pieces.contains(&Piece::Lint).then(|| {
        let layout = layout.clone();
        thread::spawn(move || Tools::install_all(&layout))
    });
    for piece in pieces {
        if *piece != Piece::Lint
            && let Some(installed) = installing.take()
        {
            times.step("tools, the rest", || installed.join().map_err(|_| anyhow!("the installation panicked"))?)?;
        }
        run_piece(layout, *piece, stack, times)
            .with_context(|| format!("`cargo xtask test {}` failed", name(*piece)))?;
    }
    Ok(())
}

fn run_piece(layout: &Layout, piece: Piece, stack: &mut Option<TestStack>, times: &mut Times) -> Result<()> {
    match piece {
        Piece::Lint => lint(layout, times),
        Piece::Template => template::check(layout, times),
        Piece::Deps => times.step("cargo-deny", || dependencies(layout)),
        Piece::Unit => unit(layout, times),
        Piece::E2e => end_to_end(TestStack::ensure(layout, stack, times)?, times),
        Piece::ApiFuzz => {
            let stack = TestStack::ensure(layout, stack, times)?;
            times.step("api-fuzz", || api_fuzz::run(stack))
        }
        Piece::SamDeploy => times.step("sam deploy", || template::sam_deploy(layout)),
    }
}

/// Libraries and integration tests: a Lambda's binary has no tests of its own, and linking half a hundred test harnesses
/// for that would cost minutes.
fn unit(layout: &Layout, times: &mut Times) -> Result<()> {
    let tests = ["--lib", "--test", "*"];
    times.step("build programs", || {
        process::run(cargo(layout).arg("build").args(WORKSPACE).args(tests).arg("--bins"))
    })?;
    times.step("build tests", || process::run(nextest(layout)?.args(WORKSPACE).args(tests).arg("--no-run")))?;
    times.step("unit, property and store tests", || {
        let others = ["--filterset", "not package(ponte-e2e)"];
        process::run(nextest(layout)?.args(WORKSPACE).args(tests).args(others))
    })?;
    times.step("tests of xtask", || process::run(nextest(layout)?.args(["--package", "xtask"])))
}

/// A test's own output is shown when it fails; each test is a process of its own.
fn nextest(layout: &Layout) -> Result<Command> {
    let mut command = Tools::test(layout)?.command("cargo-nextest");
    as_from_a_shell(&mut command);
    command.current_dir(layout.root()).args(["nextest", "run", "--status-level", "fail"]);
    Ok(command)
}

fn lint(layout: &Layout, times: &mut Times) -> Result<()> {
    times.step("rustfmt", || process::run(cargo(layout).args(["fmt", "--all", "--check"])))?;
    times.step("clippy", || {
        process::run(cargo(layout).args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
    })?;
    times.step("rustdoc", || {
        let mut rustdoc = cargo(layout);
        rustdoc.env("RUSTDOCFLAGS", "--deny warnings");
        process::run(rustdoc.args(["doc", "--workspace", "--no-deps", "--document-private-items"]))
    })
}

/// Advisories live in a git repository that CI may not reach; deny.toml says so too.
fn dependencies(layout: &Layout) -> Result<()> {
    let tools = Tools::test(layout)?;
    let mut command = tools.command("cargo-deny");
    process::run(command.current_dir(layout.root()).args(["--workspace", "check", "bans", "licenses", "sources"]))
}

fn end_to_end(stack: &TestStack, times: &mut Times) -> Result<()> {
    let layout = &stack.layout;
    times.step("end-to-end tests", || {
        let mut tests = nextest(layout)?;
        tests.env("PONTE_STACK", layout.stack_file());
        process::run(tests.args(WORKSPACE).args(["--lib", "--test", "*", "--filterset", "package(ponte-e2e)"]))
    })?;
    // After all that the tills did at once, every invariant must hold over the whole table.
    times.step("audit", || delegate::audit(layout))?;
    // Whatever the Lambdas were refused, and whatever they may do and never did.
    times.step("rights", || delegate::rights(layout, &["--strict".to_owned()]))
}

/// A local stack of the tests' own, with a fresh state; dropping it stops it.
struct TestStack {
    layout: Layout,
    file: Value,
}

impl TestStack {
    fn ensure<'a>(layout: &Layout, stack: &'a mut Option<Self>, times: &mut Times) -> Result<&'a Self> {
        let stack = match stack.take() {
            Some(running) => stack.insert(running),
            None => stack.insert(Self::start(layout, times)?),
        };
        Ok(stack)
    }

    fn start(layout: &Layout, times: &mut Times) -> Result<Self> {
        let mut stack = Self { layout: layout.for_tests(), file: Value::Null };
        dev::stop_on_interrupt(&stack.layout)?;
        stack::forget(&stack.layout)?;
        let tools = times.step("programs for the stack", || dev::build(&stack.layout))?;
        let running = times.step("deploy", || dev::up(&stack.layout, &tools))?;
        times.step("the story", || dev::tell(&stack.layout, &running))?;
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

fn name(piece: Piece) -> String {
    piece.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Several checks whose findings are worth seeing together.
fn all_of(checks: impl IntoIterator<Item = Result<()>>) -> Result<()> {
    let failures: Vec<String> = checks.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    if failures.is_empty() {
        return Ok(());
    }
    bail!(failures.join("; "))
}
