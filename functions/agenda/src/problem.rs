//! Why a call is not done: one shape for all errors, `{"error", "message", "details"?}`.
//!
//! The code never changes its meaning; the message says what is wrong and what to do. For developers, so in English.

use std::fmt::Display;

use jiff::Timestamp;
use lambda_http::http::HeaderValue;
use lambda_http::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use lambda_http::{Body, Response};
use ponte_domain::refusal::Refusal;
use ponte_platform::failure::Failure;
use ponte_platform::http;
use ponte_platform::telemetry;
use ponte_trinks::client::TrinksError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::limits;

/// An error, as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: u16,
    code: &'static str,
    message: String,
    details: Vec<Detail>,
    allow: Option<&'static str>,
    retry_after: Option<u64>,
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AgendaErrorDetail)]
pub(crate) struct Detail {
    /// Which.
    #[schema(example = "client.phone")]
    pub(crate) field: String,
    /// What it must be.
    #[schema(example = "must be a Brazilian phone with its area code.")]
    pub(crate) message: String,
}

/// The body of an error.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaError)]
pub(crate) struct ErrorBody<'a> {
    /// What is wrong, for programs: it never changes its meaning.
    #[schema(example = "quota_spent")]
    error: &'a str,
    /// What is wrong and what to do, for people.
    #[schema(example = "No call to Trinks is left in this minute. Repeat after `Retry-After` seconds.")]
    message: &'a str,
    /// All wrong fields, where that is what is wrong.
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    details: &'a [Detail],
}

impl Problem {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Vec::new(), allow: None, retry_after: None }
    }

    /// The same, with when to come back.
    pub(crate) fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..self }
    }

    /// 400: the request says something that cannot be.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// 400: fields are not what they must be.
    pub(crate) fn fields(details: Vec<Detail>) -> Self {
        let message = "Some fields are not what they must be: `details` lists them all. Nothing was done.";
        Self { details, ..Self::bad("invalid_fields", message) }
    }

    /// 400 for one field.
    pub(crate) fn field(name: &str, must: impl Display) -> Self {
        Self::fields(vec![Detail { field: name.to_owned(), message: format!("must be {must}.") }])
    }

    /// 400.
    pub(crate) fn invalid_json() -> Self {
        Self::bad("invalid_json", "The body is not one JSON object in UTF-8.")
    }

    /// 401.
    pub(crate) fn unauthorized() -> Self {
        let message = "The key is missing, unknown or revoked. Send it as `Authorization: Bearer agenda_...`.";
        Self::new(401, "unauthorized", message)
    }

    /// 403.
    pub(crate) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(403, code, message)
    }

    /// 404: what the path names does not exist.
    pub(crate) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(404, code, message)
    }

    /// 404: the path is no route.
    pub(crate) fn no_route() -> Self {
        Self::not_found("route_not_found", "There is nothing at this path. The routes are in docs/openapi.json.")
    }

    /// 404 for an appointment.
    pub(crate) fn no_appointment() -> Self {
        Self::not_found("appointment_not_found", "This salon has no appointment with this id.")
    }

    /// 405, with what is allowed.
    pub(crate) fn method(allow: &'static str) -> Self {
        let message = format!("This path does not know the method. It knows: {allow}.");
        Self { allow: Some(allow), ..Self::new(405, "method_not_allowed", message) }
    }

    /// 409: what is there already stands against it.
    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(409, code, message)
    }

    /// 413.
    pub(crate) fn too_large() -> Self {
        Self::new(413, "body_too_large", format!("The body has more than {} bytes.", limits::BODY_BYTES))
    }

    /// 422: well written, and not possible.
    pub(crate) fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(422, code, message)
    }

    /// 422 for an `Idempotency-Key` that stands for something else.
    pub(crate) fn key_reused() -> Self {
        let message =
            "This `Idempotency-Key` was used before with another content. Repeat the first content, or make a new key.";
        Self::refused("idempotency_key_reused", message)
    }

    /// The answer.
    pub(crate) fn response(&self) -> Response<Body> {
        let body = ErrorBody { error: self.code, message: &self.message, details: &self.details };
        let mut response = http::json(self.status, &body);
        let headers = response.headers_mut();
        if self.status == 401 {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// The code.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// The wrong fields' names.
    #[cfg(test)]
    pub(crate) fn wrong(&self) -> Vec<&str> {
        self.details.iter().map(|detail| detail.field.as_str()).collect()
    }
}

/// A result as a response.
pub(crate) fn answer(result: Result<Response<Body>, Problem>) -> Response<Body> {
    result.unwrap_or_else(|problem| problem.response())
}

/// Seconds until a moment, from now; one at least.
fn seconds_until(at: Timestamp) -> u64 {
    // Rounded up: who comes a fraction too early is refused again.
    u64::try_from(at.duration_since(Timestamp::now()).as_secs().saturating_add(1)).unwrap_or(0).max(1)
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure.refusal() {
            Refusal::InvalidJson => Self::invalid_json(),
            Refusal::BodyTooLarge => Self::too_large(),
            Refusal::Unavailable => {
                tracing::warn!(error = %failure, "a service did not do its part");
                let message =
                    "The storage is unavailable for the moment. Repeat the same request, with the same key, shortly.";
                Self::new(503, "unavailable", message).after(2)
            }
            _ => {
                tracing::error!(error = %failure, "this is a bug");
                Self::new(500, "internal", "Something went wrong on our side. It was logged.")
            }
        }
    }
}

