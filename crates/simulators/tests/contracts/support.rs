//! A plain client and import bodies for the simulators' own tests.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Client, Response, redirect};
use serde_json::Value;
use simulators::emc::Emc;
use simulators::smarthr::SmartHr;

pub(crate) fn client() -> Client {
    Client::builder().redirect(redirect::Policy::none()).build().unwrap()
}

pub(crate) async fn get(smarthr: &SmartHr, path: &str) -> Response {
    let url = smarthr.base_url() + path;
    client().get(url).bearer_auth("smarthr-token").send().await.unwrap()
}

pub(crate) async fn json(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
}

/// All ids of a listing, page after page, as `next` leads.
pub(crate) async fn ids(smarthr: &SmartHr, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut page = 1;
    loop {
        let response = get(smarthr, &format!("{path}&page={page}")).await;
        let more = header(&response, "link").contains("rel=\"next\"");
        let entries = json(response).await;
        all.extend(entries.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()));
        if !more {
            return all;
        }
        page += 1;
    }
}

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

pub(crate) async fn put(emc: &Emc, address: &str, body: Vec<u8>) -> reqwest::Result<(u16, Value)> {
    let request = client()
        .put(format!("{}/v1/imports/{address}", emc.base_url()))
        .bearer_auth("emc-token")
        .header("content-type", "application/x-ndjson")
        .header("content-encoding", "gzip")
        .body(body);
    answer(request.send().await?).await
}

pub(crate) async fn settle(emc: &Emc, id: &str) -> (u16, Value) {
    let request = client().delete(format!("{}/v1/imports/{id}", emc.base_url())).bearer_auth("emc-token");
    answer(request.send().await.unwrap()).await.unwrap()
}

async fn answer(response: Response) -> reqwest::Result<(u16, Value)> {
    let status = response.status().as_u16();
    Ok((status, serde_json::from_str(&response.text().await?).unwrap_or_default()))
}

/// An import from its middle lines; begin and end are counted and put around.
pub(crate) fn import(lines: &[Value]) -> String {
    let count =
        |op: &str, record: &str| lines.iter().filter(|line| line["op"] == op && line["record"] == record).count();
    let begin = serde_json::json!({
        "op": "begin", "tenant": "acme",
        "put_departments": count("put", "department"), "put_users": count("put", "user"),
        "delete_users": count("delete", "user"), "delete_departments": count("delete", "department"),
    });
    let end = serde_json::json!({ "op": "end" });
    [&begin].into_iter().chain(lines).chain([&end]).map(|line| line.to_string() + "\n").collect()
}
