//! The `letterpress` program: the command line, and nothing else.

fn main() -> std::process::ExitCode {
    letterpress::cli::start(std::env::args_os())
}
