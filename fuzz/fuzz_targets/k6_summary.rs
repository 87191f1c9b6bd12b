//! What k6 writes at the end of a run, in its three formats, and our own records.

#![no_main]

use k6_summary::{Run, Summary, read_history};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = text.parse::<Summary>();
    let _ = text.parse::<Run>();
    let _ = read_history(text);
});
