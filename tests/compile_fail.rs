//! What must not compile: witnesses cannot be made from outside the house.

#[test]
fn witnesses_cannot_be_made_outside_the_house() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
