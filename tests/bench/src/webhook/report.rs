//! The two programs side by side, as Markdown.

use std::fmt::Write as _;

use anyhow::Result;

use super::{Comparison, Measured};
use crate::report::{kibibytes, machine};
use crate::statistics::milliseconds;

/// Where docs/benchmarks.md has these figures.
pub(crate) const MARKS: (&str, &str) = ("<!-- bench webhook: begin -->", "<!-- bench webhook: end -->");

const NOT_MEASURED: &str = "not measured: no node";

/// A row: its title, how its figure is shown, and the figure.
struct Row {
    title: &'static str,
    shown: fn(f64) -> String,
    figure: fn(&Measured) -> f64,
}

const ROWS: [Row; 12] = [
    Row { title: "CPU of a message", shown: microseconds, figure: |it| it.cpu.as_secs_f64() * 1e6 },
    Row { title: "messages a second per core", shown: whole, figure: |it| 1.0 / it.cpu.as_secs_f64() },
    Row {
        title: "CPU of a message, the first 500 with the start",
        shown: microseconds,
        figure: |it| it.early_cpu.as_secs_f64() * 1e6,
    },
    Row { title: "warm p50", shown: time, figure: |it| milliseconds(it.latency.median()) },
    Row { title: "warm p99", shown: time, figure: |it| milliseconds(it.latency.percentile(99)) },
    Row { title: "in the table p50", shown: time, figure: |it| milliseconds(it.in_table.median()) },
    Row { title: "cold start p50", shown: time, figure: |it| milliseconds(it.cold.median()) },
    Row { title: "cold start p90", shown: time, figure: |it| milliseconds(it.cold.percentile(90)) },
    Row { title: "with first real message p50", shown: time, figure: |it| milliseconds(it.first.median()) },
    Row { title: "with first real message p90", shown: time, figure: |it| milliseconds(it.first.percentile(90)) },
    Row { title: "memory", shown: megabytes, figure: |it| kibibytes(it.peak_memory) / 1024.0 },
    Row { title: "calls to DynamoDB of a message", shown: calls, figure: |it| it.calls.0 },
];

/// The table.
pub(crate) fn markdown(comparison: &Comparison) -> Result<String> {
    let mut out = String::new();
    writeln!(
        out,
        "{}; {} cold starts of each kind, {} warm messages for each program, signature versions 1 and 2 by turns.\n",
        machine(),
        comparison.spawns,
        comparison.invocations,
    )?;
    let version = comparison.node.as_ref().map_or_else(String::new, |(version, _)| format!(" {version}"));
    writeln!(out, "| | trinks-webhook | Node{version}, sns-validator 0.3.5 | Node to ours |\n|---|--:|--:|--:|")?;
    for row in &ROWS {
        let ours = (row.figure)(&comparison.ponte);
        let (theirs, ratio) = match &comparison.node {
            Some((_, node)) => ((row.shown)((row.figure)(node)), format!("{:.2}x", (row.figure)(node) / ours)),
            None => (NOT_MEASURED.to_owned(), String::new()),
        };
        writeln!(out, "| {} | {} | {theirs} | {ratio} |", row.title, (row.shown)(ours))?;
    }
    Ok(out)
}

fn time(milliseconds: f64) -> String {
    format!("{milliseconds:.2} ms")
}

fn microseconds(figure: f64) -> String {
    format!("{figure:.0} µs")
}

fn megabytes(figure: f64) -> String {
    format!("{figure:.1} MB")
}

fn whole(figure: f64) -> String {
    format!("{figure:.0}")
}

fn calls(figure: f64) -> String {
    format!("{figure:.2}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::statistics::Times;

    fn measured(cpu: u64) -> Measured {
        let [cold, first, latency, in_table] = [const { Vec::new() }; 4].map(Times::new);
        let cpu = Duration::from_micros(cpu);
        Measured { cold, first, latency, in_table, early_cpu: cpu, cpu, calls: (2.0, 1.0), peak_memory: 2_048 }
    }

    fn compared(node: Option<(String, Measured)>) -> String {
        markdown(&Comparison { ponte: measured(500), node, spawns: 1, invocations: 1 }).unwrap()
    }

    #[test]
    fn both_stand_in_one_row() {
        let text = compared(Some(("v22.0.0".to_owned(), measured(1_500))));
        assert!(text.contains("| CPU of a message | 500 µs | 1500 µs | 3.00x |"), "{text}");
        assert!(text.contains("| messages a second per core | 2000 | 667 | 0.33x |"), "{text}");
        assert!(text.contains("Node v22.0.0, sns-validator"), "{text}");
    }

    #[test]
    fn a_machine_without_node_says_so() {
        let text = compared(None);
        assert!(text.contains("| memory | 2.0 MB | not measured: no node |  |"), "{text}");
    }
}
