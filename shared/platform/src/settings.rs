//! Settings from the environment, as `template.yaml` sets them.

use lambda_runtime::Error;

/// A setting that the Lambda cannot run without.
pub fn required(name: &str) -> Result<String, Error> {
    optional(name).ok_or_else(|| format!("the environment variable {name} is not set; see template.yaml").into())
}

/// A setting that may be absent; an empty one counts as absent.
#[must_use]
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// A whole number, or its default when absent.
pub fn number(name: &str, default: u64) -> Result<u64, Error> {
    optional(name).map_or(Ok(default), |text| {
        text.trim().parse().map_err(|_| format!("the environment variable {name} must be a whole number").into())
    })
}
