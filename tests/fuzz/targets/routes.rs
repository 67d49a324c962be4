#![no_main]
//! See `bident_fuzz::routes`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| bident_fuzz::routes(data));
