//! Secrets, fetched when first needed and kept for the life of the sandbox.

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

    /// A secret whose value is known: for tests and benchmarks.
    #[must_use]
    pub fn known(client: aws_sdk_secretsmanager::Client, value: String) -> Self {
        Self { client, id: String::new(), value: OnceCell::new_with(Some(value)) }
    }

    /// Its value. Fetched once; a failure is not remembered.
    pub async fn value(&self) -> Result<&str, Failure> {
        let fetch = async || {
            let answer = self.client.get_secret_value().secret_id(&self.id).send().await;
            let answer = answer.map_err(|error| aws_failure("GetSecretValue", &error))?;
            answer.secret_string.ok_or_else(|| Failure::Bug("the secret has no text value".into()))
        };
        self.value.get_or_try_init(fetch).await.map(String::as_str)
    }

    /// Its value as the key of member ids and PIN hashes.
    pub async fn identity_key(&self) -> Result<IdentityKey, Failure> {
        let value = self.value().await?;
        IdentityKey::new(value.as_bytes()).ok_or_else(|| Failure::Bug("the identity secret is too short".into()))
    }
}
