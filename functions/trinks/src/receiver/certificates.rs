//! Signing certificates: fetched from AWS' exact host, checked, remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use jiff::Timestamp;
use lambda_http::Error;
use ponte_domain::sns::{SigningCertUrl, SigningCertificate};
use ponte_platform::failure::{Failure, chain};
use reqwest::StatusCode;

use super::NotReceived;

/// How long a certificate is used before it is fetched anew: AWS changes them a few times a year.
const KEEP: Duration = Duration::from_hours(12);
/// Certificates remembered: a topic has one, and its successor for a while.
const MOST: usize = 16;
/// How long AWS may take: the whole answer has 15 seconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long AWS' word that it has no certificate of a name is taken: whoever repeats a forgery makes us ask no more than that.
const NOT_THERE: Duration = Duration::from_mins(1);
/// Bytes of a certificate file that are read.
const BYTES: usize = 64 * 1024;

/// Fetches and remembers signing certificates.
pub(super) struct Certificates {
    http: reqwest::Client,
    /// Where the local stack's sandbox serves its certificates, instead of AWS.
    sandbox: Option<String>,
    /// The authority that certificates must chain to; none for AWS, where TLS to the exact host says whose they are.
    anchors: Vec<Vec<u8>>,
    known: Mutex<HashMap<String, (Instant, Arc<SigningCertificate>)>>,
    /// Names that AWS has no certificate of, and when it said so.
    missing: Mutex<HashMap<String, Instant>>,
}

impl Certificates {
    /// `sandbox_root` is an authority's certificate in base64.
    pub(super) fn new(
        http: reqwest::Client,
        sandbox: Option<String>,
        sandbox_root: Option<&str>,
    ) -> Result<Self, Error> {
        let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text.trim());
        let anchors = sandbox_root.map(decode).transpose()?.into_iter().collect::<Vec<_>>();
        if sandbox.is_some() && anchors.is_empty() {
            return Err("PONTE_SNS_SANDBOX_URL needs PONTE_SNS_SANDBOX_ROOT".into());
        }
        Ok(Self { http, sandbox, anchors, known: Mutex::new(HashMap::new()), missing: Mutex::new(HashMap::new()) })
    }

    /// The certificate of an URL whose host and path are AWS' own.
    pub(super) async fn get(
        &self,
        url: &SigningCertUrl,
        now: Timestamp,
    ) -> Result<Arc<SigningCertificate>, NotReceived> {
        if let Some(known) = self.remembered(url).filter(|known| known.valid_at(now)) {
            return Ok(known);
        }
        if self.is_missing(url) {
            return Err(NotReceived::NoSuchCertificate);
        }
        let Some(pem) = self.fetch(url).await? else {
            self.note_missing(url);
            return Err(NotReceived::NoSuchCertificate);
        };
        let certificate = Arc::new(SigningCertificate::from_pem(&pem, &self.anchors)?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(url.as_str().to_owned(), (Instant::now(), Arc::clone(&certificate)));
        Ok(certificate)
    }

    fn remembered(&self, url: &SigningCertUrl) -> Option<Arc<SigningCertificate>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(url.as_str()).filter(|(read, _)| read.elapsed() < KEEP).map(|(_, known)| Arc::clone(known))
    }

    fn is_missing(&self, url: &SigningCertUrl) -> bool {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        missing.get(url.as_str()).is_some_and(|said| said.elapsed() < NOT_THERE)
    }

    fn note_missing(&self, url: &SigningCertUrl) {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        if missing.len() >= MOST {
            missing.clear();
        }
        missing.insert(url.as_str().to_owned(), Instant::now());
    }

    /// `None` when AWS has no such certificate: a stranger made its name up, and is told so. Anything else that AWS answers
    /// is its trouble or ours, and SNS must try again.
    async fn fetch(&self, url: &SigningCertUrl) -> Result<Option<String>, Failure> {
        let address = match &self.sandbox {
            Some(base) => format!("{base}{}", url.path()),
            None => url.as_str().to_owned(),
        };
        let unavailable =
            |error: reqwest::Error| Failure::Unavailable(format!("signing certificate: {}", chain(&error)));
        let mut answer = self.http.get(address).timeout(PATIENCE).send().await.map_err(unavailable)?;
        if matches!(answer.status(), StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) {
            return Ok(None);
        }
        // A redirect is not followed and is no certificate.
        if !answer.status().is_success() {
            return Err(Failure::Unavailable(format!("signing certificate: status {}", answer.status())));
        }
        let mut pem = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unavailable)? {
            pem.extend_from_slice(&chunk);
            if pem.len() > BYTES {
                return Err(Failure::Unavailable("signing certificate: too long".into()));
            }
        }
        Ok(Some(String::from_utf8_lossy(&pem).into_owned()))
    }
}
