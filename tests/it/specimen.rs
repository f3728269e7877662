//! Articles built by hand, for what draws them.

use letterpress::article::{
    Align, Article, Block, BlockKind, Footnote, Image, Inline, Item, List, Meta, Row, Table,
};
use letterpress::compose::{Brief, Newsletter, Pictures};
use letterpress::problem::{Source, Span};
use letterpress::tags::Mask;

pub(crate) fn article(blocks: Vec<Block>) -> Article {
    Article {
        source: Source::new("specimen.md", "specimen"),
        meta: Meta::default(),
        caption: Vec::new(),
        blocks,
        footnotes: Vec::new(),
        mask: Mask::default(),
        guesses: Vec::new(),
    }
}

pub(crate) fn newsletter() -> Newsletter {
    Newsletter {
        name: "The Skin Letter".into(),
        url: Some("https://skinletter.example.com".into()),
        postal_address: Some("Northlight Skin Clinic, 12 Linden Row, Anytown 00000".into()),
        reason: Some("You get The Skin Letter because you signed up for it.".into()),
        logo: None,
        logo_pixels: None,
        tagline: None,
        art: None,
        lang: "en".into(),
        accent: None,
        social: Vec::new(),
        can_leave: false,
    }
}

pub(crate) fn brief<'a>(newsletter: &'a Newsletter, title: &'a str) -> Brief<'a> {
    Brief {
        newsletter,
        lang: "en",
        title,
        standfirst: None,
        kicker: None,
        issue: None,
        preheader: Some("What the weeks look like, and when we say no."),
        author: Some("Dr Mara Lindqvist"),
        date: Some("22 November 2026".into()),
        image: None,
        pictures: Pictures::none(),
        image_caption: &[],
        view_url: None,
        unsubscribe_url: None,
        preferences_url: None,
    }
}

pub(crate) fn block(kind: BlockKind) -> Block {
    Block { span: Span::new(0, 8), kind }
}

pub(crate) fn t(text: &str) -> Inline {
    Inline::Text(text.into())
}

pub(crate) fn strong(text: &str) -> Inline {
    Inline::Strong(vec![t(text)])
}

pub(crate) fn link(text: &str, href: &str) -> Inline {
    Inline::Link { href: href.into(), content: vec![t(text)], span: Span::new(0, 8) }
}

pub(crate) fn p(content: Vec<Inline>) -> Block {
    block(BlockKind::Paragraph(content))
}

pub(crate) fn words(text: &str) -> Block {
    p(vec![t(text)])
}

pub(crate) fn h(level: u8, text: &str) -> Block {
    block(BlockKind::Heading { level, content: vec![t(text)] })
}

pub(crate) fn items(start: Option<u64>, tight: bool, items: Vec<Vec<Block>>) -> Block {
    let items =
        items.into_iter().map(|blocks| Item::Blocks { span: Span::new(0, 8), task: None, blocks }).collect();
    block(BlockKind::List(List { start, tight, items }))
}

pub(crate) fn quote(text: &str, cite: Option<&str>) -> Block {
    block(BlockKind::Quote { blocks: vec![words(text)], cite: cite.map(|cite| vec![t(cite)]) })
}

pub(crate) fn table(align: &[Align], head: &[&str], rows: &[&[&str]]) -> Block {
    let cell = |text: &&str| match text.strip_prefix('*') {
        Some(text) => vec![strong(text)],
        None => vec![t(text)],
    };
    block(BlockKind::Table(Table {
        align: align.to_vec(),
        head: head.iter().map(cell).collect(),
        rows: rows.iter().map(|row| Row::Cells(row.iter().map(cell).collect())).collect(),
    }))
}

pub(crate) fn image(src: &str, alt: &str) -> Image {
    Image { src: src.into(), alt: alt.into(), width: None, href: None, span: Span::new(0, 8) }
}

pub(crate) fn figure(src: &str, alt: &str, caption: Option<&str>) -> Block {
    block(BlockKind::Figure { image: image(src, alt), caption: caption.map(|caption| vec![t(caption)]) })
}

pub(crate) fn button(label: &str, href: &str) -> Block {
    block(BlockKind::Button { label: vec![t(label)], href: href.into() })
}

pub(crate) fn code(text: &str) -> Block {
    block(BlockKind::Code { language: Some("rust".into()), text: text.into() })
}

pub(crate) fn note(text: &str) -> Footnote {
    Footnote { span: Span::new(0, 8), blocks: vec![words(text)] }
}

