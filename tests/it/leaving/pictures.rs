//! The pictures that mails show: for every reader, for years, and nothing else of the state.

use std::fs;
use std::io::{Cursor, Read as _};
use std::path::Path;

use image::{ImageFormat, Rgb, RgbImage};

use super::{Call, Serving, newsletter};
use crate::support::Sandbox;

/// The only picture of a folder.
fn only_name(folder: &Path) -> String {
    let mut names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let name = names.next().expect("a picture").into_string().unwrap();
    assert_eq!(names.next(), None);
    name
}

/// What `path` answers: the head in small letters, and the bytes.
fn fetched(serving: &Serving, method: &str, path: &str) -> (String, Vec<u8>) {
    let mut call = Call::to(serving.readers);
    call.ask(method, path, &[("Connection", "close")], b"");
    let mut bytes = Vec::new();
    call.stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
    // It differs by when it is asked for alone.
    let lines: Vec<&str> = head.split_inclusive('\n').filter(|line| !line.starts_with("date: ")).collect();
    (lines.concat(), bytes.split_off(end))
}

#[test]
fn a_picture_of_a_planned_mail_is_served_to_everybody_and_for_good() {
    let more = "postal_address = \"The Letter, 12 Type Street, 1000 Exampletown\"\n";
    let sandbox = Sandbox::new()
        .with("newsletter.toml", &format!("{more}{}", newsletter("")))
        .with("sand.md", "# Sand\n\nIt moves.\n\n![A dune](dune.png)\n\nIt rests.\n")
        .with("people.csv", "email\nada@example.com\n");
    let mut dune = Cursor::new(Vec::new());
    RgbImage::from_fn(64, 40, |x, _| Rgb([9, if x % 16 < 8 { 200 } else { 90 }, 30]))
        .write_to(&mut dune, ImageFormat::Png)
        .unwrap();
    fs::write(sandbox.path().join("dune.png"), dune.into_inner()).unwrap();
    assert_eq!(sandbox.run("state new").exit, Some(0));
    let run = sandbox.run("plan sand.md --list people.csv");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    let folder = sandbox.path().join("state/pictures");
    let name = only_name(&folder);
    let file = fs::read(folder.join(&name)).unwrap();
    assert_eq!(sandbox.run("build sand.md --assets upload").exit, Some(0));
    let html = fs::read_to_string(sandbox.path().join("out/email.html")).unwrap();
    assert!(html.contains(&format!("src=\"https://example.com/news/i/{name}\"")), "{html}");

    let serving = Serving::of(sandbox);
    let headers = [
        "content-type: image/png",
        "cache-control: public, max-age=31536000, immutable",
        "x-content-type-options: nosniff",
        "cross-origin-resource-policy: cross-origin",
    ];
    // A proxy may keep the folder of `base_url` or take it away.
    for path in [format!("/news/i/{name}"), format!("/i/{name}")] {
        let (head, bytes) = fetched(&serving, "GET", &path);
        assert!(head.starts_with("http/1.1 200 "), "{path}: {head}");
        for header in headers {
            assert_eq!(head.matches(&format!("\r\n{header}\r\n")).count(), 1, "{header}: {head}");
        }
        assert_eq!(head.matches("\r\ncache-control: ").count(), 1, "{head}");
        assert_eq!(bytes, file);
        assert_eq!(fetched(&serving, "HEAD", &path), (head, Vec::new()));
    }

    // These are there, and no pictures under names of ours.
    for stranger in ["notes.png", "dune.2D711642B726.png", "dune.2d711642b726.svg", "dune 2.2d711642b726.png"]
    {
        fs::write(folder.join(stranger), b"not for you").unwrap();
    }
    fs::write(folder.parent().unwrap().join("dune.2d711642b726.png"), b"not for you").unwrap();
    for path in [
        "/i/",
        "/i/dune.0123456789ab.png",
        "/i/notes.png",
        "/i/dune.2D711642B726.png",
        "/i/dune.2d711642b726.svg",
        "/i/dune%202.2d711642b726.png",
        "/i/../dune.2d711642b726.png",
        "/i/..%2fdune.2d711642b726.png",
        "/i/..%2Fdune.2d711642b726.png",
        "/i/..%5cdune.2d711642b726.png",
        "/news/i/..%2fdune.2d711642b726.png",
        "/i/%2e%2e%2fdune.2d711642b726.png",
        "/i/dune.2d711642b726.png%00",
        "/i/%ff.2d711642b726.png",
        "/i/d%C3%BCne.2d711642b726.png",
    ] {
        let (head, bytes) = fetched(&serving, "GET", path);
        assert!(head.starts_with("http/1.1 404 "), "{path}: {head}");
        assert!(head.contains("\r\ncache-control: no-store\r\n"), "{path}: {head}");
        assert!(!String::from_utf8_lossy(&bytes).contains("not for you"), "{path}");
    }
    let (head, _) = fetched(&serving, "POST", &format!("/i/{name}"));
    assert!(head.starts_with("http/1.1 405 "), "{head}");
}
