//! Connections: an account at Trinks, with its API key, its topic of webhooks and its quota.
//!
//! `GET /console/v1/trinks/connections`, `GET` and `PUT .../{connection}`, `PUT` and `DELETE .../{connection}/topic`.

mod body;
mod topic;
mod view;

use jiff::Timestamp;
use lambda_http::{Body, Error, Request, Response};
use ponte_domain::trinks::ConnectionId;
use ponte_platform::aws::Aws;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::secrets::Secret;
use ponte_platform::settings;
use ponte_platform::table::Unless;
use ponte_trinks::client::http_client;
use ponte_trinks::confirmation::Confirmer;
use ponte_trinks::connection::{AwaitingTopic, Connection, DOOR};
use ponte_trinks::message::Heard;

use super::{connection, connection_id};
use crate::access::{Caller, Role, authenticate};
use crate::call::Call;
use crate::console::Console;
use crate::limits;
use crate::problem::{Problem, answer};
use body::ConnectionBody;
pub use body::SecretFolder;
// `#[derive(OpenApi)]` needs the generated companions of the handlers.
pub(crate) use topic::{__path_approve, __path_unpin, approve, unpin};
use view::{ConnectionLine, ConnectionList, ConnectionView};

/// What the Lambda builds once.
pub struct Connections {
    console: Console,
    confirmer: Confirmer,
    secrets: SecretFolder,
    addresses: Addresses,
}

/// What Trinks is given as the addresses of its webhooks.
pub struct Addresses {
    /// What all of them begin with.
    pub base_url: String,
    /// What their unguessable parts are made with.
    pub secret: Secret,
}

impl Addresses {
    async fn of(&self, connection: &ConnectionId) -> Result<String, Problem> {
        let part = self.secret.door_key().await?.part(DOOR, connection.as_str());
        Ok(format!("{}/{connection}/{part}", self.base_url))
    }
}

impl Connections {
    /// Connects as the environment says.
    ///
    /// # Errors
    /// A setting is missing.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        // Set on the local stack only: its sandbox plays SNS.
        let sandbox = settings::optional("PONTE_SNS_SANDBOX_URL");
        let confirmer = Confirmer::new(aws.clone(), http_client()?, sandbox);
        let secrets = SecretFolder::new(settings::required("PONTE_SECRETS_PREFIX")?);
        let addresses = Addresses {
            base_url: settings::required("PONTE_TRINKS_WEBHOOK_URL")?,
            secret: Secret::new(aws.secrets(), settings::required("PONTE_URL_SECRET_ID")?),
        };
        Ok(Self::new(Console::over(&aws)?, confirmer, secrets, addresses))
    }

    /// With given connections: for tests.
    #[must_use]
    pub fn new(console: Console, confirmer: Confirmer, secrets: SecretFolder, addresses: Addresses) -> Self {
        Self { console, confirmer, secrets, addresses }
    }

    /// A connection as it is shown, with what is stored beside it.
    async fn view(&self, connection: Connection, now: Timestamp) -> Result<ConnectionView, Problem> {
        let heard: Option<Heard> = self.console.table.get(&keys::trinks_heard(&connection.id)).await?;
        let topics: Vec<AwaitingTopic> =
            self.console.table.query(keys::TRINKS, keys::TRINKS_TOPIC_PREFIX, limits::TRINKS_TOPICS).await?;
        let webhook_url = self.addresses.of(&connection.id).await?;
        Ok(ConnectionView::new(connection, heard.map(|heard| heard.at), &topics, webhook_url, now))
    }
}

/// Answers one call.
pub async fn handle(connections: &Connections, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(connections, &Call::new(request, now)).await)
}

async fn route(connections: &Connections, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(&connections.console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["trinks", "connections"], "GET") => list(connections, &caller).await,
        (["trinks", "connections"], _) => Err(Problem::method("GET")),
        (["trinks", "connections", id], "GET") => show(connections, call, &caller, &connection_id(id)?).await,
        (["trinks", "connections", id], "PUT") => put(connections, call, &caller, connection_id(id)?).await,
        (["trinks", "connections", _], _) => Err(Problem::method("GET, PUT")),
        (["trinks", "connections", id, "topic"], "PUT") => {
            approve(connections, call, &caller, &connection_id(id)?).await
        }
        (["trinks", "connections", id, "topic"], "DELETE") => {
            unpin(connections, call, &caller, &connection_id(id)?).await
        }
        (["trinks", "connections", _, "topic"], _) => Err(Problem::method("PUT, DELETE")),
        _ => Err(Problem::no_route()),
    }
}

/// Lists the connections to Trinks.
#[utoipa::path(get, path = "/console/v1/trinks/connections", tag = "trinks", operation_id = "list_trinks_connections",
    responses((status = 200, body = ConnectionList)))]
