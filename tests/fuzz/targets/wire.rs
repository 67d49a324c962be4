#![no_main]
//! See `bident_fuzz::wire`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| bident_fuzz::wire(data));
