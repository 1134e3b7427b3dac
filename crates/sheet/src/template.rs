//! The sheet that a customer starts from: every item of EMC, drop-down lists of what each cell takes, and the product
//! document's example filled in. Whatever can be chosen from a list and is not yet complete (`固定値「」`) is refused by
//! `link::config::parse_sheet`, so that a choice half made cannot slip into a link.

use link::config::{EmcItem, SHEET_COLUMNS, SmartHrField};
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder, Formula, Note, Workbook,
    Worksheet, XlsxError,
};

use crate::workbook::WorkbookError;

pub(crate) const NAME: &str = "連携設定シート";
const CHOICES: &str = "選択肢";
const TITLE: &str = "SmartHR連携 連携設定シート";
const INTRODUCTION: [&str; 3] = [
    "色の付いたセルを、一覧から選ぶか直接入力してください。連携しない項目は「無し(空白)」のままにします。",
    "カスタム項目「項目名」、固定値「値」、デフォルト:値 は、一覧から選んだ後に内容を書き加えてください。",
    "記入されている内容は例です。項目はお客様ごとに異なります。",
];
/// The header's row, from 0.
const HEADER: u32 = 4;
const WIDTHS: [f64; 7] = [28.0, 32.0, 16.0, 20.0, 16.0, 20.0, 56.0];
/// The columns of the six cells.
const COLUMNS: [u16; 6] = [0, 1, 2, 3, 4, 5];
/// The lists reach this far beyond the product's last item, for rows that a customer inserts.
pub(crate) const SPARE_ROWS: u32 = 20;

/// The product document's example, by item: source and the four actions.
const EXAMPLE: [(&str, [&str; 5]); 12] = [
    ("ユーザID", ["メールアドレス", "登録", "エラー", "更新しない", "エラー"]),
    ("パスワード強制変更", ["無し(空白)", "登録", "デフォルト:T", "更新", "更新しない"]),
    ("パスワード", ["固定値「XXXXXX」", "登録", "エラー", "更新しない", "更新しない"]),
    ("氏名", ["氏名", "登録", "エラー", "更新", "エラー"]),
    ("氏名(ヨミ)", ["氏名(ヨミガナ)", "登録", "エラー", "更新", "エラー"]),
    ("所属部署コード", ["部署1", "登録", "登録しない", "更新", "更新しない"]),
    ("緊急連絡10 媒体", ["固定値「メールアドレス」", "登録", "登録しない", "更新", "更新"]),
    ("緊急連絡10 アドレス", ["メールアドレス", "登録", "登録しない", "更新", "更新"]),
    ("検索ワード1:勤務地", ["事業所", "登録", "登録しない", "更新", "更新しない"]),
    ("検索ワード2:居住地", ["住所(都道府県)", "登録", "登録しない", "更新", "更新しない"]),
    ("検索ワード3:役職", ["役職1", "登録", "登録しない", "更新", "更新"]),
    ("処理フラグ", ["固定値「自動」", "登録", "登録しない", "更新", "更新しない"]),
];

/// What an item that the example leaves out has: nothing is ever sent.
const UNUSED: [&str; 5] = ["無し(空白)", "登録", "登録しない", "更新", "更新しない"];

/// The initial password of the product document's example, which nobody should go live with.
pub const EXAMPLE_PASSWORD: &str = "XXXXXX";

/// A new sheet as an XLSX file.
pub fn new_sheet() -> Result<Vec<u8>, WorkbookError> {
    written().map_err(WorkbookError)
}

/// The rows of the new sheet: 処理フラグ, then every item of EMC.
fn rows() -> impl Iterator<Item = (String, [&'static str; 5], &'static str)> {
    let labels = std::iter::once("処理フラグ").chain(EmcItem::all().map(EmcItem::label));
    labels.map(|item| {
        let example = EXAMPLE.iter().find(|(label, _)| label.split(':').next() == Some(item));
        let (label, cells) = example.map_or((item, UNUSED), |(label, cells)| (*label, *cells));
        (label.to_owned(), cells, note(item))
    })
}

/// What there is to know of an item.
fn note(item: &str) -> &'static str {
    match item {
        "処理フラグ" => "変更できません。",
        "ユーザID" => "必須。全員に値があり、会社コードを含めて40文字以内で、重複しない項目を選びます。",
        "パスワード強制変更" => "T: 初回ログイン時にパスワードの変更を求めます。",
        "パスワード" => "必須(初期値)。記入例の値は必ず変更してください。",
        "氏名" => "必須。ビジネスネームも選べます(空の人は氏名を使います)。",
        "氏名(ヨミ)" => "必須。ヨミガナは全員に入力されている必要があります。",
        "所属部署コード" => "部署コードの無い部署は連携できません。",
        "兼務管理部署コード1" => "部署2以降を兼務管理部署とする場合に選びます。",
        "緊急連絡1 媒体" => "媒体とアドレスは対で使います。アドレスが無い人には媒体も登録しません。",
        "検索ワード1" => "値はエマージェンシーコールの検索ワードマスタに登録しておきます。「:」の後は見出しです。",
        _ => "",
    }
}

