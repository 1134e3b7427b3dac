//! Sends what is due, beside the server and for as long as it runs.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, redirect};

use super::{Job, WebhookDelivery};
use crate::smarthr::lock;
use crate::smarthr::world::SmartHrWorld;

/// How often it looks for changes and for what is due.
const PAUSE: Duration = Duration::from_millis(10);

/// Never ends; the server drops it when it stops.
pub(in crate::smarthr) async fn run(world: Arc<Mutex<SmartHrWorld>>) {
    // A webhook is an address that somebody typed: it is neither followed elsewhere nor sent through this machine's proxy.
    let Ok(client) = Client::builder().redirect(redirect::Policy::none()).no_proxy().build() else { return };
    loop {
        tokio::time::sleep(PAUSE).await;
        let jobs = {
            let mut world = lock(&world);
            world.fire_changes();
            let free = world.settings.webhooks.at_once.saturating_sub(world.webhooks.under_way);
            world.webhooks.take_due(free)
        };
        for job in jobs {
            tokio::spawn(deliver(Arc::clone(&world), client.clone(), job));
        }
    }
}

/// Tries one event, and then further ones as long as some are due: a storm does not wait for the next look.
async fn deliver(world: Arc<Mutex<SmartHrWorld>>, client: Client, first: Job) {
    let mut next = Some(first);
    while let Some(job) = next {
        let (address, delivery) = address(&world, &job);
        let began = Instant::now();
        let status = match address {
            Some((url, secret)) => post(&client, &url, secret.as_deref(), &job, delivery.answer_within).await,
            None => None,
        };
        let mut world = lock(&world);
        world.webhooks.settle(job, status, began.elapsed(), &delivery);
        next = world.webhooks.take_due(1).pop();
    }
}

/// Where a job goes: its webhook may have been changed or removed since it was fired.
fn address(world: &Mutex<SmartHrWorld>, job: &Job) -> (Option<(String, Option<String>)>, WebhookDelivery) {
    let world = lock(world);
    let webhook = world.webhooks.all.iter().find(|one| one.id == job.webhook);
    let address = webhook.map(|one| (one.url.clone(), one.secret_token.clone()));
    (address, world.settings.webhooks.clone())
}

async fn post(client: &Client, url: &str, secret: Option<&str>, job: &Job, within: Duration) -> Option<u16> {
    let mut request =
        client.post(url).timeout(within).header("content-type", "application/json").body(job.body.clone());
    if let Some(secret) = secret {
        request = request.header("X-SmartHR-Token", secret);
    }
    let response = request.send().await.ok()?;
    Some(response.status().as_u16())
}
