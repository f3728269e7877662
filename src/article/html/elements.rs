//! What parsers of HTML do with elements of each name (WHATWG HTML §13.2).

/// Elements that nothing can stand in.
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "embed"
            | "frame"
            | "hr"
            | "image"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Elements that a parser opens again in each block as long as they are not closed.
pub(super) fn is_format(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "big"
            | "code"
            | "em"
            | "font"
            | "i"
            | "nobr"
            | "s"
            | "small"
            | "strike"
            | "strong"
            | "tt"
            | "u"
    )
}

pub(super) fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// Elements before which an open paragraph ends.
pub(super) fn ends_paragraph(name: &str) -> bool {
    is_heading(name)
        || matches!(
            name,
            "address"
                | "article"
                | "aside"
                | "blockquote"
                | "center"
                | "details"
                | "dialog"
                | "dir"
                | "div"
                | "dl"
                | "fieldset"
                | "figcaption"
                | "figure"
                | "footer"
                | "form"
                | "header"
                | "hgroup"
                | "listing"
                | "main"
                | "menu"
                | "nav"
                | "ol"
                | "p"
                | "pre"
                | "search"
                | "section"
                | "summary"
                | "ul"
                | "xmp"
        )
}

/// What the name of an element belongs to: the same name is another element elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// HTML.
    Page,
    /// SVG.
    Drawing,
    /// `MathML`.
    Formula,
}

/// Elements that an end tag within them closes nothing around (§13.2.4.2).
pub(super) fn is_wall(space: Space, name: &str) -> bool {
    match space {
        Space::Page => matches!(
            name,
            "applet" | "caption" | "html" | "table" | "td" | "th" | "marquee" | "object" | "template"
        ),
        Space::Drawing => matches!(name, "foreignobject" | "desc" | "title"),
        Space::Formula => name == "annotation-xml" || is_token(name),
    }
}

/// Elements of formulas that hold words, within which a page goes on.
pub(super) fn is_token(name: &str) -> bool {
    matches!(name, "mi" | "mo" | "mn" | "ms" | "mtext")
}

/// Elements within which a page goes on in a drawing or formula (§13.2.6, the tree
/// construction dispatcher); `says_html` is what the encoding of an `<annotation-xml>` says.
pub(super) fn is_door(space: Space, name: &str, says_html: bool) -> bool {
    is_wall(space, name) && space != Space::Page && (name != "annotation-xml" || says_html)
}

/// Elements that other end tags do not reach over (§13.2.4.2).
pub(super) fn is_special(space: Space, name: &str) -> bool {
    is_wall(space, name) || (space == Space::Page && is_special_on_pages(name))
}

fn is_special_on_pages(name: &str) -> bool {
    ends_paragraph(name)
        || is_void(name)
        || matches!(
            name,
            "body"
                | "button"
                | "col"
                | "colgroup"
                | "dd"
                | "dt"
                | "head"
                | "iframe"
                | "li"
                | "noembed"
                | "noframes"
                | "noscript"
                | "plaintext"
                | "script"
                | "select"
                | "style"
                | "tbody"
                | "textarea"
                | "tfoot"
                | "thead"
                | "title"
                | "tr"
        )
}

/// Elements that end a drawing or formula in which they stand (§13.2.6.5).
pub(super) fn breaks_out(name: &str) -> bool {
    is_heading(name)
        || matches!(
            name,
            "b" | "big"
                | "blockquote"
                | "body"
                | "br"
                | "center"
                | "code"
                | "dd"
                | "div"
                | "dl"
                | "dt"
                | "em"
                | "embed"
                | "head"
                | "hr"
                | "i"
                | "img"
                | "li"
                | "listing"
                | "menu"
                | "meta"
                | "nobr"
                | "ol"
                | "p"
                | "pre"
                | "ruby"
                | "s"
                | "small"
                | "span"
                | "strong"
                | "strike"
                | "sub"
                | "sup"
                | "table"
                | "tt"
                | "u"
                | "ul"
                | "var"
        )
}