/// Every kind of block once, some twice.
pub(crate) fn everything() -> Article {
    let mut blocks = answers();
    blocks.extend(care());
    let mut article = article(blocks);
    article.footnotes = vec![note(
        "Clinic needles reach 0.5 to 2.5 mm. Rollers sold for the home are shorter: they miss the scar, and they can carry infection.",
    )];
    article
}

fn answers() -> Vec<Block> {
    vec![
        p(vec![
            t(
                "A pitted scar is an absence. The skin lost some of the scaffolding that holds its surface level, and in the hurry to close the wound it put too little back. Creams cannot reach that deep. A needle can.",
            ),
            Inline::Footnote(0),
        ]),
        words(
            "Microneedling makes hundreds of tiny channels, each narrower than a hair, in skin that has been numbed first. The channels close within a day. What they start takes far longer: for about three months the skin lays down new collagen.",
        ),
        h(2, "Which scars answer"),
        words(
            "We look at shape before depth. Hold a lamp low beside the cheek and the scars sort themselves into three families.",
        ),
        table(
            &[Align::Start, Align::Start, Align::End],
            &["Scar", "Under the lamp", "Sessions"],
            &[
                &["*Rolling", "Soft waves, no edge", "3–4"],
                &["*Boxcar", "Round, with a clear rim", "4–6"],
                &["*Ice pick", "Narrow and deep", "Not alone"],
            ],
        ),
        h(3, "When we say no"),
        p(vec![
            t(
                "We wait while acne is active, while a cold sore is healing, and for six months after isotretinoin. If that is you, ",
            ),
            link("four other ways to treat a scar", "https://skinletter.example.com/other-ways"),
            t(" are kinder."),
        ]),
        h(2, "What a course looks like"),
        items(
            None,
            true,
            vec![
                vec![p(vec![
                    strong("Numbing, forty minutes."),
                    t(" Cream, a film over it, and a cup of tea. You should feel pressure, not pain."),
                ])],
                vec![p(vec![
                    strong("Needling, twenty minutes."),
                    t(
                        " The depth changes as we cross the face: shallow at the temple, deeper over the cheek.",
                    ),
                ])],
                vec![p(vec![
                    strong("Two days of red."),
                    t(" Like an afternoon of sunburn. Wash with water, moisturise, leave make-up alone."),
                ])],
                vec![p(vec![
                    strong("Six weeks of nothing."),
                    t(" This is the part that works. We book the next session only when it is over."),
                ])],
            ],
        ),
        quote(
            "The best result is the one nobody notices: a face that catches the light evenly again.",
            Some("Mara Lindqvist"),
        ),
    ]
}

fn care() -> Vec<Block> {
    vec![
        h(2, "Looking after new skin"),
        h(3, "The week before"),
        items(
            Some(1),
            false,
            vec![
                vec![words("No retinoids, no acids, no waxing."), words("Tell us about any tablets.")],
                vec![
                    words("Come with a clean face."),
                    items(
                        None,
                        true,
                        vec![
                            vec![words("No make-up")],
                            vec![
                                words("No sunscreen"),
                                items(None, true, vec![vec![words("not even mineral")]]),
                            ],
                        ],
                    ),
                ],
                vec![words("Bring a hat.")],
            ],
        ),
        h(4, "In the app"),
        p(vec![
            t("Set the reminder with "),
            Inline::Code("skin --remind 8w".into()),
            t(", "),
            Inline::Emphasis(vec![t("once")]),
            t(", and "),
            Inline::Strikethrough(vec![t("forget")]),
            t(" remember it."),
            Inline::HardBreak,
            t("It rings every morning."),
        ]),
        code(
            "fn main() {\n    let days = (1..=56).filter(|day| day % 7 != 0).map(|day| Reminder::new(day, \"SPF 50\")).collect::<Vec<_>>();\n\n    println!(\"{} < 56 & counting\", days.len());\n}",
        ),
        figure(
            "https://example.com/collagen.png",
            "Fine lines: tangled on the left, running smoothly on the right",
            Some("Collagen, tangled where the scar was and in order where it has healed."),
        ),
        block(BlockKind::Quote {
            blocks: vec![
                words(
                    "New skin darkens easily, and it does so on grey days too, which is why the letter you hold asks you to wear sunscreen every single morning for eight weeks, even in winter.",
                ),
                words("It is half the treatment."),
            ],
            cite: None,
        }),
        block(BlockKind::Divider),
        words("Not sure which kind you have? Send us two photographs taken in window light."),
        button("Book a scar consultation", "https://skinletter.example.com/consult"),
    ]
}
