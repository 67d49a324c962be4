//! Every case in `fail/` must not compile and say what its `.stderr` says; every case in `pass/` must compile and run.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/fail/*/*.rs");
    cases.pass("tests/pass/*/*.rs");
}
