//! Stores: `GET /console/v1/programs/{program}/stores`, `GET` and `PUT /console/v1/stores/{tipo_ambiente}/{cnpj}`.

mod settings;

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::ids::{ProgramId, StoreId};
use ponte_domain::store::{BonusSource, BonusTurns, Store, StoreSettings};
use ponte_platform::fields::Fields;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::store_directory::StoreRecord;
use ponte_platform::table::Unless;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{Caller, Role, authenticate};
use crate::call::{Call, program_id, store_id};
use crate::console::Console;
use crate::problem::{Problem, answer};
use crate::trinks::salons::BonusSourceName;
use crate::{limits, read};

pub(crate) use settings::PinChannelName;
use settings::{SettingsBody, SettingsView};

/// What a PUT says of a store, beside its settings.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreBody {
    /// The programme whose balances it uses. Required for a new store; a store never moves to another.
    #[schema(pattern = "^[a-z0-9-]{1,40}$", example = "demo")]
    program: Option<String>,
    /// Its name. Required for a new store.
    #[schema(min_length = 1, max_length = 100, example = "Loja Demonstração")]
    name: Option<String>,
    /// Switched on. A new store is.
    active: Option<bool>,
    /// The version that was read: 409 when the store was changed since. Absent, no such check is made.
    version: Option<u64>,
    #[serde(flatten)]
    settings: SettingsBody,
}

/// A store, without its tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct StoreView {
    /// 0 homologação, 1 produção.
    tipo_ambiente: u8,
    #[schema(example = "11222333000181")]
    cnpj: String,
    program: String,
    name: String,
    active: bool,
    #[serde(flatten)]
    settings: SettingsView,
    /// Which system gives its bonuses now; set with the link of its salon.
    #[schema(value_type = BonusSourceName)]
    bonus_source: BonusSource,
    /// The tokens that tills may use now: what can be known of them.
    tokens: Vec<TokenView>,
    /// Raised with every change.
    version: u64,
}

/// What is known of a token: only how long it works.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenView {
    /// `null` for the current one.
    #[schema(format = DateTime)]
    valid_until: Option<String>,
}

/// One line of a programme's list of stores.
#[derive(Serialize, ToSchema)]
pub(crate) struct StoreLine {
    tipo_ambiente: u8,
    cnpj: String,
    name: String,
    active: bool,
}

/// A programme's stores.
#[derive(Serialize, ToSchema)]
pub(crate) struct StoreList {
    stores: Vec<StoreLine>,
}

/// What a programme's pointer to its store holds: enough for the list. Written together with the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreEntry {
    /// The store.
    pub id: StoreId,
    /// Its name.
    pub name: String,
    /// Switched on.
    pub active: bool,
}

impl From<StoreEntry> for StoreLine {
    fn from(entry: StoreEntry) -> Self {
        let StoreId { environment, cnpj } = entry.id;
        Self { tipo_ambiente: environment.code(), cnpj: cnpj.to_string(), name: entry.name, active: entry.active }
    }
}

impl StoreView {
    /// What is shown and cannot be set.
    const ONLY_SHOWN: &[&str] = &["tipo_ambiente", "cnpj", "bonus_source", "tokens"];

    fn new(record: StoreRecord, now: Timestamp) -> Self {
        let StoreRecord { store, tokens, version } = record;
        let bonus_source = if store.till_earns(now) { BonusSource::Till } else { BonusSource::Trinks };
        let alive = tokens.iter().filter(|token| token.valid_until.is_none_or(|until| now < until));
        Self {
            tipo_ambiente: store.id.environment.code(),
            cnpj: store.id.cnpj.to_string(),
            program: store.program.into(),
            name: store.name,
            active: store.active,
            bonus_source,
            settings: store.settings.into(),
            tokens: alive
                .map(|token| TokenView { valid_until: token.valid_until.map(|until| until.to_string()) })
                .collect(),
            version,
        }
    }
}

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["programs", program, "stores"], "GET") => list(console, &caller, &program_id(program)?).await,
        (["programs", _, "stores"], _) => Err(Problem::method("GET")),
        (["stores", environment, cnpj], "GET") => show(console, call, &caller, store_id(environment, cnpj)?).await,
        (["stores", environment, cnpj], "PUT") => put(console, call, &caller, store_id(environment, cnpj)?).await,
        (["stores", _, _], _) => Err(Problem::method("GET, PUT")),
        _ => Err(Problem::no_route()),
    }
}

