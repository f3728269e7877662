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

# Strangers' input, made up: tokens of links, and mails to the unsubscribe address.
# Wants a nightly compiler and `cargo install cargo-fuzz`.
fuzz seconds="300":
    mkdir -p fuzz/corpus/token fuzz/corpus/leave_mail
    cargo +nightly fuzz run -s none token fuzz/corpus/token fuzz/seeds/token -- -max_total_time={{seconds}} -timeout=10
    cargo +nightly fuzz run -s none leave_mail fuzz/corpus/leave_mail fuzz/seeds/leave_mail -- -max_total_time={{seconds}} -timeout=10 -max_len=65536 -dict=fuzz/leave_mail.dict

# What the README claims, measured.
bench:
    cargo bench
    benches/mjml/run
    benches/send/run
