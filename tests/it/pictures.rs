//! Files beside an article, on their way into a mail.

use std::borrow::Borrow;
use std::fs;
use std::hash::Hash;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Instant;

use image::{ImageFormat, Rgb, RgbImage};
use letterpress::message::BaseUrl;
use letterpress::message::dkim::Signer;
use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::{
    AuthenticatedMessage, DkimResult, Error, MessageAuthenticator, Parameters, ResolverCache, Txt,
};
use mail_parser::{MessageParser, MessagePart, MimeHeaders, PartType};
use serde_json::Value;

use crate::support::{Run, Sandbox};

const NEWSLETTER: &str = "id = \"dunes\"\nname = \"Dunes\"\nfrom = \"Dunes <news@example.com>\"\n\
    postal_address = \"Dunes, 12 Type Street, 1000 Exampletown\"\nunsubscribe_address = \"leave@example.com\"\n";

const ARTICLE: &str = "# Sand\n\nIt moves.\n\n![A dune](images/dune.png){width=200}\n\n\
    ![The sea](<images/the sea.jpg>)\n\n![Far away](https://example.com/far.png)\n\nIt rests.\n";

fn picture(width: u32, height: u32, shade: u8) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| Rgb([shade, if x % 16 < 8 { 200 } else { 90 }, 30]))
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A project with an article and its pictures, and `more` in its configuration.
fn project(more: &str) -> Sandbox {
    let sandbox = Sandbox::new()
        .with("newsletter.toml", &format!("{NEWSLETTER}{more}"))
        .with("letters/sand.md", ARTICLE)
        .with("people.csv", "email,name\nada@example.com,Ada\nbo@example.org,Bo\n");
    let images = sandbox.path().join("letters/images");
    fs::create_dir(&images).unwrap();
    fs::write(images.join("dune.png"), encoded(&picture(640, 40, 9), ImageFormat::Png)).unwrap();
    fs::write(images.join("the sea.jpg"), encoded(&picture(1400, 40, 99), ImageFormat::Jpeg)).unwrap();
    sandbox
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(sandbox.path().join(path)).unwrap()
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}\n{}", run.out, run.err))
}

/// The pictures' names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().file_name()));
    let mut names: Vec<String> =
        entries.into_iter().flatten().map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// The `src` and `width` of every picture in a page.
fn shown(html: &str) -> Vec<(String, String)> {
    let value = |tag: &str, name: &str| {
        let from = tag.split(&format!(" {name}=\"")).nth(1)?;
        from.split('"').next().map(str::to_owned)
    };
    let tags = html.split("<img").skip(1).map(|tag| tag.split('>').next().unwrap());
    tags.map(|tag| (value(tag, "src").unwrap(), value(tag, "width").unwrap_or_default())).collect()
}

#[test]
fn a_page_that_is_built_shows_its_pictures_in_a_browser() {
    let sandbox = project("");
    let run = sandbox.run("build letters/sand.md");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    let written = names(&sandbox.path().join("out/images"));
    assert_eq!(written.len(), 2, "{written:?}");
    assert!(written[0].starts_with("dune.") && written[1].starts_with("the-sea."), "{written:?}");
    let expected = [
        (format!("images/{}", written[0]), "200"),
        (format!("images/{}", written[1]), "552"),
        ("https://example.com/far.png".to_owned(), "552"),
    ];
    let shown = shown(&read(&sandbox, "out/email.html"));
    assert_eq!(shown, expected.map(|(src, width)| (src, width.to_owned())));
    let dune = image::open(sandbox.path().join("out/images").join(&written[0])).unwrap();
    assert_eq!((dune.width(), dune.height()), (400, 25));
    assert!(
        run.out.contains("out/images/dune.") && run.out.contains("letters/images/dune.png"),
        "{}",
        run.out
    );
    assert!(run.err.contains("`assets_url`, `base_url` or `embed_images`"), "{}", run.err);
}

#[test]
fn pictures_are_written_for_the_publisher_to_upload() {
    let sandbox = project("assets_url = \"https://cdn.example.com/news\"\n");
    let run = sandbox.run("build letters/sand.md --assets upload --json");
    let report = json(&run);
    let written = names(&sandbox.path().join("upload"));
    assert_eq!(written.len(), 2);
    assert!(!sandbox.path().join("out/images").exists());
    for text in [read(&sandbox, "out/email.html"), read(&sandbox, "out/email.mjml")] {
        for name in &written {
            assert!(text.contains(&format!("https://cdn.example.com/news/{name}")), "{text}");
        }
    }
    let pictures = report["pictures"].as_array().unwrap();
    assert_eq!(pictures[0]["address"], format!("https://cdn.example.com/news/{}", written[0]));
    assert_eq!((&pictures[0]["width"], &pictures[0]["original"]["width"]), (&400.into(), &640.into()));
    assert_eq!(report["files"].as_array().unwrap().len(), 6);
    let plain = sandbox.run("build letters/sand.md --assets upload");
    assert!(plain.err.contains("upload what is in upload to https://cdn.example.com/news/"), "{}", plain.err);
    // Built again, nothing changes.
    assert_eq!(names(&sandbox.path().join("upload")), written);
}

