//! A paper as PDF: A4 pages of lines, in the two faces of [`fonts`](super::fonts). The same paper gives the same bytes.

use std::fmt::Write as _;

use super::super::fault::PksFault;
use super::fonts::{self, Font};
use super::{Block, Paper, Table, layout};

/// Points of an A4 page.
const PAGE: (f32, f32) = (595.0, 842.0);
/// Points between the edge of the page and the text.
const MARGIN: f32 = 62.0;
const SIZE: f32 = 9.5;
const LEADING: f32 = 13.0;
/// Points of a fact's name.
const NAME_WIDTH: f32 = 150.0;
/// Points between two cells.
const GAP: f32 = 10.0;

/// A text at its place.
struct Run {
    font: Font,
    size: f32,
    x: f32,
    y: f32,
    text: String,
}

/// Lines put down one below the other, page by page.
struct Pages {
    pages: Vec<Vec<Run>>,
    y: f32,
}

pub(super) fn write(paper: &Paper) -> Result<Vec<u8>, PksFault> {
    let mut pages = Pages { pages: vec![Vec::new()], y: PAGE.1 - MARGIN };
    for (number, line) in paper.title.iter().enumerate() {
        let (font, size) = if number == 0 { (Font::Bold, 15.0) } else { (Font::Regular, SIZE + 1.0) };
        pages.centred(font, size, line);
    }
    for block in &paper.blocks {
        match block {
            Block::Part(text) => {
                pages.new_page();
                pages.centred(Font::Bold, 13.0, text);
            }
            Block::Heading(text) => {
                pages.space(LEADING);
                pages.keep_together(3);
                pages.cells(Font::Bold, &[(MARGIN, PAGE.0 - 2.0 * MARGIN, text)]);
            }
            Block::Sentence(text) => pages.cells(Font::Regular, &[(MARGIN, PAGE.0 - 2.0 * MARGIN, text)]),
            Block::Fact(name, value) => {
                let value_x = MARGIN + NAME_WIDTH + GAP;
                pages.cells(Font::Regular, &[(MARGIN, NAME_WIDTH, name), (value_x, PAGE.0 - MARGIN - value_x, value)]);
            }
            Block::Table(table) => pages.table(table),
        }
    }
    file(&paper.title, &pages.pages)
}

impl Pages {
    fn new_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = PAGE.1 - MARGIN;
    }

    fn space(&mut self, points: f32) {
        self.y -= points;
    }

    /// Begins a new page where fewer lines than these are left.
    fn keep_together(&mut self, lines: u8) {
        if self.y - f32::from(lines) * LEADING < MARGIN {
            self.new_page();
        }
    }

    fn put(&mut self, font: Font, size: f32, x: f32, text: String) {
        let y = self.y;
        if let Some(page) = self.pages.last_mut() {
            page.push(Run { font, size, x, y, text });
        }
    }

    fn centred(&mut self, font: Font, size: f32, text: &str) {
        for line in layout::wrap(text, |line| font.width(line, size) <= PAGE.0 - 2.0 * MARGIN) {
            self.keep_together(1);
            let x = (PAGE.0 - font.width(&line, size)) / 2.0;
            self.put(font, size, x, line);
            self.y -= size * 1.5;
        }
    }

    /// Texts side by side, each wrapped within its width: left edge, width, text.
    fn cells(&mut self, font: Font, cells: &[(f32, f32, &String)]) {
        let wrapped: Vec<(f32, Vec<String>)> =
            cells.iter().map(|(x, width, text)| (*x, layout::wrap(text, |line| font.width(line, SIZE) <= *width))).collect();
        for line in 0..wrapped.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0) {
            self.keep_together(1);
            for (x, lines) in &wrapped {
                if let Some(text) = lines.get(line) {
                    self.put(font, SIZE, *x, text.clone());
                }
            }
            self.y -= LEADING;
        }
    }

    fn table(&mut self, table: &Table) {
        let wanted = |column: usize| {
            let cells = std::iter::once(&table.head).chain(&table.rows).filter_map(|row| row.get(column));
            cells.map(|cell| Font::Bold.width(cell, SIZE)).fold(0.0_f32, f32::max) + GAP
        };
        let widths: Vec<f32> = (0..table.head.len()).map(wanted).collect();
        // Wider than the page: every column gives way in proportion.
        let scale = ((PAGE.0 - 2.0 * MARGIN) / widths.iter().sum::<f32>().max(1.0)).min(1.0);
        let mut edges = Vec::with_capacity(widths.len());
        let mut x = MARGIN;
        for width in widths {
            edges.push((x, width * scale - GAP));
            x += width * scale;
        }
        self.keep_together(3);
        for (number, row) in std::iter::once(&table.head).chain(&table.rows).enumerate() {
            let cells: Vec<_> = row.iter().zip(&edges).map(|(cell, (x, width))| (*x, *width, cell)).collect();
            self.cells(if number == 0 { Font::Bold } else { Font::Regular }, &cells);
        }
    }
}

/// The file: catalogue, pages, two fonts, information, then each page with its content.
fn file(title: &[String], pages: &[Vec<Run>]) -> Result<Vec<u8>, PksFault> {
    const FIXED: usize = 5;
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", FIXED + 1 + page * 2)).collect();
    let font = |name: &str| format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>");
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R /Lang (id-ID) /ViewerPreferences << /DisplayDocTitle true >> >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()),
        font("Helvetica"),
        font("Helvetica-Bold"),
        format!("<< /Title {} /Producer (gerbang) >>", literal(&title.join(" - "))?),
    ];
    for (number, page) in pages.iter().enumerate() {
        let mut content = String::new();
        let footer = format!("Halaman {} dari {}", number + 1, pages.len());
        let footer = Run { font: Font::Regular, size: 8.0, x: MARGIN, y: MARGIN / 2.0, text: footer };
        for run in page.iter().chain([&footer]) {
            // Writing to a String cannot fail.
            let _infallible = writeln!(
                content,
                "BT /{} {:.1} Tf {:.2} {:.2} Td {} Tj ET",
                run.font.name(),
                run.size,
                run.x,
                run.y,
                literal(&run.text)?
            );
        }
        let content_object = FIXED + 2 + number * 2;
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {} {}] /Contents {content_object} 0 R \
             /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
            PAGE.0, PAGE.1
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}endstream", content.len()));
    }
    Ok(assemble(&objects).into_bytes())
}

fn assemble(objects: &[String]) -> String {
    let mut pdf = String::from("%PDF-1.4\n");
    let mut places = Vec::with_capacity(objects.len());
    for (number, object) in objects.iter().enumerate() {
        places.push(pdf.len());
        let _infallible = write!(pdf, "{} 0 obj\n{object}\nendobj\n", number + 1);
    }
    let start = pdf.len();
    let _infallible = write!(pdf, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        let _infallible = writeln!(pdf, "{place:010} 00000 n ");
    }
    let _infallible =
        write!(pdf, "trailer\n<< /Size {} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    pdf
}

/// A text as a PDF string of printable ASCII.
fn literal(text: &str) -> Result<String, PksFault> {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('(');
    for character in text.chars() {
        let Some(code) = fonts::code(character) else {
            let sentence =
                format!("huruf {character:?} (U+{:04X}) tidak dapat dicetak dalam PDF; pakai HTML", u32::from(character));
            return Err(PksFault::new("", sentence));
        };
        match character {
            '(' | ')' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            ' '..='~' => out.push(character),
            _ => {
                let _infallible = write!(out, "\\{code:03o}");
            }
        }
    }
    out.push(')');
    Ok(out)
}
