//! A client of Trinks' API (contract trinks.md, sections 1 to 7) that cannot spend more than its quota.

mod appointments;
mod clients;
mod error;
mod lists;
mod paging;
pub mod redact;
mod transactions;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use ponte_domain::quota::Lane;
use ponte_domain::trinks::EstablishmentId;
use ponte_platform::aws::Aws;
use ponte_platform::failure::chain;
use ponte_platform::secrets::RotatingSecrets;
use ponte_platform::settings;
use ponte_platform::table::Table;
use reqwest::{Method, StatusCode};

pub use appointments::{CancelledBy, NewAppointment, RestAppointment, StatusChange};
pub use clients::{Client, ClientQuery, NewClient, Period};
pub use error::TrinksError;
pub use lists::{FreeHours, PaymentForm, Professional, Service};
pub use paging::Page;
pub use transactions::{Transaction, TransactionItem};

use crate::connection::Connection;
use crate::quota_keeper::{QuotaKeeper, Token};

/// Trinks' own address.
const BASE_URL: &str = "https://api.trinks.com";
/// How long one call may take. A time-out is not a refusal: what was asked may have happened.
const CALL_SECONDS: u64 = 10;
/// Bytes of an answer that are read: a page of 50 clients has about 100 kB.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// The client, built once per Lambda.
pub struct Trinks {
    http: reqwest::Client,
    base_url: String,
    secrets: RotatingSecrets,
    quota: QuotaKeeper,
}

/// For which salon, with which key, and how urgent.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// Whose key and quota.
    pub connection: &'a Connection,
    /// Which salon.
    pub salon: EstablishmentId,
    /// How urgent.
    pub lane: Lane,
}

/// One call, before it is made.
struct Call<'a> {
    /// What the quota's ledger calls it.
    purpose: &'static str,
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<String>,
    at: At<'a>,
}

/// An answer of 2xx.
struct Answer {
    body: String,
}

/// The HTTP client for vendors: bundled roots, no redirects, no proxy of the environment.
///
/// # Errors
/// The TLS configuration is not accepted.
pub fn http_client() -> Result<reqwest::Client, lambda_runtime::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(CALL_SECONDS))
        .build()?;
    Ok(client)
}

impl Trinks {
    /// A client as the environment says. `PONTE_TRINKS_URL` is set on the local stack only, for its sandbox.
    pub fn from_env(aws: &Aws, table: Table) -> Result<Self, lambda_runtime::Error> {
        let base_url = settings::optional("PONTE_TRINKS_URL").unwrap_or_else(|| BASE_URL.to_owned());
        Self::new(base_url, RotatingSecrets::new(aws.secrets()), table)
    }

    /// With given connections: for tests.
    pub fn new(base_url: String, secrets: RotatingSecrets, table: Table) -> Result<Self, lambda_runtime::Error> {
        Ok(Self { http: http_client()?, base_url, secrets, quota: QuotaKeeper::new(table) })
    }

    /// The quota of all connections.
    #[must_use]
    pub fn quota(&self) -> &QuotaKeeper {
        &self.quota
    }

    /// Makes one call: takes a token, asks, logs, and says what came of it. Never repeats a call by itself, but for a key
    /// that was replaced meanwhile.
    async fn call(&self, call: Call<'_>) -> Result<Answer, TrinksError> {
        let secret = &call.at.connection.api_key_secret;
        let key = self.secrets.value(secret).await?;
        let outcome = self.call_once(&call, &key).await;
        if !matches!(outcome, Err(TrinksError::KeyRefused { .. })) {
            return outcome;
        }
        match self.secrets.replaced(secret, &key).await {
            Ok(true) => self.call_once(&call, &self.secrets.value(secret).await?).await,
            Ok(false) => outcome,
            Err(failure) => {
                tracing::warn!(event = "trinks_key_not_read_again", failure = %failure);
                outcome
            }
        }
    }

