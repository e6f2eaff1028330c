//! Faults that a test switches on: rules matched by method and path, each for a number of calls.

use crate::call::{Call, Content, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a call hangs unless the rule says: longer than any sane client waits.
const HANG: Duration = Duration::from_mins(2);

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    /// 500, nothing done, quota spent.
    #[serde(rename = "status_500")]
    Status500,
    /// 429 although there is quota, nothing done, nothing spent.
    #[serde(rename = "status_429")]
    Status429,
    /// Done, then silence: the client's time-out says nothing about the effect.
    HangAfterEffect,
    /// Silence, and nothing done.
    HangBeforeEffect,
    /// Waits, then acts, whether or not the caller still listens.
    SlowMs,
    /// 200 with an empty list that is not true.
    EmptyList,
    /// An empty list is written as `null`.
    NullData,
    /// Done, answered 204 without body or id.
    NoBody,
}

/// One rule.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// Any method without it.
    #[serde(default)]
    method: Option<String>,
    #[serde(default = "everything")]
    path_prefix: String,
    kind: Fault,
    /// So many matching calls go well first.
    #[serde(default)]
    after: u64,
    /// For ever without it.
    #[serde(default)]
    times: Option<u64>,
    #[serde(default)]
    ms: Option<u64>,
}

fn everything() -> String {
    "/v1/".to_owned()
}

impl Rule {
    fn matches(&self, call: &Call) -> bool {
        self.times != Some(0)
            && self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&call.method))
            && call.path.starts_with(&self.path_prefix)
    }
}

/// The rules that are on.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) rules: Vec<Rule>,
}

impl Faults {
    /// Spends one time of every rule that matches.
    pub(crate) fn take(&mut self, call: &Call) -> Plan {
        let mut plan = Plan::default();
        for rule in self.rules.iter_mut().filter(|rule| rule.matches(call)) {
            if rule.after > 0 {
                rule.after -= 1;
                continue;
            }
            rule.times = rule.times.map(|times| times - 1);
            plan.0.push((rule.kind, rule.ms.map(Duration::from_millis)));
        }
        plan
    }
}

/// What will go wrong with one call.
#[derive(Debug, Default)]
pub(crate) struct Plan(Vec<(Fault, Option<Duration>)>);

impl Plan {
    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.0.iter().any(|(kind, _)| *kind == fault)
    }

    /// How long this fault holds the call up, if it is on.
    pub(crate) fn wait(&self, fault: Fault) -> Option<Duration> {
        self.0.iter().find(|(kind, _)| *kind == fault).map(|(_, wait)| wait.unwrap_or(HANG))
    }

    /// Spoils an answer whose effect has taken place.
    pub(crate) fn spoil(&self, mut reply: Reply) -> Reply {
        if !reply.succeeded() {
            return reply;
        }
        if self.has(Fault::NoBody) {
            return Reply::nothing();
        }
        if let Content::Json(body) = &mut reply.content
            && body.get("data").is_some_and(Value::is_array)
        {
            if self.has(Fault::EmptyList) {
                body["data"] = json!([]);
                body["totalPages"] = json!(0);
                body["totalRecords"] = json!(0);
            }
            if self.has(Fault::NullData) && body["data"] == json!([]) {
                body["data"] = Value::Null;
            }
        }
        reply
    }
}
