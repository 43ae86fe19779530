//! The command lines of `tests/cmd/*.md`, which are its documentation: what is shown there is what happens.
//!
//! `TRYCMD=overwrite cargo test --test commands` writes down what happens now.

#[test]
fn command_lines() {
    trycmd::TestCases::new().case("tests/cmd/*.md");
}
