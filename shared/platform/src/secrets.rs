//! Secrets, fetched when first needed and kept for the life of the sandbox.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ponte_domain::door::DoorKey;
use ponte_domain::ids::IdentityKey;
use tokio::sync::OnceCell;

use crate::failure::{Failure, aws_failure};

/// One secret of Secrets Manager.
pub struct Secret {
    client: aws_sdk_secretsmanager::Client,
    id: String,
    value: OnceCell<String>,
}

impl Secret {
    /// A secret by its ARN or name. Nothing is fetched yet.
    #[must_use]
    pub fn new(client: aws_sdk_secretsmanager::Client, id: String) -> Self {
        Self { client, id, value: OnceCell::new() }
    }

    /// No secret at all, for a Lambda that needs none and may read none: asking for its value is a fault of ours.
    #[must_use]
    pub fn none(client: aws_sdk_secretsmanager::Client) -> Self {
        Self::new(client, String::new())
    }

    /// A secret whose value is known: for tests and benchmarks.
    #[must_use]
    pub fn known(client: aws_sdk_secretsmanager::Client, value: String) -> Self {
        Self { client, id: String::new(), value: OnceCell::new_with(Some(value)) }
    }

    /// Its value. Fetched once; a failure is not remembered.
    pub async fn value(&self) -> Result<&str, Failure> {
        let fetch = async || {
            if self.id.is_empty() {
                return Err(Failure::Bug("this Lambda was given no such secret".into()));
            }
            let answer = self.client.get_secret_value().secret_id(&self.id).send().await;
            let answer = answer.map_err(|error| aws_failure("GetSecretValue", &error))?;
            answer.secret_string.ok_or_else(|| Failure::Bug("the secret has no text value".into()))
        };
        self.value.get_or_try_init(fetch).await.map(String::as_str)
    }

    /// Its value as the key of public doors' addresses.
    pub async fn door_key(&self) -> Result<DoorKey, Failure> {
        let value = self.value().await?;
        DoorKey::new(value.as_bytes()).ok_or_else(|| Failure::Bug("the secret of addresses is too short".into()))
    }

    /// Its value as the key of member ids and PIN hashes.
    pub async fn identity_key(&self) -> Result<IdentityKey, Failure> {
        let value = self.value().await?;
        IdentityKey::new(value.as_bytes()).ok_or_else(|| Failure::Bug("the identity secret is too short".into()))
    }
}

/// Secrets that operators replace while Lambdas run: kept for some minutes, and read anew at once when the one in hand
/// is refused.
pub struct RotatingSecrets {
    client: aws_sdk_secretsmanager::Client,
    cached: Mutex<HashMap<String, (Instant, Arc<str>)>>,
}

/// How long a replaced secret may still be used.
const ROTATING_FOR: Duration = Duration::from_mins(5);

impl RotatingSecrets {
    /// Nothing is fetched yet.
    #[must_use]
    pub fn new(client: aws_sdk_secretsmanager::Client) -> Self {
        Self { client, cached: Mutex::new(HashMap::new()) }
    }

    /// One secret that is known already: for tests.
    #[must_use]
    pub fn known(client: aws_sdk_secretsmanager::Client, id: &str, value: &str) -> Self {
        let cached = HashMap::from([(id.to_owned(), (Instant::now(), Arc::from(value)))]);
        Self { client, cached: Mutex::new(cached) }
    }

    /// A secret's value, at most five minutes old.
    pub async fn value(&self, id: &str) -> Result<Arc<str>, Failure> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if let Some((_, value)) = cached.filter(|(read, _)| read.elapsed() < ROTATING_FOR) {
            return Ok(value);
        }
        let answer = self.client.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(|error| aws_failure("GetSecretValue", &error))?;
        let text = answer.secret_string.ok_or_else(|| Failure::Bug("the secret has no text value".into()))?;
        let value: Arc<str> = text.trim().into();
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        cached.insert(id.to_owned(), (Instant::now(), Arc::clone(&value)));
        Ok(value)
    }

    /// Whether a value that was refused has been replaced meanwhile. Whoever was refused with the newest there is need not
    /// try again: a call of Trinks costs a part of the month even when its key is wrong.
    pub async fn replaced(&self, id: &str, refused: &str) -> Result<bool, Failure> {
        {
            let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
            // Somebody else may have read the newer one since.
            if cached.get(id).is_some_and(|(_, value)| **value == *refused) {
                cached.remove(id);
            }
        }
        Ok(*self.value(id).await? != *refused)
    }
}
