//! The deployed template, over real HTTP. One program: linking is what tests of many files cost most.

mod agenda;
mod agenda_upkeep;
mod console;
mod events;
mod till;
mod trinks;
mod trinks_clients;
mod trinks_operator;