pub(crate) async fn list(connections: &Connections, caller: &Caller) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let all = stored(&connections.console).await?;
    Ok(json(200, &ConnectionList { connections: all.into_iter().map(ConnectionLine::from).collect() }))
}

async fn stored(console: &Console) -> Result<Vec<Connection>, Problem> {
    let prefix = keys::TRINKS_CONNECTION_PREFIX;
    Ok(console.table.query(keys::TRINKS, prefix, limits::TRINKS_CONNECTIONS).await?)
}

/// Shows a connection: its settings, where the subscription to its webhooks stands, and topics that await approval.
#[utoipa::path(get, path = "/console/v1/trinks/connections/{connection}", tag = "trinks", operation_id = "get_trinks_connection",
    params(("connection" = String, Path, description = "The connection's slug", pattern = "^[a-z0-9-]{1,40}$")),
    responses((status = 200, body = ConnectionView), (status = 404, description = "No such connection")))]
pub(crate) async fn show(
    connections: &Connections,
    call: &Call<'_>,
    caller: &Caller,
    id: &ConnectionId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let found = connection(&connections.console, id).await?;
    Ok(json(200, &connections.view(found, call.now).await?))
}

/// Makes a connection or changes its settings.
///
/// What the body does not name keeps its value; in a new connection it gets its default. The API key itself stays in Secrets
/// Manager, in a secret named `<stack>/trinks/<name>`. What GET answers can be sent back. Lambdas see a change within a
/// minute. Needs the role manager.
#[utoipa::path(put, path = "/console/v1/trinks/connections/{connection}", tag = "trinks", operation_id = "put_trinks_connection",
    params(("connection" = String, Path, description = "The connection's slug", pattern = "^[a-z0-9-]{1,40}$")),
    request_body = ConnectionBody,
    responses(
        (status = 200, body = ConnectionView, description = "The connection as it is now"),
        (status = 409, description = "`topic_pinned`, `key_taken`, `too_many_connections`, `changed_meanwhile`")))]
pub(crate) async fn put(
    connections: &Connections,
    call: &Call<'_>,
    caller: &Caller,
    id: ConnectionId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let console = &connections.console;
    let fields = call.body(ConnectionBody::NAMES, ConnectionView::ONLY_SHOWN)?;
    let body = ConnectionBody::read(&fields, &connections.secrets)?;
    let existing: Option<Connection> = console.table.get(&keys::trinks_connection(&id)).await?;
    body.check_version(existing.as_ref().map_or(0, |connection| connection.version))?;
    let wanted = if let Some(existing) = existing {
        body.applied(existing)?
    } else {
        must_have_room(console).await?;
        body.new_connection(id, call.now)?
    };
    must_be_its_own_key(console, &wanted).await?;
    let written = write(console, wanted).await?;
    caller.did("put_trinks_connection", &written.id);
    Ok(json(200, &connections.view(written, call.now).await?))
}

/// Two connections with one key would each count its quota for themselves.
async fn must_be_its_own_key(console: &Console, wanted: &Connection) -> Result<(), Problem> {
    let key = secret_name(&wanted.api_key_secret);
    let all = stored(console).await?;
    let taken = all.iter().find(|other| other.id != wanted.id && secret_name(&other.api_key_secret) == key);
    taken.map_or(Ok(()), |other| {
        let message = format!(
            "This key is the connection {}'s, which counts its quota. One connection has any number of salons.",
            other.id
        );
        Err(Problem::conflict("key_taken", message))
    })
}

/// The name of a secret that is given by name or by ARN, which ends with six characters of its own.
fn secret_name(secret: &str) -> &str {
    match secret.split_once(":secret:") {
        Some((_, name)) => name.rsplit_once('-').map_or(name, |(name, _)| name),
        None => secret,
    }
}

async fn must_have_room(console: &Console) -> Result<(), Problem> {
    if stored(console).await?.len() < limits::TRINKS_CONNECTIONS {
        return Ok(());
    }
    let message = format!("There are {} connections already, which is the most.", limits::TRINKS_CONNECTIONS);
    Err(Problem::conflict("too_many_connections", message))
}

/// Writes a connection that nobody else changed since it was read; the receiver of webhooks writes it too.
async fn write(console: &Console, mut connection: Connection) -> Result<Connection, Problem> {
    let read = connection.version;
    connection.version += 1;
    let key = keys::trinks_connection(&connection.id);
    if console.table.put(&key, &connection, Unless::VersionIsNot(read)).await? {
        return Ok(connection);
    }
    // A try of ours that took effect although its answer was lost looks like somebody else's change.
    let there: Option<Connection> = console.table.get(&key).await?;
    if there.as_ref() == Some(&connection) { Ok(connection) } else { Err(Problem::changed_meanwhile("connection")) }
}
