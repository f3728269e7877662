//! The studio as a browser meets it: over a socket, by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use letterpress::audience::Values;
use letterpress::problem::{Condition, Problem, Problems, Source, Span};
use letterpress::studio::{self, Galley, Proof, Roster};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::browser::{Events, Site};

#[derive(Debug, thiserror::Error)]
#[error("unknown tag `{0}`")]
struct UnknownTag(String);

impl Condition for UnknownTag {
    fn hint(&self) -> Option<String> {
        Some("did you mean `name`?".to_owned())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("there is no article")]
struct Missing;

impl Condition for Missing {}

/// Renders a file as it stands; every `{{` in it is a problem.
///
/// Like the real one it knows its readers only once it has looked.
struct OneFile {
    article: PathBuf,
    roster: Arc<Roster>,
    looked: AtomicBool,
}

impl Galley for OneFile {
    fn proof(&self, reader: Option<&str>) -> Result<Proof, Problems> {
        let text = fs::read_to_string(&self.article).map_err(|_| Problem::new(Missing))?;
        self.looked.store(true, Ordering::SeqCst);
        let reader = self.roster.get(reader).unwrap();
        assert!(!text.contains("explode"), "as asked");
        let source = Source::new("article.md", text.clone());
        let problems = text.match_indices("{{").map(|(at, _)| {
            Problem::at(UnknownTag(text[at..at + 5].to_owned()), &source, Span::new(at, at + 5))
        });
        let proof = Proof {
            title: "A letter".to_owned(),
            subject: "Hello".to_owned(),
            html: format!(
                "<!doctype html><style>@media (prefers-color-scheme: dark){{p{{color:#fff}}}}</style><p>{text}</p>"
            ),
            pictures: vec![("cid:dune@example.com".to_owned(), "data:image/gif;base64,R0lG".to_owned())],
            text: text.clone(),
            eml: b"Subject: Hello\r\n\r\nHello\r\n".to_vec(),
            html_encoded_bytes: 2048,
            reader_label: reader.label.clone(),
            ..Proof::default()
        };
        Problems::check(proof, problems.collect()).map(|(proof, _)| proof)
    }

    fn roster(&self) -> Arc<Roster> {
        if self.looked.load(Ordering::SeqCst) { Arc::clone(&self.roster) } else { Arc::default() }
    }

    fn watched(&self) -> Vec<PathBuf> {
        vec![self.article.clone()]
    }
}

/// A studio that shows one file.
struct Studio {
    site: Site,
    dir: TempDir,
}

impl Studio {
    fn showing(article: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("article.md");
        Self::showing_at(dir, path, article)
    }

    fn showing_at(dir: TempDir, path: PathBuf, article: &str) -> Self {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, article).unwrap();
        let row = |address: &str, name: &str| {
            (address.to_owned(), Values::from([("name".to_owned(), name.to_owned())]))
        };
        let roster = Roster::new([row("ana@example.com", "Ana"), row("tomasz@example.com", "<i>Tomasz</i>")]);
        let galley =
            Arc::new(OneFile { article: path, roster: Arc::new(roster), looked: AtomicBool::new(false) });
        let site = Site::start(move |listener, stopped| async move {
            studio::serve(listener, galley, None, stopped).await.unwrap();
        });
        Self { site, dir }
    }

    fn save(&self, article: &str) {
        // As editors do it: a new file takes the place of the old one.
        let new = self.dir.path().join("article.md.new");
        fs::write(&new, article).unwrap();
        fs::rename(new, self.dir.path().join("article.md")).unwrap();
    }
}

