//! A paper as text for a terminal.

use super::{Block, Paper, Table};

/// Characters of a line.
const WIDTH: usize = 100;
/// Characters of a fact's name.
const NAME_WIDTH: usize = 26;
/// Characters of one cell at most.
const CELL_WIDTH: usize = 70;

pub(super) fn write(paper: &Paper) -> String {
    let mut text = String::new();
    for line in &paper.title {
        put(&mut text, "", line);
    }
    for block in &paper.blocks {
        match block {
            Block::Part(title) => {
                text.push_str(&format!("\n{}\n", "=".repeat(WIDTH)));
                put(&mut text, "", title);
            }
            Block::Heading(title) => {
                text.push('\n');
                put(&mut text, "", title);
            }
            Block::Sentence(sentence) => put(&mut text, "  ", sentence),
            Block::Fact(name, value) => {
                let pad = " ".repeat(NAME_WIDTH.saturating_sub(name.chars().count()));
                fact(&mut text, &format!("  {name}{pad} : "), value);
            }
            Block::Table(table) => self::table(&mut text, table),
        }
    }
    text
}

fn put(text: &mut String, indent: &str, sentence: &str) {
    for line in wrap(sentence, WIDTH - indent.len()) {
        text.push_str(&format!("{indent}{line}\n"));
    }
}

fn fact(text: &mut String, name: &str, value: &str) {
    let indent = name.chars().count();
    for (number, line) in wrap(value, WIDTH.saturating_sub(indent).max(20)).iter().enumerate() {
        let begin = if number == 0 { name.to_owned() } else { " ".repeat(indent) };
        text.push_str(&format!("{begin}{line}\n"));
    }
}

fn table(text: &mut String, table: &Table) {
    let rows = || std::iter::once(&table.head).chain(&table.rows);
    let width = |column: usize| {
        rows().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0).min(CELL_WIDTH)
    };
    let widths: Vec<usize> = (0..table.head.len()).map(width).collect();
    for (number, row) in rows().enumerate() {
        let cells: Vec<Vec<String>> = row.iter().zip(&widths).map(|(cell, width)| wrap(cell, (*width).max(1))).collect();
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let parts = cells.iter().zip(&widths).map(|(cell, width)| {
                let part = cell.get(line).map_or("", String::as_str);
                format!("{part}{}", " ".repeat(width.saturating_sub(part.chars().count())))
            });
            text.push_str(format!("  {}", parts.collect::<Vec<_>>().join("  ")).trim_end());
            text.push('\n');
        }
        if number == 0 {
            let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            text.push_str(&format!("  {}\n", dashes.join("  ")));
        }
    }
}

/// Lines of at most `width` characters; a longer word is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    super::layout::wrap(text, |line| line.chars().count() <= width)
}
