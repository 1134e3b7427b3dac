//! A check's answer as a list with ✓ and ✗: what was reached, the product document's five Points by name, and each thing
//! that is wrong with its remedy.

use crate::screen::say;
use link::fault::{Code, Fault};
use link::report::Answer;

/// The product document's Points, each with the faults that its remedy is told by.
const POINTS: [(&str, &[Code]); 5] = [
    ("Point①", &[Code::DepartmentSkipped, Code::DepartmentCodeMissing]),
    ("Point②", &[Code::DepartmentParentUnknown, Code::DepartmentCycle]),
    ("Point③", &[Code::KanaMissing]),
    ("Point④", &[Code::UserIdMissing, Code::UserIdTooLong, Code::UserIdDuplicate]),
    ("Point⑤", &[Code::SearchWordUnknown]),
];

pub(crate) fn show(answer: &Answer) {
    let mut told = Vec::new();
    for line in &answer.details {
        if line.starts_with(['✓', '✗']) {
            say!("{line}");
        } else {
            say!("✓ {line}");
        }
        let Some((_, codes)) = POINTS.iter().find(|(name, _)| line.starts_with('✗') && line.contains(name)) else {
            continue;
        };
        for (at, fault) in faults(answer).enumerate().filter(|(_, fault)| codes.contains(&fault.code)) {
            say!("    {}", fault.message);
            told.push(at);
        }
    }
    let rest: Vec<&Fault> =
        faults(answer).enumerate().filter(|(at, _)| !told.contains(at)).map(|(_, fault)| fault).collect();
    for fault in &rest {
        say!("✗ {}", fault.code.entry().title_ja);
        say!("    {}", fault.message);
    }
    if answer.errors.is_empty() && answer.warnings.is_empty() {
        say!("\n問題はありません。次に: emc-link preview");
    } else {
        say!("\n✗の項目を直した後、もう一度: emc-link check");
    }
}

fn faults(answer: &Answer) -> impl Iterator<Item = &Fault> {
    answer.errors.iter().chain(&answer.warnings)
}
