//! What can go wrong in a handler, and who is told what.
//!
//! - [`Failure::Refused`]: a business refusal. The caller is told all of it.
//! - [`Failure::Unavailable`]: storage or a queue did not do its part. The caller gets 503 and may repeat; the log has the chain.
//! - [`Failure::Bug`]: something that cannot happen. The caller gets 500 and no internals; the log has the chain.

use std::error::Error;
use std::fmt::Write as _;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use ponte_domain::refusal::Refusal;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A business refusal; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A service we depend on did not answer, throttled or refused for now. The same request may be sent again.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("bug: {0}")]
    Bug(String),
}

impl Failure {
    /// What the caller is told.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal.clone(),
            Self::Unavailable(_) => Refusal::Unavailable,
            Self::Bug(_) => Refusal::Internal,
        }
    }

    /// A stored item that cannot be read is a fault of ours, and must not be mistaken for "not there".
    #[must_use]
    pub fn unreadable(what: &str, source: &dyn Error) -> Self {
        Self::Bug(format!("stored {what} cannot be read: {}", chain(source)))
    }
}

/// An AWS call that failed: our own mistakes (validation, permissions) are bugs, all else may pass.
pub fn aws_failure<E>(call: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: Error + aws_smithy_types::error::metadata::ProvideErrorMetadata + 'static,
{
    let text = format!("{call}: {}", chain(error));
    let code = error.as_service_error().and_then(aws_smithy_types::error::metadata::ProvideErrorMetadata::code);
    match code {
        Some(
            "ValidationException" | "AccessDeniedException" | "ResourceNotFoundException" | "SerializationException",
        ) => Failure::Bug(text),
        _ => Failure::Unavailable(text),
    }
}

/// An error with its causes, for the log.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
