//! One call: its method, the path after `/agenda/v1/`, its query, its key and its body.

use jiff::Timestamp;
use lambda_http::{Request, RequestExt as _};
use ponte_domain::ids::TransactionId;
use ponte_platform::http::path_after;

use crate::limits;
use crate::problem::Problem;

/// What stands before every path of ours.
const ROOT: [&str; 2] = ["agenda", "v1"];

/// One call.
pub(crate) struct Call<'r> {
    request: &'r Request,
    path: Vec<String>,
    /// When it came in.
    pub(crate) now: Timestamp,
}

impl<'r> Call<'r> {
    pub(crate) fn new(request: &'r Request, now: Timestamp) -> Self {
        // The raw path: with a named stage it begins with the stage, and only the gateway knows its route's pattern.
        let raw = Some(request.raw_http_path()).filter(|path| !path.is_empty());
        let path = path_after(raw.unwrap_or_else(|| request.uri().path()), ROOT);
        // Items keep milliseconds: what is answered now and what is read later must be the same.
        Self { request, path, now: Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now) }
    }

    /// The path's parts after `/agenda/v1`, decoded.
    pub(crate) fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// 405 unless the method is this one.
    pub(crate) fn must_be(&self, method: &'static str) -> Result<(), Problem> {
        if self.request.method().as_str() == method { Ok(()) } else { Err(Problem::method(method)) }
    }

    /// 404 unless the path is this one, and 405 unless the method is.
    pub(crate) fn route(&self, method: &'static str, path: &str) -> Result<(), Problem> {
        if self.path() == [path] { self.must_be(method) } else { Err(Problem::no_route()) }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let given = self.request.query_string_parameters_ref()?.first(name)?.trim();
        (!given.is_empty()).then(|| given.to_owned())
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
        let bytes: &[u8] = self.request.body();
        if bytes.len() > limits::BODY_BYTES {
            return Err(Problem::too_large());
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Problem::invalid_json())?;
        Ok(if text.trim().is_empty() { "{}" } else { text })
    }
}

/// A text as one part of a path.
pub(crate) fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut part = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            part.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(part, "%{byte:02X}");
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use ponte_platform::http::percent_decoded;

    use super::*;

    #[test]
    fn the_path_is_read_after_any_stage() {
        for path in ["/agenda/v1/appointments/7", "/prod/agenda/v1/appointments/7/"] {
            assert_eq!(path_after(path, ROOT), ["appointments", "7"], "{path}");
        }
        assert!(path_after("/appointments/7", ROOT).is_empty());
    }

    #[test]
    fn a_key_travels_in_a_path_and_comes_back() {
        for key in ["3f2504e0-4f89-41d3-9a0c-0305e82c3301", "order/7?x=%41&y", "\"{}\""] {
            assert_eq!(percent_decoded(&percent_encoded(key)), key);
            assert!(!percent_encoded(key).contains('/'));
        }
    }
}
