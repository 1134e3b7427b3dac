//! A terminal's text as a picture that needs no fonts of ours: SVG with a column grid, wide characters two columns wide.

use std::fmt::Write;

const COLUMN: usize = 8;
const LINE: usize = 20;
const WIDEST: usize = 112;
const LONGEST: usize = 34;

/// The commands and what they printed.
pub(crate) fn of(commands: &str, output: &str) -> String {
    let mut lines: Vec<(bool, String)> = commands.lines().map(|line| (true, format!("$ {line}"))).collect();
    // Addresses of this run's servers and folders are no part of the picture.
    let output = output.lines().filter(|line| !line.starts_with('…')).map(|line| {
        let at = line.find("http://127.0.0.1:").map_or(line.to_owned(), |at| {
            let (before, address) = line.split_at(at);
            let path = address.splitn(4, '/').nth(3).unwrap_or_default();
            format!("{before}https://acme.smarthr.jp/{path}")
        });
        (false, at)
    });
    lines.extend(output);
    let lines: Vec<(bool, String)> =
        lines.into_iter().flat_map(|(typed, line)| wrapped(&line).into_iter().map(move |part| (typed, part))).collect();
    let more = lines.len() > LONGEST;
    let shown: Vec<&(bool, String)> = lines.iter().take(LONGEST).collect();
    let height = (shown.len() + usize::from(more) + 1) * LINE;
    let width = (WIDEST + 2) * COLUMN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, \
         'Noto Sans Mono CJK JP', 'MS Gothic', Osaka-Mono, monospace\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#1b2530\"/>\n"
    );
    for (at, (typed, line)) in shown.iter().enumerate() {
        text(&mut svg, at, if *typed { "#8fd3ff" } else { "#e6edf3" }, line);
    }
    if more {
        text(&mut svg, shown.len(), "#93a4b3", "(以下省略)");
    }
    svg.push_str("</svg>\n");
    svg
}

/// What a picture says, without what differs from run to run: times, and the digits and letters of run ids.
pub(crate) fn words(svg: &str) -> String {
    let texts = svg.lines().filter(|line| line.starts_with("<text")).filter_map(|line| line.split_once('>'));
    let words = texts.map(|(_, text)| text.trim_end_matches("</text>"));
    words.flat_map(str::chars).filter(|c| !c.is_whitespace() && !matches!(c, '0'..='9' | 'a'..='f')).collect()
}

fn text(svg: &mut String, at: usize, colour: &str, line: &str) {
    if line.trim().is_empty() {
        return;
    }
    let (y, length) = ((at + 1) * LINE, columns(line) * COLUMN);
    let escaped = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    writeln!(
        svg,
        "<text x=\"{COLUMN}\" y=\"{y}\" fill=\"{colour}\" xml:space=\"preserve\" textLength=\"{length}\" \
         lengthAdjust=\"spacingAndGlyphs\">{escaped}</text>"
    )
    .unwrap();
}

fn wrapped(line: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut used = 0;
    for c in line.chars() {
        if used + width(c) > WIDEST {
            parts.push("  ".to_owned());
            used = 2;
        }
        used += width(c);
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

fn columns(line: &str) -> usize {
    line.chars().map(width).sum()
}

fn width(c: char) -> usize {
    if c.is_ascii() || ('\u{FF61}'..='\u{FF9F}').contains(&c) { 1 } else { 2 }
}
