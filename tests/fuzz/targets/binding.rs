#![no_main]
//! See `bident_fuzz::binding`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| bident_fuzz::binding(data));
