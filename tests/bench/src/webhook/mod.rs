//! `trinks-webhook` against the same work in Node: verify, store, publish, mark as published. Both are measured by the same
//! code, by turns, over the same embedded services; only the program that is started differs.

mod node;
mod report;
mod salon;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::{Lambda, Program};
use crate::statistics::Times;

use node::Node;
pub(crate) use report::{MARKS, markdown};
use salon::{Webhooks, forged};

/// The first messages of a process: what one that lives for an hour may ever have.
const EARLY: u32 = 500;
/// Messages that the warm figures leave out, those among them. Many, for Node: its compiler first watches what runs often.
const WARM_UP: u32 = 2_000;
/// Messages that one program has before the other has as many: a busy moment of the machine hits both.
const TURN: u32 = 50;

/// What one run found.
pub(crate) struct Comparison {
    ponte: Measured,
    /// None on a machine without Node. Its version comes with it.
    node: Option<(String, Measured)>,
    spawns: u32,
    invocations: u32,
}

/// What one program takes.
struct Measured {
    /// From the start to the answer to a forgery, for which nobody calls AWS.
    cold: Times,
    /// From the start to the first message taken: the certificate, the salon, all connections.
    first: Times,
    latency: Times,
    /// The part of it that the table took.
    in_table: Times,
    /// User and kernel, for one of the first messages, with a share of the start.
    early_cpu: Duration,
    /// User and kernel, for one message after that.
    cpu: Duration,
    /// Calls to DynamoDB and to SNS, for one message.
    calls: (f64, f64),
    /// The most memory ever resident, in KiB.
    peak_memory: u64,
}

/// One of the two programs, and what has been measured of it.
struct Contender {
    program: Program,
    cold: Vec<Duration>,
    first: Vec<Duration>,
    latency: Vec<Duration>,
    in_table: Vec<Duration>,
    early_cpu: Duration,
    cpu: Duration,
    calls: (u32, u32),
    peak_memory: u64,
}

/// Measures both programs, so many starts of each kind and so many warm messages for each.
pub(crate) async fn measure(lambdas: &Path, spawns: u32, invocations: u32) -> Result<Comparison> {
    let node = Node::prepare(lambdas)?;
    let (version, program) = node.map(|node| (node.version, node.program)).unzip();
    let ponte = Contender::new(Program::build(lambdas, "trinks-webhook"));
    let mut contenders: Vec<_> = std::iter::once(ponte).chain(program.map(Contender::new)).collect();
    eprintln!("webhook: signing messages");
    let messages = contenders.len() * usize::try_from(spawns + WARM_UP + invocations)?;
    let mut webhooks = Webhooks::open(messages).await?;
    eprintln!("webhook: cold starts");
    for _ in 0..spawns {
        for contender in &mut contenders {
            contender.start(&mut webhooks).await?;
        }
    }
    eprintln!("webhook: warm messages");
    warm(&mut contenders, &mut webhooks, invocations).await?;
    let mut measured = contenders.into_iter().map(|contender| contender.finish(invocations));
    let ponte = measured.next().context("the Lambda was not measured")?;
    Ok(Comparison { ponte, node: version.zip(measured.next()), spawns, invocations })
}

/// One process of each, which take turns.
async fn warm(contenders: &mut [Contender], webhooks: &mut Webhooks, invocations: u32) -> Result<()> {
    let mut running = Vec::new();
    for contender in contenders {
        let mut lambda = Lambda::start(&contender.program, &webhooks.variables(), None).await?;
        for _ in 0..EARLY {
            one(&mut lambda, webhooks).await?;
        }
        contender.early_cpu = lambda.cpu_time()? / EARLY;
        for _ in EARLY..WARM_UP {
            one(&mut lambda, webhooks).await?;
        }
        contender.cpu = lambda.cpu_time()?;
        running.push((contender, lambda));
    }
    webhooks.front.take().context("the first messages")?;
    let mut left = invocations;
    while left > 0 {
        let turn = left.min(TURN);
        for (contender, lambda) in &mut running {
            for _ in 0..turn {
                contender.warm(lambda, webhooks).await?;
            }
        }
        left -= turn;
    }
    for (contender, lambda) in running {
        contender.cpu = lambda.cpu_time()?.saturating_sub(contender.cpu);
        contender.peak_memory = lambda.peak_memory()?;
    }
    Ok(())
}

/// Has a warm process take one message.
async fn one(lambda: &mut Lambda, webhooks: &mut Webhooks) -> Result<Duration> {
    let event = webhooks.next()?;
    let (time, answer) = lambda.invoke(&event).await?;
    check_taken(&answer)?;
    Ok(time)
}

/// Fails unless the message went all the way: a refusal would be measured as a fast success.
fn check_taken(answer: &Value) -> Result<()> {
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    let taken = status(answer) == Some(200) && body.contains(r#""published""#);
    ensure!(taken, "a message was answered with {answer}");
    Ok(())
}

fn status(answer: &Value) -> Option<u64> {
    answer.get("statusCode").and_then(Value::as_u64)
}

impl Contender {
    fn new(program: Program) -> Self {
        let [cold, first, latency, in_table] = [const { Vec::new() }; 4];
        let (early_cpu, cpu) = (Duration::ZERO, Duration::ZERO);
        Self { program, cold, first, latency, in_table, early_cpu, cpu, calls: (0, 0), peak_memory: 0 }
    }

    /// Two cold starts: for a forgery, and for a message.
    async fn start(&mut self, webhooks: &mut Webhooks) -> Result<()> {
        let variables = webhooks.variables();
        let mut lambda = Lambda::start(&self.program, &variables, Some(&forged()?)).await?;
        let (time, answer) = lambda.first_answer().await?;
        ensure!(status(&answer) == Some(403), "a forgery was answered with {answer}");
        let used = webhooks.front.take()?;
        ensure!(used.round_trips + used.messages == 0, "AWS was called for a forgery");
        self.cold.push(time);
        let event = webhooks.next()?;
        let mut lambda = Lambda::start(&self.program, &variables, Some(&event)).await?;
        let (time, answer) = lambda.first_answer().await?;
        check_taken(&answer)?;
        webhooks.front.take().context("the first message")?;
        self.first.push(time);
        Ok(())
    }

    async fn warm(&mut self, lambda: &mut Lambda, webhooks: &mut Webhooks) -> Result<()> {
        self.latency.push(one(lambda, webhooks).await?);
        let used = webhooks.front.take()?;
        ensure!(
            used.round_trips >= 2 && used.messages == 1,
            "a message was not stored, published and marked: {used:?}"
        );
        self.in_table.push(used.in_table);
        self.calls = (self.calls.0 + used.round_trips, self.calls.1 + used.messages);
        Ok(())
    }

    fn finish(self, invocations: u32) -> Measured {
        let each = |count: u32| f64::from(count) / f64::from(invocations);
        Measured {
            cold: Times::new(self.cold),
            first: Times::new(self.first),
            latency: Times::new(self.latency),
            in_table: Times::new(self.in_table),
            early_cpu: self.early_cpu,
            cpu: self.cpu / invocations,
            calls: (each(self.calls.0), each(self.calls.1)),
            peak_memory: self.peak_memory,
        }
    }
}
