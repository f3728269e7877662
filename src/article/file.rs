//! Reads the bytes of an article and makes a text of them.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::{ArticleError, Format};
use crate::problem::{Problem, Problems, Source, Span};

/// Most bytes an article may have. War and Peace has three million; a mail program cuts
/// a message long before.
pub(super) const LIMIT: u64 = 4 * 1024 * 1024;

/// Reads the article at `path` as a text, with warnings.
pub(super) fn read(path: &Path) -> Result<(Source, Format, Vec<Problem>), Problems> {
    let shown = path.display().to_string();
    let unreadable = |error: &std::io::Error| {
        Problems::from(Problem::new(match error.kind() {
            ErrorKind::NotFound => ArticleError::Missing(shown.clone()),
            _ => ArticleError::Unreadable { path: shown.clone(), reason: error.to_string() },
        }))
    };
    let facts = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if facts.is_dir() {
        return Err(Problem::new(ArticleError::Folder(shown)).into());
    }
    let format = Format::of(path)?;
    let too_large = |size| Problem::new(ArticleError::TooLarge { path: shown.clone(), size, limit: LIMIT });
    if facts.len() > LIMIT {
        return Err(too_large(facts.len()).into());
    }
    let mut bytes = Vec::new();
    // A pipe has no length beforehand and a file may grow, so the reading is bounded too.
    File::open(path)
        .and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > LIMIT {
        return Err(too_large(bytes.len() as u64).into());
    }
    let (source, warnings) = decode(shown, bytes, format)?;
    Ok((source, format, warnings))
}

/// Makes a text of the bytes: UTF-8 always, for web pages what they say, and for plain text
/// whatever an office program may have saved, with a warning.
pub(super) fn decode(
    name: String,
    bytes: Vec<u8>,
    format: Format,
) -> Result<(Source, Vec<Problem>), Problems> {
    let declared = (format == Format::Html).then(|| declared(&bytes)).flatten();
    // This one is made of bytes that are ASCII.
    let shifted = declared.filter(|encoding| *encoding == encoding_rs::ISO_2022_JP && bytes.contains(&0x1b));
    let bytes = match String::from_utf8(bytes) {
        Ok(text) if shifted.is_some() => text.into_bytes(),
        Ok(text) => return Ok((Source::new(name, text), Vec::new())),
        Err(error) => error.into_bytes(),
    };
    let marked = encoding_rs::Encoding::for_bom(&bytes);
    if format == Format::Markdown || marked.is_some_and(|(encoding, _)| encoding == encoding_rs::UTF_8) {
        return Err(not_utf8(name, &bytes));
    }
    let encoding = match marked {
        Some((encoding, _)) => encoding,
        None if declared.is_some_and(|declared| declared != encoding_rs::UTF_8) => {
            declared.unwrap_or(encoding_rs::WINDOWS_1252)
        }
        None if bytes.contains(&0) => return Err(Problem::new(ArticleError::NotText(name)).into()),
        None => {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
            detector.feed(&bytes, true);
            detector.guess(None, Utf8Detection::Deny)
        }
    };
    let (text, _, broken) = encoding.decode(&bytes);
    if broken {
        return Err(Problem::new(ArticleError::NotText(name)).into());
    }
    let source = Source::new(name, text.as_ref());
    let warning = Problem::at(ArticleError::Decoded(encoding.name()), &source, Span::default()).warning();
    let told = marked.is_some() || declared == Some(encoding);
    let warnings = if told { Vec::new() } else { vec![warning] };
    Ok((source, warnings))
}

/// The encoding that a page says it has, in its first thousand bytes or so.
fn declared(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(2_048)]).to_ascii_lowercase();
    let at = head.find("charset=").map(|at| at + "charset=".len());
    let at = at.or_else(|| head.find("encoding=").map(|at| at + "encoding=".len()))?;
    let label = head[at..].trim_start_matches(['"', '\'', ' ']);
    let end = label.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')));
    encoding_rs::Encoding::for_label(&label.as_bytes()[..end.unwrap_or(label.len())])
}

/// The same text with LF for each CR that stands alone. No byte moves. Between a CR and a
/// CRLF nothing was meant to stand, so there it becomes a space.
pub(super) fn with_line_feeds(source: &Source) -> Source {
    let text = source.text();
    let bytes = text.as_bytes();
    let alone = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    if !(0..bytes.len()).any(alone) {
        return source.clone();
    }
    let replaced = |(at, character): (usize, char)| match character {
        '\r' if alone(at) && bytes[at + 1..].starts_with(b"\r\n") => ' ',
        '\r' if alone(at) => '\n',
        other => other,
    };
    Source::new(source.name(), text.char_indices().map(replaced).collect::<String>())
}

fn not_utf8(name: String, bytes: &[u8]) -> Problems {
    let good = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let shown = String::from_utf8_lossy(bytes);
    let byte = bytes.get(good).copied().unwrap_or_default();
    // The text before the first wrong byte is the same in both, so its place is too.
    let source = Source::new(name, shown.as_ref());
    let span = Span::new(good, good + char::REPLACEMENT_CHARACTER.len_utf8());
    Problem::at(ArticleError::NotUtf8 { byte }, &source, span).into()
}
