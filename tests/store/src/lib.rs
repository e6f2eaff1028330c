//! A shop whose till talks to the real route code, over the real SDK, to an embedded DynamoDB, with faults in between.

pub mod at_trinks;
pub mod cloud;
mod faults;
pub mod office;
pub mod programmes;
pub mod salon;
mod shop;

pub use faults::{Fault, Faults};
pub use shop::{Answer, CNPJ, SECRET, Shop, StoreAt, TOKEN, campaign, guid, money, request};
