//! Tables with columns, for people.

use super::terminal::{Style, Terminal};

/// Rows under headings, each column as wide as its longest cell. Control characters in text of others are escaped, so
/// that they cannot control the terminal.
pub fn table(terminal: &Terminal, heads: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([heads[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: &[String], style: fn(usize) -> Style| {
        let padded = cells.iter().zip(&widths).enumerate();
        let cells = padded.map(|(column, (cell, width))| terminal.paint(style(column), &format!("{cell:width$}")));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let mut lines = vec![line(&heads, |_| Style::Faint)];
    lines.extend(rows.iter().map(|row| line(row, |column| if column == 0 { Style::Address } else { Style::Kind })));
    lines.join("\n")
}
