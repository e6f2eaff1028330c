//! Domain events: the outbox, which tells what changed in the table, and what runs once a day to tell whose money expires soon.
//!
//! What is in the table is told, what is told is in the table; nothing else publishes domain events.

mod expiring;
mod given_up;
mod publish;
mod stream;

pub use expiring::ExpiringMoney;
pub use given_up::GivenUp;
pub use publish::Publisher;
pub use stream::Outbox;
