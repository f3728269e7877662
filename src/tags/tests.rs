//! Tags are taken out, checked and put back.

use super::*;
use proptest::prelude::*;

fn masked(text: &str) -> (Mask, Masked) {
    let source = Source::new("a.md", text);
    let mut mask = Mask::avoiding(text);
    let masked = mask.mask(&source, text, 0);
    (mask, masked)
}

fn refusals(text: &str) -> Vec<String> {
    let (mask, _) = masked(text);
    (0..mask.tags().len())
        .flat_map(|id| mask.refusals(TagId(u32::try_from(id).unwrap())))
        .map(|problem| problem.message())
        .collect()
}

#[test]
fn a_tag_becomes_a_word_and_comes_back_as_typed() {
    let text = "Hi {{ subscriber.first_name | default(value=\"}}\") }}, {%- if subscriber.a -%}x{% endif %}";
    let (mask, masked) = masked(text);
    assert_eq!(mask.tags().len(), 3);
    assert!(!masked.text.contains('{'));
    assert_eq!(mask.restore(&masked.text), text);
    assert_eq!(mask.default_of(TagId(0)).as_deref(), Some("}}"));
    assert_eq!(mask.tag(TagId(1)).inner, "if subscriber.a");
    assert_eq!(mask.tag(TagId(1)).kind, TagKind::Open);
    assert_eq!(mask.tag(TagId(2)).kind, TagKind::Close);
    assert_eq!(mask.tag(TagId(0)).fields[0].name, "first_name");
}

#[test]
fn a_span_of_the_masked_text_leads_back_to_what_was_typed() {
    let text = "a {{ subscriber.x }} b {{ subscriber.y }} c";
    let (mask, masked) = masked(text);
    let at = masked.text.find(" b ").unwrap();
    let span = masked.original(Span::new(at + 1, at + 2));
    assert_eq!(&text[span.start..span.end], "b");
    let found = mask.find(&masked.text)[1];
    let span = masked.original(found.span);
    assert_eq!(&text[span.start..span.end], "{{ subscriber.y }}");
    let all = masked.original(Span::new(0, masked.text.len()));
    assert_eq!(all, Span::new(0, text.len()));
}

#[test]
fn what_a_copy_must_not_do_is_refused_with_its_name() {
    assert_eq!(refusals("{% set x = 1 %}"), ["`set` is not allowed in a merge tag"]);
    assert_eq!(refusals("{{ subscriber.a | safe }}"), ["`safe` is not allowed in a merge tag"]);
    assert_eq!(refusals("{{ now() }}"), ["`now` is not allowed in a merge tag"]);
    assert_eq!(refusals("{{ subscriber[\"a\"] }}"), ["expected a field after `subscriber`"]);
    assert_eq!(refusals("{{ first_name }}"), ["unknown name `first_name`"]);
    assert_eq!(refusals("{{ subscriber.a | uper }}"), ["unknown filter `uper`"]);
    assert_eq!(refusals("{{ }}"), ["this merge tag is empty"]);
    assert_eq!(refusals("x {{ subscriber.a\n\ny"), ["this merge tag is not closed"]);
}

#[test]
fn the_usual_slips_are_told_once_each_with_what_to_write() {
    for (text, message, hint) in [
        ("{{ subscriber.a | default(value=“there”) }}", "this merge tag has curly quotes", "straight quotes"),
        ("{% if subscriber.a == ‘pro’ %}", "this merge tag has curly quotes", "straight quotes"),
        (
            "{{ subscriber.a | default(\"there\") }}",
            "`default` needs a `value`",
            "write `default(value=\"there\")`",
        ),
        (
            "{{ subscriber.a | default: 'friend' }}",
            "`default` needs a `value`",
            "write `default(value=\"friend\")`",
        ),
        ("{% if subscriber.plan = \"pro\" %}", "a single `=` compares nothing", "compare with `==`"),
        ("{% endfi %}", "unknown statement `endfi`", "did you mean `endif`?"),
        ("{% end if %}", "unknown statement `end`", "did you mean `endif`?"),
        ("{% /if %}", "unknown statement `/if`", "did you mean `endif`?"),
        ("{% elsif subscriber.a %}", "unknown statement `elsif`", "did you mean `elif`?"),
        ("{{ subscriber.First Name }}", "`First Name` is no name of a field", "`subscriber.first_name`"),
        ("{% if subscriber.first-name %}", "`first-name` is no name of a field", "`subscriber.first_name`"),
    ] {
        let (mask, _) = masked(text);
        let told = mask.refusals(TagId(0));
        assert_eq!(refusals(text), [message], "{text}");
        assert!(told[0].hint().unwrap().contains(hint), "{text}: {:?}", told[0].hint());
    }
}

#[test]
fn a_misspelt_statement_still_closes_or_opens() {
    for (text, kind) in [
        ("{% endfi %}", TagKind::Close),
        ("{% elseif subscriber.a %}", TagKind::Middle),
        ("{% fi %}", TagKind::Open),
    ] {
        assert_eq!(masked(text).0.tag(TagId(0)).kind, kind, "{text}");
    }
}

#[test]
fn what_is_allowed_is_not_refused() {
    for text in [
        "{{ subscriber.a | default(value='x') | upper }}",
        "{% if subscriber.plan == \"pro\" and not subscriber.b or subscriber.c is defined %}",
        "{% elif \"rust\" in subscriber.tags %}{% else %}{% endif %}",
        "{% for tag in subscriber.tags | split(pat=',') %}{{ tag }}{% if loop.last %}.{% endif %}{% endfor %}",
        "{{ subscriber.a | default(value=\"“there”, she said\") }}",
        "{% if subscriber.a != 'x' or subscriber.b >= 3 and subscriber.c not in 'y' %}",
        "{{ subscriber.a - 1 }}",
        "{{ 'x' if subscriber.a is defined else 'y' }}",
        "{% if subscriber.a is starting_with(pat=\"x\") %}",
    ] {
        assert_eq!(refusals(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_text_that_imitates_sentinels_gets_others() {
    let first = Mask::avoiding("plain");
    let text = format!("{} plain", first.stem);
    assert!(Mask::avoiding(&text).is_foreign_to(&text));
}

#[test]
fn a_control_alone_is_recognised_and_a_hole_is_not() {
    let (mask, masked) = masked("{% if subscriber.a %}\n{{ subscriber.a }}");
    let lines: Vec<_> = masked.text.lines().collect();
    assert_eq!(mask.only_control(lines[0]), Some(TagId(0)));
    assert_eq!(mask.only_control(lines[1]), None);
}

proptest! {
    #[test]
    fn any_text_comes_back_as_typed(text in "([{}%\"'a-z .]|\\{\\{|\\}\\}|\\{%|%\\}|\n|é){0,60}") {
        let (mask, masked) = masked(&text);
        prop_assert_eq!(mask.restore(&masked.text), text.clone());
        prop_assert_eq!(masked.original(Span::new(0, masked.text.len())), Span::new(0, text.len()));
        let mut ends = 0;
        for found in mask.find(&masked.text) {
            let span = masked.original(found.span);
            prop_assert_eq!(&text[span.start..span.end], &mask.tag(found.id).text);
            prop_assert!(span.start >= ends);
            ends = span.end;
        }
    }
}
