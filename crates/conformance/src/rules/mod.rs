//! The rules by number. The pages of the contract (`docs/EMC_API.ja.md`, `docs/emc-import-api.yaml`) use the same numbers.

mod access;
mod bodies;
mod departments;
mod downloads;
mod errors;
mod expectations;
mod ids;
mod names;
mod persons;
mod restoration;
mod settlement;
mod size;

use crate::stage::{Play, Stage};

/// What a rule needs to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A contract.
    Nothing,
    /// A second contract of the same server.
    OtherToken,
    /// A way to restart the server.
    Restart,
    /// A server that restores deleted users, which the contract leaves open.
    Restoration,
    /// That, and a header that sets the server's clock.
    Clock,
}

/// A rule of the contract.
#[derive(Debug)]
pub struct Rule {
    /// Its number; the hundreds are the chapter.
    pub number: u16,
    /// The rule in a few words.
    pub name: &'static str,
    /// What it needs.
    pub need: Need,
    pub(crate) play: fn(&mut Stage<'_>) -> Play,
}

const fn rule(number: u16, name: &'static str, play: fn(&mut Stage<'_>) -> Play) -> Rule {
    Rule { number, name, need: Need::Nothing, play }
}

const fn needing(need: Need, number: u16, name: &'static str, play: fn(&mut Stage<'_>) -> Play) -> Rule {
    Rule { number, name, need, play }
}

/// The rule without which nothing else can be played.
pub(crate) const DOWNLOAD: u16 = 1001;