/// Lists a programme's stores.
#[utoipa::path(get, path = "/console/v1/programs/{program}/stores", tag = "stores", operation_id = "list_stores",
    params(("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$")),
    responses((status = 200, body = StoreList), (status = 404, description = "No such programme")))]
async fn list(console: &Console, caller: &Caller, program: &ProgramId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    console.program(program).await?;
    let stores = entries(console, program).await?;
    Ok(json(200, &StoreList { stores: stores.into_iter().map(StoreLine::from).collect() }))
}

async fn entries(console: &Console, program: &ProgramId) -> Result<Vec<StoreEntry>, Problem> {
    let partition = keys::program_partition(program);
    Ok(console.table.query(&partition, keys::STORE_PREFIX, limits::STORES_PER_PROGRAM).await?)
}

/// Shows a store and its settings.
///
/// Never a token: those are shown once, when they are issued.
#[utoipa::path(get, path = "/console/v1/stores/{tipo_ambiente}/{cnpj}", tag = "stores", operation_id = "get_store",
    params(
        ("tipo_ambiente" = u8, Path, description = "0 homologação, 1 produção", minimum = 0, maximum = 1),
        ("cnpj" = String, Path, description = "Its CNPJ, bare or punctuated")),
    responses((status = 200, body = StoreView), (status = 404, description = "No such store")))]
async fn show(console: &Console, call: &Call<'_>, caller: &Caller, id: StoreId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let record: Option<StoreRecord> = console.table.get(&keys::store(id)).await?;
    let record = record.ok_or_else(|| no_store(id))?;
    Ok(json(200, &StoreView::new(record, call.now)))
}

/// 404 for a store.
pub(crate) fn no_store(id: StoreId) -> Problem {
    let (environment, cnpj) = (id.environment.code(), id.cnpj);
    let message = format!(
        "There is no store {cnpj} in the environment {environment}. Make it with PUT /console/v1/stores/{environment}/{cnpj}."
    );
    Problem::not_found("store_not_found", message)
}

/// Makes a store or changes its settings.
///
/// What the body does not name keeps its value; in a new store it gets its default. The store's tokens are untouched.
/// What GET answers can be sent back. Tills see a change when the caches of the till's Lambdas are renewed (a minute,
/// by default). Needs the role manager.
#[utoipa::path(put, path = "/console/v1/stores/{tipo_ambiente}/{cnpj}", tag = "stores", operation_id = "put_store",
    params(
        ("tipo_ambiente" = u8, Path, description = "0 homologação, 1 produção: the programme's", minimum = 0, maximum = 1),
        ("cnpj" = String, Path, description = "Its CNPJ, bare or punctuated")),
    request_body = StoreBody,
    responses(
        (status = 200, body = StoreView, description = "The store as it is now"),
        (status = 409, description = "`store_in_another_program`, `too_many_stores`, `changed_meanwhile`")))]
