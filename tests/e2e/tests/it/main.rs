//! The deployed template, over real HTTP. One program: linking is what tests of many files cost most.

mod agenda;
mod console;
mod till;
mod trinks;
