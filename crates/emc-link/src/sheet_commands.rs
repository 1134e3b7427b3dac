//! `sheet new`, `sheet check`, `sheet show`: the mapping sheet on this machine, without any tenant.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use link::config::{EmcItem, Mapping, SHEET_COLUMNS, SheetFormat, Source, header_columns, parse_sheet};
use link::fault::{Fault, Faults};
use serde_json::{Value, json};

use crate::arguments::SheetCommand;
use crate::exit::{Exit, Failed};
use crate::screen;

pub(crate) fn perform(command: &SheetCommand, as_json: bool) -> Result<Exit, Failed> {
    match command {
        SheetCommand::New { file, force } => new(file, *force, as_json),
        SheetCommand::Check { file } => check(file, as_json),
        SheetCommand::Show { file } => show(file, as_json),
    }
}

fn new(file: &Path, force: bool, as_json: bool) -> Result<Exit, Failed> {
    if format_of(file)? != SheetFormat::Xlsx {
        return Err(Failed::new("作るファイルの名前は .xlsx で終わらせてください。"));
    }
    let content =
        sheet::new_sheet().map_err(|error| Failed::new(format!("連携設定シートを作成できません({error})。")))?;
    let mut options = OpenOptions::new();
    options.write(true);
    let options = if force { options.create(true).truncate(true) } else { options.create_new(true) };
    let written = options.open(file).and_then(|mut opened| opened.write_all(&content));
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Failed::new(format!(
            "{} は既にあります。別の名前にするか、置き換えてよければ --force を付けてください。",
            file.display()
        ))),
        Err(error) => Err(Failed::writing(file, &error)),
        Ok(()) if as_json => screen::json(&json!({ "file": file.display().to_string() })),
        Ok(()) => {
            println!("連携設定シートを作りました: {}", file.display());
            println!("Excelで記入した後、emc-link sheet check {} で点検してください。", file.display());
            Ok(Exit::Done)
        }
    }
}

fn check(file: &Path, as_json: bool) -> Result<Exit, Failed> {
    let (format, bytes) = read(file)?;
    let (faults, hints) = match parse_sheet(format, &bytes) {
        Ok(mapping) => (Faults::new(), hints(&mapping)),
        Err(faults) => (faults, Vec::new()),
    };
    let columns = header_columns(format, &bytes);
    let cells: Vec<Option<String>> = faults.0.iter().map(|fault| cell(fault, columns)).collect();
    let exit = if faults.is_empty() { Exit::Done } else { Exit::Wrong };
    if as_json {
        let told = faults.0.iter().zip(&cells).map(|(fault, cell)| with_cell(fault, cell.as_deref()));
        screen::json(&json!({ "errors": told.collect::<Vec<_>>(), "hints": hints }))?;
        return Ok(exit);
    }
    for (fault, cell) in faults.0.iter().zip(&cells) {
        println!("✗ {} {}", cell.as_deref().unwrap_or("シート全体"), fault.message);
    }
    if faults.is_empty() {
        println!("✓ 連携設定シートに誤りはありません: {}", file.display());
    } else {
        println!("\n{}件の誤りがあります。直した後、もう一度点検してください。", faults.0.len());
    }
    for hint in &hints {
        println!("注意: {hint}");
    }
    Ok(exit)
}

/// The cell as Excel names it, such as `B7`. A fault of a whole row is told at its item.
fn cell(fault: &Fault, columns: Option<[u32; 6]>) -> Option<String> {
    let (row, columns) = (fault.line?, columns?);
    let at = SHEET_COLUMNS.iter().position(|label| Some(*label) == fault.field.as_deref()).unwrap_or(0);
    Some(format!("{}{row}", letters(*columns.get(at)?)))
}

