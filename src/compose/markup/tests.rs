use proptest::prelude::*;

use super::*;
use crate::problem::Condition;

fn said(mjml: &str) -> Vec<String> {
    check(mjml).found.into_iter().map(|(problem, span)| format!("{}: {problem}", span.start)).collect()
}

/// What is said of something inside a column, and the hints.
fn inside(column: &str) -> Vec<String> {
    let mjml =
        format!("<mjml><mj-body><mj-section><mj-column>{column}</mj-column></mj-section></mj-body></mjml>");
    let tell = |(problem, _): Found| {
        let hint = problem.hint().map(|hint| format!(" ({hint})"));
        format!("{problem}{}", hint.unwrap_or_default())
    };
    check(&mjml).found.into_iter().map(tell).collect()
}

/// Whether the renderer takes what the check leaves.
fn renders(mjml: &str) -> Result<String, String> {
    let settled = check(mjml).settled;
    let parsed = mrml::parse(&settled).map_err(|error| format!("{error:?}"))?;
    parsed
        .element
        .render(&mrml::prelude::render::RenderOptions::default())
        .map_err(|error| format!("{error:?}"))
}

#[test]
fn what_is_right_is_left_alone() {
    let mjml = "<mjml lang=\"en\"><mj-head><!-- a --><mj-title>T</mj-title><mj-attributes>\n\
                <mj-all padding=\"0\" /><mj-class name=\"big\" font-size=\"20px\" /></mj-attributes></mj-head>\
                <mj-body width=\"600px\"><mj-raw><!--[if mso]><p>x</p><![endif]--></mj-raw><mj-section>\
                <mj-column width=\"50%\"><mj-text mj-class=\"big\" css-class=\"a b\" padding=\"0 10px\">\
                a<br>b<img src='x' alt=''/> 1 &lt; 2 <a b=\"x > y\">c</a></mj-text></mj-column>\
                </mj-section></mj-body></mjml>\n";
    assert_eq!(said(mjml), [""; 0]);
    assert!(renders(mjml).is_ok());
}

#[test]
fn every_wrong_tag_is_named_with_its_place() {
    assert_eq!(
        said("<mjml><mj-body><mj-txt>a</mj-txt><mj-section>\n</mj-body></p></mjml>"),
        [
            "15: unknown element `<mj-txt>`",
            "33: `<mj-section>` is never closed",
            "56: `</p>` closes an open `<mjml>`"
        ]
    );
    assert_eq!(said("<mjml><mj-body>"), ["0: `<mjml>` is never closed", "6: `<mj-body>` is never closed"]);
    assert_eq!(said(""), ["0: there is no `<mjml>`"]);
    assert_eq!(said("<mjml></mjml>"), ["0: there is no `<mj-body>`"]);
    assert_eq!(said("<mjml><mj-body></mj-body></mjml><mjml/>"), ["32: a second `<mjml>`"]);
}

#[test]
fn attributes_are_those_the_element_has() {
    assert_eq!(
        inside("<mj-text colour=\"red\" font-sze=\"1px\" class=\"a\" xyz=\"\">a</mj-text>"),
        [
            "`<mj-text>` has no attribute `colour` (did you mean `color`?)",
            "`<mj-text>` has no attribute `font-sze` (did you mean `font-size`?)",
            "`<mj-text>` has no attribute `class` (did you mean `css-class`?)",
            "`<mj-text>` has no attribute `xyz` (it has: align, background-color, color, \
             container-background-color, font-family, font-size, font-style, font-weight, height, \
             letter-spacing, line-height, padding, padding-bottom, padding-left, padding-right, \
             padding-top, text-decoration, text-transform, vertical-align)",
        ]
    );
    assert_eq!(
        inside("<mj-raw css-class=\"a\" />"),
        ["`<mj-raw>` has no attribute `css-class` (it has: position)"]
    );
    assert_eq!(
        inside("<mj-table role=\"none\"></mj-table>"),
        [
            "`role` of `<mj-table>` does nothing here (write the `<table role=\"…\">` yourself, in an `<mj-text>`)"
        ]
    );
    assert_eq!(
        inside("<mj-text mj-class=\"big\">a</mj-text>"),
        ["unknown class `big` (define it with `<mj-class name=\"…\" />` inside `<mj-attributes>`; a class \
          for style sheets is a `css-class`)"]
    );
}

