//! Trinks' wire, through the crate's public door.

mod parsing;
