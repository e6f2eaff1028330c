//! The figures as Markdown, and against the aims.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Zoned;

use crate::cases::{BASELINE, Case};
use crate::cold_start::Cold;
use crate::prices::{self, Cost};
use crate::sizes::Size;
use crate::statistics::{Times, milliseconds};
use crate::warm::Warm;

/// Where docs/benchmarks.md has these figures.
pub(crate) const MARKS: (&str, &str) = ("<!-- bench: begin -->", "<!-- bench: end -->");

/// Aims of the project.
const GERAR_BONUS_WRITE_UNITS: f64 = 6.0;
const COLD_START_RATIO: f64 = 2.0;
const MEMORY_KIB: f64 = 15.0 * 1024.0;
const ZIP_BYTES: f64 = 4_000_000.0;

/// All that was measured in one run.
pub(crate) struct Measured {
    pub(crate) sizes: Vec<Size>,
    pub(crate) cold: Vec<Cold>,
    pub(crate) warm: Vec<Warm>,
    pub(crate) growth: Vec<f64>,
    pub(crate) spawns: u32,
    pub(crate) invocations: u32,
}

/// The whole report.
pub(crate) fn markdown(measured: &Measured) -> Result<String> {
    let mut out = String::new();
    header(&mut out, measured)?;
    aims(&mut out, measured)?;
    operations(&mut out, measured)?;
    starts(&mut out, measured)?;
    dollars(&mut out, measured)?;
    Ok(out)
}

/// Replaces the figures of one part in docs/benchmarks.md: what stands between its two marks.
pub(crate) fn keep(text: &str, (start, end): (&str, &str)) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/benchmarks.md");
    let page = std::fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
    let (before, rest) = page.split_once(start).with_context(|| format!("no {start} in {}", path.display()))?;
    let after = rest.split_once(end).with_context(|| format!("no {end} in {}", path.display()))?.1;
    std::fs::write(&path, format!("{before}{start}\n\n{text}\n{end}{after}"))?;
    Ok(())
}

fn header(out: &mut String, measured: &Measured) -> Result<()> {
    writeln!(
        out,
        "{}; {} cold starts of each kind, {} warm invocations of each operation.\n",
        machine(),
        measured.spawns,
        measured.invocations,
    )?;
    Ok(())
}

/// When and where this was measured.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!("{}, {} on {cores} cores (load at the end {load})", Zoned::now().date(), std::env::consts::ARCH)
}

fn aims(out: &mut String, measured: &Measured) -> Result<()> {
    writeln!(out, "| aim | worst measured | where | |\n|---|---|---|---|")?;
    let mut row = |aim: &str, worst: Option<(f64, String)>, limit: f64, shown: &dyn Fn(f64) -> String| -> Result<()> {
        let (value, place) = worst.context("nothing was measured")?;
        let verdict = if value <= limit { "met" } else { "**missed**" };
        writeln!(out, "| {aim} | {} | {place} | {verdict} |", shown(value))?;
        Ok(())
    };
    let plain = |value: f64| format!("{value}");
    for (aim, limit) in [("1 round trip per query", 1), ("2 round trips per posting", 2)] {
        let cases = measured.warm.iter().filter(|warm| warm.case.round_trips_aim() == Some(limit));
        let worst = worst(cases.map(|warm| (f64::from(warm.used.round_trips), warm.case.title())));
        row(aim, worst, f64::from(limit), &plain)?;
    }
    let earn = measured.warm.iter().filter(|warm| warm.case == Case::GerarBonus);
    row(
        "6 write units for GerarBonus",
        worst(earn.map(|warm| (warm.used.write_units, warm.case.title()))),
        GERAR_BONUS_WRITE_UNITS,
        &plain,
    )?;
    let baseline = baseline(measured)?;
    let starts = measured.cold.iter().filter(|cold| cold.function != BASELINE);
    let ratios = starts.map(|cold| (milliseconds(cold.without_aws.median()) / baseline, cold.function));
    row("cold start within 2x of the baseline", worst(ratios), COLD_START_RATIO, &|value| format!("{value:.2}x"))?;
    let memory = measured.warm.iter().map(|warm| (kibibytes(warm.peak_memory), warm.case.title()));
    row("memory below 15 MB", worst(memory), MEMORY_KIB, &|value| format!("{:.1} MB", value / 1024.0))?;
    let zips = measured.sizes.iter().map(|size| (bytes(size.zip), size.function));
    row("zip below 4 MB", worst(zips), ZIP_BYTES, &megabytes)?;
    writeln!(out)?;
    Ok(())
}

/// The largest value, and all that share it.
fn worst<'a>(values: impl Iterator<Item = (f64, &'a str)>) -> Option<(f64, String)> {
    let values: Vec<_> = values.collect();
    let most = values.iter().map(|(value, _)| *value).max_by(f64::total_cmp)?;
    let names: Vec<_> =
        values.iter().filter(|(value, _)| value.total_cmp(&most).is_eq()).map(|(_, name)| *name).collect();
    Some((most, if names.len() > 3 { "all".to_owned() } else { names.join(", ") }))
}

