//! HTTP in and out, the part that all contexts share.

use std::borrow::Cow;

use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceExt as _;
use lambda_http::{Adapter, Body, Error, LambdaEvent, Request, Response, service_fn};
use ponte_domain::limits;
use ponte_domain::refusal::Refusal;
use serde::Serialize;
use serde_json::value::RawValue;

/// Runs a handler as a Lambda behind API Gateway.
///
/// `lambda_http` builds a URI out of path, query and forwarding headers as the caller sent them, and panics over what no
/// URI can hold. So the event is made tame first.
pub async fn serve<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(Request) -> F,
    F: Future<Output = Response<Body>> + Send,
{
    let service = service_fn(|request: Request| {
        let answer = handler(request);
        async move { Ok::<_, Error>(answer.await) }
    });
    lambda_runtime::run(Adapter::from(service).map_request(tame)).await
}

/// The request of an event of API Gateway, for a Lambda that takes other events too.
pub fn request_of(event: LambdaEvent<&RawValue>) -> Result<Request, Error> {
    let request: LambdaRequest = serde_json::from_str(event.payload.get())?;
    Ok(Request::from(tame(LambdaEvent::new(request, event.context)).payload))
}

/// A response as API Gateway takes it (payload format 2.0).
#[must_use]
pub fn event_answer(response: &Response<Body>) -> serde_json::Value {
    let headers: serde_json::Map<String, serde_json::Value> = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
        .collect();
    let body = match response.body() {
        Body::Text(text) => text.as_str(),
        // Our answers are JSON text.
        _ => "",
    };
    serde_json::json!({ "statusCode": response.status().as_u16(), "headers": headers, "body": body, "isBase64Encoded": false })
}

fn tame(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(call) = &mut event.payload {
        for part in [&mut call.raw_path, &mut call.raw_query_string].into_iter().flatten() {
            *part = uri_part(part);
        }
        for untrusted in ["host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"] {
            call.headers.remove(untrusted);
        }
    }
    event
}

/// A path or query with what no URI can hold percent-encoded.
fn uri_part(text: &str) -> String {
    encoded(text, b"-._~!$&'()*+,;=:@/?%")
}

/// A text as one part of a path; [`percent_decoded`] undoes it.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    encoded(text, b"-._~")
}

/// Letters, digits and what `keeps` names stay; any other byte is percent-encoded.
fn encoded(text: &str, keeps: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut part = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || keeps.contains(&byte) {
            part.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(part, "%{byte:02X}");
        }
    }
    part
}

/// The decoded parts of a path after `root`, whatever stage or base path stands before it; none where it is not there.
#[must_use]
pub fn path_after(path: &str, root: [&str; 2]) -> Vec<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let at = parts.windows(2).position(|pair| *pair == root);
    at.map(|at| parts.iter().skip(at + 2).map(|part| percent_decoded(part).into_owned()).collect()).unwrap_or_default()
}

/// Decodes `%7B` and the like; text that is not well encoded stays as it is.
#[must_use]
pub fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after
            .get(..2)
            .filter(|hex| *first == b'%' && hex.iter().all(u8::is_ascii_hexdigit))
            .and_then(|hex| std::str::from_utf8(hex).ok());
        let decoded = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

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
    let builder = Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8")
        .header("cache-control", "no-store");
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn event(path: &str, query: &str, host: &str) -> LambdaEvent<LambdaRequest> {
        let event = serde_json::json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": { "host": host, "x-forwarded-proto": "not a scheme", "cnpj": "11222333000181" },
            "requestContext": { "http": { "method": "POST", "path": path }, "stage": "$default", "domainName": "example.com", "timeEpoch": 0 },
            "body": "{}", "isBase64Encoded": false,
        });
        LambdaEvent::new(serde_json::from_str(&event.to_string()).unwrap(), lambda_http::Context::default())
    }

    #[test]
    fn what_no_uri_can_hold_does_not_stop_the_lambda() {
        for (path, query, host) in [
            ("/a b/<x>\"", "q=<b>%zz\"^|", "example.com"),
            ("/ação", "ç=é&\\", "not a host"),
            ("", "", "[::"),
            ("//x", "?", "a@b:c"),
        ] {
            let request = Request::from(tame(event(path, query, host)).payload);
            assert_eq!(request.headers()["cnpj"], "11222333000181");
        }
    }

    #[test]
    fn a_text_travels_in_a_path_and_comes_back() {
        for text in ["3f2504e0-4f89-41d3-9a0c-0305e82c3301", "order/7?x=%41&y", "\"{}\"", "ação"] {
            assert_eq!(percent_decoded(&percent_encoded(text)), text);
            assert!(!percent_encoded(text).contains(['/', '?', '"']));
        }
    }

    #[test]
    fn an_ordinary_request_keeps_its_path_and_query() {
        let request = Request::from(tame(event("/console/v1/keys", "limit=5&cursor=a%2Fb", "example.com")).payload);
        assert_eq!(request.uri().path(), "/console/v1/keys");
        assert_eq!(request.uri().query(), Some("limit=5&cursor=a%2Fb"));
    }
}