#[test]
fn a_mail_that_carries_its_pictures_is_read_by_others_as_it_should_be() {
    let sandbox = project("embed_images = \"cid\"\n");
    assert_eq!(sandbox.run("build letters/sand.md").exit, Some(0));
    let eml = fs::read(sandbox.path().join("out/email.eml")).unwrap();
    let message = MessageParser::default().parse(&eml).unwrap();
    let kind = |id: usize| {
        let kind = message.parts[id].content_type().unwrap();
        format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
    };
    let inner = |id: usize| match &message.parts[id].body {
        PartType::Multipart(parts) => parts.iter().map(|part| usize::try_from(*part).unwrap()).collect(),
        _ => Vec::new(),
    };
    assert_eq!(kind(0), "multipart/alternative");
    let [text, related] = inner(0)[..] else { panic!("{:?}", inner(0)) };
    assert_eq!((kind(text).as_str(), kind(related).as_str()), ("text/plain", "multipart/related"));
    assert_eq!(message.parts[related].content_type().unwrap().attribute("type"), Some("text/html"));
    let [html, dune, sea] = inner(related)[..] else { panic!("{:?}", inner(related)) };
    assert_eq!([kind(html), kind(dune), kind(sea)], ["text/html", "image/png", "image/jpeg"]);
    let html = message.parts[html].text_contents().unwrap();
    let written = names(&sandbox.path().join("out/images"));
    for (part, name) in [(dune, &written[0]), (sea, &written[1])] {
        let part = &message.parts[part];
        let file = fs::read(sandbox.path().join("out/images").join(name)).unwrap();
        assert_eq!(part.contents(), file);
        assert!(html.contains(&format!("src=\"cid:{}\"", part.content_id().unwrap())), "{html}");
        assert!(part.content_id().unwrap().ends_with("@example.com"));
        assert!(part.content_disposition().unwrap().is_inline());
        assert_eq!(part.attachment_name(), Some(name.as_str()));
    }
    let text = String::from_utf8(eml).unwrap();
    let flaw = text
        .split("\r\n")
        .skip_while(|line| !line.is_empty())
        .find(|line| line.len() > 78 || line.starts_with('.'));
    assert_eq!(flaw, None);
}

#[test]
fn what_is_wrong_with_a_picture_is_told_where_the_article_shows_it() {
    let sandbox = project("").with(
        "letters/wrong.md",
        "# Sand\n\n![A dune](images/dunes.png)\n\n![](http://[)\n\n![](sea.heic)\n",
    );
    fs::write(sandbox.path().join("letters/sea.heic"), b"\0\0\0\x18ftypheic").unwrap();
    let run = sandbox.run("build letters/wrong.md");
    assert_eq!(run.exit, Some(65), "{}", run.err);
    assert!(
        run.err.contains("there is no picture `images/dunes.png`\n --> letters/wrong.md:3:1"),
        "{}",
        run.err
    );
    assert!(run.err.contains("did you mean `images/dune.png`?"), "{}", run.err);
    assert!(run.err.contains("`sea.heic` is a HEIC picture"), "{}", run.err);
    assert!(!sandbox.path().join("out").exists());
}

#[test]
fn a_mail_whose_pictures_nobody_can_get_is_not_sent_to_a_list() {
    let relay = "\n[relay]\nurl = \"smtp://127.0.0.1:9\"\n";
    let sandbox = project(relay);
    assert_eq!(sandbox.run("state new").exit, Some(0));
    for line in [
        "plan letters/sand.md --list people.csv",
        "send letters/sand.md --list people.csv --yes",
        "check letters/sand.md",
    ] {
        let run = sandbox.run(line);
        assert_eq!(run.exit, Some(78), "{line}: {}", run.err);
        assert!(
            run.err.contains("the mail shows 2 pictures of this machine, and readers cannot get them"),
            "{}",
            run.err
        );
        for way in ["`assets_url`", "`base_url`", "`embed_images = \"cid\"`"] {
            assert!(run.err.contains(way), "{way}: {}", run.err);
        }
    }
    // What stays on this machine carries them.
    let run = sandbox.run("send letters/sand.md --list people.csv --rehearse");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    let sandbox = project(&format!("embed_images = \"cid\"\n{relay}"));
    assert_eq!(sandbox.run("state new").exit, Some(0));
    let run = sandbox.run("plan letters/sand.md --list people.csv");
    assert_eq!(run.exit, Some(0), "{}", run.err);
}