fn operations(out: &mut String, measured: &Measured) -> Result<()> {
    writeln!(
        out,
        "| operation | round trips | read units | write units | warm p50 | p99 | in the table p50 | CPU | memory | log |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    )?;
    for warm in &measured.warm {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} µs | {:.1} MB | {:.0} B |",
            warm.case.title(),
            warm.used.round_trips,
            warm.used.read_units,
            warm.used.write_units,
            shown(warm.latency.median()),
            shown(warm.latency.percentile(99)),
            shown(warm.in_table.median()),
            warm.cpu.as_micros(),
            kibibytes(warm.peak_memory) / 1024.0,
            warm.log_bytes,
        )?;
    }
    writeln!(out, "\nGerarBonus by the number of bonuses that the customer holds: {}.\n", steps(&measured.growth))?;
    Ok(())
}

/// `0 to 4: 6 units, 5 to 9: 8 units`.
fn steps(units: &[f64]) -> String {
    let mut runs: Vec<(usize, usize, f64)> = Vec::new();
    for (held, &units) in units.iter().enumerate() {
        match runs.last_mut() {
            Some((_, last, same)) if same.total_cmp(&units).is_eq() => *last = held,
            _ => runs.push((held, held, units)),
        }
    }
    let text = |(first, last, units): &(usize, usize, f64)| format!("{first} to {last}: {units} write units");
    runs.iter().map(text).collect::<Vec<_>>().join("; ")
}

fn starts(out: &mut String, measured: &Measured) -> Result<()> {
    let baseline = baseline(measured)?;
    writeln!(
        out,
        "| Lambda | cold start p50 | p90 | of the baseline | with first real call p50 | p90 | binary | zip |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|"
    )?;
    for cold in &measured.cold {
        let size = measured.sizes.iter().find(|size| size.function == cold.function).context("a build without size")?;
        let work = |percent| {
            cold.with_work.as_ref().map_or_else(String::new, |times: &Times| shown(times.percentile(percent)))
        };
        writeln!(
            out,
            "| {} | {} | {} | {:.2}x | {} | {} | {} | {} |",
            cold.function,
            shown(cold.without_aws.median()),
            shown(cold.without_aws.percentile(90)),
            milliseconds(cold.without_aws.median()) / baseline,
            work(50),
            work(90),
            megabytes(bytes(size.binary)),
            megabytes(bytes(size.zip)),
        )?;
    }
    writeln!(out)?;
    Ok(())
}

fn dollars(out: &mut String, measured: &Measured) -> Result<()> {
    writeln!(
        out,
        "Dollars per million, {}, {} MB of memory, arm64:\n\n\
         | | billed ms | Lambda time | Lambda requests | HTTP API | reads | writes | logs | queue | sum |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        prices::PRICE_LIST,
        prices::MEMORY_GB * 1024.0,
    )?;
    for warm in &measured.warm {
        let billed = prices::billed(warm.latency.median(), warm.used.round_trips);
        cost_row(out, warm.case.title(), &billed.as_millis().to_string(), &cost(warm))?;
    }
    for (title, cases) in
        [("**sale**", &Case::SALE[..]), ("**sale with PIN**, without the text message", &Case::SALE_WITH_PIN)]
    {
        let sale: Cost = measured.warm.iter().filter(|warm| cases.contains(&warm.case)).map(cost).sum();
        cost_row(out, title, "", &sale)?;
    }
    Ok(())
}

fn cost(warm: &Warm) -> Cost {
    let cost = Cost::of_million(warm.latency.median(), &warm.used, warm.log_bytes);
    if warm.case == Case::PinSender { cost.without_api() } else { cost }
}

fn cost_row(out: &mut String, title: &str, billed: &str, cost: &Cost) -> Result<()> {
    let parts = [cost.duration, cost.requests, cost.api, cost.reads, cost.writes, cost.logs, cost.queue, cost.total()];
    let parts: Vec<_> = parts.iter().map(|part| format!("{part:.2}")).collect();
    writeln!(out, "| {title} | {billed} | {} |", parts.join(" | "))?;
    Ok(())
}

fn baseline(measured: &Measured) -> Result<f64> {
    let baseline =
        measured.cold.iter().find(|cold| cold.function == BASELINE).context("the baseline was not measured")?;
    Ok(milliseconds(baseline.without_aws.median()))
}

fn shown(time: Duration) -> String {
    format!("{:.2} ms", milliseconds(time))
}

fn megabytes(bytes: f64) -> String {
    format!("{:.2} MB", bytes / 1_000_000.0)
}

#[allow(clippy::cast_precision_loss)] // Sizes of files are far below 2^52.
fn bytes(count: usize) -> f64 {
    count as f64
}

#[allow(clippy::cast_precision_loss)] // So is memory.
pub(crate) fn kibibytes(count: u64) -> f64 {
    count as f64
}
