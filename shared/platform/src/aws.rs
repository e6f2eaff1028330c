//! AWS clients, built once per Lambda, without `aws-config`.
//!
//! A Lambda finds its region and credentials in its environment; looking for them in files and instance metadata,
//! and loading the system's certificates, is what makes a cold start slow (docs/adr/0004). So: explicit region
//! and credentials, one HTTPS client for all services, and only the roots that AWS's own endpoints use.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use lambda_runtime::Error;

use crate::settings;

/// The roots of Amazon Trust Services (and Starfield's, which cross-signs them): every AWS endpoint chains to one.
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// What all clients share.
#[derive(Clone)]
pub struct Aws {
    region: Region,
    credentials: Credentials,
    http: SharedHttpClient,
    endpoint: Option<String>,
}

impl Aws {
    /// Reads region and credentials from the Lambda's environment.
    pub fn from_env() -> Result<Self, Error> {
        let credentials = Credentials::from_keys(
            settings::required("AWS_ACCESS_KEY_ID")?,
            settings::required("AWS_SECRET_ACCESS_KEY")?,
            settings::optional("AWS_SESSION_TOKEN"),
        );
        Ok(Self {
            region: Region::new(settings::required("AWS_REGION")?),
            credentials,
            http: https_client()?,
            endpoint: None,
        })
    }

    /// Clients of one given endpoint over a given HTTP client: how tests put faults between the SDK and the table.
    #[must_use]
    pub fn with_http(credentials: Credentials, http: SharedHttpClient, endpoint: String) -> Self {
        Self { region: Region::from_static("us-east-1"), credentials, http, endpoint: Some(endpoint) }
    }

    /// The SDK's own variables, in its own order: the service's endpoint, else the general one, else AWS.
    fn endpoint(&self, service: &str) -> Option<String> {
        let by_service = || settings::optional(&format!("AWS_ENDPOINT_URL_{service}"));
        self.endpoint.clone().or_else(by_service).or_else(|| settings::optional("AWS_ENDPOINT_URL"))
    }

    /// DynamoDB.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config("DYNAMODB", Repetition::Harmless))
    }

    /// SQS.
    #[must_use]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config("SQS", Repetition::Harmless))
    }

    /// SNS for text messages, which are not repeated by the client: the sender decides (design section 7).
    #[must_use]
    pub fn sns(&self) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(&self.config("SNS", Repetition::OfTheCallersOwn))
    }

    /// SNS of another region, for subscriptions to its topics; and of our own, for events that may be published twice: their
    /// consumers tell repetitions.
    #[must_use]
    pub fn sns_of(&self, region: &str) -> aws_sdk_sns::Client {
        let config = self.config("SNS", Repetition::Harmless).into_builder();
        aws_sdk_sns::Client::new(&config.region(Region::new(region.to_owned())).build())
    }

    /// Secrets Manager.
    #[must_use]
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config("SECRETS_MANAGER", Repetition::Harmless))
    }

    /// The region that the Lambda runs in.
    #[must_use]
    pub fn region(&self) -> &str {
        self.region.as_ref()
    }

    /// What the client of any service is built from. `service` is its name in `AWS_ENDPOINT_URL_<service>`.
    #[must_use]
    pub fn config(&self, service: &str, repetition: Repetition) -> SdkConfig {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .http_client(self.http.clone())
            .retry_config(match repetition {
                Repetition::Harmless => retries(),
                Repetition::OfTheCallersOwn => RetryConfig::disabled(),
            })
            .timeout_config(timeouts());
        config.set_endpoint_url(self.endpoint(service));
        config.build()
    }
}

/// Whether a client may send a request again by itself when it had no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// It may: the service or the receiver tells a repetition.
    Harmless,
    /// It may not: who calls decides. A message to a person is one.
    OfTheCallersOwn,
}

/// Two quick tries more: the till waits at most three seconds in all.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(40))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(900))
        .operation_attempt_timeout(Duration::from_millis(1_500))
        .operation_timeout(Duration::from_millis(2_500))
        .build()
}

fn https_client() -> Result<SharedHttpClient, Error> {
    let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS.as_bytes());
    let tls = TlsContext::builder().with_trust_store(roots).build()?;
    Ok(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https())
}
