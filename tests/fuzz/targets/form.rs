#![no_main]
//! See `bident_fuzz::form`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| bident_fuzz::form(data));
