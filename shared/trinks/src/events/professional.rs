//! Events 5 to 7: professionals.

use ponte_domain::personal::PersonalText;
use ponte_domain::trinks::{PersonProfessionalId, SalonProfessionalId};

use crate::lenient::Lenient;

/// What an event says of a professional. At least one of the ids is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfessionalNews {
    /// The id in this salon.
    pub salon: Option<SalonProfessionalId>,
    /// The person's id.
    pub person: Option<PersonProfessionalId>,
    /// `Apelido`, else `Nome`: what clients call them.
    pub name: Option<PersonalText>,
}

impl ProfessionalNews {
    pub(super) fn read(fields: &mut Lenient<'_>) -> Result<Self, &'static str> {
        let news = Self {
            salon: fields.id(&["IdDoProfissionalNoEstabelecimento"], SalonProfessionalId::new),
            person: fields.id(&["IdDoProfissional"], PersonProfessionalId::new),
            name: fields.personal(&["Apelido", "Nome"]),
        };
        let known = news.salon.is_some() || news.person.is_some();
        known.then_some(news).ok_or("IdDoProfissionalNoEstabelecimento")
    }
}