/// What Trinks, or its quota, said (contract trinks.md, section 2).
impl From<TrinksError> for Problem {
    fn from(error: TrinksError) -> Self {
        match error {
            TrinksError::MinuteSpent { again_at } => {
                let message = "No call to Trinks is left in this minute. Repeat after `Retry-After` seconds.";
                Self::new(429, "quota_spent", message).after(seconds_until(again_at))
            }
            TrinksError::MonthSpent { again_at } => {
                let message = "No call to Trinks is left in this month. Repeat after `Retry-After` seconds, or have the quota raised.";
                Self::new(429, "month_spent", message).after(seconds_until(again_at))
            }
            TrinksError::Conflict => Self::conflict("hour_taken", "The hour is taken. Choose another one."),
            TrinksError::NotFound(reason) => Self::not_found("not_found", format!("Trinks does not know it: {reason}")),
            TrinksError::Rejected { reason, .. } => {
                Self::refused("refused", format!("Trinks refuses it, and would again: {reason}"))
            }
            TrinksError::KeyRefused { status } => {
                telemetry::count("TrinksKeyRefused", ("Route", "agenda"));
                tracing::error!(event = "trinks_key_refused", status);
                let message =
                    "Trinks refuses the salon's API key. Nothing was done; an operator has to replace the key.";
                Self::new(502, "trinks_key_refused", message)
            }
            TrinksError::Unavailable { why, maybe_done } => {
                tracing::warn!(event = "trinks_unavailable", why, maybe_done);
                if maybe_done { Self::unknown() } else { Self::unavailable() }
            }
            TrinksError::Unreadable(what) => {
                tracing::error!(event = "trinks_unreadable", what);
                Self::new(502, "trinks_unreadable", "Trinks answered something that cannot be read. It was logged.")
            }
            TrinksError::Platform(failure) => failure.into(),
        }
    }
}

impl Problem {
    fn unavailable() -> Self {
        let message = "Trinks does not answer. Nothing was done; repeat after `Retry-After` seconds.";
        Self::new(503, "trinks_unavailable", message).after(limits::UNAVAILABLE_SECONDS)
    }

    /// 503: a write that may have taken effect.
    pub(crate) fn unknown() -> Self {
        let message = "Trinks did not answer: it may have been done all the same. Repeat after `Retry-After` seconds with the same `Idempotency-Key`: what was done already is then found, not done again.";
        let seconds = u64::try_from(limits::STARTED_SECONDS).unwrap_or(limits::UNAVAILABLE_SECONDS);
        Self::new(503, "outcome_unknown", message).after(seconds)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    fn body(problem: &Problem) -> String {
        let Body::Text(body) = problem.response().into_body() else { panic!("text") };
        body
    }

    #[test]
    fn an_error_has_one_shape() {
        let problem = Problem::field("starts", "in the future");
        assert_eq!(problem.response().status(), 400);
        assert!(body(&problem).ends_with(r#","details":[{"field":"starts","message":"must be in the future."}]}"#));
        assert!(!body(&Problem::no_route()).contains("details"));
    }

    #[test]
    fn a_spent_quota_says_when_to_come_back() {
        let again_at = Timestamp::now().saturating_add(jiff::SignedDuration::from_secs(20)).unwrap_or_default();
        let response = Problem::from(TrinksError::MinuteSpent { again_at }).response();
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &HeaderValue::from(20)));
        // A moment that is over already is not zero: who comes at once would be refused at once.
        let over = Problem::from(TrinksError::MinuteSpent { again_at: Timestamp::UNIX_EPOCH }).response();
        assert_eq!(over.headers()["retry-after"], "1");
    }

    #[test]
    fn a_write_without_answer_is_not_called_undone() {
        let unavailable = |maybe_done| Problem::from(TrinksError::Unavailable { why: String::new(), maybe_done });
        assert_eq!((unavailable(true).code(), unavailable(false).code()), ("outcome_unknown", "trinks_unavailable"));
    }

    #[test]
    fn a_fault_of_ours_tells_nothing_of_the_inside() {
        assert!(!body(&Problem::from(Failure::Bug("secret detail".into()))).contains("secret detail"));
    }
}
