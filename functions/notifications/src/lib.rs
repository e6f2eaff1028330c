//! What customers are sent. Today: PINs by text message and e-mail.

pub mod channels;
pub mod pin_sender;
