#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| oauth_loopback::fuzz::callback(query));