/// Every rule, in the order in which they are played.
pub const RULES: &[Rule] = &[
    rule(101, "トークンのない呼び出し、知らないトークンの呼び出しを拒否する", access::tokens),
    rule(102, "検索ワードマスタを番号・名称・選択項目(ID、名称)で返す", access::search_words),
    needing(Need::OtherToken, 103, "部署とユーザは契約ごとに分かれている", access::other_data),
    needing(Need::OtherToken, 104, "インポートの名前と結果は契約ごとに分かれている", access::other_names),
    needing(Need::OtherToken, 105, "削除したユーザは別の契約では復元されない", access::other_deletions),
    rule(201, "endのない本文を全体として拒否する", bodies::no_end),
    rule(202, "beginと件数の合わない本文を全体として拒否する", bodies::counts),
    rule(203, "順序の違う本文を全体として拒否する", bodies::order),
    rule(204, "JSONでない行のある本文を全体として拒否する", bodies::no_json),
    rule(205, "知らないopのある本文を全体として拒否する", bodies::unknown_op),
    rule(206, "知らないrecordのある本文を全体として拒否する", bodies::unknown_record),
    rule(207, "知らないexpectのある本文を全体として拒否する", bodies::unknown_expect),
    rule(208, "途中で切れた、または壊れたgzipを全体として拒否する", bodies::broken_gzip),
    rule(209, "複数のメンバーからなるgzipを1つの本文として読む", bodies::gzip_members),
    rule(210, "全体として拒否した本文も、その名前を使い切る", bodies::refused_name),
    rule(211, "途中で切れたアップロードは名前を使わない", bodies::broken_upload),
    rule(301, "同じ名前・同じ内容のPUTには最初と同じ結果を返し、効果は1度だけ", names::repeated),
    rule(302, "確定した名前に別の内容が来たら409", names::other_content),
    rule(303, "拒否した名前に同じ内容なら同じ422、別の内容なら409", names::rejected),
    rule(304, "dry_runは検証だけを行い、何も変えない", names::dry_run),
    rule(305, "dry_runは名前を使わない", names::dry_run_claims_nothing),
    rule(306, "確定・拒否した名前でのdry_runは409", names::dry_run_of_taken),
    rule(307, "dry_runの結果は、続くインポートの結果と同じ", names::dry_run_tells_truth),
    rule(308, "dry_runもエラーをすべて返す", names::dry_run_errors),
    rule(309, "GETは同じ結果を返し、知らない名前は404", names::looked_up),
    rule(310, "同じ名前・同じ内容が同時に来ても、効果は1度だけ", names::same_at_once),
    rule(311, "同じ名前・別の内容が同時に来たら、一方だけが効果を持つ", names::others_at_once),
    rule(312, "1つの契約のインポートは1つずつ処理する", names::one_after_another),
    needing(Need::Restart, 313, "結果・データ・使われた名前は再起動の後も残る", names::after_restart),
    rule(401, "確定したインポートのDELETEは確定の結果を返し、データは残る", settlement::committed),
    rule(402, "知らない名前のDELETEは取消となり、後から来たPUTは409", settlement::unknown),
    rule(403, "拒否したインポートのDELETEは取消となり、後から来たPUTは409", settlement::rejected),
    rule(404, "dry_runだけの名前のDELETEは取消となり、後から来たPUTは409", settlement::previewed),
    rule(405, "取消の後に本文が届き終わっても、効果はない", settlement::late_body),
    rule(406, "処理と同時のDELETEの答えは、データと一致する", settlement::at_once),
    needing(Need::Restart, 407, "取消は再起動の後も残る", settlement::after_restart),
    rule(501, "create・IDなし: 作成し、on_createを適用する", expectations::create),
    rule(502, "create・IDあり(ユーザ): codeがexistsのエラー", expectations::user_exists),
    rule(503, "create・IDあり(部署): codeがexistsのエラー", expectations::department_exists),
    rule(504, "update・IDあり: 更新し、on_updateを適用する", expectations::update),
    rule(505, "update・IDなし: 作成し、driftに載せる", expectations::update_lacking),
    rule(506, "adopt・IDあり: 更新し、driftに載せる", expectations::adopt),
    rule(507, "adopt・IDなし: 作成し、driftに載せる", expectations::adopt_lacking),
    rule(508, "replace・IDあり: 以前のものを消して作り直す(削除1、新規1)", expectations::replace),
    rule(509, "replace・IDなし: 作成し、driftに載せる", expectations::replace_lacking),
    rule(510, "delete・IDあり: 削除する", expectations::delete),
    rule(511, "delete・IDなし: 何もせず、driftに載せる", expectations::delete_lacking),
    rule(512, "部署のcreate・update・adopt・delete", expectations::departments),
    rule(513, "キーのない項目は変えない", expectations::untouched),
    rule(514, "nullは項目を空にする", expectations::null_clears),
    rule(515, "空文字列はnullと同じ", expectations::empty_text),
    rule(601, "updateは、別の人のIDならcodeがother_personのエラー", persons::other_person),
    rule(602, "人の分からないユーザは、updateでその人のものになる", persons::taken_on),
    rule(603, "personのないputは、記録された人を変えない", persons::left_alone),
    rule(604, "adoptはIDを人ごと引き継ぐ", persons::adopted),
    rule(605, "replaceの後、IDは新しい人のもの", persons::replaced),
    rule(606, "別の人のIDは削除せず、driftにother_personとして載せる", persons::delete_of_other),
    rule(607, "同じ人の、または人を指定しない削除は行う", persons::delete_of_same),
    needing(
        Need::Restoration,
        701,
        "同じID・同じ人が戻ると復元し、restoredに載せ、新規と数える",
        restoration::comes_back,
    ),
    needing(Need::Restoration, 702, "復元ではsetとon_updateを適用し、on_createを適用しない", restoration::items),
    rule(703, "別の人には復元せず、新しく作る", restoration::other_person),
    rule(704, "人を指定しないputでは復元せず、新しく作る", restoration::without_person),
    needing(Need::Restoration, 705, "updateとadoptでも復元し、driftとrestoredの両方に載せる", restoration::told_twice),
    rule(706, "replaceは復元しない", restoration::replace_never),
    needing(Need::Restoration, 707, "削除はIDと人ごとに保持する", restoration::by_id_and_person),
    needing(Need::Restoration, 708, "なくなった部署は復元されない", restoration::departments_stay_gone),
    needing(Need::Restoration, 709, "dry_runは復元を使い切らない", restoration::dry_run),
    needing(Need::Clock, 710, "30日以内なら復元する(確定から確定まで)", restoration::within_thirty_days),
    needing(Need::Clock, 711, "30日を過ぎたら復元しない", restoration::after_thirty_days),
    needing(Need::Restoration, 712, "復元された人が再び削除されても、また復元できる", restoration::again),
    rule(801, "削除した部署を所属とするユーザは所属を失い、unassignedに載る", departments::main_assignment),
    rule(802, "削除した部署を兼務とするユーザは兼務を失い、unassignedに載る", departments::further_assignments),
    rule(803, "同じインポートで異動・削除されたユーザはunassignedに載らない", departments::moved),
    rule(804, "子部署の残る部署の削除はエラー", departments::child_left),
    rule(805, "子から順に削除すれば、親も削除できる", departments::children_first),
    rule(901, "ユーザIDを符号位置ごとに比較する(大小・幅・かな・正規化・空白・ゼロを同一視しない)", ids::users_exact),
    rule(902, "部署IDを符号位置ごとに比較する", ids::departments_exact),
    rule(903, "ユーザIDは符号位置で数えて40文字まで", ids::user_length),
    rule(904, "部署IDは符号位置で数えて30文字まで", ids::department_length),
    rule(911, "誤りのある行すべてのエラーを返す", errors::all_told),
    rule(912, "1行でも誤りがあれば、何も変えない", errors::all_or_nothing),
    rule(913, "existsの行はそれ以上検査しない", errors::exists_no_further),
    rule(914, "other_personの行はそれ以上検査しない", errors::other_person_no_further),
    rule(915, "存在しない部署・選択項目を指す行はエラー", errors::references),
    rule(DOWNLOAD, "users.csvとdepartments.csvは、いまあるデータを返す", downloads::now),
    rule(1002, "?columns=でIDの列を取得できる", downloads::id_column),
    rule(1003, "?columns=はコンマ区切りで複数の列を受け取る", downloads::several_columns),
    rule(1101, "大量のユーザを1回のインポートで受け取る", size::many_users),
    rule(1102, "処理中のインポートは、全体が見えるか、まったく見えないか", size::never_half),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise() {
        assert!(RULES.windows(2).all(|pair| pair[0].number < pair[1].number));
    }
}