fn written() -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(NAME)?;
    heading(sheet)?;
    let label = Format::new().set_border(FormatBorder::Thin).set_num_format("@");
    let choice = label.clone().set_background_color(Color::RGB(0x00FF_FBE6));
    let aside = Format::new().set_font_color(Color::RGB(0x0059_6673)).set_align(FormatAlign::VerticalCenter);
    let mut last = HEADER;
    for (row, (item, cells, note)) in (HEADER + 1..).zip(rows()) {
        sheet.write_string_with_format(row, 0, &item, &label)?;
        let fixed = item == "処理フラグ";
        for (column, cell) in (1_u16..).zip(cells) {
            sheet.write_string_with_format(row, column, cell, if fixed { &label } else { &choice })?;
        }
        sheet.write_string_with_format(row, 6, note, &aside)?;
        if item == "ユーザID" {
            user_id_lists(sheet, &COLUMNS, row)?;
        }
        last = row;
    }
    // 処理フラグ stands first and has no choice, ユーザID second and has its own.
    lists(sheet, &COLUMNS, HEADER + 3, last + SPARE_ROWS)?;
    sheet.set_freeze_panes(HEADER + 1, 1)?;
    page(sheet, last)?;
    choices(workbook.add_worksheet())?;
    workbook.save_to_buffer()
}

/// On paper: one page of A4 in landscape, its header on each page should a customer add rows.
fn page(sheet: &mut Worksheet, last: u32) -> Result<(), XlsxError> {
    const A4: u8 = 9;
    let last_column = u16::try_from(WIDTHS.len() - 1).unwrap_or_default();
    sheet.set_paper_size(A4);
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 1);
    sheet.set_repeat_rows(HEADER, HEADER)?;
    sheet.set_print_area(0, 0, last, last_column)?;
    sheet.set_print_center_horizontally(true);
    sheet.set_footer("&L&A&R&P / &N");
    Ok(())
}

fn heading(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.write_string_with_format(0, 0, TITLE, &Format::new().set_bold().set_font_size(14))?;
    for (row, line) in (1_u32..).zip(INTRODUCTION) {
        sheet.write_string(row, 0, line)?;
    }
    let header = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x00E3_EDF4))
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::VerticalCenter);
    let notes = [
        "エマージェンシーコールの項目です。検索ワードは「:」の後に見出しを書けます。",
        "SmartHRのどの項目の値を登録するかを選びます。",
        "新しい社員で、SmartHRに値があるときの処理です。",
        "新しい社員で、SmartHRに値が無いときの処理です。「エラー」にすると、1人でも値が無ければ全件を登録しません。",
        "登録済みの社員で、SmartHRに値があるときの処理です。",
        "登録済みの社員で、SmartHRに値が無いときの処理です。「更新」はエマージェンシーコールの値を空にします。",
    ];
    for ((column, label), note) in (0_u16..).zip(SHEET_COLUMNS).zip(notes) {
        sheet.write_string_with_format(HEADER, column, label, &header)?;
        sheet.insert_note(HEADER, column, &Note::new(note).set_width(320).set_height(80).add_author_prefix(false))?;
    }
    sheet.write_string_with_format(HEADER, 6, "備考", &header)?;
    for (column, width) in (0_u16..).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
    }
    Ok(())
}

/// The sources of all items but ユーザID, as they stand on the second sheet.
fn sources() -> Vec<&'static str> {
    let incomplete = ["カスタム項目「」", "固定値「」", "無し(空白)"];
    SmartHrField::all().map(SmartHrField::label).chain(incomplete).collect()
}

