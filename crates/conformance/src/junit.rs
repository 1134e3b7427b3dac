//! The report as JUnit XML, which build servers show.

use std::fmt::Write as _;

use crate::report::{Report, Verdict};

/// One test case for each rule.
pub fn junit(report: &Report) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuite name=\"emc-import-api\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{:.3}\">\n",
        report.rules.len(),
        report.broken(),
        report.count(Verdict::NotPlayed),
        report.seconds
    );
    for played in &report.rules {
        let name = escaped(&format!("{} {}", played.number, played.name));
        let _ = write!(xml, "  <testcase classname=\"emc-import-api\" name=\"{name}\"");
        let _ = match played.verdict {
            Verdict::Holds => writeln!(xml, "/>"),
            Verdict::NotPlayed => {
                writeln!(xml, "><skipped message=\"{}\"/></testcase>", escaped(&played.expected))
            }
            Verdict::Broken => writeln!(
                xml,
                "><failure message=\"{}\">{}</failure></testcase>",
                escaped(&played.expected),
                escaped(&format!("{}\n\n{}", played.request, played.answer))
            ),
        };
    }
    xml.push_str("</testsuite>\n");
    xml
}

/// Text that is safe in XML; control characters have no place in it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("&#10;"),
            '\t' => safe.push(' '),
            character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                safe.push('\u{fffd}');
            }
            character => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Played;

    #[test]
    fn what_is_no_xml_is_escaped() {
        let rule = |number, verdict| Played {
            number,
            name: "名前",
            verdict,
            request: "PUT <x> & \u{1}".to_owned(),
            answer: "{\"a\":1}".to_owned(),
            expected: "200".to_owned(),
        };
        let rules = vec![rule(1, Verdict::Holds), rule(2, Verdict::Broken), rule(3, Verdict::NotPlayed)];
        let xml = junit(&Report { rules, left_empty: true, seconds: 1.0 });
        assert!(xml.contains("tests=\"3\" failures=\"1\" skipped=\"1\""), "{xml}");
        assert!(xml.contains("PUT &lt;x&gt; &amp; \u{fffd}&#10;&#10;{&quot;a&quot;:1}</failure>"), "{xml}");
    }
}
