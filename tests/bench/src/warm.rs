//! Warm invocations: one process, one event after the other.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::cases::Case;
use crate::process::{Lambda, Program};
use crate::statistics::Times;
use crate::table_front::Used;
use crate::till::Till;

/// Calls that the figures leave out: the first one fetches secret, store and campaigns.
const WARM_UP: u32 = 5;

/// What one operation takes.
pub(crate) struct Warm {
    pub(crate) case: Case,
    /// From handing out the event to the answer; the table's time is in it.
    pub(crate) latency: Times,
    /// The part of it that the table took.
    pub(crate) in_table: Times,
    /// For one invocation, the most that was seen.
    pub(crate) used: Used,
    /// User and kernel, for one invocation.
    pub(crate) cpu: Duration,
    /// The most memory ever resident, in KiB.
    pub(crate) peak_memory: u64,
    /// Bytes of its own log, for one invocation.
    pub(crate) log_bytes: f64,
}

/// Invokes one operation so often in one process.
pub(crate) async fn measure(till: &mut Till, case: Case, invocations: u32) -> Result<Warm> {
    let program = Program::build(&till.lambdas, case.function());
    let mut lambda = warmed_up(till, case).await?;
    let (cpu_before, logged_before) = (lambda.cpu_time()?, program.logged()?);
    let (mut latency, mut in_table, mut used) = (Vec::new(), Vec::new(), Used::default());
    for _ in 0..invocations {
        let event = till.next(case).await?;
        let (time, answer) = lambda.invoke(&event).await?;
        check(case, &answer)?;
        let call = till.front.take()?;
        latency.push(time);
        in_table.push(call.in_table);
        used = used.most(call);
    }
    let logged = program.logged()? - logged_before;
    Ok(Warm {
        case,
        latency: Times::new(latency),
        in_table: Times::new(in_table),
        used,
        cpu: lambda.cpu_time()?.saturating_sub(cpu_before) / invocations,
        peak_memory: lambda.peak_memory()?,
        log_bytes: f64::from(u32::try_from(logged)?) / f64::from(invocations),
    })
}

async fn warmed_up(till: &mut Till, case: Case) -> Result<Lambda> {
    let program = Program::build(&till.lambdas, case.function());
    let mut lambda = Lambda::start(&program, &till.variables(case.function()), None).await?;
    for _ in 0..WARM_UP {
        let event = till.next(case).await?;
        let (_, answer) = lambda.invoke(&event).await?;
        check(case, &answer)?;
    }
    till.front.take().with_context(|| format!("the first calls of {}", case.title()))?;
    Ok(lambda)
}

/// Write units of a `GerarBonus` for a customer who holds 0, 1, 2, ... bonuses.
pub(crate) async fn growth(till: &mut Till) -> Result<Vec<f64>> {
    /// More than an account keeps apart.
    const BONUSES: usize = 45;
    let mut lambda = warmed_up(till, Case::GerarBonus).await?;
    let mut units = Vec::new();
    for _ in 0..BONUSES {
        let event = till.next_bonus()?;
        let (_, answer) = lambda.invoke(&event).await?;
        ensure!(answer.get("statusCode") == Some(&200.into()), "GerarBonus answered {answer}");
        units.push(till.front.take()?.write_units);
    }
    Ok(units)
}

/// Fails unless the operation was done: a refusal would be measured as a fast success.
pub(crate) fn check(case: Case, answer: &Value) -> Result<()> {
    let (status, body) = match answer.get("body").and_then(Value::as_str) {
        Some(body) => (answer.get("statusCode").and_then(Value::as_u64), body.to_owned()),
        None => (Some(200), answer.to_string()),
    };
    let done = status == Some(200) && body.contains(case.expected());
    ensure!(done, "{} answered {answer}; expected {}", case.title(), case.expected());
    Ok(())
}
