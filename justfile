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

# Strangers' input, made up: articles of every kind, layouts of themes, merge tags, tokens of
# links, and mails to the unsubscribe address; so many seconds each.
# Wants a nightly compiler and `cargo install cargo-fuzz`.
fuzz seconds="300":
    just fuzz-one token {{seconds}} fuzz/seeds/token
    just fuzz-one leave_mail {{seconds}} fuzz/seeds/leave_mail -max_len=65536 -dict=fuzz/leave_mail.dict
    just fuzz-one markdown {{seconds}} tests/corpus -max_len=16384
    just fuzz-one plain_text {{seconds}} tests/corpus -max_len=16384
    just fuzz-one web_page {{seconds}} tests/corpus -max_len=16384
    just fuzz-one front_matter {{seconds}} tests/corpus -max_len=4096
    just fuzz-one mjml_check {{seconds}} fuzz/seeds/mjml_check
    just fuzz-one merge_tags {{seconds}} fuzz/seeds/merge_tags

# One of them, from what it found before and from the inputs in a folder.
fuzz-one target seconds seeds *flags:
    mkdir -p fuzz/corpus/{{target}}
    cargo +nightly fuzz run -s none {{target}} fuzz/corpus/{{target}} {{seeds}} -- -max_total_time={{seconds}} -timeout=10 {{flags}}

# What the README claims, measured.
bench:
    cargo bench
    benches/mjml/run
    benches/send/run
