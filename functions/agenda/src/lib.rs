//! The booking API.
