//! Parked requests, as they are shown: what they are for, not for whom.

use ponte_domain::quota::Lane;
use ponte_trinks::parked::Parked;
use ponte_trinks::requests::Ask;
use serde::Serialize;
use utoipa::ToSchema;

use crate::trinks::quota::LaneName;
use crate::views::instant;

/// A request that waits for the next month.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksParkedRequest)]
pub(crate) struct ParkedView {
    /// What its path names it by.
    #[schema(example = "1253-3f2504e0-4f89-41d3-9a0c-0305e82c3301")]
    id: String,
    /// The salon's number at Trinks.
    establishment: u64,
    /// `learn_client`, `refresh_list` or `book`.
    #[schema(example = "book")]
    kind: &'static str,
    #[schema(value_type = LaneName)]
    lane: Lane,
    /// For when, by the salon's clock, an appointment is asked: one that is past is better dropped.
    #[schema(example = "2026-09-04T16:00:00")]
    starts: Option<String>,
    #[schema(format = DateTime)]
    queued_at: String,
    #[schema(format = DateTime)]
    parked_at: String,
    /// When its month begins, and it is queued by itself.
    #[schema(format = DateTime)]
    until: String,
}

/// A page of parked requests.
#[derive(Serialize, ToSchema)]
#[schema(as = TrinksParkedRequestList)]
pub(crate) struct ParkedList {
    pub(super) parked: Vec<ParkedView>,
    /// The next page's `cursor`; `null` when this was the last.
    pub(super) next: Option<String>,
}

/// What releasing came to.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = ReleasedTrinksRequests)]
pub(crate) struct Released {
    /// How many were queued.
    pub(super) queued: usize,
    /// How many were done already, and are only cleared.
    pub(super) cleared: usize,
    /// More are parked: repeat.
    pub(super) more: bool,
}

/// A dropped request.
#[derive(Serialize, ToSchema)]
#[schema(as = DroppedTrinksRequest)]
pub(crate) struct DroppedView {
    pub(super) id: String,
    pub(super) reason: String,
}

/// What its path names a parked request by.
pub(super) fn path_id(parked: &Parked) -> String {
    format!("{}-{}", parked.request.salon, parked.request.id)
}

impl From<&Parked> for ParkedView {
    fn from(parked: &Parked) -> Self {
        let (kind, starts) = match &parked.request.ask {
            Ask::LearnClient { .. } => ("learn_client", None),
            Ask::RefreshList { .. } => ("refresh_list", None),
            Ask::Book(booking) => ("book", Some(booking.starts.to_string())),
        };
        Self {
            id: path_id(parked),
            establishment: parked.request.salon.number(),
            kind,
            lane: parked.request.lane,
            starts,
            queued_at: instant(parked.request.queued_at),
            parked_at: instant(parked.parked_at),
            until: instant(parked.until),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_booking_is_shown_without_its_person() {
        let parked: Parked = serde_json::from_str(
            r#"{"request":{"id":"r","salon":7,"lane":"interactive","queued_at":0,"ask":{"kind":"book","client":{"person":
                {"name":"Cliente Exemplo","phone":"+5511900000000"}},"service":3,"starts":"2026-09-04T16:00:00","minutes":40,
                "price_cents":100}},"parked_at":60,"until":120}"#,
        )
        .unwrap();
        let text = serde_json::to_string(&ParkedView::from(&parked)).unwrap();
        assert!(text.contains(r#""id":"7-r","establishment":7,"kind":"book","lane":"interactive""#), "{text}");
        assert!(text.contains("2026-09-04T16:00:00") && !text.contains("Exemplo") && !text.contains("90000"), "{text}");
    }
}
