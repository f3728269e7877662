//! What the bench of sending needs besides the program: a sink to send to, the speed of
//! the disk, and lettre's own pool as a peer. `benches/send/run` calls it.
//!
//! ```text
//! send-bench sink CERTIFICATE KEY           takes mail, counts and discards it
//! send-bench disk FOLDER SECONDS            appends and syncs, and tells how often a second
//! send-bench lettre KEY=VALUE…              sends over lettre's pool
//! ```

mod disk;
mod peer;
mod sink;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let told = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["sink", certificate, key] => sink::serve(certificate, key),
        ["disk", folder, seconds] => disk::measure(folder, seconds),
        ["lettre", ref settings @ ..] => peer::send(settings),
        _ => Err("expected `sink`, `disk` or `lettre`; see benches/send/src/main.rs".into()),
    };
    if let Err(error) = told {
        eprintln!("send-bench: {error}");
        std::process::exit(1);
    }
}
