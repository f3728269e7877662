//! Tables, as columns or as records.

use super::*;

#[test]
fn a_table_with_words_from_right_to_left_is_set_as_records() {
    let table = table_of(&[], &[&["עיר", "N"], &["חיפה", "1"]]);
    assert_eq!(body(vec![kind(BlockKind::Table(table))]), "עיר: חיפה\nN: 1\n");
}

fn table_of(align: &[Align], rows: &[&[&str]]) -> Table {
    let mut rows = rows.iter().map(|row| row.iter().map(|cell| words(cell)).collect::<Vec<_>>());
    let head = rows.next().unwrap();
    Table { align: align.to_vec(), head, rows: rows.map(Row::Cells).collect() }
}

#[test]
fn a_narrow_table_has_columns() {
    let align = [Align::Start, Align::End, Align::Center];
    let table =
        table_of(&align, &[&["City", "People", "X"], &["東京", "14000000", "yes"], &["Rome", "2", "n"]]);
    assert_snapshot!(body(vec![kind(BlockKind::Table(table))]), @r"
    City    People   X
    ----  --------  ---
    東京  14000000  yes
    Rome         2   n
    ");
}

#[test]
fn a_wide_table_becomes_records() {
    let wide = "a cell with so many words that no line of mail could hold it beside another one";
    let table = table_of(&[], &[&["City", "Note"], &["Rome", wide], &["Oslo", ""]]);
    assert_snapshot!(body(vec![kind(BlockKind::Table(table))]), @r"
    City: Rome
    Note: a cell with so many words that no line of mail could hold it
      beside another one

    City: Oslo
    ");
}

#[test]
fn items_and_rows_may_have_controls() {
    let mut article = merged("{% if subscriber.a %}\n{% endif %}\n{{ subscriber.b }}");
    let (open, close) = (TagId(0), TagId(1));
    let items = vec![
        item(vec![para("a")]),
        Item::Control(open),
        item(vec![para("b")]),
        Item::Control(close),
        item(vec![para("c")]),
    ];
    let mut table = table_of(&[], &[&["Name", "N"], &["x", "1"], &["y", "2"]]);
    table.rows.insert(1, Row::Control(open));
    table.rows.push(Row::Control(close));
    article.blocks = vec![list(Some(1), true, items), kind(BlockKind::Table(table))];
    assert_snapshot!(restored(&article), @r"
    - a
    {% if subscriber.a %}- b
    {% endif %}- c

    Name: x
    N: 1{% if subscriber.a %}

    Name: y
    N: 2{% endif %}
    ");
}
