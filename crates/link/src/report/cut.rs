//! Attachments cut by whole lines, so that a mail always gets out: mail services take some ten megabytes, and on the
//! worst day the lists are longer.

use super::mail::Attachment;

/// An attachment of which lines are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// The attachment's name.
    pub(super) name: &'static str,
    /// How many lines it has in full, its header aside.
    pub(super) total: u64,
    /// How many of them are missing.
    pub(super) missing: u64,
}

/// How many bytes each attachment may have, given what they may have together: the small ones stay whole.
pub(super) fn shares(sizes: &[usize], mut budget: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|at| sizes.get(*at).copied().unwrap_or_default());
    let mut shares = vec![0; sizes.len()];
    for (done, at) in order.iter().enumerate() {
        let (Some(size), Some(share)) = (sizes.get(*at), shares.get_mut(*at)) else { continue };
        *share = (*size).min(budget / (order.len() - done));
        budget -= *share;
    }
    shares
}

/// The attachment in at most `share` bytes; where lines are missing, its last line says so. `place` is where all are.
pub(super) fn cut(attachment: &Attachment, share: usize, place: &str) -> (Attachment, Option<Cut>) {
    if attachment.content.len() <= share {
        return (attachment.clone(), None);
    }
    let ends = line_ends(&attachment.content);
    let total = ends.len().saturating_sub(1) as u64;
    let last = |missing: u64| format!("\"{}\"\r\n", sentence(total, missing, place).replace('"', "\"\""));
    let room = share.saturating_sub(last(total).len());
    // The header stays whatever the room is: without it the lines mean nothing.
    let kept = ends.iter().skip(1).take_while(|end| **end <= room).count();
    let missing = total.saturating_sub(kept as u64);
    let mut content =
        attachment.content.get(..ends.get(kept).copied().unwrap_or_default()).unwrap_or_default().to_vec();
    content.extend_from_slice(last(missing).as_bytes());
    (Attachment { name: attachment.name, content }, Some(Cut { name: attachment.name, total, missing }))
}

impl Cut {
    /// What the body says of it.
    pub(super) fn sentence(&self, place: &str) -> String {
        format!("添付の{}は大きすぎるため、{}", self.name, sentence(self.total, self.missing, place))
    }
}

fn sentence(total: u64, missing: u64, place: &str) -> String {
    format!("全{total}行のうち{missing}行を省略しました。すべての行は{place}にあります。")
}

/// Where the lines of a CSV file end, the header's first. A line break within quotes ends none.
fn line_ends(content: &[u8]) -> Vec<usize> {
    let mut is_quoted = false;
    let mut ends = Vec::new();
    for (at, byte) in content.iter().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => ends.push(at + 1),
            _ => {}
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(lines: usize) -> Attachment {
        let lines: String = (0..lines).map(|line| format!("社員,A{line:05},\"a \"\"b\"\"\nc\"\r\n")).collect();
        Attachment { name: "plan.csv", content: format!("\u{feff}対象,ID,理由\r\n{lines}").into_bytes() }
    }

    #[test]
    fn small_attachments_stay_whole_and_large_ones_share_the_rest() {
        assert_eq!(shares(&[10, 20], 100), [10, 20]);
        assert_eq!(shares(&[90, 20], 100), [80, 20]);
        assert_eq!(shares(&[90, 95], 100), [50, 50]);
        assert_eq!(shares(&[], 100), Vec::<usize>::new());
    }

    #[test]
    fn a_cut_is_between_lines_and_its_last_line_counts_what_is_missing() {
        let whole = attachment(1_000);
        for share in [400, 1_000, 5_000, 20_000] {
            let (short, told) = cut(&whole, share, "画面");
            let text = String::from_utf8(short.content).unwrap();
            assert!(text.len() <= share, "{share}");
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
            let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
            let (last, kept) = rows.split_last().unwrap();
            let missing = 1_000 - kept.len() as u64;
            assert!(kept.iter().all(|row| row.len() == 3));
            assert_eq!(last.iter().collect::<Vec<_>>(), [sentence(1_000, missing, "画面")]);
            assert_eq!(told, Some(Cut { name: "plan.csv", total: 1_000, missing }));
        }
    }

    #[test]
    fn what_fits_is_left_alone() {
        let whole = attachment(10);
        let (same, told) = cut(&whole, whole.content.len(), "画面");
        assert_eq!((same.content, told), (whole.content, None));
    }
}
