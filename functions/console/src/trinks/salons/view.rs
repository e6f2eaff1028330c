//! Salons, as they are shown.

use ponte_trinks::connection::{BonusSource, Establishment};
use ponte_trinks::progress::{Progress, Step};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::BonusSourceName;
use crate::views::{StoreRef, instant};

/// One line of the list of salons.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksSalonLine)]
pub(crate) struct SalonLine {
    establishment: u64,
    connection: String,
    store: StoreRef,
    #[schema(value_type = BonusSourceName)]
    bonus_source: BonusSource,
}

/// All salons.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksSalonList)]
pub(crate) struct SalonList {
    pub(super) salons: Vec<SalonLine>,
}

/// A salon.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksSalon)]
pub(crate) struct SalonView {
    /// Its number at Trinks.
    #[schema(example = 1253)]
    establishment: u64,
    connection: String,
    store: StoreRef,
    #[schema(value_type = BonusSourceName)]
    bonus_source: BonusSource,
    /// Since when. Accounts closed before are the system's before it; those from before the first link earn nothing.
    #[schema(format = DateTime)]
    bonus_source_since: String,
    /// The system before it; `null` for the first.
    #[schema(value_type = Option<BonusSourceName>)]
    former_bonus_source: Option<BonusSource>,
    redemption_reasons: Vec<String>,
    /// How far the daily comparison with Trinks has come; `null` before the first.
    reconciliation: Option<ReconciliationView>,
    /// Raised with every change.
    version: u64,
}

/// How far the comparison of a salon with Trinks has come, and what it found.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksReconciliation)]
pub(crate) struct ReconciliationView {
    /// The day for which it runs, by the salon's calendar.
    #[schema(format = Date)]
    day: String,
    /// The first day that is walked.
    #[schema(format = Date)]
    from: String,
    #[schema(value_type = StepName)]
    step: Step,
    /// Every page came and the counts agree so far: only then does a missing account mean a reversal.
    complete: bool,
    #[schema(inline)]
    repaired: RepairedView,
    /// The last day that was walked to its end.
    #[schema(format = Date)]
    last_good: Option<String>,
    /// What stopped it: the next run goes on from there.
    stopped_by: Option<String>,
    /// When it last got on.
    #[schema(format = DateTime)]
    at: String,
}

/// What no webhook had brought.
#[derive(Serialize, ToSchema)]
struct RepairedView {
    closings: u32,
    reversals: u32,
    appointments: u32,
    /// Clients read.
    clients: u32,
}

/// The steps, in their order.
#[derive(ToSchema)]
#[schema(as = TrinksReconciliationStep, rename_all = "snake_case")]
#[allow(dead_code, reason = "documents the names of another type")]
pub(crate) enum StepName {
    AllAccounts,
    LiveAccounts,
    LiveAgain,
    Clients,
    Appointments,
    Done,
}

/// What unlinking came to.
#[derive(Serialize, ToSchema)]
#[schema(as = UnlinkedTrinksSalon)]
pub(crate) struct UnlinkedSalon {
    pub(super) establishment: u64,
    /// `false` when it was not linked.
    pub(super) was_linked: bool,
    /// Which system gives the store's bonuses: unlinking does not change it. `null` when the salon was not linked.
    #[schema(value_type = Option<BonusSourceName>)]
    pub(super) bonus_source: Option<BonusSource>,
}

impl From<Establishment> for SalonLine {
    fn from(salon: Establishment) -> Self {
        Self {
            establishment: salon.id.number(),
            connection: salon.connection.to_string(),
            store: salon.store.into(),
            bonus_source: salon.bonus_source,
        }
    }
}

impl SalonView {
    /// What is shown and cannot be set.
    pub(super) const ONLY_SHOWN: &[&str] = &["establishment", "reconciliation", "former_bonus_source"];

    pub(super) fn new(salon: Establishment, progress: Option<Progress>) -> Self {
        Self {
            establishment: salon.id.number(),
            connection: salon.connection.to_string(),
            store: salon.store.into(),
            bonus_source: salon.bonus_source,
            bonus_source_since: instant(salon.bonus_source_since),
            former_bonus_source: salon.former_bonus_turns.current().map(|turn| turn.source),
            redemption_reasons: salon.redemption_reasons,
            reconciliation: progress.map(ReconciliationView::from),
            version: salon.version,
        }
    }
}

impl From<Progress> for ReconciliationView {
    fn from(progress: Progress) -> Self {
        Self {
            day: progress.day.to_string(),
            from: progress.from.to_string(),
            step: progress.step,
            complete: progress.complete,
            repaired: RepairedView {
                closings: progress.repaired.closings,
                reversals: progress.repaired.reversals,
                appointments: progress.repaired.appointments,
                clients: progress.repaired.clients,
            },
            last_good: progress.last_good.map(|day| day.to_string()),
            stopped_by: progress.stopped_by,
            at: instant(progress.at),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::body::{SalonBody, tests::new};
    use super::*;
    use ponte_platform::fields::Fields;

    #[test]
    fn what_is_shown_can_be_sent_back() {
        let salon = new("{}");
        let text = serde_json::to_string(&SalonView::new(salon.clone(), None)).unwrap();
        let fields = Fields::parse(&text).unwrap();
        let known = [SalonBody::NAMES, SalonView::ONLY_SHOWN].concat();
        assert_eq!(fields.names().find(|name| !known.contains(name)), None);
        assert_eq!(
            SalonBody::read(&fields).unwrap().applied(salon.clone(), jiff::Timestamp::UNIX_EPOCH).unwrap(),
            salon
        );
    }

    #[test]
    fn every_step_of_the_reconciliation_is_in_the_document() {
        use Step::{AllAccounts, Appointments, Clients, Done, LiveAccounts, LiveAgain};
        use utoipa::PartialSchema as _;
        let schema = serde_json::to_value(StepName::schema()).unwrap();
        for step in [AllAccounts, LiveAccounts, LiveAgain, Clients, Appointments, Done] {
            match step {
                // A step that is added here belongs into the list above.
                AllAccounts | LiveAccounts | LiveAgain | Clients | Appointments | Done => {}
            }
            let name = serde_json::to_value(step).unwrap();
            let names = schema["enum"].as_array().unwrap();
            assert!(names.contains(&name), "{name} is not in {schema}");
        }
    }
}
