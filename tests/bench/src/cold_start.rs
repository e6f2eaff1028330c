//! Cold starts: from the start of the process to its first answer at the Runtime API.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::cases::{BASELINE, Case, FUNCTIONS};
use crate::process::{Lambda, Program};
use crate::statistics::Times;
use crate::till::{self, Till};
use crate::warm;

/// The cold starts of one Lambda.
pub(crate) struct Cold {
    pub(crate) function: &'static str,
    /// The first event is answered without any call to AWS.
    pub(crate) without_aws: Times,
    /// The first event is a real one: secret, store, campaigns and the operation itself.
    pub(crate) with_work: Option<Times>,
}

/// Starts every Lambda so often. They take turns, each round from another one on, so that a busy moment of the machine
/// is shared by all.
pub(crate) async fn measure(till: &mut Till, spawns: u32) -> Result<Vec<Cold>> {
    let mut times: Vec<_> = FUNCTIONS.iter().map(|&function| (function, Vec::new(), Vec::new())).collect();
    for _ in 0..spawns {
        for (function, without_aws, with_work) in &mut times {
            without_aws.push(idle_start(till, function).await?);
            if let Some(case) = Case::of_function(function) {
                with_work.push(working_start(till, case).await?);
            }
        }
        times.rotate_left(1);
    }
    times.sort_by_key(|(function, ..)| FUNCTIONS.iter().position(|name| name == function));
    let cold = |(function, without_aws, with_work): (_, Vec<_>, Vec<_>)| {
        let with_work = (!with_work.is_empty()).then(|| Times::new(with_work));
        Cold { function, without_aws: Times::new(without_aws), with_work }
    };
    Ok(times.into_iter().map(cold).collect())
}

async fn idle_start(till: &Till, function: &str) -> Result<Duration> {
    let (event, status) = idle_event(function)?;
    let program = Program::build(&till.lambdas, function);
    let mut lambda = Lambda::start(&program, &till.variables(function), Some(&event)).await?;
    let (time, answer) = lambda.first_answer().await?;
    let right = status.map_or_else(
        || answer.get("batchItemFailures").is_some(),
        |status| answer.get("statusCode") == Some(&status.into()),
    );
    ensure!(right, "{function} answered {answer} instead of {status:?}");
    ensure!(till.front.take()?.round_trips == 0, "{function} called DynamoDB for {event}");
    Ok(time)
}

/// An event that needs no AWS, and the status of its answer.
fn idle_event(function: &str) -> Result<(Value, Option<u16>)> {
    Ok(match (function, Case::of_function(function)) {
        (BASELINE, _) => (till::template("hub-fallback")?, Some(200)),
        (_, Some(Case::PinSender)) => (json!({ "Records": [] }), None),
        (_, Some(case)) => (till::without_credentials(case)?, Some(401)),
        (_, None) => (till::template(function)?, Some(404)),
    })
}

async fn working_start(till: &mut Till, case: Case) -> Result<Duration> {
    let event = till.next(case).await?;
    let function = case.function();
    let program = Program::build(&till.lambdas, function);
    let mut lambda = Lambda::start(&program, &till.variables(function), Some(&event)).await?;
    let (time, answer) = lambda.first_answer().await?;
    warm::check(case, &answer)?;
    till.front.take().with_context(|| format!("the first call of {function}"))?;
    Ok(time)
}
