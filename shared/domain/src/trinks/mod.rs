//! Trinks' own identities and the life of an account that was closed there.

mod ids;
mod story;

pub use ids::{
    AppointmentId, ConnectionId, EstablishmentId, PersonClientId, PersonProfessionalId, ProfessionalRecordId,
    SalonClientId, SalonProfessionalId, SalonServiceId, ServiceId, TrinksTransactionId,
};
pub use story::{AccountState, AccountStory, posting_id, trinks_note};
