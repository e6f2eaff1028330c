//! What travels on the topic `trinks-events`: a verified event with where it came from.

use jiff::Timestamp;
use ponte_domain::trinks::ConnectionId;
use serde::{Deserialize, Serialize};

/// One event of Trinks, authentic, as the receiver publishes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrinksMessage {
    /// SNS' `MessageId`: the correlation id from the edge to the last consumer.
    pub message_id: String,
    /// Whose webhook it is.
    pub connection: ConnectionId,
    /// When SNS was given it.
    pub sent_at: Timestamp,
    /// The event, as Trinks wrote it.
    pub message: String,
}
