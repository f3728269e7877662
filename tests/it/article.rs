//! Reading: what becomes of articles as people write them, and what they are told.

mod marked;
mod pasted;

use std::fmt::Write as _;
use std::path::Path;

use letterpress::article::{
    Article, Block, BlockKind, Chrome, Format, Inline, Item, ReadOptions, Row, Status, load, parse, words,
};
use letterpress::problem::{Problem, Problems, Source, Span};

fn read(name: &str, text: &str, format: Format) -> Result<(Article, Vec<Problem>), Problems> {
    parse(&Source::new(name, text), format, &ReadOptions::default())
}

fn markdown(text: &str) -> (Article, Vec<Problem>) {
    read("a.md", text, Format::Markdown).unwrap_or_else(|problems| panic!("{problems}"))
}

fn plain(text: &str) -> (Article, Vec<Problem>) {
    read("a.txt", text, Format::PlainText).unwrap_or_else(|problems| panic!("{problems}"))
}

fn refused(text: &str) -> Vec<String> {
    let problems = read("a.md", text, Format::Markdown).expect_err("this must be refused");
    told(problems.iter())
}

fn told<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Vec<String> {
    let place = |problem: &Problem| {
        problem.place.as_ref().map_or_else(String::new, |place| format!("{}:{}: ", place.line, place.column))
    };
    problems.into_iter().map(|problem| format!("{}{}", place(problem), problem.message())).collect()
}

/// The shape of an article, a line a block; texts are cut after four words.
fn outline(article: &Article) -> String {
    let mut out = String::new();
    if let Some(title) = &article.meta.title {
        writeln!(out, "h1 {}", article.mask.restore(&title.value)).expect("a string takes any text");
    }
    write_blocks(article, &article.blocks, 0, &mut out);
    for note in &article.footnotes {
        out.push_str("note\n");
        write_blocks(article, &note.blocks, 1, &mut out);
    }
    out
}

fn start(article: &Article, content: &[Inline]) -> String {
    let text = article.mask.restore(&words(content));
    text.split_whitespace().take(4).collect::<Vec<_>>().join(" ")
}

fn write_blocks(article: &Article, blocks: &[Block], depth: usize, out: &mut String) {
    for block in blocks {
        out.push_str(&"  ".repeat(depth));
        match &block.kind {
            BlockKind::Heading { level, content } => {
                writeln!(out, "h{level} {}", article.mask.restore(&words(content)))
                    .expect("a string takes any text");
            }
            BlockKind::Paragraph(content) => {
                let lead = matches!(content.first(), Some(Inline::Strong(_)));
                writeln!(out, "p {}{}", if lead { "*" } else { "" }, start(article, content))
                    .expect("a string takes any text");
            }
            BlockKind::List(list) => {
                let kind = list.start.map_or_else(|| "ul".to_owned(), |start| format!("ol from {start}"));
                writeln!(out, "{kind}").expect("a string takes any text");
                for item in &list.items {
                    match item {
                        Item::Blocks { blocks, task, .. } => {
                            if let Some(task) = task {
                                writeln!(out, "  task {task:?}").expect("a string takes any text");
                            }
                            write_blocks(article, blocks, depth + 1, out);
                        }
                        Item::Control(id) => writeln!(out, "  {}", article.mask.tag(*id).text)
                            .expect("a string takes any text"),
                    }
                }
            }
            BlockKind::Quote { blocks, cite } => {
                let cite = cite.as_ref().map_or_else(String::new, |cite| format!(" by {}", words(cite)));
                writeln!(out, "quote{cite}").expect("a string takes any text");
                write_blocks(article, blocks, depth + 1, out);
            }
            BlockKind::Code { language, text } => {
                writeln!(out, "code {} {text:?}", language.as_deref().unwrap_or("-"))
                    .expect("a string takes any text");
            }
            BlockKind::Table(table) => {
                writeln!(out, "table {:?}", table.align).expect("a string takes any text");
                for row in &table.rows {
                    match row {
                        Row::Cells(cells) => {
                            let cells: Vec<_> = cells.iter().map(|cell| start(article, cell)).collect();
                            writeln!(out, "  {}", cells.join(" | ")).expect("a string takes any text");
                        }
                        Row::Control(id) => writeln!(out, "  {}", article.mask.tag(*id).text)
                            .expect("a string takes any text"),
                    }
                }
            }
            BlockKind::Figure { image, caption } => {
                let caption = caption.as_deref().map(|caption| start(article, caption));
                let width = image.width;
                writeln!(out, "figure {} {width:?} {:?} {caption:?}", image.src, image.alt)
                    .expect("a string takes any text");
            }
            BlockKind::Button { label, href } => {
                writeln!(out, "button {} {href}", words(label)).expect("a string takes any text");
            }
            BlockKind::Callout { kind, title, blocks } => {
                let title = title.as_deref().map(words).unwrap_or_default();
                writeln!(out, "callout {kind:?} {title}").expect("a string takes any text");
                write_blocks(article, blocks, depth + 1, out);
            }
            BlockKind::Columns(columns) => {
                for column in columns {
                    out.push_str("column\n");
                    write_blocks(article, &column.blocks, depth + 1, out);
                }
            }
            BlockKind::Definitions(definitions) => {
                out.push_str("definitions\n");
                for definition in definitions {
                    let terms: Vec<_> = definition.terms.iter().map(|term| words(term)).collect();
                    writeln!(out, "  {}", terms.join(" / ")).expect("a string takes any text");
                    definition
                        .details
                        .iter()
                        .for_each(|blocks| write_blocks(article, blocks, depth + 2, out));
                }
            }
            BlockKind::Divider => out.push_str("divider\n"),
            BlockKind::Control(id) => {
                writeln!(out, "{}", article.mask.tag(*id).text).expect("a string takes any text");
            }
        }
    }
}