#[test]
fn a_plan_puts_its_pictures_where_they_are_served() {
    let sandbox = project("base_url = \"https://news.example.com/\"\nstate_dir = \"state\"\n");
    assert_eq!(sandbox.run("state new").exit, Some(0));
    let run = sandbox.run("plan letters/sand.md --list people.csv --dry-run");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    let folder: PathBuf = sandbox.path().join("state/pictures");
    assert!(names(&folder).is_empty());
    assert_eq!(sandbox.run("plan letters/sand.md --list people.csv").exit, Some(0));
    let served = names(&folder);
    assert_eq!(served.len(), 2);
    assert_eq!(sandbox.run("build letters/sand.md --assets upload").exit, Some(0));
    assert_eq!(names(&sandbox.path().join("upload")), served);
    let base = BaseUrl::parse("https://news.example.com/").unwrap();
    assert!(read(&sandbox, "out/email.html").contains(&format!("{}{}", base.pictures(), served[0])));
}

#[test]
fn what_is_sent_as_a_test_or_rehearsed_shows_its_pictures_where_they_are_served() {
    let config = "base_url = \"https://news.example.com/\"\nstate_dir = \"state\"\n";
    for line in
        ["test letters/sand.md --to ada@example.com", "send letters/sand.md --list people.csv --rehearse"]
    {
        let sandbox = project(config);
        let folder: PathBuf = sandbox.path().join("state/pictures");
        let run = sandbox.run(line);
        assert_eq!(run.exit, Some(0), "{line}: {}", run.err);
        assert!(run.err.contains("its pictures are not served from here"), "{line}: {}", run.err);
        assert!(!folder.exists());
        assert_eq!(sandbox.run("state new").exit, Some(0));
        let run = sandbox.run(line);
        assert_eq!(run.exit, Some(0), "{line}: {}", run.err);
        assert_eq!(names(&folder).len(), 2, "{line}");
        assert!(!run.err.contains("its pictures"), "{line}: {}", run.err);
    }
}

#[test]
fn a_backup_brings_the_pictures_of_a_newsletter_back() {
    let sandbox = project("base_url = \"https://news.example.com/\"\nstate_dir = \"state\"\n");
    assert_eq!(sandbox.run("state new").exit, Some(0));
    assert_eq!(sandbox.run("plan letters/sand.md --list people.csv").exit, Some(0));
    let folder: PathBuf = sandbox.path().join("state/pictures");
    let contents = || -> Vec<Vec<u8>> {
        names(&folder).iter().map(|name| fs::read(folder.join(name)).unwrap()).collect()
    };
    // What somebody else left there is none of ours.
    fs::write(folder.join("notes.txt"), "x").unwrap();
    let run = sandbox.run("state backup backup.db");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    assert!(run.out.contains("backup.db, and the 2 pictures it serves with it"), "{}", run.out);
    fs::remove_file(folder.join("notes.txt")).unwrap();
    let (before, bytes) = (names(&folder), contents());
    fs::remove_dir_all(sandbox.path().join("state")).unwrap();
    let run = sandbox.run("state restore backup.db");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    assert_eq!((names(&folder), contents()), (before, bytes));
    // The state itself is as small as before.
    let size = |path: &str| fs::metadata(sandbox.path().join(path)).unwrap().len();
    assert!(size("state/state.db") < size("backup.db"));
    assert_eq!(sandbox.run("state show").exit, Some(0));
}

#[test]
fn whoever_uploads_pictures_is_told_once_that_they_have_to() {
    let note = "note: the mail shows 2 pictures of this machine, and before it is sent they have to be at \
                https://cdn.example.com/news/ (`letterpress build letters/sand.md --assets DIR` writes them into \
                a folder, for you to upload)";
    let sandbox = project("assets_url = \"https://cdn.example.com/news/\"\nstate_dir = \"state\"\n");
    assert_eq!(sandbox.run("state new").exit, Some(0));
    let sandbox = sandbox.with("letters/far.md", "# Far\n\n![A dune](https://example.com/far.png)\n");
    for line in ["check letters/sand.md", "plan letters/sand.md --list people.csv"] {
        let run = sandbox.run(line);
        assert_eq!(run.exit, Some(0), "{line}: {}", run.err);
        assert_eq!(run.err.matches(note).count(), 1, "{line}: {}", run.err);
        let run = sandbox.run(&line.replace("sand.md", "far.md"));
        assert!(run.exit == Some(0) && !run.err.contains("note: the mail shows"), "{line}: {}", run.err);
        serde_json::from_str::<Value>(&sandbox.run(&format!("{line} --json")).out).unwrap();
    }
}

