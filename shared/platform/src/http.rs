//! HTTP in and out, the part that all contexts share.

use std::borrow::Cow;

use lambda_http::{Body, Request, Response};
use ponte_domain::limits;
use ponte_domain::refusal::Refusal;
use serde::Serialize;

/// The body as text, whatever its content type says.
///
/// # Errors
/// [`Refusal::BodyTooLarge`], or [`Refusal::InvalidJson`] when it is not UTF-8.
pub fn body_text(request: &Request) -> Result<&str, Refusal> {
    let bytes: &[u8] = request.body();
    if bytes.len() > limits::BODY_BYTES {
        return Err(Refusal::BodyTooLarge);
    }
    std::str::from_utf8(bytes).map_err(|_| Refusal::InvalidJson)
}

/// A header, else (for gateways that move it) a query parameter of the same name.
#[must_use]
pub fn header_or_query<'a>(request: &'a Request, name: &str) -> Option<Cow<'a, str>> {
    use lambda_http::RequestExt as _;
    let header = request.headers().get(name).and_then(|value| value.to_str().ok()).map(Cow::Borrowed);
    header.or_else(|| request.query_string_parameters_ref()?.first(name).map(|value| Cow::Owned(value.to_owned())))
}

/// A JSON response of text that is JSON already.
#[must_use]
pub fn json_text(status: u16, body: String) -> Response<Body> {
    let builder = Response::builder().status(status).header("content-type", "application/json; charset=utf-8").header("cache-control", "no-store");
    // 503 means "again, soon": the storage answers within moments or not at all.
    let builder = if status == 503 { builder.header("retry-after", "2") } else { builder };
    // The status codes and headers used are constants, so building cannot fail.
    builder.body(Body::Text(body)).unwrap_or_default()
}

/// A JSON response.
#[must_use]
pub fn json(status: u16, body: &impl Serialize) -> Response<Body> {
    match serde_json::to_string(body) {
        Ok(text) => json_text(status, text),
        Err(error) => {
            tracing::error!(error = %error, "a response cannot be written as JSON");
            json_text(500, "{}".to_owned())
        }
    }
}