fn from_file(path: &str) -> (Article, Vec<Problem>) {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path), &ReadOptions::default())
        .unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn the_clinics_post_gets_its_outline_and_loses_the_left_overs() {
    let (article, warnings) = from_file("articles/microneedling-for-acne-scars.txt");
    assert_eq!(told(&warnings), [""; 0]);
    assert_eq!(
        outline(&article),
        "\
h1 Microneedling for acne scars: what to know before you book
h2 What is microneedling for acne scars?
p Acne leaves some people
p A practitioner passes a
h2 How effective is microneedling?
h3 The science behind it
p Collagen is the scaffolding
h3 What the research says
p Clinical studies have mostly
h2 The procedure
h3 What to expect
p A session usually takes
h3 After-care
p Expect the skin to
h2 The benefits of microneedling
p People choose the treatment
ul
  p *Smoother texture: new collagen
  p *Short recovery: most people
  p *Suited to many skin
  p *Works with other care:
h2 Considerations and risks
p Microneedling is not for
p Serious complications are rare
p Scars are part of
"
    );
    let cut: Vec<_> = article.guesses.iter().filter(|guess| guess.what.starts_with("left out")).collect();
    let texts: Vec<_> = cut.iter().map(|guess| guess.text.as_str()).collect();
    let example = "Example blog post";
    assert_eq!(texts, ["You may also like", "View all", example, example, example]);
    assert_eq!(&article.source.text()[cut[1].span.start..cut[1].span.end], "View all");
}

#[test]
fn the_left_overs_stay_when_they_are_asked_for() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("articles/microneedling-for-acne-scars.txt");
    let (article, _) = load(&path, &ReadOptions { chrome: Chrome::Keep }).unwrap();
    assert!(outline(&article).ends_with("p Example blog post\n"));
}

#[test]
fn headings_without_blank_lines_are_told_by_their_length() {
    let (article, _) = from_file("tests/fixtures/plain/no-blank-lines.txt");
    assert_eq!(
        outline(&article),
        "\
h1 Keeping a sourdough starter through winter
h2 Why cold kitchens matter
p A starter is a
h2 Feeding by smell
p Forget the clock for
h2 A warmer corner
p You do not need
"
    );
}

#[test]
fn headings_in_capitals_are_calmed() {
    let (article, _) = from_file("tests/fixtures/plain/capitals.txt");
    assert_eq!(
        outline(&article),
        "\
h1 Notes from the Canal
h2 The Lock at Foxton
p We reached Foxton a
p It took fifty minutes.
h2 Mooring in Market Harborough
p The basin is pretty
h2 What We Learned
p Carry a longer hose
"
    );
    assert!(article.guesses.iter().all(|guess| guess.what.ends_with("written in capitals")));
}

#[test]
fn numbered_sections_are_no_list_and_a_numbered_list_is_no_section() {
    let (article, _) = from_file("tests/fixtures/plain/numbered.txt");
    assert_eq!(
        outline(&article),
        "\
h1 A short guide to recording oral history
h2 1. Before you go
p Write to the person
h3 1.1 Choosing a room
p Pick the smallest room
h3 1.2 What to carry
p You need less than
ol from 1
  p a recorder with fresh
  p a second recorder
  p photographs, to start the
h2 2. During the conversation
p Ask short questions and
h2 3. Afterwards
p Label the file the
"
    );
}

