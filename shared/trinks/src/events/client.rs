//! Events 3 and 4: what Trinks says of a client. Events 1 and 11 to 13 say it in other names.

use jiff::civil::Date;
use ponte_domain::documents::Cpf;
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_domain::trinks::{PersonClientId, SalonClientId};

use crate::lenient::Lenient;

/// The names of a client's CPF over all events (contract section 9.3).
pub(super) const CPF: &[&str] = &["CPFDoCliente", "CPF"];

/// What an event says of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientNews {
    /// The client's id in this salon.
    pub client: SalonClientId,
    /// The person behind it.
    pub person: Option<PersonClientId>,
    /// Name.
    pub name: Option<PersonalText>,
    /// A full, valid CPF.
    pub cpf: Option<Cpf>,
    /// E-mail.
    pub email: Option<Email>,
    /// The phone to write to.
    pub phone: Option<Phone>,
    /// Date of birth.
    pub birth_date: Option<Date>,
}

impl ClientNews {
    /// A client of whom nothing but the id is told.
    #[must_use]
    pub fn only(client: SalonClientId) -> Self {
        Self { client, person: None, name: None, cpf: None, email: None, phone: None, birth_date: None }
    }

    pub(super) fn read(fields: &mut Lenient<'_>) -> Result<Self, &'static str> {
        let client = fields.id(&["IdDoClienteNoEstabelecimento"], SalonClientId::new);
        Ok(Self {
            client: client.ok_or("IdDoClienteNoEstabelecimento")?,
            person: fields.id(&["IdDoCliente"], PersonClientId::new),
            name: fields.personal(&["NomeDoCliente", "Nome"]),
            cpf: fields.cpf(CPF),
            email: fields.email(&["EmailDoCliente", "Email"]),
            phone: fields.phone(&["TelefoneDoCliente", "Telefone"]),
            birth_date: fields.date(&["DataDeNascimentoDoCliente", "DataDeNascimento"]),
        })
    }
}