#[test]
fn the_page_brings_everything_it_needs() {
    let studio = Studio::showing("Hello");
    let page = studio.site.get("/");
    assert_eq!(page.status(), "200");
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(!page.body.contains("http://") && !page.body.contains("https://"));
    let linked = page.body.split('"').filter(|part| part.starts_with("/assets/"));
    let assets: Vec<&str> = linked.collect();
    assert_eq!(assets.len(), 3);
    for asset in assets.iter().chain(&["/assets/page.js", "/assets/card.js"]) {
        let answer = studio.site.get(asset);
        assert_eq!(answer.status(), "200", "{asset}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

#[test]
fn a_proof_comes_as_json_for_the_reader_asked_for() {
    let studio = Studio::showing("Hello");
    let answer = studio.site.json("/api/proof?reader=tomasz@example.com");
    assert_eq!(answer["proof"]["reader_label"], "<i>Tomasz</i>");
    assert_eq!(answer["proof"]["text"], "Hello");
    assert_eq!(answer["proof"]["html_encoded_bytes"], 2048);
    assert_eq!(answer["watched"], 1);
    assert_eq!(answer["problems"], Value::Array(Vec::new()));
    assert_eq!(studio.site.json("/api/proof?reader=gone@example.com")["reader"]["id"], "ana@example.com");
}

#[test]
fn readers_are_found_by_what_their_row_says() {
    let studio = Studio::showing("Hello");
    let answer = studio.site.json("/api/readers?find=TOMASZ@");
    assert_eq!(answer["rows"], 2);
    let found: Vec<&str> =
        answer["found"].as_array().unwrap().iter().map(|reader| reader["id"].as_str().unwrap()).collect();
    assert_eq!(found, ["tomasz@example.com", "extreme:longest"]);
    let everybody = studio.site.json("/api/readers");
    let kinds: Vec<&str> = everybody["found"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reader| reader["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["row", "row", "extreme", "extreme", "extreme", "extreme"]);
}

#[test]
fn a_foreign_name_for_this_server_is_refused() {
    let studio = Studio::showing("Hello");
    for host in ["evil.example.com", "evil.example.com:80", "127.0.0.1:1", "localhost.example.com"] {
        let answer = studio.site.ask("GET /api/proof", &[&format!("Host: {host}")]);
        assert_eq!(answer.status(), "403", "{host}");
    }
    let answer = studio.site.ask("GET /", &[&format!("Host: localhost:{}", studio.site.addr.port())]);
    assert_eq!(answer.status(), "200");
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[test]
fn the_frame_of_a_mail_runs_nothing_and_loads_only_pictures() {
    let studio = Studio::showing("<script>alert(1)</script>");
    let answer = studio.site.get("/mail?mode=light");
    let policy = answer.header("content-security-policy");
    for rule in
        ["default-src 'none'", "script-src 'none'", "img-src https: http: data:", "sandbox allow-same-origin"]
    {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("allow-scripts") && !policy.contains("connect-src"));
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
}

#[test]
fn pictures_of_this_machine_are_shown_in_the_frame_of_a_mail_and_nowhere_else() {
    let studio = Studio::showing("<img src=\"cid:dune@example.com\">");
    let frame = studio.site.get("/mail?mode=light").body;
    assert!(frame.contains("<img src=\"data:image/gif;base64,R0lG\">"), "{frame}");
    let html = studio.site.json("/api/proof")["proof"]["html"].clone();
    assert!(html.as_str().unwrap().contains("<img src=\"cid:dune@example.com\">"), "{html}");
}

#[test]
fn the_mail_is_shown_in_the_scheme_asked_for() {
    let studio = Studio::showing("Hello");
    assert!(studio.site.get("/mail?mode=dark").body.contains("@media (min-width:0){p{color:#fff}}"));
    assert!(studio.site.get("/mail?mode=light").body.contains("@media (max-width:0){p{color:#fff}}"));
    assert_eq!(studio.site.get("/mail?mode=sepia").status(), "400");
}

#[test]
fn paths_outside_the_app_lead_nowhere() {
    let studio = Studio::showing("Hello");
    for path in
        ["/assets/", "/assets/../Cargo.toml", "/assets/%2e%2e/Cargo.toml", "/article.md", "/.git/config"]
    {
        assert_eq!(studio.site.get(path).status(), "404", "{path}");
    }
}

#[test]
fn every_problem_is_told_with_its_place_over_the_last_good_mail() {
    let studio = Studio::showing("Hello");
    let mut events = studio.site.events("/api/events");
    assert_eq!(events.next()["version"], 0);
    assert_eq!(studio.site.json("/api/proof")["proof"]["text"], "Hello");

    studio.save("Dear {{nme}},\nand {{you}}");
    assert_eq!(events.next()["version"], 1);
    let broken = studio.site.json("/api/proof");
    let problems = broken["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2);
    assert_eq!(problems[0]["message"], "unknown tag `{{nme`");
    assert_eq!(problems[0]["hint"], "did you mean `name`?");
    assert_eq!(problems[0]["place"]["at"], "article.md:1:6");
    assert_eq!(problems[0]["place"]["before"], "Dear ");
    assert_eq!(problems[0]["place"]["marked"], "{{nme");
    assert_eq!(problems[1]["place"]["at"], "article.md:2:5");
    assert_eq!(broken["proof"]["text"], "Hello");
    assert!(studio.site.get("/mail").body.contains("<p>Hello</p>"));

    studio.save("Mended");
    assert_eq!(events.next()["version"], 2);
    let mended = studio.site.json("/api/proof");
    assert_eq!(mended["problems"], Value::Array(Vec::new()));
    assert_eq!(mended["proof"]["text"], "Mended");
}

#[test]
fn rendering_is_not_taken_for_a_save() {
    let studio = Studio::showing("Hello");
    let mut events = studio.site.events("/api/events");
    assert_eq!(events.next()["version"], 0);
    for reader in ["ana@example.com", "tomasz@example.com", "extreme:markup"] {
        assert_eq!(studio.site.json(&format!("/api/proof?reader={reader}"))["version"], 0);
    }
    fs::write(studio.dir.path().join("unrelated.md"), "nothing of ours").unwrap();
    studio.save("Saved once");
    assert_eq!(events.next()["version"], 1);
    assert_eq!(studio.site.json("/api/proof")["version"], 1);
}

#[test]
fn stopping_ends_the_event_streams_that_are_open() {
    let mut studio = Studio::showing("Hello");
    let mut events = studio.site.events("/api/events");
    assert_eq!(events.next()["version"], 0);
    studio.site.stop();
    assert!(!events.rest().contains("data:"));
}

#[test]
fn a_mail_is_downloaded_under_a_harmless_name() {
    let studio = Studio::showing("Hello");
    let answer = studio.site.get("/mail.eml");
    assert_eq!(answer.header("content-type"), "message/rfc822");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"a-letter.eml\"");
    assert_eq!(answer.body, "Subject: Hello\r\n\r\nHello\r\n");
}

#[test]
fn rendering_that_breaks_off_is_told_and_does_not_stop_the_studio() {
    let studio = Studio::showing("explode");
    let mut events = studio.site.events("/api/events");
    events.next();
    let answer = studio.site.json("/api/proof");
    assert_eq!(answer["problems"][0]["message"], "rendering broke off without saying why");
    assert_eq!((studio.site.get("/mail").status(), &answer["proof"]), ("404", &Value::Null));
    studio.save("Calm");
    events.next();
    assert_eq!(studio.site.json("/api/proof")["proof"]["text"], "Calm");
}

#[cfg(unix)]
#[test]
fn a_file_saved_where_a_link_leads_is_noticed() {
    let studio = Studio::showing("Hello");
    let other = tempfile::tempdir().unwrap();
    let far = other.path().join("far.md");
    fs::write(&far, "Far").unwrap();
    let near = studio.dir.path().join("article.md");
    let mut events = studio.site.events("/api/events");
    events.next();
    let link = studio.dir.path().join("link");
    std::os::unix::fs::symlink(&far, &link).unwrap();
    fs::rename(link, near).unwrap();
    let linked = events.next()["version"].as_u64().unwrap();
    assert_eq!(studio.site.json("/api/proof")["proof"]["text"], "Far");
    let farther = other.path().join("farther.md");
    fs::write(&farther, "Farther").unwrap();
    fs::rename(farther, far).unwrap();
    assert!(events.next()["version"].as_u64().unwrap() > linked);
    assert_eq!(studio.site.json("/api/proof")["proof"]["text"], "Farther");
}

/// Waits for a save that shows `text`; the stream ends after twenty seconds of silence.
fn shows(studio: &Studio, events: &mut Events, text: &str) {
    while studio.site.json("/api/proof")["proof"]["text"] != text {
        events.next();
    }
}

/// Saves and waits to be told of it, without asking for the proof: a look would find
/// the save out by itself.
fn save_is_told(studio: &Studio, events: &mut Events, path: &Path, text: &str) {
    let before = studio.site.json("/api/proof")["version"].as_u64();
    fs::write(path, text).unwrap();
    while events.next()["version"].as_u64() <= before {}
    shows(studio, events, text);
}

#[test]
fn a_folder_that_was_removed_and_made_again_is_watched_again() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("a/b");
    let path = folder.join("article.md");
    let studio = Studio::showing_at(dir, path.clone(), "One");
    let mut events = studio.site.events("/api/events");
    shows(&studio, &mut events, "One");
    for text in ["Two", "Three"] {
        fs::remove_dir_all(folder.parent().unwrap()).unwrap();
        while studio.site.json("/api/proof")["problems"][0]["message"] != "there is no article" {
            events.next();
        }
        fs::create_dir_all(&folder).unwrap();
        for text in [text, "and again", "and once more"] {
            save_is_told(&studio, &mut events, &path, text);
        }
    }
}

#[test]
fn a_folder_that_took_the_place_of_another_is_watched() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, other) = (dir.path().join("sub"), dir.path().join("other"));
    let away = dir.path().join("away");
    let path = folder.join("article.md");
    let studio = Studio::showing_at(dir, path.clone(), "One");
    let mut events = studio.site.events("/api/events");
    shows(&studio, &mut events, "One");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("article.md"), "Other").unwrap();
    fs::rename(&folder, &away).unwrap();
    fs::rename(&other, &folder).unwrap();
    shows(&studio, &mut events, "Other");
    for text in ["Two", "Three", "Four"] {
        save_is_told(&studio, &mut events, &path, text);
    }
}

#[test]
fn a_page_that_is_loaded_again_tells_the_truth_even_of_a_save_nobody_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let (top, away, next) = (dir.path().join("top"), dir.path().join("away"), dir.path().join("next"));
    let path = top.join("a/b/article.md");
    let studio = Studio::showing_at(dir, path, "One");
    assert_eq!(studio.site.json("/api/proof")["proof"]["text"], "One");
    // Far above the article nothing is watched.
    fs::create_dir_all(next.join("a/b")).unwrap();
    fs::write(next.join("a/b/article.md"), "Swapped").unwrap();
    fs::rename(&top, away).unwrap();
    fs::rename(next, top).unwrap();
    let truth = studio.site.json("/api/proof");
    assert_eq!((&truth["proof"]["text"], &truth["version"]), (&"Swapped".into(), &1.into()));
    assert_eq!(studio.site.json("/api/proof")["version"], 1);
}

#[test]
fn a_mail_is_never_shown_under_the_name_of_another_reader() {
    let studio = Studio::showing("Hello");
    let mut events = studio.site.events("/api/events");
    events.next();
    assert_eq!(studio.site.json("/api/proof?reader=ana@example.com")["proof"]["reader_label"], "Ana");
    studio.save("Dear {{nme}}");
    events.next();
    let own = studio.site.json("/api/proof?reader=ana@example.com");
    assert_eq!((&own["reader"]["label"], &own["proof"]["reader_label"]), (&"Ana".into(), &"Ana".into()));
    let other = studio.site.json("/api/proof?reader=tomasz@example.com");
    assert_eq!((&other["reader"]["id"], &other["proof"]), (&"tomasz@example.com".into(), &Value::Null));
    assert_eq!(studio.site.get("/mail?reader=tomasz@example.com").status(), "404");
}