async fn put(console: &Console, call: &Call<'_>, caller: &Caller, id: StoreId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let fields = call.body(StoreBody::NAMES, StoreView::ONLY_SHOWN)?;
    let body = StoreBody::read(&fields)?;
    let existing: Option<StoreRecord> = console.table.get(&keys::store(id)).await?;
    must_leave_bonus_source(&fields, existing.as_ref(), call.now)?;
    let read_version = existing.as_ref().map_or(0, |record| record.version);
    body.check_version(read_version)?;
    let record = match existing {
        Some(existing) => body.applied(existing)?,
        None => new_store(console, body, id).await?,
    };
    let store = &record.store;
    let entry = StoreEntry { id, name: store.name.clone(), active: store.active };
    let written = console.table.put_all(vec![
        console.table.transact_put(&keys::store(id), &record, Unless::VersionIsNot(read_version))?,
        console.table.transact_put(&keys::program_store(&store.program, id), &entry, Unless::Anything)?,
    ]);
    if !written.await? {
        return Err(Problem::changed_meanwhile("store"));
    }
    caller.did("put_store", id);
    Ok(json(200, &StoreView::new(record, call.now)))
}

async fn new_store(console: &Console, body: StoreBody, id: StoreId) -> Result<StoreRecord, Problem> {
    let record = body.new_store(id)?;
    let program = &record.store.program;
    let unknown = || Problem::bad("unknown_program", format!("There is no programme `{program}`. Make it first."));
    let known =
        console.program(program).await.map_err(|problem| if problem.status() == 404 { unknown() } else { problem })?;
    if known.environment != id.environment.code() {
        let message =
            format!("The programme `{program}` is of environment {}: its stores must be too.", known.environment);
        return Err(Problem::bad("environment_mismatch", message));
    }
    if entries(console, program).await?.len() >= limits::STORES_PER_PROGRAM {
        let message =
            format!("The programme `{program}` has {} stores already, which is the most.", limits::STORES_PER_PROGRAM);
        return Err(Problem::conflict("too_many_stores", message));
    }
    Ok(record)
}

impl StoreBody {
    const NAMES: &[&str] = &[
        "program",
        "name",
        "active",
        "version",
        "uses_pin",
        "pin_channel",
        "pin_digits",
        "pin_lifetime_seconds",
        "pin_attempts",
        "pin_resend_seconds",
        "offers_decline_bonus_button",
        "maximum_redemption_percentage",
        "net_excludes_redemption",
        "keeps_full_profile",
        "balance_without_bonus",
        "reversal_grace_days",
        "pin_contact_hold_hours",
        "time_zone",
    ];

    fn read(fields: &Fields<'_>) -> Result<Self, Problem> {
        Ok(Self {
            program: fields.text("program")?,
            name: read::text(fields, "name", limits::NAME_CHARS)?,
            active: fields.boolean("active")?,
            version: fields.integer("version")?,
            settings: SettingsBody::read(fields)?,
        })
    }

    fn check_version(&self, read: u64) -> Result<(), Problem> {
        if self.version.is_none_or(|version| version == read) {
            Ok(())
        } else {
            Err(Problem::changed_meanwhile("store"))
        }
    }

    fn new_store(self, id: StoreId) -> Result<StoreRecord, Problem> {
        let store = Store {
            id,
            program: program_id(&read::required(self.program, "program")?)?,
            name: read::required(self.name, "name")?,
            active: self.active.unwrap_or(true),
            settings: self.settings.applied(StoreSettings::default()),
            bonuses: BonusTurns::default(),
        };
        Ok(StoreRecord { store, tokens: Vec::new(), version: 1 })
    }

    fn applied(self, existing: StoreRecord) -> Result<StoreRecord, Problem> {
        let StoreRecord { store, tokens, version } = existing;
        if self.program.is_some_and(|program| program != store.program.as_str()) {
            let message = format!(
                "This store belongs to the programme `{}` and cannot move: its balances are there.",
                store.program
            );
            return Err(Problem::conflict("store_in_another_program", message));
        }
        let store = Store {
            name: self.name.unwrap_or(store.name),
            active: self.active.unwrap_or(store.active),
            settings: self.settings.applied(store.settings),
            ..store
        };
        Ok(StoreRecord { store, tokens, version: version + 1 })
    }
}

