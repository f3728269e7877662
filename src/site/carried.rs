//! The pictures of a mail that a browser cannot get from where the mail says.

/// A picture: its address in the mail, and the same bytes as a `data:` address.
pub type Carried = (String, String);

/// The same mail with every picture in it that stands at an address of `carried`.
#[must_use]
pub(super) fn with_pictures(html: &str, carried: &[Carried]) -> String {
    let mut html = html.to_owned();
    for (address, data) in carried.iter().filter(|(address, _)| !address.is_empty()) {
        // The address that begins a longer one is another one.
        let mut pieces = html.split(address.as_str());
        let mut shown = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let ends = piece.starts_with(['"', '\'', ')', '&', '>', ' ', '\n', '\r', '\t']);
            shown.push_str(if ends { data } else { address });
            shown.push_str(piece);
        }
        html = shown;
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_put_in_where_their_whole_address_stands() {
        let html = "<img src=\"cid:a@x.test\"><p style='background:url(cid:a@x.test)'>cid:a@x.test.example";
        let carried = [("cid:a@x.test".to_owned(), "data:,A".to_owned()), (String::new(), "no".to_owned())];
        assert_eq!(
            with_pictures(html, &carried),
            "<img src=\"data:,A\"><p style='background:url(data:,A)'>cid:a@x.test.example"
        );
    }
}