#[test]
fn values_are_of_the_kind_the_attribute_has() {
    assert_eq!(
        inside("<mj-text font-size=\"big\" padding=\"10\" align=\"middle\" color=\"teel\">a</mj-text>"),
        [
            "expected a length such as `10px` for `font-size`, found `big`",
            "expected one to four lengths such as `10px` or `10%` for `padding`, found `10` (did you mean `10px`?)",
            "expected `left`, `right`, `center` or `justify` for `align`, found `middle`",
            "expected a colour such as `#0F5F63` for `color`, found `teel` (did you mean `teal`?)",
        ]
    );
    assert_eq!(inside("<mj-text color>a</mj-text>"), ["`color` has no value (write `color=\"…\"`)"]);
}

#[test]
fn elements_stand_where_they_are_drawn() {
    let mjml = "<mjml><mj-text>a</mj-text><mj-body><mj-text>a</mj-text>words<mj-section><mj-section /><p>b</p>\
                </mj-section><mj-style>a</mj-style></mj-body></mjml>";
    assert_eq!(
        said(mjml),
        [
            "6: `<mj-text>` cannot stand in `<mjml>`",
            "35: `<mj-text>` cannot stand in `<mj-body>`",
            "55: words cannot stand in `<mj-body>`",
            "72: `<mj-section>` cannot stand in `<mj-section>`",
            "86: `<p>` cannot stand in `<mj-section>`",
            "107: `<mj-style>` cannot stand in `<mj-body>`",
        ]
    );
    assert_eq!(
        inside("<mj-text><mj-image src=\"a\" alt=\"\" /></mj-text>"),
        ["`<mj-image>` cannot stand in `<mj-text>` (put it into `<mj-column>` or `<mj-hero>`)"]
    );
    assert_eq!(inside("<!--[if mso]><mj-spacer /><![endif]-->").len(), 2);
    assert_eq!(
        inside("<mj-include path=\"a.mjml\" />"),
        ["`<mj-include>` is not drawn here (include other files with `[% include \"file.mjml\" %]`)"]
    );
}

#[test]
fn pictures_say_what_they_show() {
    let found = check("<mjml><mj-body><mj-section><mj-column><mj-image src=\"a\" /></mj-column></mj-section></mj-body></mjml>").found;
    assert_eq!(found.len(), 1);
    assert!(found[0].0.is_warning());
    assert_eq!(inside("<mj-image src=\"a\" alt=\"\" />"), [""; 0]);
}

#[test]
fn what_is_wrongly_written_is_told() {
    assert_eq!(
        inside("<mj-text>1 < 2<a href=x b=\"1\"c=\"2\" b=\"\">d</a ><p>e<p>f</mj-text>"),
        [
            "this `<` begins no tag (write `&lt;`)",
            "the value of `href` has no quotes (write `href=\"x\"`)",
            "no space before `c` (put a space before it; quotes within a value are written `&quot;`)",
            "`b` is written twice (keep one of them)",
            "`<p>` is never closed (add `</p>`, or write `<p />`)",
            "`<p>` is never closed (add `</p>`, or write `<p />`)",
        ]
    );
    assert_eq!(
        inside("<mj-text><!Überschrift><![CDATA[x]]><?php?>a<BR>]]></mj-text>"),
        [
            "`<!Übersc` is not understood in a layout (remove it; a layout begins with `<mjml>`, and `<` \
             within words is written `&lt;`)",
            "`<![CDATA[` is not understood in a layout (remove it; a layout begins with `<mjml>`, and `<` \
             within words is written `&lt;`)",
            "`<?php?` is not understood in a layout (remove it; a layout begins with `<mjml>`, and `<` \
             within words is written `&lt;`)",
            "`<BR>` is never closed (write it in small letters: `<br>`)",
            "`]]>` cannot stand in a text (write `]]&gt;`)",
        ]
    );
    assert_eq!(
        inside("<mj-text>a > b é> c</mj-text><mj-button href=\"x\">more …> there</mj-button>"),
        ["`>` cannot stand right behind this character (write `&gt;`)"]
    );
    for text in ["„a> b", "<p>„a> b</p>", "Weiter →> hier > dort", "a > b <i>é> c</i> …> d"] {
        assert_eq!(inside(&format!("<mj-text>{text}</mj-text>")), [""; 0], "{text}");
    }
    assert_eq!(
        inside("<mj-text><p>a</p></mj-text><mj-button href=\"x\">„a> b</mj-button>"),
        ["`>` cannot stand right behind this character (write `&gt;`)"]
    );
    assert_eq!(said("<mjml a=\"x>"), ["6: the value of `a` has no closing quote"]);
    assert_eq!(said("<!-- a")[0], "0: `<!-->` is never closed");
    assert_eq!(said("<mjml><!--[if mso]x")[2], "6: this conditional comment has no end");
}

