//! Why a call is not done: one shape for all errors, `{"error":{"code","message"}}`.
//!
//! The code never changes its meaning; the message says what is wrong, where, and what to do. For developers and
//! operators, so in English.

use std::fmt::Display;

use lambda_http::http::HeaderValue;
use lambda_http::http::header::{ALLOW, WWW_AUTHENTICATE};
use lambda_http::{Body, Response};
use ponte_domain::refusal::Refusal;
use ponte_platform::failure::Failure;
use ponte_platform::http;
use serde::Serialize;
use utoipa::ToSchema;

/// An error, as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: u16,
    code: &'static str,
    message: String,
    allow: Option<&'static str>,
}

/// The body of an error.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsoleError)]
pub(crate) struct ErrorBody<'a> {
    #[schema(inline)]
    error: ErrorDetail<'a>,
}

#[derive(Serialize, ToSchema)]
struct ErrorDetail<'a> {
    /// What is wrong, for programs: it never changes its meaning.
    #[schema(example = "invalid_field")]
    code: &'a str,
    /// What is wrong, where, and what to do, for people.
    #[schema(example = "`valid_days` must be a whole number from 1 to 1825.")]
    message: &'a str,
}

impl Problem {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), allow: None }
    }

    /// 400: the request says something that cannot be.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// 400: a field is not what it must be.
    pub(crate) fn field(name: &str, must: impl Display) -> Self {
        Self::bad("invalid_field", format!("`{name}` must be {must}."))
    }

    /// 401.
    pub(crate) fn unauthorized() -> Self {
        let message =
            "The administration key is missing, unknown or revoked. Send it as `Authorization: Bearer <key>`.";
        Self::new(401, "unauthorized", message)
    }

    /// 403.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, "forbidden", message)
    }

    /// 404: what the path names does not exist.
    pub(crate) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(404, code, message)
    }

    /// 404: the path is no route.
    pub(crate) fn no_route() -> Self {
        Self::new(404, "route_not_found", "There is nothing at this path. The routes are in docs/openapi.json.")
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

    /// 503: a service that we depend on did not do its part; the same request may be sent again.
    pub(crate) fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(503, code, message)
    }

    /// 409: somebody else was faster.
    pub(crate) fn changed_meanwhile(what: &str) -> Self {
        Self::conflict(
            "changed_meanwhile",
            format!("Somebody else changed this {what} meanwhile. Read it again, then repeat the change."),
        )
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The code.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    fn response(&self) -> Response<Body> {
        let error = ErrorDetail { code: self.code, message: &self.message };
        let mut response = http::json(self.status, &ErrorBody { error });
        if self.status == 401 {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(allow) = self.allow {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}

/// A result as a response.
pub(crate) fn answer(result: Result<Response<Body>, Problem>) -> Response<Body> {
    result.unwrap_or_else(|problem| problem.response())
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::Refused(_) => {}
            Failure::Unavailable(_) => tracing::warn!(error = %failure, "a service did not do its part"),
            Failure::Bug(_) => tracing::error!(error = %failure, "this is a bug"),
        }
        failure.refusal().into()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::InvalidJson => Self::bad("invalid_json", "The body is not one JSON object in UTF-8."),
            Refusal::BodyTooLarge => Self::bad("body_too_large", "The body is too large."),
            Refusal::MissingCpf => Self::bad("missing_field", "`cpf` is missing."),
            Refusal::InvalidCpf => Self::bad("invalid_cpf", "`cpf` is not a valid CPF: its check digits do not match."),
            Refusal::MissingField(field) => Self::bad("missing_field", format!("`{field}` is missing or empty.")),
            Refusal::WrongType(field) => Self::bad("wrong_type", format!("`{field}` has the wrong type or form.")),
            Refusal::LimitExceeded(field) => Self::bad("limit_exceeded", format!("`{field}` has too many entries.")),
            Refusal::NegativeAmount(field) => Self::field(field, "zero or more"),
            Refusal::AbsurdAmount(field) => Self::field(field, format!("at most {}", ponte_domain::money::MAXIMUM)),
            Refusal::FractionOfCent(field) => Self::field(field, "an amount with at most two decimals"),
            Refusal::InsufficientBalance { available } => {
                let message = format!(
                    "The balance is not enough for this debit: the member has {available}. Debit at most that."
                );
                Self::conflict("insufficient_balance", message)
            }
            Refusal::IdentifierReused => {
                let message =
                    "This `id` was used before with another content. Repeat the first content, or make a new id.";
                Self::conflict("id_reused", message)
            }
            Refusal::PendingAlreadyResolved => {
                let message =
                    "This pending adjustment is resolved already, or its sale was reversed. Read the list again.";
                Self::conflict("already_resolved", message)
            }
            Refusal::Unavailable => Self::new(
                503,
                "unavailable",
                "The storage is unavailable for the moment. Repeat the same request shortly.",
            ),
            // The others belong to the till's routes.
            other => {
                if other != Refusal::Internal {
                    tracing::error!(refusal = %other, "a refusal of the till's routes reached the console");
                }
                Self::new(500, "internal", "Something went wrong on our side. It was logged.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn an_error_has_its_status_and_shape() {
        let response = Problem::field("valid_days", "at least 1").response();
        assert_eq!(response.status(), 400);
        let Body::Text(body) = response.body() else { panic!("text") };
        assert_eq!(body, r#"{"error":{"code":"invalid_field","message":"`valid_days` must be at least 1."}}"#);
    }

    #[test]
    fn unavailable_storage_says_when_to_come_back() {
        let response = Problem::from(Failure::Unavailable("GetItem: time-out".into())).response();
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key("retry-after"));
    }

    #[test]
    fn a_fault_of_ours_tells_nothing_of_the_inside() {
        let response = Problem::from(Failure::Bug("secret detail".into())).response();
        assert_eq!(response.status(), 500);
        let Body::Text(body) = response.body() else { panic!("text") };
        assert!(!body.contains("secret detail"));
    }

    #[test]
    fn refused_credentials_and_methods_say_what_would_be_accepted() {
        assert_eq!(Problem::unauthorized().response().headers()["www-authenticate"], "Bearer");
        assert_eq!(Problem::method("GET, PUT").response().headers()["allow"], "GET, PUT");
    }
}
