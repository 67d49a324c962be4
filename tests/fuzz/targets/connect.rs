#![no_main]
//! See `bident_fuzz::connect`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| bident_fuzz::connect(data));
