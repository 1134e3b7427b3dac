//! `tenants.toml`: read, judged as a whole, and written without touching what a person wrote around it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use link::state::TenantId;
use serde::Deserialize;
use toml_edit::{DocumentMut, Item};

use super::Which;
use crate::exit::Failed;

/// The list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    pub(crate) waves: Vec<String>,
    pub(crate) defaults: Defaults,
    pub(crate) accounts: BTreeMap<String, Account>,
    #[serde(default, rename = "tenant")]
    pub(crate) tenants: Vec<Tenant>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    pub(crate) mail_from: String,
    pub(crate) ops_mail: Option<String>,
    pub(crate) emc_base_url: String,
    #[serde(default = "four")]
    pub(crate) hour: u8,
    #[serde(default = "thirty")]
    pub(crate) minute: u8,
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
}

fn four() -> u8 {
    4
}
fn thirty() -> u8 {
    30
}

/// One AWS account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) region: Option<String>,
    pub(crate) profile: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Switch {
    On,
    #[default]
    Off,
    Removed,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tenant {
    #[serde(rename = "id")]
    pub(crate) name: String,
    pub(crate) company: String,
    pub(crate) account: String,
    pub(crate) wave: String,
    #[serde(default)]
    pub(crate) state: Switch,
    pub(crate) stack: Option<String>,
    pub(crate) first_day: Option<String>,
    pub(crate) hour: Option<u8>,
    pub(crate) minute: Option<u8>,
    pub(crate) contract: Option<String>,
    #[serde(default)]
    pub(crate) prefix: String,
    pub(crate) mail_from: Option<String>,
    /// Until when what outlives the stack is kept (`remove`).
    #[serde(rename = "keep_until")]
    _keep_until: Option<String>,
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
}

impl Tenant {
    pub(crate) fn id(&self) -> Result<TenantId, Failed> {
        TenantId::parse(&self.name).map_err(|error| Failed::new(format!("テナントID {} は使えません({error})。一覧を直してください。", self.name)))
    }

    pub(crate) fn stack(&self) -> String {
        self.stack.clone().unwrap_or_else(|| format!("emc-link-{}", self.name))
    }
}

impl Register {
    pub(crate) fn read(file: &Path) -> Result<Self, Failed> {
        let text = std::fs::read_to_string(file).map_err(|error| Failed::reading(file, &error))?;
        Self::parse(&text).map_err(|faults| {
            Failed::new(format!("テナントの一覧 {} に誤りがあります。直してから、もう一度実行してください。\n  {}", file.display(), faults.join("\n  ")))
        })
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let register: Self = toml::from_str(text).map_err(|error| vec![error.to_string().trim().to_owned()])?;
        let faults = register.faults();
        if faults.is_empty() { Ok(register) } else { Err(faults) }
    }

    /// Everything that is wrong, at once.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let (mut ids, mut stacks, mut prefixes) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        for (name, account) in &self.accounts {
            if account.id.len() != 12 || !account.id.bytes().all(|byte| byte.is_ascii_digit()) {
                faults.push(format!("アカウント {name} の id は12桁の数字ではありません: {}", account.id));
            }
        }
        for tenant in &self.tenants {
            let id = &tenant.name;
            if TenantId::parse(id).is_err() || id == "fleet" || id.starts_with("fleet-") {
                faults.push(format!("テナントID {id:?} は使えません(英小文字・数字・ハイフンで32文字まで。fleet は使えません)"));
            }
            if !ids.insert(id) {
                faults.push(format!("テナントID {id} が2回あります"));
            }
            if !stacks.insert((&tenant.account, tenant.stack())) {
                faults.push(format!("スタック {} が2回あります(テナント {id})", tenant.stack()));
            }
            if !self.accounts.contains_key(&tenant.account) {
                faults.push(format!("テナント {id} のアカウント {} が [accounts] にありません", tenant.account));
            }
            if !self.waves.contains(&tenant.wave) {
                faults.push(format!("テナント {id} のウェーブ {} が waves にありません", tenant.wave));
            }
            if tenant.hour.is_some_and(|hour| hour > 23) || tenant.minute.is_some_and(|minute| minute > 59) {
                faults.push(format!("テナント {id} の時刻は0:00から23:59までです"));
            }
            if tenant.first_day.as_deref().is_some_and(|day| day.parse::<jiff::civil::Date>().is_err()) {
                faults.push(format!("テナント {id} の first_day は YYYY-MM-DD ではありません"));
            }
            if tenant.state != Switch::Removed
                && let Some(contract) = &tenant.contract
                && let Some(other) = prefixes.insert((contract, &tenant.prefix), id)
            {
                faults.push(format!("同じ契約 {contract} の {other} と {id} の prefix が同じです({:?})。IDが混ざります", tenant.prefix));
            }
        }
        faults
    }

    pub(crate) fn tenant(&self, id: &str) -> Result<&Tenant, Failed> {
        self.tenants
            .iter()
            .find(|tenant| tenant.name == id)
            .ok_or_else(|| Failed::new(format!("テナント {id} が一覧にありません。テナントIDを確認してください。")))
    }

    pub(crate) fn account(&self, tenant: &Tenant) -> Result<&Account, Failed> {
        self.accounts
            .get(&tenant.account)
            .ok_or_else(|| Failed::new(format!("アカウント {} が一覧にありません。一覧を直してください。", tenant.account)))
    }

    /// The tenants that are meant, wave by wave; those that were removed are nobody.
    pub(crate) fn chosen(&self, which: &Which) -> Result<Vec<(String, Vec<&Tenant>)>, Failed> {
        for id in &which.ids {
            self.tenant(id)?;
        }
        for wave in &which.wave {
            if !self.waves.contains(wave) {
                return Err(Failed::new(format!("ウェーブ {wave} がありません。一覧の waves は {} です。", self.waves.join("、"))));
            }
        }
        let meant = |tenant: &&Tenant| {
            tenant.state != Switch::Removed
                && (which.ids.is_empty() || which.ids.contains(&tenant.name))
                && (which.wave.is_empty() || which.wave.contains(&tenant.wave))
        };
        let waves = self.waves.iter().map(|wave| {
            let tenants: Vec<&Tenant> = self.tenants.iter().filter(|tenant| tenant.wave == *wave).filter(meant).collect();
            (wave.clone(), tenants)
        });
        let waves: Vec<(String, Vec<&Tenant>)> = waves.filter(|(_, tenants)| !tenants.is_empty()).collect();
        if waves.is_empty() {
            return Err(Failed::new("対象のテナントがありません。テナントIDとウェーブの指定を確認してください。"));
        }
        Ok(waves)
    }

    /// What the tenant's stack is to be.
    pub(crate) fn parameters(&self, tenant: &Tenant, today: jiff::civil::Date) -> BTreeMap<String, String> {
        let mut parameters = self.defaults.parameters.clone();
        parameters.extend(tenant.parameters.clone());
        let on = if tenant.state == Switch::On { "ENABLED" } else { "DISABLED" };
        let mail_from = tenant.mail_from.as_ref().unwrap_or(&self.defaults.mail_from);
        let fixed = [
            ("TenantId", tenant.name.clone()),
            ("MailFrom", mail_from.clone()),
            ("OpsMail", self.defaults.ops_mail.clone().unwrap_or_default()),
            ("ScheduleState", on.to_owned()),
            ("DailyHour", tenant.hour.unwrap_or(self.defaults.hour).to_string()),
            ("DailyMinute", tenant.minute.unwrap_or(self.defaults.minute).to_string()),
            ("FirstDay", first_day(tenant, today)),
            ("WatchedBy", "fleet".to_owned()),
        ];
        parameters.extend(fixed.map(|(name, value)| (name.to_owned(), value)));
        parameters
    }
}