#[test]
fn many_warnings_hide_no_problem() {
    let pictures = "<mj-image src=\"a\" />".repeat(60);
    let told = inside(&format!("{pictures}<mj-txt>a</mj-txt>"));
    assert_eq!(told.len(), 51, "{told:?}");
    assert!(told[50].contains("mj-txt"), "{told:?}");
}

#[test]
fn endless_nesting_is_refused() {
    assert!(said(&"<div>".repeat(100_000)).iter().any(|said| said.contains("128 levels")));
}

#[test]
fn white_space_and_remarks_that_the_renderer_stumbles_over_are_settled() {
    let mjml = "<mjml>\r\n<mj-head> <mj-attributes> <!-- ä -- b --> <mj-all padding=\"0\" > <!-- x --> </mj-all>\r\n\
                </mj-attributes>\r\n<mj-title>a<!-- b --></mj-title></mj-head>\r\n <mj-body>\r\n<!-- a -- b --->\
                <mj-section> <mj-column> <mj-text><a>a</a>\n <a>b</a></mj-text><mj-social> <mj-social-element \
                name=\"x\" /> </mj-social></mj-column></mj-section></mj-body></mjml> \n";
    assert_eq!(said(mjml), [""; 0]);
    assert_eq!(check(mjml).settled.len(), mjml.len());
    let html = renders(mjml).unwrap();
    assert!(html.contains("<a>a</a>  <a>b</a>"), "{html}");
}

#[test]
fn a_zero_without_a_unit_does_not_make_outlook_take_a_column_for_wider() {
    let width = |padding: &str| {
        let section = format!("<mj-section {padding}><mj-column><mj-spacer /></mj-column></mj-section>");
        let html = renders(&format!("<mjml><mj-body width=\"600px\">{section}</mj-body></mjml>")).unwrap();
        let width = html.split("vertical-align:top;width:").nth(1).unwrap();
        width.split(';').next().unwrap().to_owned()
    };
    for padding in ["0 24px", "0px 24px", "24px 24px 0", "0 24px 0 24px"] {
        assert_eq!(width(&format!("padding='{padding}'")), "552px", "{padding}");
    }
    assert_eq!(width("padding=\"24px\" padding-left=\"0\""), "576px");
    assert_eq!(width("padding=\"0\""), "600px");
}

/// A mail with one `name` in it that has these attributes.
fn mail_with(name: &str, attributes: &str) -> Option<String> {
    let (before, after) = match name {
        "mj-section" | "mj-wrapper" | "mj-hero" => ("", ""),
        "mj-column" | "mj-group" => ("<mj-section>", "</mj-section>"),
        "mj-accordion-element" => {
            ("<mj-section><mj-column><mj-accordion>", "</mj-accordion></mj-column></mj-section>")
        }
        "mj-accordion-title" | "mj-accordion-text" => (
            "<mj-section><mj-column><mj-accordion><mj-accordion-element>",
            "</mj-accordion-element></mj-accordion></mj-column></mj-section>",
        ),
        "mj-navbar-link" => ("<mj-section><mj-column><mj-navbar>", "</mj-navbar></mj-column></mj-section>"),
        "mj-social-element" => {
            ("<mj-section><mj-column><mj-social>", "</mj-social></mj-column></mj-section>")
        }
        "mj-carousel-image" => {
            ("<mj-section><mj-column><mj-carousel>", "</mj-carousel></mj-column></mj-section>")
        }
        "mj-body" => {
            return Some(format!(
                "<mjml><mj-body {attributes}><mj-section><mj-column /></mj-section></mj-body></mjml>"
            ));
        }
        _ if elements::homes(name).contains(&"mj-column") => {
            ("<mj-section><mj-column>", "</mj-column></mj-section>")
        }
        _ => return None,
    };
    let inner = match name {
        "mj-section" | "mj-group" => "<mj-column><mj-text>a</mj-text></mj-column>",
        "mj-wrapper" => "<mj-section><mj-column><mj-text>a</mj-text></mj-column></mj-section><mj-section />",
        "mj-column" | "mj-hero" => "<mj-text>a</mj-text>",
        "mj-accordion" => {
            "<mj-accordion-element><mj-accordion-title>a</mj-accordion-title><mj-accordion-text>b</mj-accordion-text></mj-accordion-element>"
        }
        "mj-accordion-element" => {
            "<mj-accordion-title>a</mj-accordion-title><mj-accordion-text>b</mj-accordion-text>"
        }
        "mj-carousel" => "<mj-carousel-image src=\"a\" /><mj-carousel-image src=\"b\" />",
        "mj-social" => "<mj-social-element name=\"facebook\" href=\"a\">a</mj-social-element>",
        "mj-navbar" => "<mj-navbar-link href=\"a\">a</mj-navbar-link>",
        "mj-table" => "<tr><td>a</td></tr>",
        "mj-image" | "mj-divider" | "mj-spacer" | "mj-carousel-image" => "",
        _ => "a",
    };
    Some(format!("<mjml><mj-body>{before}<{name} {attributes}>{inner}</{name}>{after}</mj-body></mjml>"))
}