#[test]
fn the_picture_at_the_end_of_the_head_may_be_a_file_where_the_theme_has_a_place_for_it() {
    let config = |theme: &str| format!("art = \"letters/images/the sea.jpg\"\ntheme = \"{theme}\"\n");
    let sandbox = project(&config("digest"));
    let run = sandbox.run("build letters/sand.md");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    let sea = names(&sandbox.path().join("out/images")).into_iter().find(|name| name.starts_with("the-sea."));
    let html = read(&sandbox, "out/email.html");
    assert_eq!(html.matches(&format!("images/{}", sea.unwrap())).count(), 2, "{html}");
    // The others draw it nowhere, and carry it nowhere.
    let sandbox = project(&config("clean")).with("letters/plain.md", "# Sand\n\nIt moves.\n");
    assert_eq!(sandbox.run("build letters/plain.md").exit, Some(0));
    assert!(!sandbox.path().join("out/images").exists());
    let run = project("art = \"letters/images/the see.jpg\"\n").run("build letters/sand.md");
    assert_eq!(run.exit, Some(78), "{}", run.err);
    assert!(
        run.err.contains("`art` is not an address on the web, or a picture that is there"),
        "{}",
        run.err
    );
}

/// A list is rehearsed the whole way: planned, written down as data, read back, signed
/// and sent.
#[test]
fn mails_that_carry_their_pictures_come_out_of_a_plan_whole_and_signed() {
    let sandbox = project(
        "embed_images = \"cid\"\n[dkim]\nselector = \"news\"\nkey = { file = \"k.pem\" }\n\
         [inbox]\ndir = \"caught\"\n",
    );
    assert_eq!(sandbox.run("dkim keygen --out k.pem").exit, Some(0));
    assert_eq!(sandbox.run("build letters/sand.md").exit, Some(0));
    let run = sandbox.run("send letters/sand.md --list people.csv --rehearse");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    let pictures: Vec<Vec<u8>> = names(&sandbox.path().join("out/images"))
        .iter()
        .map(|name| fs::read(sandbox.path().join("out/images").join(name)).unwrap())
        .collect();
    let signer = Signer::new(&read(&sandbox, "k.pem"), "example.com", "news").unwrap();
    let caught = sandbox.path().join("caught/new");
    assert_eq!(names(&caught).len(), 2);
    for name in names(&caught) {
        let mail = fs::read(caught.join(&name)).unwrap();
        let message = MessageParser::default().parse(&mail).unwrap();
        let carried: Vec<&[u8]> = message.attachments().map(MessagePart::contents).collect();
        assert_eq!(carried, pictures.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let begin = mail.windows(15).position(|window| window == b"DKIM-Signature:").unwrap();
        assert!(verified(&mail[begin..], &signer), "{name}");
        // A picture that was changed on the way is noticed.
        let mut changed = mail[begin..].to_vec();
        let at = changed.len() - 200;
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert!(!verified(&changed, &signer), "{name}");
    }
}

/// Whether mail-auth believes the signature on a mail, with the record as published.
fn verified(mail: &[u8], signer: &Signer) -> bool {
    let key = DomainKey::parse(signer.record_strings().concat().as_bytes()).unwrap();
    let record = Record(format!("{}.", signer.record_name()), Txt::DomainKey(key.into()));
    let message = AuthenticatedMessage::parse(mail).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let verifier = MessageAuthenticator::new_cloudflare().unwrap();
        let outputs = verifier.verify_dkim(Parameters::new(&message).with_txt_cache(&record)).await;
        outputs.len() == 1 && *outputs[0].result() == DkimResult::Pass
    })
}

/// The one record there is. Nobody is asked for any other.
struct Record(String, Txt);

impl ResolverCache<Box<str>, Txt> for Record {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let own: Box<str> = self.0.as_str().into();
        Some(if own.borrow() == name { self.1.clone() } else { Txt::Error(Error::ParseError) })
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

#[test]
fn the_newsletters_own_picture_may_be_a_file() {
    let sandbox = project("logo = \"letters/images/dune.png\"\n");
    assert_eq!(sandbox.run("build letters/sand.md").exit, Some(0));
    let html = read(&sandbox, "out/email.html");
    assert_eq!(shown(&html).len(), 4);
    assert!(shown(&html)[0].0.starts_with("images/dune."), "{:?}", shown(&html));
    let sandbox =
        project("logo = \"letters/images/dunes.png\"\nassets_url = \"cdn\"\nembed_images = \"yes\"\n");
    let run = sandbox.run("build letters/sand.md");
    assert_eq!(run.exit, Some(78), "{}", run.err);
    assert!(
        run.err.contains("`logo` is not an address on the web, or a picture that is there"),
        "{}",
        run.err
    );
    assert!(run.err.contains("`assets_url` is not an address on the web without a query"), "{}", run.err);
}