    async fn call_once(&self, call: &Call<'_>, key: &str) -> Result<Answer, TrinksError> {
        let At { connection, salon, lane } = call.at;
        match self.quota.take(connection, lane, call.purpose).await? {
            Token::Granted { send_by } if Timestamp::now() > send_by => {
                return Err(TrinksError::Unavailable { why: "the token lapsed".to_owned(), maybe_done: false });
            }
            Token::Granted { .. } => {}
            Token::NextMinute(at) => return Err(TrinksError::MinuteSpent { again_at: at }),
            Token::NextMonth(at) => return Err(TrinksError::MonthSpent { again_at: at }),
        }
        let mut request = self
            .http
            .request(call.method.clone(), format!("{}/v1/{}", self.base_url, call.path))
            .header("X-Api-Key", key)
            .header("estabelecimentoId", salon.to_string())
            .header("accept", "application/json")
            .query(&call.query);
        if let Some(body) = &call.body {
            request = request.header("content-type", "application/json").body(body.clone());
        }
        let started = Instant::now();
        let outcome = read(request.send().await).await;
        self.log(call, started, &outcome);
        let (status, retry_after, body) = outcome.map_err(|error| error.of(&call.method))?;
        if status != StatusCode::TOO_MANY_REQUESTS {
            self.quota.answered(connection).await?;
        }
        match status {
            status if status.is_success() => Ok(Answer { body }),
            StatusCode::TOO_MANY_REQUESTS => Err(match self.quota.refused(connection, lane, retry_after).await? {
                Token::NextMonth(at) => TrinksError::MonthSpent { again_at: at },
                Token::NextMinute(at) | Token::Granted { send_by: at } => TrinksError::MinuteSpent { again_at: at },
            }),
            other => Err(TrinksError::of_status(other, &body, &call.method)),
        }
    }

    /// Every exchange, without secrets and without persons (contract section 2, "Logs detalhados").
    fn log(&self, call: &Call<'_>, started: Instant, outcome: &Result<Exchange, NoAnswer>) {
        let left = call.at.connection.plan().map(|plan| self.quota.glance(call.at.connection, &plan)).ok();
        let status = outcome.as_ref().map_or(0, |(status, _, _)| status.as_u16());
        let failure = outcome.as_ref().err().map(|error| error.why.clone()).unwrap_or_default();
        let shown = |text: &str| redact::shown(text);
        tracing::info!(
            event = "trinks_call",
            connection = %call.at.connection.id,
            salon = %call.at.salon,
            lane = call.at.lane.as_str(),
            purpose = call.purpose,
            method = %call.method,
            path = call.path,
            query = %redact::query(&call.query),
            request = %call.body.as_deref().map(shown).unwrap_or_default(),
            status,
            failure,
            milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            answer = %outcome.as_ref().map(|(_, _, body)| shown(body)).unwrap_or_default(),
            minute_left = left.as_ref().map(|left| left.minute.limit.saturating_sub(left.minute.used)),
            month_left = left.as_ref().map(|left| left.month.limit.saturating_sub(left.month.used)),
        );
    }
}

type Exchange = (StatusCode, Option<SignedDuration>, String);

/// A call that brought no answer.
struct NoAnswer {
    why: String,
    /// It left: what was asked may have happened.
    left: bool,
}

impl NoAnswer {
    fn of(self, method: &Method) -> TrinksError {
        TrinksError::Unavailable { why: self.why, maybe_done: self.left && *method != Method::GET }
    }
}

async fn read(sent: Result<reqwest::Response, reqwest::Error>) -> Result<Exchange, NoAnswer> {
    // The URL may hold a person's data: errors go without it.
    let failed = |error: reqwest::Error, left| NoAnswer { why: chain(&error.without_url()), left };
    let mut response = sent.map_err(|error| {
        let left = !error.is_connect();
        failed(error, left)
    })?;
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let status = response.status();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(error, true))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES {
            return Err(NoAnswer { why: "the answer is too long".to_owned(), left: true });
        }
    }
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok((status, retry_after.map(SignedDuration::from_secs), body))
}
