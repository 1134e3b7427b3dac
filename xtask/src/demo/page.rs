//! `cargo demo --page`: the 人事データ連携 pages over what the days left, at this machine's loopback address.

use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use link::state::ports::SecretStore;
use link::state::ports::{Clock, Platform};
use pages::loopback::{Loopback, Runs, served_at};
use pages::{LAUNCH_LIFETIME, OtherLink, Person, Settings, mint, router};
use tokio::net::TcpListener;

use super::stage::Stage;

const MAIL_FROM: &str = "emc-link@example.co.jp";
const OPS_MAIL: &str = "emc-ops@example.co.jp";

/// Serves the pages until Ctrl-C, and makes a launch link for whoever asks.
pub(crate) async fn serve(stage: &Stage, port: u16) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.with_context(|| format!("port {port}"))?;
    let origin = format!("http://{}", listener.local_addr()?);
    let runs = Runs {
        tenant: stage.tenant.clone(),
        version: version::BUILD,
        mail_from: MAIL_FROM.to_owned(),
        ops_mail: Some(OPS_MAIL.to_owned()),
        smarthr_rate: stage.rate,
    };
    let settings = Settings {
        tenant: stage.tenant.clone(),
        version: version::BUILD,
        links: OtherLink::parse_list("みなとロジスティクス株式会社=https://minato-logistics.example.jp").0,
        mail_from: MAIL_FROM.to_owned(),
        ops_mail: Some(OPS_MAIL.to_owned()),
        schedule: None,
    };
    let site = Loopback::new(Arc::clone(&stage.home), runs);
    let service = served_at(router(site, settings), &origin).into_make_service_with_connect_info::<SocketAddr>();

    println!("\n════ 人事データ連携の画面 / the pages");
    println!("  下のリンクをブラウザで開いてください({}分以内に1回だけ使えます)。", LAUNCH_LIFETIME.as_mins());
    println!("  Open this link in a browser (good once, for {} minutes):", LAUNCH_LIFETIME.as_mins());
    println!("  {}", link(stage, &origin).await?);
    println!("  できること: 失敗した理由を読む、シートを元に戻す、保留を承認する、連携を解除して連携し直す。");
    let mut wishes = wishes();
    println!("  Enterで新しいリンク、Ctrl-Cで終了 / Enter: another link, Ctrl-C: end");
    tokio::select! {
        served = axum::serve(listener, service).into_future() => served.context("the pages")?,
        stopped = tokio::signal::ctrl_c() => stopped?,
        never = async {
            while wishes.recv().await.is_some() {
                println!("  {}", link(stage, &origin).await?);
            }
            std::future::pending::<anyhow::Result<()>>().await
        } => never?,
    }
    Ok(())
}

/// What EMC's maintenance site does when its button is pressed.
async fn link(stage: &Stage, origin: &str) -> anyhow::Result<String> {
    let secret = stage.home.secrets().load().await?.text;
    let person = Person { id: "jinji".to_owned(), name: "人事 花子".to_owned() };
    let token = mint(&secret, &stage.tenant, &person, stage.home.clock().now())?;
    Ok(format!("{origin}/launch?token={token}"))
}

/// A word for each line of the standard input.
fn wishes() -> tokio::sync::mpsc::Receiver<()> {
    let (tell, wishes) = tokio::sync::mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || tell.blocking_send(()).is_err() {
                break;
            }
        }
    });
    wishes
}
