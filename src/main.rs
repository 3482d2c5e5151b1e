//! The `hubwire` program.

/// Small allocations of a turn, which exceed the caches of the system's allocator, cost a fifth of the time that a
/// direct message takes outside of the kernel (docs/decisions/0035-mimalloc.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    hubwire::cli::main()
}
