//! One operator at a time: a lock in each account's table, taken anew while the work goes on and given back at its end.

use std::collections::BTreeMap;

use jiff::Timestamp;
use watch::{Lease, LeaseError, Table, TableError};

use super::Fleet;
use super::register::Account;
use crate::cloud::Cloud;
use crate::exit::Failed;

/// The accounts that are worked on, each with its lock held.
pub(crate) struct Operator {
    name: String,
    held: BTreeMap<String, (Cloud, Lease)>,
}

impl Operator {
    pub(super) async fn begin(fleet: &Fleet, accounts: &[&Account]) -> Result<Self, Failed> {
        let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let person = of("EMC_LINK_OPERATOR").or_else(|| of("USER")).unwrap_or_else(|| "operator".to_owned());
        let mut operator = Self { name: format!("{person} ({})", std::process::id()), held: BTreeMap::new() };
        for account in accounts {
            let cloud = fleet.cloud(account).await?;
            match cloud.table().lease(&operator.name, None, Timestamp::now()).await {
                Ok(lease) => {
                    operator.held.insert(account.id.clone(), (cloud, lease));
                }
                Err(error) => {
                    operator.end().await;
                    return Err(refused(&error));
                }
            }
        }
        Ok(operator)
    }

    pub(crate) fn cloud(&self, account: &Account) -> Result<&Cloud, Failed> {
        let held = self.held.get(&account.id).map(|(cloud, _)| cloud);
        held.ok_or_else(|| Failed::new(format!("アカウント {} に接続していません。一覧を確認してください。", account.id)))
    }

    pub(crate) fn table(&self, account: &Account) -> Result<Table, Failed> {
        Ok(self.cloud(account)?.table())
    }

    /// Before each tenant: whoever lost the lock stops.
    pub(crate) async fn goes_on(&self) -> Result<(), Failed> {
        for (cloud, lease) in self.held.values() {
            cloud.table().lease(&self.name, Some(lease), Timestamp::now()).await.map_err(|error| refused(&error))?;
        }
        Ok(())
    }

    pub(crate) async fn end(self) {
        for (cloud, lease) in self.held.values() {
            // What cannot be given back runs out by itself.
            let _ = cloud.table().release(lease).await;
        }
    }
}

fn refused(error: &LeaseError) -> Failed {
    match error {
        LeaseError::Taken { holder, since } => Failed::new(format!(
            "{holder} が {since} から変更を行っています。終わるのを待ってから、もう一度実行してください(異常終了した場合は30分後に実行できます)。"
        )),
        LeaseError::Table(error) => table(error),
    }
}

pub(crate) fn table(error: &TableError) -> Failed {
    Failed::new(format!(
        "テナントの表を使えません({error})。fleet.yaml のスタックがあること、AWSの認証情報の期限と権限を確認してください。"
    ))
}
