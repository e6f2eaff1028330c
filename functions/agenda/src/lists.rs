//! Lists that change rarely: what is old is answered at once, with its age, while it is read anew.

use jiff::Timestamp;
use lambda_http::{Body, Response};
use ponte_domain::ids::TransactionId;
use ponte_domain::quota::Lane;
use ponte_domain::trinks::SalonServiceId;
use ponte_platform::failure::Failure;
use ponte_platform::http::json;
use ponte_trinks::client::{Professional, Service};
use ponte_trinks::requests::{Ask, QueuedRequest, SlowList};
use ponte_trinks::slow_lists::{self, Cached};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::agenda::{Agenda, Salon};
use crate::call::Call;
use crate::problem::Problem;

/// How old an answer is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgendaAge)]
pub(crate) struct Age {
    /// When it was read from Trinks.
    #[schema(format = DateTime, example = "2026-11-30T12:00:00Z")]
    pub(crate) read_at: String,
    /// Seconds since then.
    #[schema(example = 3600)]
    pub(crate) age_seconds: i64,
}

impl Age {
    pub(crate) fn new(read_at: Timestamp, now: Timestamp) -> Self {
        Self { read_at: read_at.to_string(), age_seconds: now.duration_since(read_at).as_secs().max(0) }
    }
}

/// A list, with its age.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgendaList)]
pub(crate) struct ListView<T: ToSchema> {
    items: Vec<T>,
    #[serde(flatten)]
    age: Age,
    /// Old, or known to have changed: it is being read anew.
    stale: bool,
}

/// Answers a list, of its elements those that `view` shows.
pub(crate) async fn answer<T: DeserializeOwned, V: Serialize + ToSchema>(
    agenda: &Agenda,
    call: &Call<'_>,
    caller: &Caller,
    which: SlowList,
    view: impl Fn(T) -> Option<V>,
) -> Result<Response<Body>, Problem> {
    let read: Cached<T> = list(agenda, &caller.salon, which, call.now).await?;
    let items = read.items.into_iter().filter_map(view).collect();
    Ok(json(200, &ListView { items, age: Age::new(read.read_at, call.now), stale: read.stale }))
}

/// A list with its age: the remembered one, else the one that Trinks tells now.
async fn list<T: DeserializeOwned>(
    agenda: &Agenda,
    salon: &Salon,
    which: SlowList,
    now: Timestamp,
) -> Result<Cached<T>, Problem> {
    let Some(cached) = slow_lists::cached(&agenda.table, salon.at(), which, now).await? else {
        return list_now(agenda, salon, which, now).await;
    };
    if cached.stale {
        ask_for_refresh(agenda, salon, which, cached.changed_at, now).await;
    }
    Ok(cached)
}

/// A list as Trinks tells it now.
async fn list_now<T: DeserializeOwned>(
    agenda: &Agenda,
    salon: &Salon,
    which: SlowList,
    now: Timestamp,
) -> Result<Cached<T>, Problem> {
    slow_lists::refresh(&agenda.trinks, &agenda.table, salon.at(), which, now).await?;
    let read = slow_lists::cached(&agenda.table, salon.at(), which, now).await?;
    read.ok_or_else(|| Failure::Unavailable("a list was written and is not there".into()).into())
}

/// Queues the reading of a list, once per hour and change: its id is made of both, and the dispatcher does an id once. The
/// answer does not depend on it, so a failure is only logged.
async fn ask_for_refresh(
    agenda: &Agenda,
    salon: &Salon,
    which: SlowList,
    changed_at: Option<Timestamp>,
    now: Timestamp,
) {
    let hour = now.as_second().div_euclid(3_600).to_string();
    let change = changed_at.map_or_else(String::new, |at| at.as_millisecond().to_string());
    let id = TransactionId::derive(&["refresh", &salon.id().to_string(), which.as_str(), &hour, &change]);
    if !agenda.is_first_refresh(&id) {
        return;
    }
    let request = QueuedRequest {
        id,
        salon: salon.id(),
        lane: Lane::FollowUp,
        ask: Ask::RefreshList { list: which },
        queued_at: now,
        failures: 0,
        releases: 0,
    };
    if let Err(failure) = agenda.enqueue(salon, &request).await {
        agenda.forget_refresh(&request.id);
        tracing::warn!(event = "trinks_refresh_not_queued", salon = %salon.id(), list = which.as_str(), error = %failure);
    }
}

/// A service of the salon. One that an old list does not have is looked for in a new one before it is called unknown.
pub(crate) async fn service(
    agenda: &Agenda,
    salon: &Salon,
    id: SalonServiceId,
    now: Timestamp,
) -> Result<Service, Problem> {
    let unknown = || {
        let message = "The salon has no service with this id. GET /agenda/v1/services?all=true lists them.";
        Problem::refused("unknown_service", message)
    };
    let of = |services: Vec<Service>| services.into_iter().find(|service| service.id == id);
    let known: Cached<Service> = list(agenda, salon, SlowList::Services, now).await?;
    let stale = known.stale;
    match of(known.items) {
        Some(service) => Ok(service),
        None if stale => {
            let fresh: Cached<Service> = list_now(agenda, salon, SlowList::Services, now).await?;
            of(fresh.items).ok_or_else(unknown)
        }
        None => Err(unknown()),
    }
}

/// The professionals as they are remembered, however old; none where that cannot be read: names are a courtesy.
pub(crate) async fn known_professionals(agenda: &Agenda, salon: &Salon, now: Timestamp) -> Vec<Professional> {
    let cached = slow_lists::cached(&agenda.table, salon.at(), SlowList::Professionals, now).await;
    cached.ok().flatten().map(|cached: Cached<Professional>| cached.items).unwrap_or_default()
}
