//! SVG drawings.

use super::*;

#[test]
fn a_drawing_is_drawn_at_twice_its_size_and_fetches_nothing() {
    let svg = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='120' height='60' viewBox='0 0 12 6'>\
                <rect width='6' height='6' fill='#0a0'/></svg>";
    let project = Project::new().with("map.svg", svg);
    let plate = project.plate("![A map](map.svg)");
    assert_eq!((plate.form, plate.pixels, plate.width), (Form::Png, (240, 120), 120));
    let drawn = decoded(&plate).to_rgba8();
    assert_eq!((drawn.get_pixel(60, 60).0, drawn.get_pixel(200, 60).0), ([0, 170, 0, 255], [0, 0, 0, 0]));
    // Lines have no size of their own.
    assert_eq!(project.plate("![A map](map.svg){width=500}").pixels, (1000, 500));

    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='9' height='9'>\
                <image xlink:href='secret.png' width='9' height='9'/></svg>";
    let project =
        Project::new().with("a.svg", svg).with("secret.png", &encoded(photo(9, 9), ImageFormat::Png));
    let (plates, warnings) = project.load("![](a.svg)").unwrap();
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].message(), "a picture within the drawing `a.svg` is left out");
    let drawn = decoded(plates.iter().next().unwrap()).to_rgba8();
    assert!(drawn.pixels().all(|pixel| pixel.0[3] == 0));
}

/// A drawing of 100 by 100 with `inner` in it.
fn svg(inner: &str) -> Vec<u8> {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='100' \
         height='100'>{inner}</svg>"
    )
    .into_bytes()
}

#[test]
fn a_drawing_that_takes_work_without_end_is_refused_before_it_is_begun() {
    let filtered = |primitive: &str| {
        svg(&format!("<filter id='f'>{primitive}</filter><rect width='90' height='90' filter='url(#f)'/>"))
    };
    let kernel = "1 ".repeat(200 * 200);
    let nested =
        |open: &dyn Fn(usize) -> String, leaf: &str, close: &str, shape: &dyn Fn(usize) -> String| {
            let levels = (1..9).map(|level| {
                let inner = if level == 1 { leaf.repeat(10) } else { shape(level - 1).repeat(10) };
                format!("{}{inner}{close}", open(level))
            });
            svg(&format!("<defs>{}</defs>{}", levels.collect::<String>(), shape(8)))
        };
    let rect = "<rect width='9' height='9'/>";
    let group = |level: usize| format!("<g id='p{level}'>");
    let reuse = |level: usize| format!("<use xlink:href='#p{level}'/>");
    let pattern = |level: usize| format!("<pattern id='p{level}' width='1' height='1'>");
    let filled = |level: usize| format!("<rect width='9' height='9' fill='url(#p{level})'/>");
    let marker = |level: usize| format!("<marker id='p{level}' overflow='visible'>");
    let with_marker = |level: usize| format!("<path d='M0 0l1 1l1 1l1 1' marker-mid='url(#p{level})'/>");
    let styled = |level: usize| format!("<rect class='c{level}' width='9' height='9'/>");
    let sheet: Vec<_> = (1..9).map(|level| format!(".c{level} {{ fill: url(#p{level}) }}")).collect();
    let by_class = String::from_utf8(nested(&pattern, rect, "</pattern>", &styled)).unwrap();
    let by_class = by_class.replacen("<defs>", &format!("<style>{}</style><defs>", sheet.concat()), 1);
    let mask = |level: usize| format!("<mask id='p{level}' maskContentUnits='objectBoundingBox'>");
    let masked = |level: usize| format!("<rect width='9' height='9' mask='url(#p{level})'/>");
    let chain = (0..5000).map(|level| {
        format!(
            "<pattern id='p{level}' width='9' height='9'><rect width='9' height='9' fill='url(#p{})'/></pattern>",
            level + 1
        )
    });
    let within = STANDARD.encode(nested(&group, rect, "</g>", &reuse));
    for (name, drawing) in [
        ("octaves", filtered("<feTurbulence baseFrequency='0.1' numOctaves='1000000000'/>")),
        ("kernel", filtered(&format!("<feConvolveMatrix order='200' kernelMatrix='{kernel}'/>"))),
        ("radius", {
            let shape = "<rect width='90' height='90' filter='url(#f)'/>".repeat(50);
            svg(&format!("<filter id='f'><feMorphology radius='90'/></filter>{shape}"))
        }),
        ("uses", nested(&group, rect, "</g>", &reuse)),
        ("patterns", nested(&pattern, rect, "</pattern>", &filled)),
        ("patterns of a style sheet", by_class.into_bytes()),
        ("markers", nested(&marker, &with_marker(9), "</marker>", &with_marker)),
        ("masks", nested(&mask, rect, "</mask>", &masked)),
        ("a chain", svg(&format!("{}{}", chain.collect::<String>(), filled(0)))),
        ("a large tile", {
            let tile = "<pattern id='p1' width='60000' height='60000' patternUnits='userSpaceOnUse'>";
            svg(&format!("{tile}{rect}</pattern>{}", filled(1)))
        }),
    ] {
        let project = Project::new().with("a.svg", &drawing);
        let told = project.flaws("![](a.svg)");
        assert!(
            told.len() == 1 && told[0].contains("the drawing `a.svg` takes too much work"),
            "{name}: {told:?}"
        );
    }
    // A drawing whose style sheets are too long together is told so.
    let long = format!("<style>{}y{{{}}}</style>", "x,".repeat(999), "x:y;".repeat(600));
    let project = Project::new().with("a.svg", &svg(&format!("{long}{rect}{long}")));
    let told = project.flaws("![](a.svg)");
    assert!(told.len() == 1 && told[0].contains("takes too much work"), "{told:?}");
    assert!(told[0].contains("make the style sheets within it shorter"), "{told:?}");
    // One within a drawing is left out.
    let image = format!("<image width='9' height='9' xlink:href='data:image/svg+xml;base64,{within}'/>");
    let project = Project::new().with("a.svg", &svg(&image));
    let (_, warnings) = project.load("![](a.svg)").unwrap();
    assert_eq!(warnings[0].message(), "a picture within the drawing `a.svg` is left out");
}

