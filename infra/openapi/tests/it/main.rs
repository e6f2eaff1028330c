//! The committed documents are what the code says.

mod documents;
