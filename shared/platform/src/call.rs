//! One call of a JSON interface whose routes stand under a root: `/console/v1`, `/agenda/v1`.

use jiff::Timestamp;
use lambda_http::{Request, RequestExt as _};

use crate::http::path_after;

/// One call: its method, the path after the root, its query, headers and body.
#[derive(Debug)]
pub struct Call<'r> {
    request: &'r Request,
    path: Vec<String>,
    /// When it came in, to the millisecond.
    pub now: Timestamp,
}

impl<'r> Call<'r> {
    /// A call of a route under `root`.
    #[must_use]
    pub fn new(request: &'r Request, root: [&str; 2], now: Timestamp) -> Self {
        // The raw path: with a named stage it begins with the stage, and only the gateway knows its route's pattern.
        let raw = Some(request.raw_http_path()).filter(|path| !path.is_empty());
        let path = path_after(raw.unwrap_or_else(|| request.uri().path()), root);
        // Items keep milliseconds: what is answered now and what is read later must be the same.
        Self { request, path, now: Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now) }
    }

    /// The request itself.
    #[must_use]
    pub fn request(&self) -> &'r Request {
        self.request
    }

    /// Its method, in capitals.
    #[must_use]
    pub fn method(&self) -> &str {
        self.request.method().as_str()
    }

    /// The path's parts after the root, decoded; none where the root is not there.
    #[must_use]
    pub fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// A header that is readable text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    /// A parameter of the query that is not blank, trimmed.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        let given = self.request.query_string_parameters_ref()?.first(name)?.trim();
        (!given.is_empty()).then(|| given.to_owned())
    }
}
