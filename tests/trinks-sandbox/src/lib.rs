//! A stand-in for Trinks, honest about its traps: the API with its quota, conflicts and oddities, and the signed
//! Amazon SNS webhooks, with a certificate authority of its own that only a local stack is set to trust.
//!
//! What it answers is what `trinks.md` among the contracts says that Trinks answers; where the contract knows nothing,
//! the README says what was chosen. Besides `/v1`, `/sandbox` steers it: the salon's back office, the webhook, quota
//! and faults (README).
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! let sandbox = ponte_trinks_sandbox::Sandbox::start(ponte_trinks_sandbox::Options::default()).await?;
//! println!("{}/v1/clientes", sandbox.url);
//! # Ok(())
//! # }
//! ```

mod api;
mod call;
mod clock;
mod control;
mod diary;
mod events;
mod faults;
pub mod http;
mod quota;
mod records;
pub mod seed;
mod server;
mod sns;
mod wire;
mod world;

use anyhow::{Context, Result};
use sns::authority::Authority;
use sns::subscription::Subscription;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The topic that envelopes are of, unless another is set.
pub const TOPIC_ARN: &str = "arn:aws:sns:us-east-1:441135549897:prd_integracao_sandbox";

/// How a sandbox is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// 0 takes a free one.
    pub port: u16,
    /// Where certificates and key are kept; without it they live and die with the process.
    pub state: Option<PathBuf>,
    /// The topic of envelopes.
    pub topic_arn: String,
    /// "1" (SHA1) or "2" (SHA256).
    pub signature_version: String,
    /// Between the tries of a delivery; SNS itself waits 20 s.
    pub retry_delay: Duration,
    /// Added to the numbers of what is made: a sandbox forgets on a restart, and whoever listens does not.
    pub ids_from: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            state: None,
            topic_arn: TOPIC_ARN.to_owned(),
            signature_version: "1".to_owned(),
            retry_delay: Duration::from_millis(200),
            ids_from: 0,
        }
    }
}

/// A running sandbox; it stops when dropped.
#[derive(Debug)]
pub struct Sandbox {
    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub url: String,
    authority: Arc<Authority>,
    task: JoinHandle<()>,
}

impl Sandbox {
    /// Starts on this machine's loopback address only.
    pub async fn start(options: Options) -> Result<Self> {
        let directory = options.state;
        // Making keys takes seconds of computing: not on the runtime's threads.
        let authority = tokio::task::spawn_blocking(move || Authority::open(directory.as_deref())).await??;
        let subscription = Subscription::new(options.topic_arn, options.signature_version, options.retry_delay);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
            .await
            .with_context(|| format!("cannot listen on 127.0.0.1:{}", options.port))?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = server::router(server::Shared::new(subscription, options.ids_from, Arc::clone(&authority)));
        let task = tokio::spawn(async move {
            // Serving ends only with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, authority, task })
    }

    /// The root certificate, PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.authority.ca_pem
    }

    /// The root certificate, DER.
    #[must_use]
    pub fn ca_der(&self) -> Vec<u8> {
        self.authority.ca_der()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}
