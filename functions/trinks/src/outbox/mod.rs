//! The outbox: the table's stream becomes domain events (design section 2). What is in the table is told, what is told is in the
//! table; nothing else publishes them.

mod expiring;
mod given_up;
mod publish;
mod stream;

pub use expiring::ExpiringMoney;
pub use given_up::GivenUp;
pub use publish::Publisher;
pub use stream::Outbox;
