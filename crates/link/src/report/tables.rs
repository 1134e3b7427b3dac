//! `errors.csv` and `plan.csv`: what people open in a spreadsheet.

use crate::fault::{Fault, Subject};

/// One line of `plan.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanLine {
    /// 部署 or 社員.
    pub record: &'static str,
    /// The ID.
    pub id: String,
    /// 新規 or 削除.
    pub action: &'static str,
    /// Why.
    pub reason: String,
    /// The person's or department's address in SmartHR, where it is known.
    pub address: Option<String>,
    /// Of somebody who goes: the department that EMC has the person in, as far as EMC was asked.
    pub department: Option<String>,
}

/// `errors.csv`: UTF-8 with BOM, one line for each error and warning.
pub fn errors_csv(errors: &[Fault], warnings: &[Fault]) -> Vec<u8> {
    let header = ["区分", "コード", "内容", "対象", "行", "ID", "SmartHRのID", "項目", "メッセージ"];
    let rows = errors.iter().map(|fault| ("エラー", fault)).chain(warnings.iter().map(|fault| ("警告", fault)));
    csv_table(
        &header,
        rows.map(|(kind, fault)| {
            let entry = fault.code.entry();
            vec![
                kind.to_owned(),
                entry.name.to_owned(),
                entry.title_ja.to_owned(),
                record_ja(fault.record).to_owned(),
                fault.line.map(|line| line.to_string()).unwrap_or_default(),
                fault.id.clone().unwrap_or_default(),
                fault.crew.clone().unwrap_or_default(),
                fault.field.clone().unwrap_or_default(),
                fault.message.clone(),
            ]
        }),
    )
}

/// `plan.csv`: UTF-8 with BOM, one line for each ID that comes or goes.
pub fn plan_csv(lines: &[PlanLine]) -> Vec<u8> {
    csv_table(
        &["対象", "ID", "処理", "理由", "SmartHR", "所属部署"],
        lines.iter().map(|line| {
            let (address, department) = (line.address.clone(), line.department.clone());
            let (address, department) = (address.unwrap_or_default(), department.unwrap_or_default());
            vec![line.record.into(), line.id.clone(), line.action.into(), line.reason.clone(), address, department]
        }),
    )
}

fn record_ja(record: Subject) -> &'static str {
    match record {
        Subject::Department => "部署",
        Subject::User => "社員",
        Subject::Event => "イベント",
        Subject::Environment => "環境変数",
        Subject::Config => "設定ファイル",
        Subject::Mapping => "連携設定シート",
        Subject::Secret => "シークレット",
        Subject::State => "保存データ",
        Subject::Baseline => "初回データ",
        Subject::Smarthr => "SmartHR",
        Subject::Emc => "エマージェンシーコール",
        Subject::Run => "処理",
    }
}

/// A table as CSV: UTF-8 with BOM, cells that a spreadsheet would take for formulas defused.
pub fn csv_table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    // Writing into memory cannot fail.
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(row.iter().map(|cell| defused(cell).into_owned()));
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe in front.
fn defused(cell: &str) -> std::borrow::Cow<'_, str> {
    let first = cell.trim_start_matches([' ', '\u{3000}', '\u{feff}']).chars().next().or_else(|| cell.chars().next());
    match first {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => format!("'{cell}").into(),
        _ => cell.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Code;

    #[test]
    fn a_formula_is_defused_and_the_file_opens_in_a_spreadsheet() {
        let fault =
            Fault::new(Code::UserIdTooLong, Subject::User, "ユーザIDが41文字です。").line(3).id("=HYPERLINK(\"x\")");
        let text = String::from_utf8(errors_csv(&[fault], &[])).unwrap();
        assert!(text.starts_with('\u{feff}'));
        assert!(text.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{text}");
        assert!(text.ends_with("\r\n"));
    }

    #[test]
    fn every_dangerous_first_character_is_defused() {
        for cell in ["=1", "+1", "-1", "@x", "\tx", "\rx", " =1", "　=1"] {
            assert!(defused(cell).starts_with('\''), "{cell:?}");
        }
        assert_eq!(defused("A00027"), "A00027");
    }
}
