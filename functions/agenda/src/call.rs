//! One call: its method, the path after `/agenda/v1/`, its query, its key and its body.

use std::ops::Deref;

use jiff::Timestamp;
use lambda_http::Request;
use ponte_domain::ids::TransactionId;
use ponte_domain::trinks::AppointmentId;
use ponte_platform::call;

use crate::limits;
use crate::problem::Problem;

/// What stands before every path of ours.
const ROOT: [&str; 2] = ["agenda", "v1"];

/// One call.
pub(crate) struct Call<'r>(call::Call<'r>);

impl<'r> Deref for Call<'r> {
    type Target = call::Call<'r>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'r> Call<'r> {
    pub(crate) fn new(request: &'r Request, now: Timestamp) -> Self {
        Self(call::Call::new(request, ROOT, now))
    }

    /// 405 unless the method is this one.
    pub(crate) fn must_be(&self, method: &'static str) -> Result<(), Problem> {
        if self.method() == method { Ok(()) } else { Err(Problem::method(method)) }
    }

    /// 404 unless the path is this one, and 405 unless the method is.
    pub(crate) fn route(&self, method: &'static str, path: &str) -> Result<(), Problem> {
        if self.path() == [path] { self.must_be(method) } else { Err(Problem::no_route()) }
    }

    /// The appointment that the path names: `appointments/{id}`, and what stands `after` it. 404 unless the path is this
    /// one, and 405 unless the method is.
    pub(crate) fn appointment(&self, method: &'static str, after: &[&str]) -> Result<AppointmentId, Problem> {
        match self.path().as_slice() {
            ["appointments", id, rest @ ..] if rest == after => {
                self.must_be(method)?;
                // What cannot be an id is the id of nothing.
                id.parse().map_err(|_| Problem::no_appointment())
            }
            _ => Err(Problem::no_route()),
        }
    }

    /// The caller's own name for this change: the same key is the same change, however often it is sent.
    pub(crate) fn idempotency_key(&self) -> Result<TransactionId, Problem> {
        let missing = || {
            let message = "Send a new `Idempotency-Key` with each change, a UUID for example, and the same one when you repeat it. 1 to 80 printable ASCII characters, without blanks and `#`.";
            Problem::bad("idempotency_key_missing", message)
        };
        self.header("idempotency-key").and_then(TransactionId::parse).ok_or_else(missing)
    }

    /// The body as text, whatever its content type says; an absent one is an empty object.
    pub(crate) fn body(&self) -> Result<&'r str, Problem> {
        let bytes: &[u8] = self.request().body();
        if bytes.len() > limits::BODY_BYTES {
            return Err(Problem::too_large());
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Problem::invalid_json())?;
        Ok(if text.trim().is_empty() { "{}" } else { text })
    }
}

#[cfg(test)]
mod tests {
    use ponte_platform::http::path_after;

    use super::*;

    #[test]
    fn the_path_is_read_after_any_stage() {
        for path in ["/agenda/v1/appointments/7", "/prod/agenda/v1/appointments/7/"] {
            assert_eq!(path_after(path, ROOT), ["appointments", "7"], "{path}");
        }
        assert!(path_after("/appointments/7", ROOT).is_empty());
    }
}
