//! The environment that `template.yaml` gives every Lambda, with the benchmark's own for AWS.

/// The variables that all have; `endpoint` is what they take for AWS.
pub(crate) fn of_lambda(endpoint: &str, table: &str) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
        ("AWS_SESSION_TOKEN", "bench".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench".to_owned()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench".to_owned()),
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("PONTE_TABLE", table.to_owned()),
        // Warm figures are of a Lambda that remembers its store, or its salon.
        ("PONTE_STORE_CACHE_SECONDS", "86400".to_owned()),
    ]
}
