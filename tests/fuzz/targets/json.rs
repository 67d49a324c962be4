#![no_main]
//! See `bident_fuzz::json`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| bident_fuzz::json(data));