/// Midnight of that day in Tokyo, in UTC. AWS refuses a past date, which has no effect any more anyway.
fn first_day(tenant: &Tenant, today: jiff::civil::Date) -> String {
    let day = tenant.first_day.as_deref().and_then(|day| day.parse::<jiff::civil::Date>().ok());
    match day.filter(|day| *day > today).and_then(|day| day.yesterday().ok()) {
        Some(before) => format!("{before}T15:00:00Z"),
        None => String::new(),
    }
}

/// Changes one entry of the file, which stays as it was written otherwise.
pub(crate) fn edit(file: &Path, id: &str, change: impl FnOnce(&mut toml_edit::Table)) -> Result<(), Failed> {
    let text = std::fs::read_to_string(file).map_err(|error| Failed::reading(file, &error))?;
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error| Failed::new(format!("テナントの一覧 {} を読み取れません({error})。書式を直してください。", file.display())))?;
    let entries = document.entry("tenant").or_insert(Item::ArrayOfTables(toml_edit::ArrayOfTables::new()));
    let Some(entries) = entries.as_array_of_tables_mut() else {
        return Err(Failed::new(format!("テナントの一覧 {} の tenant は [[tenant]] の形にしてください。", file.display())));
    };
    let at = entries.iter().position(|entry| entry.get("id").and_then(Item::as_str) == Some(id));
    if let Some(entry) = at.and_then(|at| entries.get_mut(at)) {
        change(entry);
    } else {
        let mut entry = toml_edit::Table::new();
        entry["id"] = toml_edit::value(id);
        change(&mut entry);
        entries.push(entry);
    }
    let text = document.to_string();
    if let Err(faults) = Register::parse(&text) {
        return Err(Failed::new(format!("一覧に書き込めません: {}。内容を確認してください。", faults.join("、"))));
    }
    std::fs::write(file, text).map_err(|error| Failed::writing(file, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "waves = [\"canary\", \"rest\"]\n[defaults]\nmail_from = \"a@example.jp\"\nemc_base_url = \"https://e\"\n\
                        [accounts.main]\nid = \"123456789012\"\n";

    fn tenant(id: &str, more: &str) -> String {
        format!("[[tenant]]\nid = \"{id}\"\ncompany = \"社\"\naccount = \"main\"\nwave = \"rest\"\n{more}\n")
    }
    fn faults(tenants: &[String]) -> Vec<String> {
        Register::parse(&format!("{HEAD}{}", tenants.concat())).err().unwrap_or_default()
    }

    #[test]
    fn the_list_that_is_shipped_is_right() {
        let text = include_str!("../../../../fleet/tenants.toml");
        assert!(Register::parse(text).is_ok());
        let uncommented = text.replace("# [[tenant]]", "[[tenant]]").lines().fold((String::new(), false), |(all, on), line| {
            let on = on || line == "[[tenant]]";
            (all + if on { line.strip_prefix("# ").unwrap_or(line) } else { line } + "\n", on)
        });
        assert_eq!(Register::parse(&uncommented.0).unwrap().tenants[0].name, "acme");
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let found = faults(&[
            tenant("a", "contract = \"1\"\nprefix = \"A\""),
            tenant("a", "contract = \"1\"\nprefix = \"A\""),
            tenant("fleet", "stack = \"emc-link-a\"\nhour = 24"),
        ]);
        for part in ["a が2回", "スタック emc-link-a が2回", "prefix が同じ", "\"fleet\" は使えません", "0:00から23:59"] {
            assert!(found.iter().any(|fault| fault.contains(part)), "{part}: {found:?}");
        }
        assert!(faults(&[tenant("a", "contract = \"1\"\nprefix = \"A\""), tenant("b", "contract = \"1\"\nprefix = \"B\"")]).is_empty());
        assert!(!faults(&[tenant("a", "colour = \"red\"")]).is_empty());
        assert!(faults(&[tenant("a", "").replace("rest", "x")])[0].contains("ウェーブ x"));
    }

    #[test]
    fn a_first_day_is_midnight_in_tokyo_and_gone_once_it_is_past() {
        let register = Register::parse(&format!("{HEAD}{}", tenant("a", "first_day = \"2026-12-01\""))).unwrap();
        let on = |day: &str| register.parameters(&register.tenants[0], day.parse().unwrap())["FirstDay"].clone();
        assert_eq!(on("2026-11-27"), "2026-11-30T15:00:00Z");
        assert_eq!(on("2026-12-01"), "");
    }

    #[test]
    fn an_entry_is_changed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tenants.toml");
        let text = format!("# ours\n{HEAD}{}# between\n{}", tenant("a", ""), tenant("b", ""));
        std::fs::write(&file, &text).unwrap();
        edit(&file, "b", |entry| entry["state"] = toml_edit::value("on")).unwrap();
        let after = std::fs::read_to_string(&file).unwrap();
        assert!(after.starts_with("# ours\n") && after.contains("# between"));
        assert_eq!(Register::parse(&after).unwrap().tenants[1].state, Switch::On);
        assert!(edit(&file, "b", |entry| entry["wave"] = toml_edit::value("x")).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), after);
    }
}
