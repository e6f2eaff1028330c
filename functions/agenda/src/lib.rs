//! The booking API over Trinks, for chatbots and sites: one Lambda per route, JSON, a key per store.
//!
//! | module | route |
//! |---|---|
//! | [`services`], [`professionals`], [`payment_forms`] | lists that change rarely, cached, with their age |
//! | [`free_hours`] | who is free on a day, for a whole duration |
//! | [`book`] | books once, whatever is lost on the way |
//! | [`appointment`] | one appointment, from Trinks or from what was last heard |
//! | [`reschedule`], [`confirm`], [`cancel`] | changes of an appointment |
//! | [`request_status`] | what came of a booking that was queued |
//!
//! Times are by the salon's clock and without an offset, as Trinks keeps them; the zone's name stands beside.

mod access;
mod agenda;
pub mod appointment;
pub mod book;
mod call;
pub mod cancel;
mod change;
pub mod confirm;
pub mod free_hours;
mod limits;
mod lists;
mod openapi;
pub mod payment_forms;
mod problem;
pub mod professionals;
mod read;
pub mod request_status;
pub mod reschedule;
pub mod services;
mod views;

pub use agenda::Agenda;
pub use openapi::openapi;
