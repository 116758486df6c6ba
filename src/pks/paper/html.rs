//! A paper as one HTML page: no script, nothing loaded from elsewhere, prints on A4.

use super::{Block, Paper, Table};

const STYLE: &str = "body{font:11pt/1.45 sans-serif;max-width:48em;margin:2em auto;padding:0 1em;color:#111;background:#fff}\
h1,h1+p{text-align:center}header p{text-align:center;margin:.2em}h2{margin-top:2em;break-before:page}h3{margin:1.4em 0 .4em}\
table{border-collapse:collapse;width:100%;margin:.5em 0}th,td{border:1px solid #999;padding:.25em .5em;text-align:left;\
vertical-align:top;overflow-wrap:anywhere}dl{display:grid;grid-template-columns:14em 1fr;margin:.2em 0}dd{margin:0;overflow-wrap:anywhere}";

pub(super) fn write(paper: &Paper) -> String {
    let mut title = paper.title.iter();
    let first = title.next().map_or("", String::as_str);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"id\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>{STYLE}</style></head>\n<body><header><h1>{}</h1>\n",
        paper.title.iter().map(|line| escaped(line)).collect::<Vec<_>>().join(" - "),
        escaped(first)
    );
    for line in title {
        page.push_str(&format!("<p>{}</p>\n", escaped(line)));
    }
    page.push_str("</header>\n");
    for block in &paper.blocks {
        match block {
            Block::Part(text) => page.push_str(&format!("<h2>{}</h2>\n", escaped(text))),
            Block::Heading(text) => page.push_str(&format!("<h3>{}</h3>\n", escaped(text))),
            Block::Sentence(text) => page.push_str(&format!("<p>{}</p>\n", escaped(text))),
            Block::Fact(name, value) => {
                page.push_str(&format!("<dl><dt>{}</dt><dd>{}</dd></dl>\n", escaped(name), escaped(value)));
            }
            Block::Table(table) => self::table(&mut page, table),
        }
    }
    page.push_str("</body></html>\n");
    page
}

fn table(page: &mut String, table: &Table) {
    let row = |cells: &[String], tag: &str| {
        cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect::<Vec<_>>().concat()
    };
    page.push_str(&format!("<table><thead><tr>{}</tr></thead><tbody>\n", row(&table.head, "th")));
    for cells in &table.rows {
        page.push_str(&format!("<tr>{}</tr>\n", row(cells, "td")));
    }
    page.push_str("</tbody></table>\n");
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
