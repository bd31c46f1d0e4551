//! The `cargo unsnarl` command.

fn main() -> std::process::ExitCode {
    unsnarl::cli::main()
}
