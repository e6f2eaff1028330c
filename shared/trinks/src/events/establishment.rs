//! Events 8 to 10: salons. Their fields are not documented: the salon's id is read where all events have it.

use crate::lenient::Lenient;

/// What an event says of a salon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EstablishmentNews {
    /// A name, should one be sent.
    pub name: Option<String>,
}

impl EstablishmentNews {
    pub(super) fn read(fields: &mut Lenient<'_>) -> Self {
        Self { name: fields.text(&["Nome", "NomeDoEstabelecimento", "NomeFantasia"]) }
    }
}
