//! The masters of the search words as a list for whoever enters them in EMC (検索ワードマスタ): what is there, in EMC's
//! display order, and below it what is to be added.

use std::path::Path;

use link::report::MasterNote;

use crate::exit::Failed;

pub(crate) fn write(file: &Path, masters: &[MasterNote]) -> Result<(), Failed> {
    let content = csv(masters).map_err(|error| Failed::new(format!("一覧を作成できません({error})。")))?;
    std::fs::write(file, content).map_err(|error| Failed::writing(file, &error))
}

fn csv(masters: &[MasterNote]) -> csv::Result<Vec<u8>> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(["検索ワード", "表示順序", "名称", "状態"])?;
    for master in masters {
        let names = master.registered.iter().map(|name| (name, "登録済み"));
        let names = names.chain(master.missing.iter().map(|name| (name, "要追加")));
        for (order, (name, state)) in (1_u32..).zip(names) {
            writer.write_record([&master.item, &order.to_string(), &defused(name), state])?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A spreadsheet must not take a name for a formula.
fn defused(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_added_stands_below_what_is_there() {
        let masters = [MasterNote {
            item: "検索ワード3:役職".to_owned(),
            registered: vec!["代表取締役".to_owned(), "部長".to_owned()],
            missing: vec!["=室長".to_owned()],
        }];
        let text = String::from_utf8(csv(&masters).unwrap()).unwrap();
        assert_eq!(
            text,
            "\u{feff}検索ワード,表示順序,名称,状態\r\n検索ワード3:役職,1,代表取締役,登録済み\r\n\
             検索ワード3:役職,2,部長,登録済み\r\n検索ワード3:役職,3,'=室長,要追加\r\n"
        );
    }
}
