#![no_main]
//! See `bident_fuzz::web_text`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| bident_fuzz::web_text(data));
