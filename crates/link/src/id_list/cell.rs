//! Cells that cannot be an ID as EMC writes it, and what a spreadsheet did to them.

use crate::text::invisible_name;

/// What is wrong with a cell, as the end of a sentence (Japanese); `None` where it may be an ID.
pub(super) fn damage(cell: &str) -> Option<String> {
    if let Some(name) = invisible_name(cell) {
        return Some(match name.as_str() {
            "U+001A" => "ファイルの終わりの記号(Ctrl-Z、U+001A)です。編集ソフトが付けたものです。".to_owned(),
            _ => format!("目に見えない文字({name})を含みます。編集やコピーで混入したものです。"),
        });
    }
    let what = if cell.contains('\u{FFFD}') {
        "文字化けしています。"
    } else if cell.starts_with('=') {
        "数式です。Excelなどで編集したファイルです。"
    } else if cell.starts_with('\'') {
        "先頭にアポストロフィ(')が付いています。Excelなどで編集したファイルです。"
    } else if is_error_value(cell) {
        "Excelのエラー値です。"
    } else if is_exponential(cell) {
        "Excelが長い数字を指数表記に変えたものです。元のIDは失われています。"
    } else if is_date(cell) {
        "ExcelがIDを日付に変えたものです。元のIDは失われています。"
    } else if is_grouped(cell) {
        "桁区切りのコンマを含みます。Excelが書式を付けたものです。"
    } else if is_total(cell) {
        "集計の行です。"
    } else {
        return None;
    };
    Some(what.to_owned())
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_error_value(cell: &str) -> bool {
    cell.chars().all(|c| c == '#')
        || (cell.starts_with('#') && (cell.ends_with('!') || cell.ends_with('?') || cell == "#N/A"))
}

/// `1.23457E+11`.
fn is_exponential(cell: &str) -> bool {
    let Some((number, exponent)) = cell.split_once("E+").or_else(|| cell.split_once("e+")) else { return false };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    are_digits(whole) && are_digits(fraction) && are_digits(exponent)
}

/// `5月1日`, `2026/5/1`, `1-May`, `May-01`.
fn is_date(cell: &str) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let is_month = |text: &str| MONTHS.contains(&text.to_ascii_lowercase().as_str());
    let is_japanese = cell.split_once('月').is_some_and(|(before, after)| {
        let month = before.rsplit_once('年').map_or(before, |(_, month)| month);
        are_digits(month) && (after.is_empty() || after.strip_suffix('日').is_some_and(are_digits))
    });
    let is_english = cell
        .split_once('-')
        .is_some_and(|(one, other)| (is_month(one) && are_digits(other)) || (are_digits(one) && is_month(other)));
    let parts: Vec<&str> = cell.split('/').collect();
    let is_slashed = matches!(parts[..], [year, month, day]
        if [year, month, day].into_iter().all(are_digits) && year.len().max(day.len()) <= 4 && month.len() <= 2);
    is_japanese || is_english || is_slashed
}

/// `11,357`.
fn is_grouped(cell: &str) -> bool {
    let mut parts = cell.split(',');
    let first = parts.next().unwrap_or_default();
    let mut groups = parts.peekable();
    are_digits(first) && groups.peek().is_some() && groups.all(|group| group.len() == 3 && are_digits(group))
}

fn is_total(cell: &str) -> bool {
    let word = cell.trim_end_matches([':', '：']).trim();
    let is_count = word.strip_suffix('件').is_some_and(|count| are_digits(count.trim_start_matches(['全', '計'])));
    is_count || ["合計", "総計", "小計", "計", "件数", "総件数", "合計件数", "Total", "TOTAL"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::damage;

    #[test]
    fn what_spreadsheets_make_of_ids_is_known() {
        for (cell, word) in [
            ("1.23457E+11", "指数"),
            ("1E+05", "指数"),
            ("5月1日", "日付"),
            ("2026年5月1日", "日付"),
            ("2026/5/1", "日付"),
            ("May-01", "日付"),
            ("1-May", "日付"),
            ("=\"00027\"", "数式"),
            ("'00027", "アポストロフィ"),
            ("#NAME?", "エラー値"),
            ("#REF!", "エラー値"),
            ("########", "エラー値"),
            ("11,357", "桁区切り"),
            ("合計", "集計"),
            ("全11357件", "集計"),
            ("\u{1A}", "Ctrl-Z"),
            ("00027\u{200B}", "U+200B"),
            ("00\0", "U+0000"),
            ("A\u{FFFD}", "文字化け"),
        ] {
            assert!(damage(cell).is_some_and(|told| told.contains(word)), "{cell:?}: {:?}", damage(cell));
        }
    }

    #[test]
    fn what_may_be_an_id_is_left_alone() {
        for cell in [
            "00027",
            "A00027",
            "sato@example.co.jp",
            "総務-1",
            "1-5",
            "E+5",
            "2E5",
            "3/4",
            "1,2",
            "TOTAL-1",
            "計画部",
            "Mar-x",
            "営業 1課",
        ] {
            assert_eq!(damage(cell), None, "{cell}");
        }
    }
}
