//! The loyalty partner of Linx's "novo Hub Fidelidade": eight routes, each its own Lambda.
//!
//! A request's way: [`hub::Hub::answer`] authenticates and reads it, one file under [`routes`] tells its story,
//! [`wire`] has its fields. Rules are in `ponte-domain`, storage in `ponte-platform`.

pub mod fallback;
pub mod hub;
pub mod openapi;
pub mod pin_queue;
pub mod routes;
pub mod wire;