#[test]
fn stars_and_dashes_nest_by_their_indentation() {
    let (article, _) = from_file("tests/fixtures/plain/dashes-and-stars.txt");
    assert_eq!(
        outline(&article),
        "\
h1 What to sow in March
p The soil is waking
h2 Under glass
ul
  p *Tomatoes: two seeds to
  p *Chillies: slower than you
  p Sweet peas: soak them
  ul
    p nick the darkest seeds
    p pinch out the tips
h2 In the open ground
ul
  p broad beans, if the
  p parsnips, sown thickly, because
  p a row of radishes
p Water in the morning
"
    );
    let BlockKind::Paragraph(last) = &article.blocks.last().unwrap().kind else { panic!("a paragraph") };
    let links = last.iter().filter(
        |inline| matches!(inline, Inline::Link { href, .. } if href == "https://example.org/frost-dates"),
    );
    assert_eq!(links.count(), 1);
    assert!(words(last).ends_with("write to seeds@example.com if you have any to swap."));
}

#[test]
fn lines_broken_by_width_are_joined_and_underlined_headings_read() {
    let (article, _) = from_file("tests/fixtures/plain/hard-wrapped.txt");
    assert_eq!(
        outline(&article),
        "\
h1 The night train to Fort William
p The sleeper leaves Euston
h2 Going to bed
p There is an art
quote by Morag Baird, thirty years a steward
  p \"You do not travel
h3 Waking on the moor
p At seven somebody knocks
divider
p You step down at
"
    );
}

#[test]
fn a_byline_on_top_becomes_author_and_date() {
    let (article, _) = from_file("tests/fixtures/plain/byline-on-top.txt");
    assert_eq!(
        outline(&article),
        "\
h1 How we mended the town clock
p For eleven years the
h2 Up the tower
h3 The stairs
p There are ninety-one steps,
h3 The movement
p Nothing was broken. A
h2 What the clock says now
p It is right twice
"
    );
    assert_eq!(article.meta.author.unwrap().value, "Ines Okafor");
    assert_eq!(article.meta.date.unwrap().value.to_string(), "2026-03-12");
}