#[test]
fn an_attribute_does_something_or_is_told_to_do_nothing() {
    let mut wrong = Vec::new();
    for name in elements::names() {
        let Some(element) = elements::element(name) else { continue };
        for (attribute, kind) in &element.attributes {
            let mut values: Vec<String> = [
                "7px",
                "7%",
                "7",
                "true",
                "#123456",
                "3px solid red",
                "hamburger",
                "fixed-height",
                "facebook",
                "xyz",
            ]
            .iter()
            .map(|value| (*value).to_owned())
            .chain(kind.words().iter().map(|word| (*word).to_owned()))
            .filter(|value| kind.takes(value))
            .collect();
            values.dedup();
            // What other attributes need to be seen.
            let around = [
                "",
                "href=\"u\"",
                "src=\"u\" href=\"u\"",
                "name=\"facebook\" href=\"u\"",
                "background-url=\"u\"",
                "hamburger=\"hamburger\"",
                "mode=\"fixed-height\" height=\"300px\" background-url=\"u\" background-height=\"200px\" background-width=\"300px\"",
                "border=\"1px solid red\"",
                "padding=\"1px\"",
                "height=\"300px\" background-url=\"u\" background-height=\"200px\" background-width=\"300px\"",
            ];
            let alive = around.iter().any(|around| {
                // An attribute is there once.
                let around = if around.contains(&format!("{attribute}=")) { "" } else { around };
                let plain = mail_with(name, around).map(|mail| renders(&mail));
                values.iter().any(|value| {
                    let with = mail_with(name, &format!("{around} {attribute}=\"{value}\""))
                        .map(|mail| renders(&mail));
                    matches!((with, &plain), (Some(Ok(with)), Some(Ok(plain))) if with != *plain)
                })
            });
            let can_tell = mail_with(name, "").is_some();
            if can_tell && alive == elements::idle(name, attribute).is_some() {
                wrong.push(format!("{name} {attribute}: {}", if alive { "alive" } else { "idle" }));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #[test]
    fn what_passes_is_rendered(pieces in proptest::collection::vec(piece(), 0..12)) {
        let mjml = format!("<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>", pieces.concat());
        let wrong = check(&mjml).found.into_iter().any(|(problem, _)| !problem.is_warning());
        if !wrong {
            let rendered = renders(&mjml);
            prop_assert!(rendered.is_ok(), "{mjml}\n{rendered:?}");
        }
    }
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "<mj-(text|raw|table|button|accordion|image|social|navbar|spacer)( color=\"red\"| href='x'| css-class=\"a\")?( /)?>",
        "</mj-(text|raw|table|button|accordion|image|social|navbar|spacer)>",
        "<mj-text>(<p>|</p>|<br>|<br/>|a|\n|<!--[if mso]>|<![endif]-->|<!-- -- -->|<b x=\"1\">|</b>){0,4}</mj-text>",
        "<mj-(table|button|raw)>(<p>|</p>|<br>|a|\n|<v:x/>|<!--a-->){0,3}</mj-(table|button|raw)>",
        "<mj-accordion> ?<mj-accordion-element>(<!--a-->| |\n)?<mj-accordion-title>(a|<br>|<!--a-->)</mj-accordion-title>(<mj-accordion-text>(a|<br>|<p>b</p>)</mj-accordion-text>)?</mj-accordion-element></mj-accordion>",
        "<mj-(social|navbar|carousel)>( |\n|<!--b-->)<mj-(social-element|navbar-link|carousel-image)( /|>(a|<br>)</mj-(social-element|navbar-link|carousel-image))></mj-(social|navbar|carousel)>",
        "[ \n\r]",
    ]
}
