#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &str| oauth_loopback::fuzz::challenge(header));
