//! A small HTTP client, for deliveries and for tests: plain HTTP/1.1, a connection per call.

use axum::body::{Body, to_bytes};
use hyper::client::conn::http1;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::io::{Error, ErrorKind, Result};
use tokio::net::TcpStream;

/// The most of an answer that is read.
const ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body as text.
    pub text: String,
    /// Header `Retry-After`.
    pub retry_after: Option<String>,
}

impl Answer {
    /// The body as JSON; `null` if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// Sends a request and reads the whole answer. No time limit: callers have their own.
pub async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: String) -> Result<Answer> {
    let uri: Uri = url.parse().map_err(|_| Error::new(ErrorKind::InvalidInput, format!("not a URL: {url}")))?;
    if uri.scheme_str() != Some("http") {
        return Err(Error::new(ErrorKind::InvalidInput, format!("only http: {url}")));
    }
    let host = uri.host().unwrap_or_default();
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(Error::other)?;
    // The connection must be driven beside the request; it ends with the sender.
    tokio::spawn(connection);
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(method).uri(path).header("host", authority);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body)).map_err(Error::other)?;
    let response = sender.send_request(request).await.map_err(Error::other)?;
    let status = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let bytes = to_bytes(Body::new(response.into_body()), ANSWER_BYTES).await.map_err(Error::other)?;
    Ok(Answer { status, text: String::from_utf8_lossy(&bytes).into_owned(), retry_after })
}
