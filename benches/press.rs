//! What setting and pressing a mail costs: article to parts, MJML to HTML, one
//! recipient's message, and the start of the program.
//!
//! `cargo bench --bench press`. The goals stand beside each bench.

use std::path::Path;
use std::process::{Command, Stdio};

use aws_lc_rs::digest;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use letterpress::article::{self, Article, Format, ReadOptions};
use letterpress::audience::{EmailAddress, List, Mailbox, Tokens, csv};
use letterpress::compose::{Composed, Newsletter, Theme, compose};
use letterpress::lint::{Letter, LintSettings, lint};
use letterpress::message::dkim::{self, Algorithm, Signer};
use letterpress::message::{Assembler, BaseUrl, Key, Links, Purpose, Secrets, Sender, WayOut};
use letterpress::problem::Source;

const ARTICLE: &str = include_str!("../articles/every-block.md");
const LIST: &str = include_str!("../subscribers.example.csv");

#[expect(clippy::print_stdout, reason = "a bench tells which machine its figures are of")]
fn main() {
    let facts = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = facts.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{}, {cores} cores", model.map_or("an unknown processor", |(_, name)| name.trim()));
    divan::main();
}

/// The example article that uses every block, with more of its own paragraphs, lists
/// and headings until it has about `length` bytes.
fn article_of(length: usize) -> String {
    // A condition must stay whole, and a footnote is defined once.
    // The merge tags stay those of the example: a longer letter greets nobody twice.
    let again = ARTICLE.split("\n\n").skip(1);
    let again = again.filter(|block| !block.contains("{%") && !block.contains("{{") && !block.contains("[^"));
    let (body, notes) = ARTICLE.split_at(ARTICLE.rfind("\n[^polish]").expect("the example ends with notes"));
    let mut text = body.to_owned();
    for block in again.collect::<Vec<_>>().into_iter().cycle() {
        if text.len() + notes.len() >= length {
            break;
        }
        text.push_str("\n\n");
        text.push_str(block);
    }
    text + "\n" + notes
}

fn read(text: &str) -> Article {
    let source = Source::new("bench.md", text.to_owned());
    match article::parse(&source, Format::Markdown, &ReadOptions::default()) {
        Ok((article, _)) => article,
        Err(problems) => panic!("the example is sound: {problems:?}"),
    }
}

fn set(text: &str, theme: &Theme, newsletter: &Newsletter) -> Composed {
    let (composed, _) = compose(&read(text), theme, newsletter).expect("the example can be set");
    composed
}

fn theme() -> Theme {
    Theme::load(None, "clean").expect("the theme is built in")
}

fn newsletter() -> Newsletter {
    Newsletter {
        name: "Slow Sunday".to_owned(),
        url: Some("https://example.com/".to_owned()),
        postal_address: Some("Slow Sunday, 12 Type Street, 1000 Exampletown".to_owned()),
        reason: Some("You get this mail because you signed up for Slow Sunday.".to_owned()),
        lang: "en".to_owned(),
        can_leave: true,
        ..Newsletter::default()
    }
}

fn list() -> List {
    csv::parse("subscribers.example.csv", LIST.as_bytes()).expect("the example list is sound")
}

/// Goal: 10 ms.
#[divan::bench]
fn article_of_20_kb_read_and_composed(bencher: Bencher<'_, '_>) {
    let (text, theme, newsletter) = (article_of(20_000), theme(), newsletter());
    bencher.counter(BytesCount::of_str(&text)).bench(|| set(black_box(&text), &theme, &newsletter));
}

/// What of [`article_of_20_kb_read_and_composed`] is reading.
#[divan::bench]
fn article_of_20_kb_read(bencher: Bencher<'_, '_>) {
    let text = article_of(20_000);
    bencher.counter(BytesCount::of_str(&text)).bench(|| read(black_box(&text)));
}

/// All rules on the finished mail of the same article. Goal: 50 ms.
#[divan::bench]
fn article_of_20_kb_linted(bencher: Bencher<'_, '_>) {
    let text = article_of(20_000);
    let article = read(&text);
    let (composed, _) = compose(&article, &theme(), &newsletter()).expect("the example can be set");
    let letter = Letter {
        article: &article,
        mask: composed.mask(),
        html: composed.masked_html(),
        text: composed.masked_text(),
        subject: composed.masked_subject(),
        preheader: composed.masked_preheader(),
        encoded_html: composed.masked_html().len(),
        has_list: true,
        theme: &[],
        pictures: &[],
    };
    let settings = LintSettings::default();
    bencher.counter(BytesCount::of_str(&text)).bench(|| lint(black_box(&letter), &settings));
}

