//! The whole fleet in one look: every account's table and schedules, judged as the digest judges them, worst first.

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use watch::{Standing, Tenant, daily_schedules, judge, tokyo};

use super::operator::table;
use super::{Fleet, register};
use crate::exit::{Exit, Failed};
use crate::screen;
use crate::screen::say;

/// 表示するもの(省略するとすべて)。
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// 失敗したものだけ
    #[arg(long)]
    failed: bool,
    /// 保留中のものだけ
    #[arg(long)]
    held: bool,
    /// 結果のないものだけ
    #[arg(long)]
    missing: bool,
    /// 会社名にこの文字を含むものだけ
    #[arg(long, value_name = "NAME")]
    company: Option<String>,
}

struct Shown {
    account: String,
    tenant: Tenant,
}

pub(crate) async fn perform(fleet: &Fleet, options: &Options) -> Result<Exit, Failed> {
    let now = Timestamp::now();
    let mut all = Vec::new();
    for (name, account) in &fleet.register.accounts {
        let cloud = fleet.cloud(account).await?;
        let rows = cloud.table().rows().await.map_err(|error| table(&error))?;
        let schedules = daily_schedules(&cloud.schedules()).await.map_err(|error| {
            Failed::new(format!("アカウント {name} のスケジュールを確認できません({error})。AWSの認証情報の期限と権限を確認してください。"))
        })?;
        let judged = judge(rows, &schedules, now);
        all.extend(judged.into_iter().map(|tenant| Shown { account: name.clone(), tenant }));
    }
    all.extend(undeployed(fleet, &all));
    all.sort_by(|one, other| {
        (one.tenant.standing, &one.tenant.row.id).cmp(&(other.tenant.standing, &other.tenant.row.id))
    });
    let wanted = |shown: &&Shown| {
        let kinds =
            [(options.failed, Standing::Failed), (options.held, Standing::Held), (options.missing, Standing::Missing)];
        let kind = !kinds.iter().any(|(asked, _)| *asked) || kinds.contains(&(true, shown.tenant.standing));
        kind && options.company.as_ref().is_none_or(|part| shown.tenant.row.company.contains(part.as_str()))
    };
    let shown: Vec<&Shown> = all.iter().filter(wanted).collect();
    if fleet.as_json {
        screen::json(&json!(shown.iter().map(|shown| as_json(shown)).collect::<Vec<_>>()))?;
    } else {
        print(&shown);
    }
    Ok(ending(shown.iter().map(|shown| shown.tenant.standing)))
}

/// What the list has and no account knows yet.
fn undeployed(fleet: &Fleet, all: &[Shown]) -> Vec<Shown> {
    let known = |tenant: &&register::Tenant| {
        tenant.state == register::Switch::Removed || all.iter().any(|shown| shown.tenant.row.id == tenant.name)
    };
    let missing = fleet.register.tenants.iter().filter(|tenant| !known(tenant));
    missing
        .map(|tenant| {
            let row = watch::Row {
                id: tenant.name.clone(),
                company: tenant.company.clone(),
                wave: tenant.wave.clone(),
                ..watch::Row::default()
            };
            Shown { account: tenant.account.clone(), tenant: Tenant { row, standing: Standing::Paused, due: None } }
        })
        .collect()
}

fn ending(standings: impl Iterator<Item = Standing>) -> Exit {
    let mut ending = Exit::Done;
    for standing in standings {
        match standing {
            Standing::Missing | Standing::Failed => return Exit::Wrong,
            Standing::Held => ending = Exit::Held,
            Standing::Well | Standing::NotYet | Standing::Paused => {}
        }
    }
    ending
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Missing => "結果なし",
        Standing::Failed => "失敗",
        Standing::Held => "保留",
        Standing::Well => "正常",
        Standing::NotYet => "開始前",
        Standing::Paused => "停止中",
    }
}

fn print(shown: &[&Shown]) {
    for Shown { account, tenant } in shown {
        let row = &tenant.row;
        let (code, version, at) = row
            .seen
            .as_ref()
            .map_or(("-", "-", "-".to_owned()), |seen| (seen.code.as_str(), seen.version.as_str(), tokyo(seen.at)));
        let since = match tenant.standing {
            Standing::Held => row.held_since.map(|at| format!("  {} から", tokyo(at))),
            Standing::Failed => row.failed_since.map(|at| format!("  {} から", tokyo(at))),
            Standing::Missing => tenant.due.map(|at| format!("  予定 {}", tokyo(at))),
            _ => None,
        };
        let deployed = if row.deployed.is_empty() { "-" } else { &row.deployed };
        say!(
            "{}  {}  {}  {code}  {at}{}  実行 {version}  配置 {deployed}  {account}/{}",
            word(tenant.standing),
            row.id,
            row.company,
            since.unwrap_or_default(),
            row.wave,
        );
    }
    let count = |standing| shown.iter().filter(|shown| shown.tenant.standing == standing).count();
    screen::aside(&format!(
        "正常 {} / 失敗 {} / 保留 {} / 結果なし {} / 開始前 {} / 停止中 {}",
        count(Standing::Well),
        count(Standing::Failed),
        count(Standing::Held),
        count(Standing::Missing),
        count(Standing::NotYet),
        count(Standing::Paused),
    ));
}

fn as_json(shown: &Shown) -> Value {
    let (row, seen) = (&shown.tenant.row, &shown.tenant.row.seen);
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    json!({
        "tenant": row.id, "company": row.company, "account": shown.account, "wave": row.wave,
        "standing": shown.tenant.standing.word(), "deployed": row.deployed,
        "due": text(shown.tenant.due), "finished": text(row.finished),
        "held_since": text(row.held_since), "failed_since": text(row.failed_since),
        "run": seen.as_ref().map(|seen| json!({
            "run_id": seen.run_id, "at": seen.at.to_string(), "outcome": seen.outcome, "code": seen.code,
            "version": seen.version, "errors": seen.errors, "millis": seen.millis
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_wrong_ends_the_command_so() {
        let ends = |standings: &[Standing]| ending(standings.iter().copied());
        assert_eq!(ends(&[Standing::Well, Standing::Paused, Standing::NotYet]), Exit::Done);
        assert_eq!(ends(&[Standing::Held, Standing::Well]), Exit::Held);
        assert_eq!(ends(&[Standing::Held, Standing::Failed]), Exit::Wrong);
        assert_eq!(ends(&[Standing::Missing]), Exit::Wrong);
    }
}
