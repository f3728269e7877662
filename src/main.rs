//! The `letterpress` program: the command line, and nothing else.

/// Mail is made by some threads and freed by others, forty kilobytes at a time: sending it
/// takes about a seventh less of the processor than with the allocator of glibc
/// (`benches/send`). The second version of it, without huge pages: with them, or with the
/// third version, it keeps up to twice the memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    letterpress::cli::start(std::env::args_os())
}