/// Goal: 10 µs for a message with 40 KB of HTML, one after the other as a campaign
/// makes them.
#[divan::bench(sample_count = 50, sample_size = 500)]
fn message_of_40_kb_merged_and_assembled(bencher: Bencher<'_, '_>) {
    assembled(bencher, Vec::new());
}

/// The same message signed with RSA-2048. Goal: at most 100 µs above
/// [`rsa_2048_signature_alone`].
#[divan::bench(sample_count = 50, sample_size = 20)]
fn message_of_40_kb_signed_with_rsa_2048(bencher: Bencher<'_, '_>) {
    let pem = dkim::generate(Algorithm::Rsa).expect("the system has randomness");
    assembled(bencher, vec![Signer::new(&pem, "example.com", "bench").expect("a new key is sound")]);
}

/// The same message signed with Ed25519.
#[divan::bench(sample_count = 50, sample_size = 100)]
fn message_of_40_kb_signed_with_ed25519(bencher: Bencher<'_, '_>) {
    let pem = dkim::generate(Algorithm::Ed25519).expect("the system has randomness");
    assembled(bencher, vec![Signer::new(&pem, "example.com", "bench").expect("a new key is sound")]);
}

/// What of [`message_of_40_kb_signed_with_rsa_2048`] the library takes to sign 32 bytes.
#[divan::bench(sample_count = 50, sample_size = 20)]
fn rsa_2048_signature_alone(bencher: Bencher<'_, '_>) {
    let key = rsa::KeyPair::generate(KeySize::Rsa2048).expect("the system has randomness");
    let digest = digest::digest(&digest::SHA256, b"of no importance");
    let mut signature = vec![0; key.public_modulus_len()];
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        key.sign_digest(&RSA_PKCS1_SHA256, black_box(&digest), &mut signature).expect("the key signs");
    });
}

/// Makes the copies of the example, one after the other, with the signatures of `signers`.
fn assembled(bencher: Bencher<'_, '_>, signers: Vec<Signer>) {
    let (list, theme, newsletter) = (list(), theme(), newsletter());
    let composed = of_html_size(40_000, &theme, &newsletter, &list);
    let address = EmailAddress::parse("news@example.com").expect("a constant address is valid");
    let sender = Sender {
        from: Mailbox { name: newsletter.name.clone(), address },
        reply_to: None,
        return_path: None,
        list_label: "slow-sunday".to_owned(),
        list_name: newsletter.name.clone(),
        way_out: Some(WayOut {
            base_url: Some(BaseUrl::parse("https://news.example.com/").expect("a constant address is valid")),
            address: None,
        }),
    };
    let secrets = Secrets {
        key: Key::new(b"a key of no importance"),
        tokens: Tokens::new("slow-sunday", &[7; 32], &[]),
        links: Links::Live,
        signers: signers.into(),
    };
    let assembler = Assembler::new(&composed, &sender, "bench", &secrets, Purpose::Campaign);
    let date: jiff::Zoned = "2026-10-29T08:00:00+01:00[Europe/Vienna]".parse().expect("a constant date");
    // The example article asks for a city.
    let readers = list.subscribers.iter().filter(|one| assembler.assemble(one, &date).is_ok());
    let mut turn = readers.collect::<Vec<_>>().into_iter().cycle();
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        let subscriber = turn.next().expect("a cycle does not end");
        // Dropped at once, as a message is when it was sent; held back, the memory of
        // hundreds of messages would be what is measured.
        drop(black_box(assembler.assemble(black_box(subscriber), &date).expect("every copy can be made")));
    });
}

/// A link to leave by, as long as they are.
fn link() -> String {
    format!("https://news.example.com/u/{}", "a".repeat(56))
}

/// The example article, as long as its HTML has about `size` bytes.
fn of_html_size(size: usize, theme: &Theme, newsletter: &Newsletter, list: &List) -> Composed {
    let reader = &list.subscribers[0];
    let html_of = |length| {
        let composed = set(&article_of(length), theme, newsletter);
        let html = composed
            .copy(&reader.values, &reader.address)
            .leaving_by(Some(link()))
            .html()
            .expect("the copy can be made")
            .len();
        (composed, html)
    };
    let mut length = 2_000;
    loop {
        let (composed, html) = html_of(length);
        if html >= size {
            assert!(html < size + size / 10, "{html} bytes of HTML are not about {size}");
            return composed;
        }
        length += 250;
    }
}

/// Goal: 15 ms.
#[divan::bench(sample_count = 100, sample_size = 1)]
fn help_of_the_program() {
    let program = Path::new(env!("CARGO_BIN_EXE_letterpress"));
    let status = Command::new(program).arg("--help").stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "the program gives its help");
}
