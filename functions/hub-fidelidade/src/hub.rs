//! What the eight Lambdas share: who calls, what they sent, and how they are answered.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use lambda_http::{Body, Error, Request, Response};
use ponte_domain::documents::{Cnpj, Cpf};
use ponte_domain::ids::{Environment, IdentityKey, MemberId, StoreId, TransactionId};
use ponte_domain::refusal::Refusal;
use ponte_domain::store::{Store, StoreSettings};
use ponte_domain::written_id::WrittenId;
use ponte_platform::aws::Aws;
use ponte_platform::failure::Failure;
use ponte_platform::fields::{Fields, Scalar};
use ponte_platform::member_store::MemberKey;
use ponte_platform::secrets::Secret;
use ponte_platform::store_directory::{StoreDirectory, StoreRecord};
use ponte_platform::table::Table;
use ponte_platform::{http, settings, telemetry};
use serde::Serialize;

use crate::pin_queue::PinQueue;
use crate::wire::ErrorBody;

/// What a hub Lambda builds once.
pub struct Hub {
    /// The one table.
    pub table: Table,
    /// Stores and campaigns, cached.
    pub directory: StoreDirectory,
    /// The secret of member ids and PIN hashes.
    pub identity: Secret,
    /// Where PIN requests go; only `EnviarPin` has one.
    pub pin_queue: Option<PinQueue>,
}

/// One of the eight operations: a Lambda each.
pub trait Operation {
    /// The route's default name, for logs and metrics.
    const NAME: &'static str;

    /// Does it, and returns the body of the 200.
    fn handle(hub: &Hub, call: &Call<'_>) -> impl Future<Output = Result<String, Failure>> + Send;
}

/// An authenticated call with a readable body.
pub struct Call<'a> {
    /// The store that calls.
    pub record: Arc<StoreRecord>,
    /// What it sent.
    pub body: Fields<'a>,
    /// When it arrived.
    pub now: Timestamp,
    identifier: String,
    identity: IdentityKey,
}

/// Runs an operation as a Lambda.
pub async fn serve<O: Operation>() -> Result<(), Error> {
    telemetry::start();
    let hub = Hub::from_env()?;
    let hub = &hub;
    http::serve(|request| async move { hub.answer::<O>(&request).await }).await
}

impl Hub {
    /// Reads the Lambda's settings. Nothing is called yet.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        let table = Table::from_env(&aws)?;
        let keep = Duration::from_secs(settings::number("PONTE_STORE_CACHE_SECONDS", 60)?);
        Ok(Self {
            directory: StoreDirectory::new(table.clone(), keep),
            identity: Secret::new(aws.secrets(), settings::required("PONTE_SECRET_ID")?),
            pin_queue: settings::optional("PONTE_PIN_QUEUE_URL").map(|url| PinQueue::new(aws.sqs(), url)),
            table,
        })
    }

    /// Answers one request. Whatever happens, the answer is JSON of the contract's form.
    pub async fn answer<O: Operation>(&self, request: &Request) -> Response<Body> {
        let now = Timestamp::now();
        let body = http::body_text(request).and_then(Fields::parse);
        let identifier = body.as_ref().ok().and_then(echo).unwrap_or_default();
        let result = self.done::<O>(request, body, &identifier, now).await;
        log::<O>(request, &identifier, &result, now);
        match result {
            Ok(body) => http::json_text(200, body),
            Err(failure) => refused(identifier, &failure.refusal()),
        }
    }

    async fn done<O: Operation>(
        &self,
        request: &Request,
        body: Result<Fields<'_>, Refusal>,
        identifier: &str,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let (store, token) = credentials(request)?;
        // The secret and the store are both needed and neither depends on the other: one wait in a cold start.
        let (record, identity) =
            tokio::join!(self.directory.authenticate(store, &token, now), self.identity.identity_key());
        let call = Call { record: record?, body: body?, now, identifier: identifier.to_owned(), identity: identity? };
        O::handle(self, &call).await
    }
}

