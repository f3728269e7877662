# What there is to do.
default:
    @just --list

# Everything that must be clean before a change is taken.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
    cargo deny check bans licenses sources

# All tests.
test:
    cargo test

# The example article goes to the example list, on this machine.
demo:
    cargo run --release -- demo

# Other people's programs look at what we make.
peers:
    tests/peers/run

# What the README claims, measured.
bench:
    cargo bench
    benches/mjml/run
    benches/send/run
