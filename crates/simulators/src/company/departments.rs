//! A tree of departments, five levels deep, with codes that grow from the parent's.

use super::{Department, Random};

const DIVISIONS: [&str; 12] = [
    "管理本部",
    "営業本部",
    "技術本部",
    "生産本部",
    "研究開発本部",
    "サービス事業本部",
    "海外事業本部",
    "品質保証本部",
    "経営企画本部",
    "東日本事業本部",
    "西日本事業本部",
    "デジタル推進本部",
];
const AREAS: [&str; 12] =
    ["第一", "第二", "第三", "東京", "大阪", "名古屋", "福岡", "北海道", "公共", "金融", "流通", "製造"];
const WORK: [&str; 12] =
    ["総務", "人事", "経理", "営業", "開発", "設計", "運用", "品質", "購買", "法務", "広報", "企画"];
/// What a department of each level is called at its end.
const KIND: [&str; 5] = ["", "本部", "部", "課", "チーム"];
const DIGITS: &[u8; 35] = b"123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// How many departments a company of this size has: 212 for 11,285 people.
pub(super) fn fitting(employees: usize) -> usize {
    (employees * 212).div_ceil(11_285).max(6)
}

/// `count` departments below a first level of one company, and beside it 監査室 in all but small ones.
pub(super) fn tree(random: &mut Random, company: &str, count: usize) -> Vec<Department> {
    let mut all = vec![top(random, company, "1", 1)];
    if count >= 20 {
        all.push(top(random, "監査室", "9", 2));
    }
    // One branch goes down to the fifth level first, so that even a small company is deep.
    let mut parent = 0;
    for _ in 0..4 {
        all.push(below(random, &all, parent));
        parent = all.len() - 1;
    }
    // The rest spreads: each level is some six times as wide as the one above.
    let mut children = vec![0_usize; all.len()];
    let fan_out = 3 + count.ilog2() as usize / 2;
    let mut next = 0;
    while all.len() < count {
        if all[next].level >= 5 || all[next].code.as_deref() == Some("9") || children[next] >= fan_out {
            next = (next + 1) % all.len();
            continue;
        }
        all.push(below(random, &all, next));
        children[next] += 1;
        children.push(0);
        if random.per_mille(200) {
            next = (next + 1) % all.len();
        }
    }
    all
}

/// Takes the code from some: one with children among them, where there is one, because its children then hang higher.
pub(super) fn lose_codes(random: &mut Random, all: &mut [Department], count: usize) {
    let mut below_third: Vec<usize> = (0..all.len()).filter(|&at| all[at].level >= 3).collect();
    random.shuffle(&mut below_third);
    let has_children = |at: &usize| all.iter().any(|other| other.parent.as_deref() == Some(&all[*at].id));
    if let Some(place) = below_third.iter().position(has_children) {
        below_third.swap(0, place);
    }
    for at in below_third.into_iter().take(count) {
        all[at].code = None;
    }
}

fn top(random: &mut Random, name: &str, code: &str, position: u32) -> Department {
    Department {
        id: random.uuid(),
        name: name.to_owned(),
        code: Some(code.to_owned()),
        parent: None,
        position,
        level: 1,
        is_discontinued: false,
    }
}

/// A new department below `all[parent]`.
pub(super) fn below(random: &mut Random, all: &[Department], parent: usize) -> Department {
    let above = &all[parent];
    let siblings = all.iter().filter(|other| other.parent.as_ref() == Some(&above.id)).count();
    let level = above.level + 1;
    let name = if level == 2 {
        DIVISIONS[siblings % DIVISIONS.len()].to_owned()
    } else {
        let kind = KIND[usize::from(level - 1).min(4)];
        format!("{}{}{kind}", AREAS[siblings % AREAS.len()], random.pick(&WORK))
    };
    // Past 35 siblings a second letter follows; no company made here has so many, but one may add them.
    let digit = |n: usize| char::from(DIGITS[n % DIGITS.len()]);
    let mut code = above.code.clone().unwrap_or_else(|| format!("X{}", all.len()));
    code.push(digit(siblings));
    if siblings >= DIGITS.len() {
        code = format!("{code}-{siblings}");
    }
    let position = u32::try_from(siblings + 1).unwrap_or(u32::MAX);
    Department {
        id: random.uuid(),
        name,
        code: Some(code),
        parent: Some(above.id.clone()),
        position,
        level,
        is_discontinued: false,
    }
}
