//! `trinks-conta`: accounts closed and reversed (events 1 and 2).

use jiff::Timestamp;
use ponte_platform::failure::Failure;
use ponte_trinks::events::TrinksEvent;

use super::profissional::learn_involved;
use super::{Source, account_closed, account_reversed};
use crate::desk::Desk;

/// Handles one message.
pub async fn account_news(desk: &Desk, body: &str, now: Timestamp) -> Result<(), Failure> {
    let Some(opened) = desk.open(body).await? else { return Ok(()) };
    match &opened.event.event {
        TrinksEvent::AccountClosed(closing) => {
            learn_involved(desk, &opened.place, &closing.professionals, opened.at).await?;
            account_closed(desk, &opened.place, closing, Source::Webhook, opened.at, now).await
        }
        TrinksEvent::AccountReversed(reversal) => {
            account_reversed(desk, &opened.place, reversal.transaction, Source::Webhook, now).await.map(drop)
        }
        _ => Ok(()),
    }
}