#[test]
fn every_block_of_markdown_is_read() {
    let (article, warnings) = from_file("articles/every-block.md");
    assert_eq!(told(&warnings), [""; 0]);
    assert_eq!(
        outline(&article),
        r#"h1 Ink weather: a letter from the print shop
p Dear {{ subscriber.first_name |
p It has rained for
p We weighed it this
h2 A typeface comes home
p In August a school
figure https://example.com/images/caslon-cases.jpg Some(560) "Three open type cases on a workbench, the letters dull with old polish" Some("The wardrobe, unpacked. Case")
h3 What we found in the cases
p Sorting took three of
ul
  p Capitals, almost complete, apart
  p Lower case, with enough
  p Oddments:
  ul
    p a tray of brass
    p fourteen pointing hands, all
    p one very small cast-iron
  p Spaces, which nobody steals
h3 How to wash two hundred pounds of type
ol from 1
  p Lay each line in
  p Brush with warm water
  p Dry it at once.
  p Put every letter back
h4 A note on gloves
p Wear them. Old type
callout Warning Lead is lead
  p No children at the
quote by Edith Marl, apprentice here from 1951
  p The compositor’s hand knows
divider
h2 What is on the press
p Four jobs are locked
table [Start, Center, Start, End]
  Birth cards for the | 2 | 3 November | £95
  Beer mats, The Plough | 1 | 6 November | £140
  {% if subscriber.plan == "pro" %}
  Members’ almanac, numbered | 3 | 12 November | £0
  {% endif %}
  Seed packets, allotment no. | 2 | 20 November | £60
p Before a forme goes
ul
  task Done
  p the words, by whoever
  task Done
  p the spelling of every
  task Open
  p the margins, by Tom,
{% if subscriber.plan == "pro" %}
callout Tip 
  p Members may stand behind
p You are one of
{% endif %}
p For the curious, the
code text "Printed by hand at the Ferris Press, one sheet at a time,\nfor {{ subscriber.first_name }}, who is a name and not a number."
p (The code stays as
h3 Words you will hear
definitions
  Forme
    p Type, locked up and
  Kiss / Kiss impression
    p The type only just
    p What Maud says she
quote by Tom, on being asked what the frog costs
  p The frog is not
h2 Come and get inky
p On the last Friday
button Save me a place https://example.org/open-evening
column
  p *Before seven the light
column
  p *After seven it has
figure https://example.com/images/pull.jpg Some(360) "A hand on the bar of an iron press, a sheet half lifted" Some("One pull, one print")
callout Plain Bring
  p An apron, if you
button Ask about the biscuits mailto:press@example.com?subject=Biscuits
p Until the rain stops,
note
  p Floor polish keeps damp
note
  p Baked by Tom, who
"#
    );
    let hrefs: Vec<_> =
        article.blocks.iter().flat_map(hrefs).map(|href| article.mask.restore(&href)).collect();
    assert_eq!(
        hrefs,
        [
            "https://example.org/open-evening?from={{ subscriber.city | default(value=\"afar\") }}&list=slow-sunday",
            "mailto:press@example.com"
        ]
    );
    let subject = article.meta.subject.as_ref().unwrap();
    assert_eq!(article.mask.find(&subject.value).len(), 1);
    assert!(subject.value.ends_with(", the ink is slow this week"));
}

fn hrefs(block: &Block) -> Vec<String> {
    let BlockKind::Paragraph(content) = &block.kind else { return Vec::new() };
    let href = |inline: &Inline| match inline {
        Inline::Link { href, .. } => Some(href.clone()),
        _ => None,
    };
    content.iter().filter_map(href).collect()
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    for (path, format) in [
        ("articles/every-block.md", Format::Markdown),
        ("articles/microneedling-for-acne-scars.txt", Format::PlainText),
        ("tests/fixtures/plain/hard-wrapped.txt", Format::PlainText),
    ] {
        let (article, _) = from_file(path);
        let text = format!("\u{feff}{}", article.source.text().replace('\n', "\r\n"));
        let (other, _) = read(path, &text, format).unwrap();
        assert_eq!(outline(&other), outline(&article));
        let lines = |article: &Article| -> Vec<_> {
            article.blocks.iter().map(|block| article.source.place(block.span).line).collect()
        };
        assert_eq!(lines(&other), lines(&article));
    }
}

#[test]
fn places_point_at_what_was_typed() {
    let (article, _) = markdown(
        "---\ntitle: Ünïcode\n---\n\nä {{ subscriber.first_name }} [ö link](https://example.com) ![ü](i.png)\n\n> q\n\n## Head {{ subscriber.city }}\n",
    );
    let text = |span: Span| article.source.text()[span.start..span.end].to_owned();
    let BlockKind::Paragraph(content) = &article.blocks[0].kind else { panic!("a paragraph") };
    let spans: Vec<_> = content
        .iter()
        .filter_map(|inline| match inline {
            Inline::Link { span, .. } => Some(text(*span)),
            Inline::Image(image) => Some(text(image.span)),
            _ => None,
        })
        .collect();
    assert_eq!(spans, ["[ö link](https://example.com)", "![ü](i.png)"]);
    assert_eq!(text(article.blocks[1].span), "> q");
    assert_eq!(text(article.blocks[2].span), "## Head {{ subscriber.city }}");
}

#[test]
fn the_words_of_a_poem_and_an_address_keep_their_lines() {
    let (article, _) = plain(
        "A title\n\nThis is the opening paragraph, which is long enough to be one.\n\nRoses are red\nViolets are blue\nInk is a colour\nThat sticks to you\n\nThe Ferris Press\n14 Mill Lane\nHebden Bridge\n\nThat was all, and there is no more of it to tell.\n",
    );
    let breaks = |block: &Block| match &block.kind {
        BlockKind::Paragraph(content) => {
            content.iter().filter(|inline| **inline == Inline::HardBreak).count()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(article.blocks.iter().map(breaks).collect::<Vec<_>>(), [0, 3, 2, 0]);
}

#[test]
fn a_plain_text_that_ends_in_short_lines_keeps_them() {
    let (article, _) = plain(
        "A title\n\nThis is the opening paragraph, which is long enough to be one.\n\nBring with you:\n\n• Soap\n• Water\n• Share of bread\n\nWarm wishes\n\nMaud\n",
    );
    assert_eq!(
        outline(&article),
        "h1 A title\np This is the opening\np Bring with you:\nul\n  p Soap\n  p Water\n  p Share of bread\np Warm wishes\np Maud\n"
    );
}

#[test]
fn controls_typed_without_blank_lines_find_their_place() {
    let (article, _) = markdown(
        "# T\n\n{% if subscriber.plan == 'pro' %}\n- a\n{% if subscriber.city == 'Leeds' %}\n- b\n{% endif %}\n\
         - c\n{% endif %}\n\n{% if subscriber.plan %}\nInside.\n{% endif %}\n---\n\nHello{% if subscriber.city %} you{% endif %}\n",
    );
    assert_eq!(
        outline(&article),
        "h1 T\n{% if subscriber.plan == 'pro' %}\nul\n  p a\n  {% if subscriber.city == 'Leeds' %}\n  p b\n  \
         {% endif %}\n  p c\n{% endif %}\n{% if subscriber.plan %}\np Inside.\n{% endif %}\ndivider\np Hello{% if subscriber.city %}\n"
    );
}

#[test]
fn controls_that_do_not_stand_side_by_side_are_refused_with_their_places() {
    let problems = refused(
        "# T\n\none {% if subscriber.plan %}two\n\nthree{% endif %}\n\n*{% if subscriber.city %}a* b{% endif %}\n\n{% else %}\n",
    );
    assert_eq!(
        problems,
        [
            "3:5: `{% if subscriber.plan %}` has no counterpart beside it",
            "5:6: `{% endif %}` has no counterpart beside it",
            "7:2: `{% if subscriber.city %}` has no counterpart beside it",
            "7:30: `{% endif %}` has no counterpart beside it",
            "9:1: `{% else %}` has no counterpart beside it",
        ]
    );
}

#[test]
fn a_condition_that_is_never_closed_says_so_and_a_misspelt_end_is_told_once() {
    let problems =
        refused("# T\n\n{% if subscriber.plan %}\n\ntwo {% if subscriber.city %}three{% endif %}\n");
    assert_eq!(problems, ["3:1: there is no `{% endif %}` for `{% if subscriber.plan %}`"]);
    let problems = refused("# T\n\n{% if subscriber.plan %}\n\ntwo\n\n{% endfi %}\n");
    assert_eq!(problems, ["7:1: unknown statement `endfi`"]);
}

#[test]
fn a_wrong_tag_is_refused_in_text_and_left_alone_in_code() {
    let problems = refused("# T\n\nHi {{ frist_name }}, `{{ anything at all }}`\n\n    {% nonsense %}\n");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("3:"), "{problems:?}");
}

#[test]
fn the_first_heading_is_the_title_and_is_not_repeated() {
    let (article, _) = markdown("# It's \"here\"\n\ntext\n\n# Second\n\n##### Deep\n\nmore\n");
    assert_eq!(outline(&article), "h1 It’s “here”\np text\nh2 Second\nh4 Deep\np more\n");
    let (article, _) = markdown("---\ntitle: \"It's here\"\n---\n# It's *here*\n\ntext\n");
    assert_eq!(outline(&article), "h1 It's here\np text\n");
    let (article, _) = markdown("---\ntitle: Other\n---\n# It's here\n\ntext\n");
    assert_eq!(outline(&article), "h1 Other\nh2 It’s here\np text\n");
}

#[test]
fn nothing_of_html_tasks_and_odd_attributes_is_lost_in_silence() {
    let (article, warnings) = markdown(
        "# T\n\n<div>shown</div>\n\n<!-- not shown -->\n\na <b>bold</b> word<br>next\n\n- [x] done\n- [ ] open\n\n\
         see [this](https://example.com/x){.button} now\n\n![a](b.png \"Under\"){width=wide}\n",
    );
    let shape = outline(&article);
    assert!(
        shape.contains("p shown\np a bold word next\nul\n  task Done\n  p done\n  task Open\n  p open\n"),
        "{shape}"
    );
    assert!(shape.ends_with("figure b.png None \"a\" Some(\"Under\")\n"), "{shape}");
    assert_eq!(
        told(&warnings),
        [
            "12:5: a button within a paragraph is shown as a link",
            "14:1: expected a number of pixels for `width`, found `wide`",
        ]
    );
}

#[test]
fn footnotes_are_numbered_as_they_are_first_referred_to() {
    let (article, warnings) = markdown(
        "# T\n\nB[^b] and A[^a] and B[^b].\n\n[^a]: Note a.\n[^b]: Note b, see[^c].\n[^c]: Note c.\n[^d]: Nobody.\n",
    );
    assert_eq!(
        outline(&article),
        "h1 T\np B and A and\nnote\n  p Note b, see.\nnote\n  p Note a.\nnote\n  p Note c.\n"
    );
    assert_eq!(told(&warnings), ["8:1: the footnote `d` is never referred to, so readers will not see it"]);
    assert_eq!(warnings[0].hint().unwrap(), "put `[^d]` where it belongs, or delete the note");
}

#[test]
fn everything_wrong_in_front_matter_is_told_at_once() {
    let toml = "+++\nsujbect = 'x'\ndate = 'soon'\nstatus = 'done'\ntags = [1]\nslug = 'a b'\nlang = '!'\nmerge = 'yes'\n+++\n# T\n\ntext\n";
    let yaml = "---\nsujbect: x\ndate: soon\nstatus: done\ntags: [1]\nslug: a b\nlang: '!'\nmerge: 'yes'\n---\n# T\n\ntext\n";
    for text in [toml, yaml] {
        let problems = read("a.md", text, Format::Markdown).expect_err("seven are wrong");
        let messages: Vec<_> = problems
            .iter()
            .map(|problem| (problem.place.as_ref().unwrap().line, problem.message()))
            .collect();
        assert_eq!(
            messages,
            [
                (2, "unknown key `sujbect`".to_owned()),
                (3, "expected a date for `date`, found `soon`".to_owned()),
                (4, "expected `draft` or `ready` for `status`, found `done`".to_owned()),
                (5, "expected a list of texts for `tags`, found a number".to_owned()),
                (6, "the slug `a b` cannot stand in an address".to_owned()),
                (7, "expected a language tag for `lang`, found `!`".to_owned()),
                (8, "expected true or false for `merge`, found text".to_owned()),
            ]
        );
        let hints: Vec<_> = problems.iter().filter_map(Problem::hint).collect();
        assert_eq!(hints[0], "did you mean `subject`?");
        assert_eq!(hints[1], "write it as year-month-day: 2026-03-12");
    }
}

#[test]
fn front_matter_gives_every_field_of_meta() {
    for text in [
        "+++\nid='i'\ntitle='T'\nsubject='S'\npreheader='P'\nslug='s'\ndate=2026-03-12\nstatus='draft'\nauthor='A'\nlang='de'\ntheme='card'\nlist='l'\nfrom='a@example.com'\nimage='i.png'\nimage_alt='alt'\ntags=['x','y']\n+++\ntext\n",
        "---\nid: i\ntitle: T\nsubject: S\npreheader: P\nslug: s\ndate: 2026-03-12\nstatus: draft\nauthor: A\nlang: de\ntheme: card\nlist: l\nfrom: a@example.com\nimage: i.png\nimage_alt: alt\ntags: [x, y]\n---\ntext\n",
    ] {
        let (article, warnings) = markdown(text);
        assert_eq!(told(&warnings), [""; 0]);
        let meta = article.meta;
        let texts = [
            meta.id,
            meta.title,
            meta.subject,
            meta.preheader,
            meta.slug,
            meta.author,
            meta.lang,
            meta.theme,
            meta.list,
            meta.from,
            meta.image,
            meta.image_alt,
        ];
        let texts: Vec<_> = texts.into_iter().map(|field| field.unwrap().value).collect();
        assert_eq!(texts, ["i", "T", "S", "P", "s", "A", "de", "card", "l", "a@example.com", "i.png", "alt"]);
        assert_eq!(meta.date.unwrap().value.to_string(), "2026-03-12");
        assert_eq!(meta.status, Status::Draft);
        assert_eq!(meta.tags.len(), 2);
    }
}

#[test]
fn front_matter_that_is_unclosed_or_repeats_itself_is_refused() {
    assert_eq!(
        refused("+++\ntitle = 'x'\ntext\n"),
        ["1:1: the front matter that begins with `+++` is not closed"]
    );
    assert_eq!(refused("---\ntitle: x\n"), ["1:1: the front matter that begins with `---` is not closed"]);
    assert_eq!(refused("---\ntitle: x\nslug: y\ntitle: z\n---\ntext\n"), ["4:1: `title` is given twice"]);
    assert_eq!(refused("+++\ntitle = 'x'\ntitle = 'z'\n+++\ntext\n").len(), 1);
}

#[test]
fn an_article_without_text_is_refused() {
    for text in ["", "\n \n", "+++\ntitle = 'x'\n+++\n\n", "# Only a title\n", "<!-- nothing -->\n"] {
        assert_eq!(refused(text), ["1:1: the article has no text"], "{text:?}");
    }
    assert!(read("a.txt", "Only a title\n", Format::PlainText).is_err());
}

#[test]
fn braces_in_plain_text_are_literal_unless_merge_is_set() {
    let text = "A title\n\nHello {{ subscriber.first_name }}, {{ this }} stays.\n";
    let (article, warnings) = plain(text);
    assert!(article.mask.tags().is_empty());
    assert_eq!(told(&warnings), ["3:7: merge tags are shown as typed here"]);
    assert!(warnings[0].hint().unwrap().contains("merge = true"));
    let merged = "+++\nmerge = true\n+++\nA title\n\n{% if subscriber.city %}\nHello {{ subscriber.first_name }}, this is long enough.\n{% endif %}\n";
    let (article, warnings) = plain(merged);
    assert_eq!(told(&warnings), [""; 0]);
    assert_eq!(
        outline(&article),
        "h1 A title\n{% if subscriber.city %}\np Hello {{ subscriber.first_name }},\n{% endif %}\n"
    );
    let place = article.source.place(article.blocks[1].span);
    assert_eq!((place.line, place.column), (7, 1));
}

#[test]
fn files_that_are_no_article_are_refused_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let big = folder.path().join("big.md");
    std::fs::File::create(&big).unwrap().set_len(50 * 1024 * 1024).unwrap();
    for (path, message, hint) in [
        (folder.path().join("none.md"), "there is no article at", "check the path"),
        (folder.path().to_owned(), "is a folder, not an article", "name the file itself"),
        (write("a.doc", b"x"), "expected `.md`, `.html` or `.txt`, found `.doc`", "rename it"),
        (write("README", b"x"), "found no extension", "rename it"),
        (big, "has 52428800 bytes, more than the 4194304 an article may have", "split it"),
        (write("zero.txt", b"ab\0\xff\xfe"), "is not a text", "export the document"),
    ] {
        let started = std::time::Instant::now();
        let problems = load(&path, &ReadOptions::default()).expect_err("this is no article");
        let problem = problems.iter().next().unwrap();
        assert!(problem.message().contains(message), "{}", problem.message());
        assert!(problem.hint().unwrap().contains(hint), "{:?}", problem.hint());
        assert!(started.elapsed().as_secs() < 2);
    }
    let long = Source::new("long.md", "a".repeat(50 * 1024 * 1024));
    let problems = parse(&long, Format::Markdown, &ReadOptions::default()).unwrap_err();
    assert!(problems.to_string().contains("has 52428800 bytes"));
    let problems = load(&write("bad.md", b"# T\n\ncaf\xe9 au lait\n"), &ReadOptions::default()).unwrap_err();
    assert_eq!(told(problems.iter()), ["3:4: byte 0xE9 is not UTF-8"]);
}

#[test]
fn plain_text_from_an_office_program_is_read_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    std::fs::write(
        &path,
        b"A title\n\nA caf\xe9 in N\xeemes, \x93tr\xe8s bon\x94, said everybody who went.\n",
    )
    .unwrap();
    let (article, warnings) = load(&path, &ReadOptions::default()).unwrap();
    assert_eq!(told(&warnings), ["1:1: the text is not UTF-8 and was read as windows-1252"]);
    assert!(article.source.text().contains("A café in Nîmes, “très bon”"));
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain("A title\r\n\r\nA café, and nothing more to say.\r\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(&path, utf16).unwrap();
    let (article, warnings) = load(&path, &ReadOptions::default()).unwrap();
    assert_eq!((outline(&article).as_str(), warnings.len()), ("h1 A title\np A café, and nothing\n", 0));
}

#[test]
fn what_is_nested_beyond_reason_is_refused_in_short_time() {
    let started = std::time::Instant::now();
    let deep = |text: String| {
        let problems = refused(&text);
        assert!(
            problems.iter().any(|problem| problem.contains("nested more than 32 levels deep")),
            "{problems:?}"
        );
    };
    deep(format!("# T\n\n{}text\n", "> ".repeat(10_000)));
    deep(format!("# T\n\n{}text\n", "> ".repeat(200)));
    deep(format!("# T\n\n{}text\n", "- ".repeat(5_000)));
    deep(format!("# T\n\n{}text\n", "> - ".repeat(5_000)));
    deep(format!("# T\n\n{}text\n", "1. > ".repeat(5_000)));
    deep(format!("# T\n\n{}a{}\n", "**a ".repeat(5_000), " b**".repeat(5_000)));
    let pictures = format!("# T\n\n{}a{}\n", "![".repeat(5_000), "](x)".repeat(5_000));
    assert_eq!(markdown(&pictures).0.blocks.len(), 1);
    assert!(started.elapsed().as_secs() < 2, "{:?}", started.elapsed());
}

#[test]
fn hostile_texts_take_time_in_proportion_to_their_length() {
    let started = std::time::Instant::now();
    for unit in [
        "http://a.b) ",
        "www.",
        ")",
        "<b>",
        "[^a]",
        "*a ",
        "| a ",
        "— a\n",
        "• a\n\n1. b\n\n",
        "“a\n",
        "A\n===\n",
        "{{ x }}",
        "{% if subscriber.a %}\n",
    ] {
        let text = format!("# T\n\n{}\n", unit.repeat(20_000 / unit.len()));
        let _ = read("a.md", &text, Format::Markdown);
        let _ = read("a.txt", &text, Format::PlainText);
        let _ = read("a.txt", &format!("+++\nmerge = true\n+++\n{text}"), Format::PlainText);
    }
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_read_or_refused_and_never_panics(text in "(\\PC|[\n \t>*#`|~_=\\-•\"\\[\\](){}%!:]){0,200}") {
        let _ = read("a.md", &text, Format::Markdown);
        let _ = read("a.txt", &text, Format::PlainText);
        let _ = read("a.txt", &format!("+++\nmerge = true\n+++\n{text}"), Format::PlainText);
    }

    #[test]
    fn no_word_of_a_plain_text_is_lost(
        paragraphs in proptest::collection::vec("([A-Z]?[a-z]{1,9}[,:?]?[ \n]){1,30}[a-z]{1,9}[.!?]?", 1..8),
    ) {
        let text = format!("A fine title\n\n{}\n", paragraphs.join("\n\n"));
        let options = ReadOptions { chrome: Chrome::Keep };
        let (article, _) = parse(&Source::new("a.txt", text.as_str()), Format::PlainText, &options).unwrap();
        let mut kept = String::new();
        gather(&article.blocks, &mut kept);
        let mut expected: Vec<_> = text.split_whitespace().skip(3).collect();
        // `By Ada` under the title is no part of the text: it names the author.
        if let Some(author) = &article.meta.author {
            let bare = |word: &str| word.trim_end_matches(['.', ',', ':', '?', '!']).to_owned();
            let author: Vec<_> = author.value.split_whitespace().map(bare).collect();
            let named = |words: &[&str]| words.iter().copied().map(bare).eq(author.iter().cloned());
            let at = expected.windows(author.len()).position(named);
            proptest::prop_assert!(at.is_some_and(|at| at <= 2), "{:?}", article.meta.author);
            expected.drain(..at.unwrap() + author.len());
        }
        proptest::prop_assert_eq!(kept.split_whitespace().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_byline_takes_no_other_word_along(name in "[A-Z][a-z]{1,9}", rest in "[a-z]{1,9}( [a-z]{1,9}){0,9}") {
        let (article, _) = read("a.txt", &format!("A fine title\n\nBy {name}\n{rest}\n"), Format::PlainText).unwrap();
        proptest::prop_assert_eq!(article.meta.author.map(|author| author.value), Some(name));
        let mut kept = String::new();
        gather(&article.blocks, &mut kept);
        proptest::prop_assert_eq!(kept.trim(), rest);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    #[test]
    fn no_word_and_no_address_of_markdown_is_lost(
        parts in proptest::collection::vec((0..8_u8, proptest::collection::vec("[a-z]{1,8}", 1..6)), 1..12),
    ) {
        let mut text = "# Title\n".to_owned();
        let mut expected = Vec::new();
        for (kind, content) in &parts {
            let line = content.join(" ");
            expected.extend(content.iter().map(String::as_str));
            let written = match kind {
                0 => format!("\n{line}\n"),
                1 => format!("\n- {line}\n"),
                2 => format!("\n> {line}\n"),
                3 => format!("\n### {line}\n"),
                4 => format!("\n*{line}*\n"),
                5 => format!("\nx [{line}](https://example.com/{})\n", content[0]),
                6 => format!("\n[{line}](https://example.com/{}){{.button}}\n", content[0]),
                _ => format!("{line}\n"),
            };
            text.push_str(&written);
        }
        let (article, _) = read("a.md", &text, Format::Markdown).expect("nothing is wrong with it");
        let mut kept = String::new();
        gather(&article.blocks, &mut kept);
        let kept: Vec<_> = kept.split_whitespace().filter(|word| *word != "x").collect();
        expected.retain(|word| *word != "x");
        proptest::prop_assert_eq!(kept, expected);
        let shown = format!("{:?}", article.blocks);
        for (_, content) in parts.iter().filter(|(kind, _)| matches!(kind, 5 | 6)) {
            let href = format!("https://example.com/{}\"", content[0]);
            proptest::prop_assert!(shown.contains(&href));
        }
    }
}

/// All words of all blocks in the order of the text.
fn gather(blocks: &[Block], out: &mut String) {
    for block in blocks {
        match &block.kind {
            BlockKind::Heading { content, .. } | BlockKind::Paragraph(content) => {
                out.push_str(&words(content));
            }
            BlockKind::Quote { blocks, cite } => {
                gather(blocks, out);
                out.push_str(&words(cite.as_deref().unwrap_or_default()));
            }
            BlockKind::List(list) => {
                for item in &list.items {
                    if let Item::Blocks { blocks, .. } = item {
                        gather(blocks, out);
                    }
                }
            }
            BlockKind::Button { label, .. } => out.push_str(&words(label)),
            other => panic!("no {other:?} was written"),
        }
        out.push(' ');
    }
}
