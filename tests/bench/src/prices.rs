//! What a sale costs at AWS's list prices.

use std::time::Duration;

use crate::table_front::Used;

/// Where and when the prices below were read. Dollars, without taxes, free tier or volume tiers.
pub(crate) const PRICE_LIST: &str = "us-east-1, list prices as of November 2026";
/// Lambda on arm64, for a GB for a second.
const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
/// Lambda, for an invocation.
const LAMBDA_REQUEST: f64 = 0.20 / MILLION;
/// API Gateway HTTP API, for a request of up to 512 KB.
const HTTP_API_REQUEST: f64 = 1.00 / MILLION;
/// DynamoDB on demand, for a read request unit.
const READ_UNIT: f64 = 0.125 / MILLION;
/// DynamoDB on demand, for a write request unit.
const WRITE_UNIT: f64 = 0.625 / MILLION;
/// SQS standard queue, for a request: sending, receiving and deleting are one each.
const SQS_REQUEST: f64 = 0.40 / MILLION;
/// CloudWatch Logs, for a GB taken in.
const LOGS_GB: f64 = 0.50;

/// Assumed, not measured: what one DynamoDB round trip inside a region takes.
pub(crate) const ROUND_TRIP: Duration = Duration::from_millis(5);
/// Memory of the functions in `template.yaml`, in GB.
pub(crate) const MEMORY_GB: f64 = 0.25;
/// Assumed, not measured: Lambda's own START, END and REPORT lines and the API's access log, for a call.
pub(crate) const PLATFORM_LOG_BYTES: f64 = 700.0;

const MILLION: f64 = 1_000_000.0;
const GB: f64 = 1_000_000_000.0;

/// What so many of one call cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// Lambda's duration.
    pub(crate) duration: f64,
    /// Lambda's requests.
    pub(crate) requests: f64,
    /// HTTP API.
    pub(crate) api: f64,
    /// DynamoDB's reads.
    pub(crate) reads: f64,
    /// DynamoDB's writes.
    pub(crate) writes: f64,
    /// Logs.
    pub(crate) logs: f64,
    /// Queues.
    pub(crate) queue: f64,
}

/// What is billed for one call's time: measured, plus the assumed round trips, in whole milliseconds.
pub(crate) fn billed(measured: Duration, round_trips: u32) -> Duration {
    let total = measured + ROUND_TRIP * round_trips;
    Duration::from_millis(u64::try_from(total.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX))
}

impl Cost {
    /// A million calls through the API. Each queued message is sent, received and deleted.
    pub(crate) fn of_million(measured: Duration, used: &Used, log_bytes: f64) -> Self {
        Self {
            duration: MILLION * billed(measured, used.round_trips).as_secs_f64() * MEMORY_GB * LAMBDA_GB_SECOND,
            requests: MILLION * LAMBDA_REQUEST,
            api: MILLION * HTTP_API_REQUEST,
            reads: MILLION * used.read_units * READ_UNIT,
            writes: MILLION * used.write_units * WRITE_UNIT,
            logs: MILLION * (log_bytes + PLATFORM_LOG_BYTES) / GB * LOGS_GB,
            queue: MILLION * 3.0 * f64::from(used.messages) * SQS_REQUEST,
        }
    }

    /// Calls that no API brings: the sender's. Its text message is not counted, and its queue is the caller's.
    pub(crate) fn without_api(self) -> Self {
        Self { api: 0.0, queue: 0.0, ..self }
    }

    /// All of it.
    pub(crate) fn total(&self) -> f64 {
        self.duration + self.requests + self.api + self.reads + self.writes + self.logs + self.queue
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), |sum, cost| Self {
            duration: sum.duration + cost.duration,
            requests: sum.requests + cost.requests,
            api: sum.api + cost.api,
            reads: sum.reads + cost.reads,
            writes: sum.writes + cost.writes,
            logs: sum.logs + cost.logs,
            queue: sum.queue + cost.queue,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_billed_in_whole_milliseconds() {
        assert_eq!(billed(Duration::from_micros(1_001), 2), Duration::from_millis(12));
        assert_eq!(billed(Duration::from_millis(1), 0), Duration::from_millis(1));
    }
}