/// The store and the token of a request (contract section 1).
fn credentials(request: &Request) -> Result<(StoreId, String), Refusal> {
    // The token is read from its header only: query parameters end up in other people's logs.
    let token =
        request.headers().get("authorization").and_then(|value| value.to_str().ok()).ok_or(Refusal::Unauthorized)?;
    let read = |name| http::header_or_query(request, name).ok_or(Refusal::Unauthorized);
    let cnpj = Cnpj::from_written(&WrittenId::from_text(&read("cnpj")?)).ok_or(Refusal::Unauthorized)?;
    let environment = Environment::parse(&read("tipo_ambiente")?).ok_or(Refusal::Unauthorized)?;
    Ok((StoreId { environment, cnpj }, token.to_owned()))
}

/// The `IdentificadorTransacao` as it was sent. Text that no id can be is not thrown back at the sender.
pub(crate) fn echo(body: &Fields<'_>) -> Option<String> {
    let sent = body.scalar("IdentificadorTransacao").ok()??;
    transaction(&sent).map(|_| sent.text)
}

fn transaction(sent: &Scalar) -> Option<TransactionId> {
    TransactionId::parse(sent.identifier()?.as_str())
}

/// The contract's error body.
#[must_use]
pub fn refused(identifier: String, refusal: &Refusal) -> Response<Body> {
    let body = ErrorBody { identificador_transacao: identifier, codigo: refusal.code(), mensagem: refusal.message() };
    http::json(refusal.row().status, &body)
}

fn log<O: Operation>(request: &Request, identifier: &str, result: &Result<String, Failure>, started: Timestamp) {
    let milliseconds = Timestamp::now().duration_since(started).as_millis();
    let header = |name| http::header_or_query(request, name).unwrap_or_default();
    let (cnpj, environment, product) = (header("cnpj"), header("tipo_ambiente"), header("produto_descricao"));
    let code = result.as_ref().err().map_or(0, |failure| failure.refusal().code());
    macro_rules! line {
        ($level:ident, $($more:tt)*) => {
            tracing::$level!(event = "call", route = O::NAME, identifier, %cnpj, %environment, %product, code, milliseconds, $($more)*)
        };
    }
    match result {
        Ok(_) => line!(info, "answered"),
        Err(Failure::Refused(refusal)) => line!(info, reason = %refusal, "refused"),
        Err(failure) => {
            telemetry::count(
                if matches!(failure, Failure::Bug(_)) { "Bug" } else { "Unavailable" },
                ("Route", O::NAME),
            );
            line!(error, failure = %failure, "failed");
        }
    }
}

impl Call<'_> {
    /// The store that calls.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.record.store
    }

    /// Its decisions.
    #[must_use]
    pub fn settings(&self) -> &StoreSettings {
        &self.record.store.settings
    }

    /// Whether this sale earns here: not where the account closed at the salon does.
    #[must_use]
    pub fn earns(&self) -> bool {
        self.store().till_earns(self.now)
    }

    /// The `IdentificadorTransacao` to echo: as it was sent, or empty.
    #[must_use]
    pub fn identifier(&self) -> String {
        self.identifier.clone()
    }

    /// The `IdentificadorTransacao` as an id, where one was sent.
    #[must_use]
    pub fn transaction(&self) -> Option<TransactionId> {
        transaction(&self.body.scalar("IdentificadorTransacao").ok()??)
    }

    /// The `IdentificadorTransacao` of an operation that moves money: without it, a repetition could not be told.
    ///
    /// # Errors
    /// [`Refusal::MissingField`].
    pub fn required_transaction(&self) -> Result<TransactionId, Refusal> {
        self.transaction().ok_or(Refusal::MissingField("IdentificadorTransacao"))
    }

    /// A CPF's account in the store's programme.
    #[must_use]
    pub fn member(&self, cpf: Cpf) -> MemberKey {
        let program = self.store().program.clone();
        MemberKey { member: MemberId::derive(&self.identity, &program, cpf), program }
    }

    /// The secret of PIN hashes.
    #[must_use]
    pub fn identity(&self) -> &IdentityKey {
        &self.identity
    }
}

/// An answer as JSON text.
pub fn body(response: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(response).map_err(|error| Failure::Bug(format!("an answer cannot be written: {error}")))
}
