//! Salons: which store each of Trinks' establishments is.
//!
//! `GET /console/v1/trinks/salons`, `GET`, `PUT` and `DELETE /console/v1/trinks/salons/{establishment}`.

mod body;
mod view;

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
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
/// came before the link wait among the odd messages: replay them. Accounts closed before the link, or before `bonus_source`
/// last changed, earn nothing: the other system's they were. What GET answers can be sent back. Lambdas see a change
/// within a minute. Needs the role manager.
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
    let mut salon = match existing {
        Some(existing) => body.applied(existing, call.now)?,
        None => body.new_salon(id, call.now)?,
    };
    must_fit(console, &salon, read == 0).await?;
    salon.version = read + 1;
    if !console.table.put(&keys::trinks_establishment(id), &salon, Unless::VersionIsNot(read)).await? {
        return Err(Problem::changed_meanwhile("salon"));
    }
    caller.did("put_trinks_salon", id);
    Ok(json(200, &view(console, salon).await?))
}

/// Connection and store must be there, and the store be no other salon's.
async fn must_fit(console: &Console, salon: &Establishment, is_new: bool) -> Result<(), Problem> {
    let connection: Option<Connection> = console.table.get(&keys::trinks_connection(&salon.connection)).await?;
    if connection.is_none() {
        let message = format!("There is no connection `{}`. Make it first.", salon.connection);
        return Err(Problem::bad("unknown_connection", message));
    }
    let store: Option<StoreRecord> = console.table.get(&keys::store(salon.store)).await?;
    if store.is_none() {
        let (environment, cnpj) = (salon.store.environment.code(), salon.store.cnpj);
        let message = format!("There is no store {cnpj} in the environment {environment}. Make it first.");
        return Err(Problem::bad("unknown_store", message));
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
/// Its webhooks are kept from then on, and post nothing; they can be replayed once it is linked again. Repeating is harmless.
/// Needs the role manager.
#[utoipa::path(delete, path = "/console/v1/trinks/salons/{establishment}", tag = "trinks", operation_id = "delete_trinks_salon",
    params(("establishment" = u64, Path, description = "The salon's number at Trinks", minimum = 1)),
    responses((status = 200, body = UnlinkedSalon)))]
pub(crate) async fn remove(console: &Console, caller: &Caller, id: EstablishmentId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let key = keys::trinks_establishment(id);
    let was_linked = console.table.get::<Establishment>(&key).await?.is_some();
    if was_linked {
        console.table.delete(&key).await?;
        caller.did("delete_trinks_salon", id);
    }
    Ok(json(200, &UnlinkedSalon { establishment: id.number(), was_linked }))
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
