//! Salons: which store each of Trinks' establishments is.
//!
//! `GET /console/v1/trinks/salons`, `GET`, `PUT` and `DELETE /console/v1/trinks/salons/{establishment}`.

mod body;
mod view;

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::ids::StoreId;
use ponte_domain::store::BonusTurns;
use ponte_domain::trinks::EstablishmentId;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::store_directory::StoreRecord;
use ponte_platform::table::Unless;
use ponte_trinks::connection::{Connection, Establishment};
use ponte_trinks::progress::Progress;

use super::establishment_id;
use crate::access::{Caller, Role, authenticate};
use crate::call::Call;
use crate::console::Console;
use crate::limits;
use crate::problem::{Problem, answer};
pub(crate) use body::BonusSourceName;
use body::SalonBody;
use view::{SalonLine, SalonList, SalonView, UnlinkedSalon};

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["trinks", "salons"], "GET") => list(console, &caller).await,
        (["trinks", "salons"], _) => Err(Problem::method("GET")),
        (["trinks", "salons", id], "GET") => show(console, &caller, establishment_id(id)?).await,
        (["trinks", "salons", id], "PUT") => put(console, call, &caller, establishment_id(id)?).await,
        (["trinks", "salons", id], "DELETE") => remove(console, &caller, establishment_id(id)?).await,
        (["trinks", "salons", _], _) => Err(Problem::method("GET, PUT, DELETE")),
        _ => Err(Problem::no_route()),
    }
}

/// Lists the salons that are linked to stores.
#[utoipa::path(get, path = "/console/v1/trinks/salons", tag = "trinks", operation_id = "list_trinks_salons",
    responses((status = 200, body = SalonList)))]
pub(crate) async fn list(console: &Console, caller: &Caller) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let salons = stored(console).await?.into_iter().map(SalonLine::from).collect();
    Ok(json(200, &SalonList { salons }))
}

async fn stored(console: &Console) -> Result<Vec<Establishment>, Problem> {
    let prefix = keys::TRINKS_ESTABLISHMENT_PREFIX;
    Ok(console.table.query(keys::TRINKS, prefix, limits::TRINKS_SALONS).await?)
}

/// Shows a salon, and how far its daily comparison with Trinks has come.
#[utoipa::path(get, path = "/console/v1/trinks/salons/{establishment}", tag = "trinks", operation_id = "get_trinks_salon",
    params(("establishment" = u64, Path, description = "The salon's number at Trinks", minimum = 1)),
    responses((status = 200, body = SalonView), (status = 404, description = "No such salon")))]
pub(crate) async fn show(console: &Console, caller: &Caller, id: EstablishmentId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let salon: Option<Establishment> = console.table.get(&keys::trinks_establishment(id)).await?;
    Ok(json(200, &view(console, salon.ok_or_else(|| no_salon(id))?).await?))
}

async fn view(console: &Console, salon: Establishment) -> Result<SalonView, Problem> {
    let progress: Option<Progress> = console.table.get(&keys::trinks_reconciliation(salon.id)).await?;
    Ok(SalonView::new(salon, progress))
}

fn no_salon(id: EstablishmentId) -> Problem {
    let message = format!("The salon {id} is linked to no store. Link it with PUT /console/v1/trinks/salons/{id}.");
    Problem::not_found("salon_not_found", message)
}

/// Links a salon to a store, or changes how it is read.
///
/// What the body does not name keeps its value. The store stays: sales that were posted there are reversed there. Events that
/// came before the link wait among the odd messages: replay them. An account belongs to the system that gave the bonuses when
/// it was closed, however late it is told of: a change of `bonus_source` is for what is closed from then on. What was closed
/// before the first link earns nothing, unless `bonus_source_since` says so; name it before replaying, for what was taken
/// note of stays noted. A store that was unlinked goes on with the turns it had. Under `trinks` the store's till offers no
/// campaign and its sales earn nothing; it redeems and reverses as before. What GET answers can be sent back. Lambdas see a
/// change within a minute, so change it while the shop is closed. Needs the role manager.
#[utoipa::path(put, path = "/console/v1/trinks/salons/{establishment}", tag = "trinks", operation_id = "put_trinks_salon",
    params(("establishment" = u64, Path, description = "The salon's number at Trinks", minimum = 1)),
    request_body = SalonBody,
    responses(
        (status = 200, body = SalonView, description = "The salon as it is now"),
        (status = 409, description = "`store_taken`, `store_fixed`, `too_many_salons`, `changed_meanwhile`")))]