/// A column (from 0) as Excel names it: A … Z, AA …
fn letters(column: u32) -> String {
    let mut left = column + 1;
    let mut letters = Vec::new();
    while left > 0 {
        letters.push(char::from(b'A' + u8::try_from((left - 1) % 26).unwrap_or_default()));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

fn with_cell(fault: &Fault, cell: Option<&str>) -> Value {
    let mut value = json!(fault);
    value["cell"] = json!(cell);
    value
}

/// What is no error, and yet should not go live unseen.
fn hints(mapping: &Mapping) -> Vec<String> {
    let mut hints = Vec::new();
    let is_example = |source: &Source| matches!(source, Source::Fixed(value) if value == sheet::EXAMPLE_PASSWORD);
    if mapping.rules.iter().any(|rule| rule.item == EmcItem::Password && is_example(&rule.source)) {
        hints.push("パスワードが記入例のままです。お客様と決めた値に変更してください。".to_owned());
    }
    hints.extend(mapping.half_contacts().map(|(rule, missing)| {
        let (there, missing) = (rule.item.label(), missing.label());
        format!("{}行目に{there}がありますが、対になる{missing}の行がありません。", rule.row)
    }));
    if mapping.user_id.source == Source::Field(link::config::SmartHrField::Email) {
        hints.push(
            "メールアドレスをユーザIDにするには、全員に入力があり、会社コードを含めて40文字以内である必要があります。\
             emc-link check のPoint④で確認してください。"
                .to_owned(),
        );
    }
    hints
}

fn show(file: &Path, as_json: bool) -> Result<Exit, Failed> {
    let (format, bytes) = read(file)?;
    // What cannot be read cannot be shown; the faults say why.
    let Ok(mapping) = parse_sheet(format, &bytes) else { return check(file, as_json) };
    let idle: Vec<&str> = mapping.rules.iter().filter(|rule| rule.is_idle()).map(|rule| rule.label.as_str()).collect();
    let rows: Vec<sheet::Row> =
        sheet::shown_rows(&mapping).into_iter().filter(|row| !idle.contains(&row[0].as_str())).collect();
    if as_json {
        let told = rows.iter().map(|row| {
            json!({ "item": row[0], "source": row[1], "create_present": row[2], "create_absent": row[3],
                    "update_present": row[4], "update_absent": row[5] })
        });
        return screen::json(&json!({ "rows": told.collect::<Vec<_>>(), "unused": idle }));
    }
    for row in &rows {
        println!("{}", sentence(row));
    }
    if !idle.is_empty() {
        println!("\n連携しない項目: {}", idle.join("、"));
    }
    Ok(Exit::Done)
}

/// A row of the sheet as a sentence for the meeting with the customer.
fn sentence([item, source, create, create_absent, update, update_absent]: &sheet::Row) -> String {
    if item == "処理フラグ" {
        return "処理フラグ: 常に「自動」です。".to_owned();
    }
    let absent = |word: &str| match word {
        "エラー" => "エラーにして全件を登録しません".to_owned(),
        "登録しない" => "この項目は登録しません".to_owned(),
        "更新しない" => "今の値を残します".to_owned(),
        "更新" => "今の値を空にします".to_owned(),
        "連携しない" => "その人を連携しません(登録済みの人は削除)".to_owned(),
        other => match other.strip_prefix("デフォルト:") {
            Some(value) => format!("「{value}」にします"),
            None => other.to_owned(),
        },
    };
    let create = if create == "登録" { "登録します" } else { "登録しません" };
    let update = match (item.as_str(), update.as_str()) {
        (item, _) if item == EmcItem::UserId.label() => "変わりません(IDが変わった人は削除と新規登録になります)",
        (_, "更新") => "更新します",
        _ => "今の値を残します",
    };
    let source = if source == "無し(空白)" { "値なし".to_owned() } else { format!("SmartHRの{source}") };
    let source = source.replace("SmartHRの固定値", "固定値");
    format!(
        "{item} ← {source}\n    新しい人: 値があれば{create}。無ければ{}。\n    登録済みの人: 値があれば{update}。無ければ{}。",
        absent(create_absent),
        absent(update_absent)
    )
}

fn read(file: &Path) -> Result<(SheetFormat, Vec<u8>), Failed> {
    let format = format_of(file)?;
    let bytes = std::fs::read(file).map_err(|error| Failed::reading(file, &error))?;
    Ok((format, bytes))
}

fn format_of(file: &Path) -> Result<SheetFormat, Failed> {
    let extension = file.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("xlsx") => Ok(SheetFormat::Xlsx),
        Some("csv") => Ok(SheetFormat::Csv),
        _ => Err(Failed::new(format!("{} は連携設定シートの形式(.xlsx または .csv)ではありません。", file.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_in_excel() {
        let names: Vec<String> = [0, 25, 26, 51, 52, 701, 702, 16_383].into_iter().map(letters).collect();
        assert_eq!(names, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"]);
    }
}
