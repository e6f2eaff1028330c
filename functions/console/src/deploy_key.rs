//! The first administration key: made at deploy, kept in Secrets Manager, the way in to an empty installation.

use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use ponte_platform::failure::Failure;
use ponte_platform::secrets::Secret;
use tokio::sync::Mutex;

use crate::access::hash;
use crate::limits;

/// The first key's hash. Read again every minute: whoever changes the secret locks the old key out within that.
pub struct DeployKey {
    client: Client,
    id: String,
    read: Mutex<Option<(Instant, [u8; 32])>>,
}

impl DeployKey {
    /// The key in the secret with this ARN or name. Nothing is fetched yet.
    #[must_use]
    pub fn new(client: Client, id: String) -> Self {
        Self { client, id, read: Mutex::new(None) }
    }

    /// A key that is known for the next minute: for tests.
    #[must_use]
    pub fn known(client: Client, key: &str) -> Self {
        Self { client, id: String::new(), read: Mutex::new(Some((Instant::now(), hash(key)))) }
    }

    pub(crate) async fn sha256(&self) -> Result<[u8; 32], Failure> {
        let mut read = self.read.lock().await;
        let keep = Duration::from_secs(limits::DEPLOY_KEY_SECONDS);
        if let Some((_, sha256)) = read.filter(|(at, _)| at.elapsed() < keep) {
            return Ok(sha256);
        }
        let secret = Secret::new(self.client.clone(), self.id.clone());
        let value = secret.value().await?.trim();
        if value.is_empty() {
            return Err(Failure::Bug("the first administration key is empty".into()));
        }
        let sha256 = hash(value);
        *read = Some((Instant::now(), sha256));
        Ok(sha256)
    }
}