#[test]
fn filters_patterns_and_markers_that_people_draw_are_drawn() {
    let project = Project::new().with(
        "a.svg",
        &svg("<style>.ground { fill: url(#dots) }</style>\
              <filter id='f'><feGaussianBlur stdDeviation='2'/><feTurbulence baseFrequency='0.1' numOctaves='3'/>\
              <feComposite in='SourceGraphic' operator='over'/></filter>\
              <pattern id='dots' width='10' height='10' patternUnits='userSpaceOnUse'><circle cx='5' cy='5' r='5'/></pattern>\
              <marker id='m' markerWidth='4' markerHeight='4'><rect width='4' height='4'/></marker>\
              <g id='row'><rect class='ground' width='100' height='50'/></g><use xlink:href='#row' y='50'/>\
              <path d='M0 0L50 50L90 9' stroke='red' fill='none' marker-mid='url(#m)' stroke-dasharray='2 1'/>\
              <rect x='70' y='70' width='20' height='20' fill='#0a0' filter='url(#f)'/>"),
    );
    let plate = project.plate("![](a.svg)");
    let drawn = decoded(&plate).to_rgba8();
    assert_eq!(drawn.get_pixel(10, 110).0, [0, 0, 0, 255]);
    assert_eq!(drawn.get_pixel(160, 160).0, [0, 170, 0, 255]);
}

#[test]
fn pictures_that_a_drawing_carries_are_drawn_with_it() {
    let red = RgbaImage::from_pixel(40, 40, Rgba([255, 0, 0, 255]));
    let inner = svg("<rect width='100' height='100' fill='#00f'/>");
    let of = |bytes: &[u8], kind: &str| {
        format!(
            "<image width='50' height='100' xlink:href='data:image/{kind};base64,{}'/>",
            STANDARD.encode(bytes)
        )
    };
    let shown = |image: &str| {
        let project = Project::new().with("a.svg", &svg(image));
        let (plates, warnings) = project.load("![](a.svg)").unwrap();
        let drawn = decoded(plates.iter().next().unwrap()).to_rgba8();
        (drawn.get_pixel(50, 100).0, warnings.first().map(Problem::message))
    };
    let jpeg = encoded(DynamicImage::from(red.clone()).to_rgb8(), ImageFormat::Jpeg);
    for (image, kind) in [
        (encoded(red.clone(), ImageFormat::Png), "png"),
        (encoded(red.clone(), ImageFormat::Gif), "gif"),
        (encoded(red, ImageFormat::WebP), "webp"),
        (jpeg, "jpeg"),
    ] {
        let ([red, green, blue, alpha], told) = shown(&of(&image, kind));
        assert!(red > 250 && green < 5 && blue < 5 && alpha == 255 && told.is_none(), "{kind}");
    }
    assert_eq!(shown(&of(&inner, "svg+xml")), ([0, 0, 255, 255], None));
    let told = Some("a picture within the drawing `a.svg` is left out".to_owned());
    assert_eq!(shown(&of(b"no picture", "png")), ([0; 4], told.clone()));
    assert_eq!(shown("<image width='9' height='9' xlink:href='https://example.com/a.png'/>"), ([0; 4], told));
}

#[test]
fn words_of_a_drawing_that_only_a_browser_shows_are_told() {
    let told = |inner: &str| {
        let project = Project::new().with("a.svg", &svg(inner));
        let (_, warnings) = project.load("![](a.svg)").unwrap();
        warnings.iter().any(|warning| warning.message().contains("written in HTML"))
    };
    let html = "<foreignObject width='90' height='20'><p xmlns='http://www.w3.org/1999/xhtml'>Ink</p></foreignObject>";
    assert!(told(html));
    assert!(told(&format!("<switch>{html}</switch>")));
    assert!(!told(&format!("<switch>{html}<rect width='9' height='9'/></switch>")));
    assert!(!told("<foreignObject width='9' height='9'> </foreignObject>"));
}
