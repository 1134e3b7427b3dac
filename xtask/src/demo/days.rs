//! The days: a first link, a normal day, a day without change, an error, a hold and its approval.

use anyhow::ensure;
use jiff::tz::{TimeZone, offset};
use link::report::{Answer, Outcome};
use serde_json::{Value, json};
use simulators::smarthr::LostAttribute;

use super::output::{headline, mail};
use super::stage::Stage;

/// All days, the approval included.
pub(crate) async fn tell(stage: &Stage) -> anyhow::Result<()> {
    let held = up_to_the_hold(stage).await?;
    println!("\n  ── 担当者が確認し、意図した変更として承認しました。");
    let approved = stage.invoke(&json!({"mode": "sync", "approve": held.run_id})).await?;
    ended(stage, &approved, Outcome::Success)?;
    println!("  エマージェンシーコールの利用者: {}名", stage.emc.user_ids().len());
    a_right_is_lost(stage).await?;
    a_number_is_given_to_somebody_else(stage).await
}

async fn a_right_is_lost(stage: &Stage) -> anyhow::Result<()> {
    stage.turn_day();
    headline(6, "閲覧権限が失われた日", "連携アカウントから、在籍状況の閲覧権限が外れました。");
    stage.smarthr.lose_attribute("emp_status", LostAttribute::Null);
    day(stage, Outcome::Failure).await?;
    println!("  誰が在籍しているか分からないときは、何も登録しません。直すのはチェックボックス1つです。");
    stage.smarthr.regain_all_rights();
    Ok(())
}

async fn a_number_is_given_to_somebody_else(stage: &Stage) -> anyhow::Result<()> {
    stage.turn_day();
    headline(7, "社員番号が使い回された日", "退職した人の社員番号が、別の人に付け直されました。");
    stage.smarthr.change(|company| {
        let people = company.active_ids(2);
        if let [leaver, successor] = people.as_slice() {
            company.retire(std::slice::from_ref(leaver));
            company.reissue_number(leaver, successor);
        }
    });
    let held = day(stage, Outcome::Held).await?;
    println!("\n  ── 担当者が確認し、別の人であるとして承認しました。前の人のパスワードと連絡先は引き継がれません。");
    let approved = stage.invoke(&json!({"mode": "sync", "approve": held.run_id})).await?;
    ended(stage, &approved, Outcome::Success)
}

/// The same days, and one more on which somebody has put a faulty sheet in force: the hold and the sheet are left to
/// whoever opens the pages.
pub(crate) async fn tell_for_the_page(stage: &Stage) -> anyhow::Result<()> {
    up_to_the_hold(stage).await?;
    stage.turn_day();
    headline(6, "連携設定シートに誤りがある日", "シートの変更で、カスタム項目の名前を書き間違えました。");
    stage.misspell_sheet()?;
    day(stage, Outcome::Failure).await?;
    Ok(())
}

async fn up_to_the_hold(stage: &Stage) -> anyhow::Result<Answer> {
    headline(1, "初回連携", "SmartHRの全員をエマージェンシーコールへ登録します。最初の1回は、人が実行します。");
    let first = stage.invoke(&json!({"mode": "sync"})).await?;
    ended(stage, &first, Outcome::Success)?;

    stage.turn_day();
    let leaving = stage.smarthr.look(|company| 70.min(company.active().count() / 20));
    headline(2, "いつもの日", &format!("SmartHRで: 2名入社、{leaving}名退職、15名が昇進。"));
    stage.smarthr.change(|company| {
        company.retire_some(leaving);
        company.hire(2);
        company.change_positions(15);
    });
    day(stage, Outcome::Success).await?;

    stage.turn_day();
    headline(3, "変化のない日", "SmartHRに変更はありません。エマージェンシーコールには何も送りません。");
    day(stage, Outcome::NoChange).await?;

    stage.turn_day();
    headline(4, "データに誤りがある日", "SmartHRで: 3名の氏名(ヨミガナ)が消え、1名の社員番号が41文字になりました。");
    let wrong = stage.smarthr.change(|company| {
        let people = company.active_ids(4);
        let before: Vec<_> = people.iter().filter_map(|id| company.person(id).cloned()).collect();
        people.iter().take(3).for_each(|id| company.clear_kana(id));
        people.iter().skip(3).for_each(|id| company.set_employee_code(id, Some(&"9".repeat(41))));
        before
    });
    day(stage, Outcome::Failure).await?;
    println!("  1件でも誤りがあれば何も登録しません。エマージェンシーコールは昨日のままです。");

    stage.turn_day();
    headline(
        5,
        "3分の1が居なくなった日",
        "誤りは直りました。しかし連携アカウントの権限が狭まり、社員の3分の1が見えません。",
    );
    stage.smarthr.change(|company| {
        for person in wrong {
            if let Some(now) = company.person_mut(&person.id) {
                *now = person;
            }
        }
        company.hide_people(0.33)
    });
    let held = day(stage, Outcome::Held).await?;
    println!("  エマージェンシーコールの利用者: {}名(昨日のまま)", stage.emc.user_ids().len());
    Ok(held)
}

async fn day(stage: &Stage, expected: Outcome) -> anyhow::Result<Answer> {
    let answer = stage.invoke(&daily(stage)).await?;
    ended(stage, &answer, expected)?;
    Ok(answer)
}

fn daily(stage: &Stage) -> Value {
    let today = stage.now().to_zoned(TimeZone::fixed(offset(9))).date();
    json!({"mode": "sync", "scheduled_at": format!("{today}T04:30:00+09:00")})
}

fn ended(stage: &Stage, answer: &Answer, expected: Outcome) -> anyhow::Result<()> {
    mail(answer, &stage.last_mail()?);
    ensure!(
        answer.outcome == expected,
        "the day ended {:?}, not {expected:?}: {:?}",
        answer.outcome,
        answer.errors.first()
    );
    Ok(())
}
