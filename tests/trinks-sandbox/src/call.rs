//! A request as the sandbox sees it, and its answer. Every route is a plain function from one to the other.

use axum::extract::Query;
use axum::http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

/// A request, read whole.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Value>,
}

impl Call {
    /// Takes a request apart; a body that is not JSON stays unread until a route asks for it.
    pub(crate) fn new(method: &Method, uri: &Uri, headers: HeaderMap, body: &[u8]) -> Self {
        let query = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|query| query.0).unwrap_or_default();
        let body = if body.is_empty() { Some(Value::Null) } else { serde_json::from_slice(body).ok() };
        Self { method: method.to_string(), path: uri.path().to_owned(), query, headers, body }
    }

    /// The path's parts.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// A header, if it is text and not blank.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A query value; names match in any case, as Trinks takes both `Page` and `page`.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// A number in the query.
    pub(crate) fn query_number(&self, name: &str) -> Result<Option<i64>, Reply> {
        self.query(name).map(|text| text.parse().map_err(|_| Reply::not_valid(name, text))).transpose()
    }

    /// A flag in the query, off unless it says true.
    pub(crate) fn query_flag(&self, name: &str) -> bool {
        self.query(name).is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1")
    }

    /// The body; `null` when there is none.
    pub(crate) fn body(&self) -> Result<&Value, Reply> {
        self.body.as_ref().ok_or_else(|| Reply::message(400, "O corpo da requisição não é um JSON válido"))
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content: Content,
    pub(crate) retry_after: Option<u64>,
}

/// What an answer carries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Nothing,
    Json(Value),
    Text(&'static str, String),
}

/// A route's outcome: refusals travel by `?`.
pub(crate) type Answer = Result<Reply, Reply>;

impl Reply {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, content: Content::Json(body), retry_after: None }
    }

    pub(crate) fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub(crate) fn nothing() -> Self {
        Self { status: 204, content: Content::Nothing, retry_after: None }
    }

    pub(crate) fn text(status: u16, content_type: &'static str, text: String) -> Self {
        Self { status, content: Content::Text(content_type, text), retry_after: None }
    }

    /// An error outside validation. The real bodies are not known; this is one of the shapes seen.
    pub(crate) fn message(status: u16, text: &str) -> Self {
        Self::json(status, json!({ "Message": text }))
    }

    /// `Profissional com ID 7 não foi encontrado`.
    pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::message(404, &format!("{what} com ID {id} não foi encontrado"))
    }

    pub(crate) fn no_route() -> Self {
        Self::message(404, "Recurso não encontrado")
    }

    /// A single validation error about a value that does not parse.
    pub(crate) fn not_valid(property: &str, value: &str) -> Self {
        let error = json!({ "PropertyName": property, "ErrorMessage": format!("The value '{value}' is not valid for {property}.") });
        Self::json(400, json!({ "Errors": [error] }))
    }

    pub(crate) fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
