//! Structured logs and metrics, both on standard output.
//!
//! Personal data and secrets do not reach a log because their types print masked (`ponte-domain`), and because a
//! handler logs ids and figures, never bodies.

use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

/// Starts JSON logs. `PONTE_LOG_LEVEL` sets the level: `error`, `warn`, `info` (default), `debug`, `trace`.
pub fn start() {
    let level =
        crate::settings::optional("PONTE_LOG_LEVEL").and_then(|text| text.parse().ok()).unwrap_or(LevelFilter::INFO);
    // A second start (tests) keeps the first subscriber.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(level)
        .with_ansi(false)
        .try_init();
}

/// Counts one occurrence of a metric by Embedded Metric Format: CloudWatch reads it out of the log.
///
/// `dimension` must have few values (a route's name), or each one costs a metric. The count over all values, for alarms, is
/// a metric without dimension.
pub fn count(metric: &str, dimension: (&str, &str)) {
    let now = jiff::Timestamp::now().as_millisecond();
    // The stack's name: certification and production may share an account.
    let namespace = crate::settings::optional("PONTE_METRICS_NAMESPACE").unwrap_or_else(|| "ponte".to_owned());
    let line = json!({
        "_aws": {
            "Timestamp": now,
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": [[], [dimension.0]],
                "Metrics": [{ "Name": metric, "Unit": "Count" }],
            }],
        },
        (dimension.0): dimension.1,
        (metric): 1,
    });
    println!("{line}");
}
