#![no_main]
//! See `bident_fuzz::framing`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| bident_fuzz::framing(data));
