//! Chapter 9, first half: IDs are compared and counted code point by code point.

use crate::body::{Row, department, user};
use crate::stage::{Play, Stage};

/// Pairs that a comparison may take for one.
const ALIKE: [(&str, &str, &str); 7] = [
    ("a", "A", "大文字と小文字"),
    ("B", "\u{ff22}", "半角と全角"),
    ("\u{30a2}", "\u{ff71}", "全角カナと半角カナ"),
    ("\u{30ab}", "\u{304b}", "カタカナとひらがな"),
    ("\u{30d7}", "\u{30d5}\u{309a}", "正規化の形"),
    ("x", "x ", "末尾の空白"),
    ("01", "1", "ゼロ"),
];

pub(super) fn users_exact(stage: &mut Stage<'_>) -> Play {
    for (one, two, what) in ALIKE {
        let id = stage.id();
        let (one, two) = (format!("{id}-{one}"), format!("{id}-{two}"));
        // Separate imports: an index that folds would stop the second.
        stage.import(&[user(&one, "create")]).committed()?;
        let answer = stage.import(&[user(&two, "create")]);
        answer.committed().map_err(|_| answer.broken(format!("{what}の違うIDは別のID: 200")))?;
        let both = stage.users_are(&[(&one, true), (&two, true)]);
        both?;
        stage.import(&[user(&two, "update").set("氏名", "後 者")]).committed()?.users([0, 1, 0])?;
        stage.item_is(&one, "氏名", "適合 試験")?;
    }
    let id = stage.id();
    let (one, two) = (format!("0{id}"), id);
    stage.import(&[user(&one, "create"), user(&two, "create")]).committed()?.users([2, 0, 0])?;
    Ok(())
}

pub(super) fn departments_exact(stage: &mut Stage<'_>) -> Play {
    for (one, two, what) in ALIKE {
        let id = stage.id();
        let (one, two) = (format!("{id}-{one}"), format!("{id}-{two}"));
        stage.import(&[department(&one, None, "create")]).committed()?;
        let answer = stage.import(&[department(&two, None, "create")]);
        answer.committed().map_err(|_| answer.broken(format!("{what}の違うIDは別のID: 200")))?;
        stage.departments_are(&[(&one, true), (&two, true)])?;
    }
    Ok(())
}

pub(super) fn user_length(stage: &mut Stage<'_>) -> Play {
    lengths(stage, 40, "user", |id| user(id, "create"))
}

pub(super) fn department_length(stage: &mut Stage<'_>) -> Play {
    lengths(stage, 30, "department", |id| department(id, None, "create"))
}

/// IDs of so many code points are accepted, of one more refused, whatever a code point takes in bytes, in UTF-16 or on a
/// screen.
fn lengths(stage: &mut Stage<'_>, most: usize, record: &str, put: fn(&str) -> Row) -> Play {
    let filled = |stage: &mut Stage<'_>, length: usize, with: &[char]| {
        let id = stage.id();
        let rest = length - id.chars().count();
        id.chars().chain(with.iter().copied().cycle().take(rest)).collect::<String>()
    };
    for with in [&['x'][..], &['\u{90e8}'], &['\u{20bb7}'], &['\u{304b}', '\u{3099}']] {
        let id = filled(stage, most, with);
        let answer = stage.import(&[put(&id)]);
        answer.committed().map_err(|_| answer.broken(format!("{most}文字(符号位置)のIDを受け取る: 200")))?;
        if record == "user" {
            stage.users_are(&[(&id, true)])?;
        } else {
            stage.departments_are(&[(&id, true)])?;
        }
        let id = filled(stage, most + 1, with);
        let answer = stage.import(&[put(&id)]);
        answer.row_error(record, &id)?;
    }
    Ok(())
}
