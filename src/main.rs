//! The `hubwire` program.

fn main() -> std::process::ExitCode {
    hubwire::cli::main()
}