pub(crate) async fn put(
    console: &Console,
    call: &Call<'_>,
    caller: &Caller,
    id: EstablishmentId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let body = SalonBody::read(&call.body(SalonBody::NAMES, SalonView::ONLY_SHOWN)?)?;
    let existing: Option<Establishment> = console.table.get(&keys::trinks_establishment(id)).await?;
    let read = existing.as_ref().map_or(0, |salon| salon.version);
    body.check_version(read)?;
    let record = store(console, body.store(existing.as_ref())?).await?;
    let is_new = existing.is_none();
    let mut salon = match existing {
        Some(existing) => body.applied(existing, call.now)?,
        None => body.new_salon(id, record.store.bonuses.clone(), call.now)?,
    };
    must_fit(console, &salon, is_new).await?;
    salon.version = read + 1;
    let mut items =
        vec![console.table.transact_put(&keys::trinks_establishment(id), &salon, Unless::VersionIsNot(read))?];
    let turns = salon.bonus_turns();
    // A new link always changes the store: of two salons that want to be it at once, one is first.
    if is_new || record.store.bonuses != turns {
        let (record, unless) = told(record, turns);
        items.push(console.table.transact_put(&keys::store(salon.store), &record, unless)?);
    }
    if !console.table.put_all(items).await? {
        return Err(Problem::changed_meanwhile("salon"));
    }
    caller.did("put_trinks_salon", id);
    Ok(json(200, &view(console, salon).await?))
}

/// The store that a salon is or is to be.
async fn store(console: &Console, id: StoreId) -> Result<StoreRecord, Problem> {
    let record: Option<StoreRecord> = console.table.get(&keys::store(id)).await?;
    record.ok_or_else(|| {
        let (environment, cnpj) = (id.environment.code(), id.cnpj);
        let message = format!("There is no store {cnpj} in the environment {environment}. Make it first.");
        Problem::bad("unknown_store", message)
    })
}

/// The store's own record with who gives the bonuses, for its till reads nothing else; and what it must still be.
fn told(mut record: StoreRecord, turns: BonusTurns) -> (StoreRecord, Unless) {
    let read = record.version;
    record.store.bonuses = turns;
    record.version += 1;
    (record, Unless::VersionIsNot(read))
}

/// The connection must be there, and the store be no other salon's.
async fn must_fit(console: &Console, salon: &Establishment, is_new: bool) -> Result<(), Problem> {
    let connection: Option<Connection> = console.table.get(&keys::trinks_connection(&salon.connection)).await?;
    if connection.is_none() {
        let message = format!("There is no connection `{}`. Make it first.", salon.connection);
        return Err(Problem::bad("unknown_connection", message));
    }
    let all = stored(console).await?;
    if is_new && all.len() >= limits::TRINKS_SALONS {
        let message = format!("There are {} salons already, which is the most.", limits::TRINKS_SALONS);
        return Err(Problem::conflict("too_many_salons", message));
    }
    must_be_free(salon, &all)
}

fn must_be_free(salon: &Establishment, all: &[Establishment]) -> Result<(), Problem> {
    match all.iter().find(|other| other.id != salon.id && other.store == salon.store) {
        Some(other) => {
            let message = format!("This store is the salon {} already. A store is one salon at most.", other.id);
            Err(Problem::conflict("store_taken", message))
        }
        None => Ok(()),
    }
}

/// Unlinks a salon from its store.
///
/// Its webhooks are kept from then on among the odd messages, and post nothing; replayed once it is linked to this store again,
/// they earn as if it had been linked all along. So unlinking does not change which system gives the store's bonuses: under
/// `trinks` its till gives none meanwhile. To hand them to the till, `PUT` `bonus_source` `till` before unlinking. Repeating is
/// harmless. Needs the role manager.
#[utoipa::path(delete, path = "/console/v1/trinks/salons/{establishment}", tag = "trinks", operation_id = "delete_trinks_salon",
    params(("establishment" = u64, Path, description = "The salon's number at Trinks", minimum = 1)),
    responses((status = 200, body = UnlinkedSalon), (status = 409, description = "`changed_meanwhile`")))]
pub(crate) async fn remove(console: &Console, caller: &Caller, id: EstablishmentId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let key = keys::trinks_establishment(id);
    let Some(salon) = console.table.get::<Establishment>(&key).await? else {
        return Ok(json(200, &UnlinkedSalon { establishment: id.number(), was_linked: false, bonus_source: None }));
    };
    let mut items = vec![console.table.transact_delete(&key, Unless::VersionIsNot(salon.version))?];
    // The store remembers, so that a new link goes on with it.
    let record: Option<StoreRecord> = console.table.get(&keys::store(salon.store)).await?;
    if let Some(record) = record {
        let (record, unless) = told(record, salon.bonus_turns());
        items.push(console.table.transact_put(&keys::store(salon.store), &record, unless)?);
    }
    if !console.table.put_all(items).await? {
        return Err(Problem::changed_meanwhile("salon"));
    }
    caller.did("delete_trinks_salon", id);
    let bonus_source = Some(salon.bonus_source);
    Ok(json(200, &UnlinkedSalon { establishment: id.number(), was_linked: true, bonus_source }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::body::tests::new;
    use super::*;

    #[test]
    fn a_store_is_one_salon_at_most() {
        let salon = new("{}");
        assert!(must_be_free(&salon, std::slice::from_ref(&salon)).is_ok(), "its own");
        let other = Establishment { id: EstablishmentId::new(8).unwrap(), ..salon.clone() };
        assert_eq!(must_be_free(&salon, &[other]).unwrap_err().code(), "store_taken");
    }
}