/// The lists of rows from `first` to `last` whose six cells stand in these columns.
pub(crate) fn lists(sheet: &mut Worksheet, columns: &[u16; 6], first: u32, last: u32) -> Result<(), XlsxError> {
    let end = sources().len() + 1;
    let sources = DataValidation::new()
        .allow_list_formula(Formula::new(format!("='{CHOICES}'!$A$2:$A${end}")))
        .set_error_style(DataValidationErrorStyle::Information)
        .set_error_title("SmartHR項目")?
        .set_error_message(
            "一覧に無い値です。カスタム項目「項目名」または固定値「値」の形であればそのまま使えます。",
        )?;
    let [_, source, create_present, create_absent, update_present, update_absent] = *columns;
    sheet.add_data_validation(first, source, last, source, &sources)?;
    let open = |words: &[&str]| {
        DataValidation::new()
            .allow_list_strings(words)?
            .set_error_style(DataValidationErrorStyle::Information)
            .set_error_title("処理")?
            .set_error_message("一覧に無い値です。デフォルト:値 の形であればそのまま使えます。")
    };
    let closed_to = closed(&["登録", "登録しない"])?;
    sheet.add_data_validation(first, create_present, last, create_present, &closed_to)?;
    let open_to = open(&["エラー", "登録しない", "デフォルト:"])?;
    sheet.add_data_validation(first, create_absent, last, create_absent, &open_to)?;
    let closed_to = closed(&["更新", "更新しない"])?;
    sheet.add_data_validation(first, update_present, last, update_present, &closed_to)?;
    let open_to = open(&["エラー", "更新しない", "更新", "デフォルト:"])?;
    sheet.add_data_validation(first, update_absent, last, update_absent, &open_to)?;
    Ok(())
}

/// The lists of ユーザID.
pub(crate) fn user_id_lists(sheet: &mut Worksheet, columns: &[u16; 6], row: u32) -> Result<(), XlsxError> {
    let sources = DataValidation::new()
        .allow_list_strings(&["社員番号", "メールアドレス", "カスタム項目「」"])?
        .set_error_style(DataValidationErrorStyle::Information)
        .set_error_title("ユーザID")?
        .set_error_message("全員に値があり、重複しない項目を選んでください。")?;
    let [_, source, actions @ ..] = *columns;
    sheet.add_data_validation(row, source, row, source, &sources)?;
    let words: [&[&str]; 4] =
        [&["登録"], &["エラー", "連携しない"], &["更新しない", "更新"], &["エラー", "連携しない"]];
    for (column, words) in actions.into_iter().zip(words) {
        sheet.add_data_validation(row, column, row, column, &closed(words)?)?;
    }
    Ok(())
}

/// A list that nothing else may stand in for.
fn closed(words: &[&str]) -> Result<DataValidation, XlsxError> {
    DataValidation::new()
        .allow_list_strings(words)?
        .set_error_title("処理")?
        .set_error_message("一覧から選んでください。")
}

/// The sheet that the lists of sources are taken from.
pub(crate) fn choices(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.set_name(CHOICES)?;
    sheet.set_column_width(0, 32.0)?;
    sheet.write_string_with_format(0, 0, "選べるSmartHR項目", &Format::new().set_bold())?;
    for (row, source) in (1_u32..).zip(sources()) {
        sheet.write_string(row, 0, source)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use link::config::{SheetFormat, parse_sheet, sheet_rows};

    const PRODUCT: &str = include_str!("../../simulators/src/samples/product.csv");

    /// The new sheet means what the product document's example means: what it has beyond that never sends anything.
    #[test]
    fn a_new_sheet_is_the_products_example() {
        let rows = |format, bytes: &[u8]| {
            let mapping = parse_sheet(format, bytes).unwrap();
            let idle: Vec<_> = mapping.rules.iter().filter(|rule| rule.is_idle()).map(|rule| rule.item).collect();
            let mut rows: Vec<String> = sheet_rows(&mapping).iter().map(|row| row.join("\t")).collect();
            rows.retain(|row| !idle.iter().any(|item| row.starts_with(&format!("{}\t", item.label()))));
            (rows, idle.len())
        };
        let (product, unused) = rows(SheetFormat::Csv, PRODUCT.as_bytes());
        assert_eq!(unused, 0);
        let (new, unused) = rows(SheetFormat::Xlsx, &new_sheet().unwrap());
        assert_eq!(new, product);
        assert_eq!(unused, EmcItem::all().count() + 1 - product.len());
    }

    /// A choice half made is told by cell, and never linked as it stands.
    #[test]
    fn what_a_list_leaves_to_be_completed_is_refused() {
        for (complete, incomplete) in [
            ("固定値「XXXXXX」", "固定値「」"),
            ("デフォルト:T", "デフォルト:"),
            ("氏名(ヨミガナ)", "カスタム項目「」"),
        ] {
            assert!(PRODUCT.contains(complete));
            let sheet = PRODUCT.replacen(complete, incomplete, 1);
            assert!(parse_sheet(SheetFormat::Csv, sheet.as_bytes()).is_err(), "{incomplete}");
        }
    }

    #[test]
    fn every_source_of_the_list_is_a_source_or_refused() {
        for source in sources() {
            let sheet = PRODUCT.replace("検索ワード1:勤務地,事業所", &format!("検索ワード1:勤務地,{source}"));
            let parsed = parse_sheet(SheetFormat::Csv, sheet.as_bytes());
            assert_eq!(parsed.is_err(), source.contains("「」"), "{source}");
        }
    }
}
