//! The `cargo unsnarl` command.

fn main() {}
