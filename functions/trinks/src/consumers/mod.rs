//! What happens with Trinks' news: a Lambda per kind, each behind its own queue.

mod agendamento;
mod claims;
mod cliente;
mod closing;
mod conta;
mod estabelecimento;
mod members;
mod posting;
mod profissional;
mod reversal;

pub use agendamento::appointment_news;
pub(crate) use agendamento::{as_event, learn_appointment};
pub use claims::claim;
pub use cliente::{client_news, learn_client};
pub use closing::{Source, account_closed};
pub use conta::account_news;
pub use estabelecimento::establishment_news;
pub use profissional::professional_news;
pub use reversal::account_reversed;
