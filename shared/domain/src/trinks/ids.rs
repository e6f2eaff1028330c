//! Trinks numbers the same thing in several spaces whose ranges overlap (contract trinks.md, section 6, item 1):
//! each space is a type of its own, so that a professional of `/transacoes` is never looked up among `/profissionais`.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// An id; `None` for 0, by which Trinks says "none" (contract section 9.3).
            #[must_use]
            pub fn new(number: u64) -> Option<Self> {
                (number != 0).then_some(Self(number))
            }

            /// The number, for the wire.
            #[must_use]
            pub fn number(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::ids::NotAnId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let number = text.trim().parse().ok().and_then(Self::new);
                number.ok_or(crate::ids::NotAnId(stringify!($name)))
            }
        }
    )+};
}

number_id! {
    /// A salon: `estabelecimentoId`, `IdDoEstabelecimento`.
    EstablishmentId,
    /// A client of one salon: `cliente.id` of REST, `IdDoClienteNoEstabelecimento` of webhooks.
    SalonClientId,
    /// The person behind clients of several salons: `IdDoCliente` of webhooks.
    PersonClientId,
    /// A professional of one salon: `/profissionais`, `/agendamentos`, `IdDoProfissionalNoEstabelecimento`.
    SalonProfessionalId,
    /// The person behind a professional: `/transacoes`, `IdDoProfissional` of webhooks.
    PersonProfessionalId,
    /// `IdPessoaDoProfissional`, the third space.
    ProfessionalRecordId,
    /// A service of one salon: `servico.id` of REST, `IdDoServicoNoEstabelecimento`.
    SalonServiceId,
    /// `IdDoServico` of webhooks.
    ServiceId,
    /// An appointment: `IdDoAgendamento`, `/agendamentos/{id}`.
    AppointmentId,
    /// A closed account: `IdDaTransacao`, `/transacoes`.
    TrinksTransactionId,
}

/// One account at Trinks: an API key and the salons it opens. A slug of its operator's choice, as a programme's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(crate::ids::ProgramId);

impl ConnectionId {
    /// Reads a slug: 1 to 40 of `a-z`, `0-9` and `-`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        crate::ids::ProgramId::try_from(text.to_owned()).ok().map(Self)
    }

    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_nobody() {
        assert_eq!(SalonProfessionalId::new(0), None);
        assert!("0".parse::<SalonClientId>().is_err());
        assert_eq!("7".parse::<SalonClientId>().ok(), SalonClientId::new(7));
    }
}
