//! What is known of a salon itself and of who works there.

use jiff::Timestamp;
use ponte_domain::ids::ProgramId;
use ponte_domain::personal::PersonalText;
use ponte_domain::trinks::{EstablishmentId, PersonProfessionalId, SalonProfessionalId};
use serde::{Deserialize, Serialize};

use super::Picture;

/// A professional of a salon, as last heard of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfessionalPicture {
    /// The salon.
    pub salon: EstablishmentId,
    /// Its store's programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ProgramId>,
    /// The id in this salon.
    pub id: SalonProfessionalId,
    /// The person, once any event told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonProfessionalId>,
    /// What clients call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonalText>,
    /// Works here.
    pub active: bool,
    /// When the newest of the news happened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub heard_at: Timestamp,
    /// Raised with every change.
    pub version: u64,
}

impl Picture for ProfessionalPicture {
    fn says_the_same(&self, other: &Self) -> bool {
        Self { heard_at: other.heard_at, version: other.version, ..self.clone() } == *other
    }
}

/// A salon, as last heard of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalonPicture {
    /// Which.
    pub salon: EstablishmentId,
    /// Its store's programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ProgramId>,
    /// Its name, should Trinks have told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// It belongs to the connection; after event 9 no more.
    pub associated: bool,
    /// When the newest of the news happened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub heard_at: Timestamp,
    /// Raised with every change.
    pub version: u64,
}

impl Picture for SalonPicture {
    fn says_the_same(&self, other: &Self) -> bool {
        Self { heard_at: other.heard_at, version: other.version, ..self.clone() } == *other
    }
}