/// Who gives the bonuses is said once, where the salon is linked: another source than the one that GET shows is refused, and
/// not ignored.
fn must_leave_bonus_source(fields: &Fields<'_>, existing: Option<&StoreRecord>, now: Timestamp) -> Result<(), Problem> {
    let till = existing.is_none_or(|record| record.store.till_earns(now));
    let shown = if till { BonusSource::Till } else { BonusSource::Trinks };
    match fields.text("bonus_source")? {
        Some(said) if said != shown.as_str() => {
            let must = format!(
                "`{}`, as it is shown: PUT /console/v1/trinks/salons/{{establishment}} changes it",
                shown.as_str()
            );
            Err(Problem::field("bonus_source", must))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ponte_domain::store::TokenHash;

    fn id() -> StoreId {
        store_id("1", "11222333000181").unwrap()
    }

    fn body(json: &str) -> StoreBody {
        StoreBody::read(&Fields::parse(json).unwrap()).unwrap()
    }

    fn existing() -> StoreRecord {
        let mut record =
            body(r#"{"program":"demo","name":"Loja","uses_pin":true,"pin_digits":4}"#).new_store(id()).unwrap();
        record.tokens.push(TokenHash { sha256: [7; 32], valid_until: None });
        record
    }

    #[test]
    fn what_a_put_does_not_name_keeps_its_value() {
        let changed = body(r#"{"name":"Nova","pin_attempts":3}"#).applied(existing()).unwrap();
        assert_eq!((changed.store.name.as_str(), changed.version), ("Nova", 2));
        let settings = changed.store.settings;
        assert!(settings.uses_pin);
        assert_eq!((settings.pin.digits, settings.pin.attempts), (4, 3));
        assert_eq!(changed.tokens.len(), 1);
    }

    #[test]
    fn a_store_never_moves_to_another_programme() {
        assert!(body(r#"{"program":"demo"}"#).applied(existing()).is_ok());
        assert_eq!(body(r#"{"program":"other"}"#).applied(existing()).unwrap_err().code(), "store_in_another_program");
    }

    #[test]
    fn a_stale_version_is_a_conflict() {
        assert!(body(r#"{"version":3}"#).check_version(3).is_ok());
        assert_eq!(body(r#"{"version":3}"#).check_version(4).unwrap_err().code(), "changed_meanwhile");
        assert!(body("{}").check_version(4).is_ok());
    }

    #[test]
    fn a_store_is_shown_without_its_tokens_and_can_be_sent_back() {
        let text = serde_json::to_string(&StoreView::new(existing(), Timestamp::UNIX_EPOCH)).unwrap();
        assert!(!text.contains("sha256") && text.contains(r#""tokens":[{"valid_until":null}]"#), "{text}");
        let fields = Fields::parse(&text).unwrap();
        let unknown =
            fields.names().find(|name| !StoreBody::NAMES.contains(name) && !StoreView::ONLY_SHOWN.contains(name));
        assert_eq!(unknown, None);
        let back = StoreBody::read(&fields).unwrap().applied(existing()).unwrap();
        assert_eq!(back.store, existing().store);
    }

    #[test]
    fn who_gives_the_bonuses_is_not_said_here() {
        let put = |text: &str| must_leave_bonus_source(&Fields::parse(text).unwrap(), None, Timestamp::UNIX_EPOCH);
        assert!(put("{}").is_ok());
        assert!(put(r#"{"bonus_source":"till"}"#).is_ok(), "what GET shows can be sent back");
        assert_eq!(put(r#"{"bonus_source":"trinks"}"#).unwrap_err().code(), "invalid_field");
    }

    #[test]
    fn a_stored_entry_is_read_again() {
        let entry = StoreEntry { id: id(), name: "Loja".into(), active: true };
        let item: serde_dynamo::Item = serde_dynamo::to_item(&entry).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, StoreEntry>(item).unwrap(), entry);
    }
}
