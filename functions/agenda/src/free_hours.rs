//! `GET /agenda/v1/free-hours`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};
use lambda_http::{Body, Request, Response};
use ponte_domain::trinks::{EstablishmentId, SalonProfessionalId, SalonServiceId};
use ponte_platform::http::json;
use ponte_trinks::client::FreeHours;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, authenticate};
use crate::agenda::{Agenda, Salon};
use crate::call::Call;
use crate::lists::{self, Age};
use crate::problem::{Problem, answer};
use crate::read::{self, Checks};
use crate::{limits, views};

/// Who is free on a day.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaFreeHours)]
pub(crate) struct FreeHoursView {
    #[schema(format = Date, example = "2026-12-01")]
    date: String,
    #[schema(example = 1_300_001)]
    service: u64,
    /// The duration for which each hour is free.
    #[schema(example = 40)]
    minutes: u32,
    /// Whose clock the hours are of.
    #[schema(example = "America/Sao_Paulo")]
    time_zone: String,
    /// Those who have a free hour.
    professionals: Vec<FreeProfessional>,
    #[serde(flatten)]
    age: Age,
}

/// A professional's free hours.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaFreeProfessional)]
pub(crate) struct FreeProfessional {
    #[schema(example = 700_001)]
    id: u64,
    #[schema(example = "Ana")]
    name: String,
    /// When an appointment of this duration can begin.
    #[schema(example = json!(["14:00", "14:30"]))]
    hours: Vec<String>,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Question {
    salon: EstablishmentId,
    day: Date,
    service: SalonServiceId,
    minutes: u32,
    professional: Option<SalonProfessionalId>,
}

/// Answers that a warm Lambda remembers for some seconds, so that a chatbot's repeated questions cost one call.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<HashMap<Question, Known>>);

#[derive(Clone)]
struct Known {
    asked: Instant,
    read_at: Timestamp,
    free: Vec<FreeHours>,
}

impl Known {
    fn is_fresh(&self) -> bool {
        let nobody = self.free.iter().all(|hours| hours.starts.is_empty());
        let keep = if nobody { limits::NO_FREE_HOURS_SECONDS } else { limits::FREE_HOURS_SECONDS };
        self.asked.elapsed() < Duration::from_secs(keep)
    }
}

impl Remembered {
    fn get(&self, question: &Question) -> Option<Known> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(question).filter(|known| known.is_fresh()).cloned()
    }

    fn put(&self, question: Question, known: Known) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= limits::FREE_HOURS_REMEMBERED {
            all.retain(|_, known| known.is_fresh());
        }
        if all.len() < limits::FREE_HOURS_REMEMBERED {
            all.insert(question, known);
        }
    }
}

/// Answers one call.
pub async fn handle(agenda: &Agenda, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(agenda, &Call::new(request, now)).await)
}

async fn route(agenda: &Agenda, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(agenda, call).await?;
    call.route("GET", "free-hours")?;
    show(agenda, call, &caller).await
}

/// Shows who is free on a day, and when.
///
/// Each hour is free for the whole duration: the service's own, or `minutes`. Hours of today that are over are left out. The
/// answer is at most some seconds old, and an hour may be taken meanwhile: booking it then answers 409 with others.
#[utoipa::path(get, path = "/agenda/v1/free-hours", tag = "agenda", operation_id = "agenda_free_hours",
    params(
        ("service" = u64, Query, description = "The service's id", example = 1_300_001),
        ("date" = String, Query, description = "The day, today or later", format = Date, example = "2026-12-01"),
        ("professional" = Option<u64>, Query, description = "Only this professional"),
        ("minutes" = Option<u32>, Query, description = "Another duration than the service's own", minimum = 5, maximum = 720)),
    responses((status = 200, body = FreeHoursView), (status = 422, description = "`unknown_service`")))]
async fn show(agenda: &Agenda, call: &Call<'_>, caller: &Caller) -> Result<Response<Body>, Problem> {
    let salon = &caller.salon;
    let local_now = salon.local(call.now);
    let question = question(agenda, call, salon, local_now.date()).await?;
    let known = if let Some(known) = agenda.free_hours.get(&question) {
        known
    } else {
        let Question { day, service, minutes, professional, .. } = question;
        let free = agenda.trinks.free_hours(salon.at(), day, service, minutes, professional).await?;
        let known = Known { asked: Instant::now(), read_at: call.now, free };
        agenda.free_hours.put(question, known.clone());
        known
    };
    let view = FreeHoursView {
        date: question.day.to_string(),
        service: question.service.number(),
        minutes: question.minutes,
        time_zone: salon.time_zone().to_owned(),
        professionals: still_free(&known.free, question.day, local_now),
        age: Age::new(known.read_at, call.now),
    };
    Ok(json(200, &view))
}

async fn question(agenda: &Agenda, call: &Call<'_>, salon: &Salon, today: Date) -> Result<Question, Problem> {
    let mut checks = Checks::default();
    let latest = today.saturating_add(limits::DAYS_AHEAD.days());
    let service = checks.parse("service", call.query("service"), read::ID, read::id);
    let service = checks.required("service", service);
    let must = format!("a day from {today} to {latest}, as 2026-12-01");
    let day = checks
        .parse("date", call.query("date"), must, |text| read::date(text).filter(|day| (today..=latest).contains(day)));
    let day = checks.required("date", day);
    let professional = checks.parse("professional", call.query("professional"), read::ID, read::id);
    let minutes = checks.parse("minutes", call.query("minutes"), read::minutes_must(), read::minutes);
    let (Some(service), Some(day), true) = (service, day, checks.are_fine()) else {
        return Err(checks.problem());
    };
    // Also with another duration the service must be the salon's own: a call for a typing error is a call less for others.
    let known = lists::service(agenda, salon, service, call.now).await?;
    Ok(Question { salon: salon.id(), day, service, minutes: minutes.unwrap_or(known.minutes.max(1)), professional })
}

/// The hours that are still to come, of those who have any.
fn still_free(free: &[FreeHours], day: Date, local_now: DateTime) -> Vec<FreeProfessional> {
    let view = |one: &FreeHours| FreeProfessional {
        id: one.professional.number(),
        name: one.name.clone(),
        hours: one
            .starts
            .iter()
            .filter(|start| day.to_datetime(**start) > local_now)
            .map(|start| views::hour(*start))
            .collect(),
    };
    free.iter().map(view).filter(|one| !one.hours.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn free(id: u64, starts: &[&str]) -> FreeHours {
        let starts = starts.iter().map(|start| start.parse().unwrap()).collect();
        FreeHours { professional: SalonProfessionalId::new(id).unwrap(), name: format!("P{id}"), starts }
    }

    #[test]
    fn hours_of_today_that_are_over_are_left_out() {
        let day: Date = "2026-12-01".parse().unwrap();
        let all = [free(1, &["09:00", "14:00", "14:30"]), free(2, &["09:00"])];
        let shown = still_free(&all, day, "2026-12-01T14:00:00".parse().unwrap());
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].hours, ["14:30"]);
        assert_eq!(still_free(&all, day, "2026-11-30T23:59:00".parse().unwrap()).len(), 2);
    }

    #[test]
    fn what_is_remembered_is_forgotten_and_nobody_sooner_than_somebody() {
        let asked = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        let known = |seconds, free| Known { asked: asked(seconds), read_at: Timestamp::UNIX_EPOCH, free };
        assert!(known(10, vec![free(1, &["09:00"])]).is_fresh());
        assert!(!known(16, vec![free(1, &["09:00"])]).is_fresh());
        assert!(!known(10, vec![free(1, &[])]).is_fresh());
    }
}
