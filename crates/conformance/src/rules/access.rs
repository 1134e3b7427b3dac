//! Chapter 1: tokens, contracts, masters.

use reqwest::Method;

use crate::body::{self, delete_user, user};
use crate::stage::{Caller, Play, Stage, Stop};

pub(super) fn tokens(stage: &mut Stage<'_>) -> Play {
    let (id, name) = (stage.id(), stage.id());
    let bytes = body::gzip(&body::text(&body::lines(&[user(&id, "create")])));
    let import = format!("/v1/imports/{name}");
    let wrong = format!("{}-{name}", stage.caller.token);
    for token in [None, Some(wrong.as_str())] {
        for (method, path, body) in [
            (Method::GET, "/v1/search-words", None),
            (Method::GET, "/v1/users.csv", None),
            (Method::GET, "/v1/departments.csv", None),
            (Method::PUT, import.as_str(), Some(bytes.clone())),
            (Method::GET, import.as_str(), None),
            (Method::DELETE, import.as_str(), None),
        ] {
            let answer = stage.caller.send(&method, path, token, body);
            let word = if token.is_some() { "知らないトークン" } else { "トークンなし" };
            // Who refuses before the body was read may lose the connection with it; below it is seen that nothing was done.
            let is_lost = method == Method::PUT && answer.status == 0;
            answer.expect(matches!(answer.status, 401 | 403) || is_lost, format!("{word}: 401"))?;
        }
    }
    stage.users_are(&[(&id, false)])?;
    // Neither the PUT nor the DELETE of a stranger used the name.
    stage.put(&name, &[user(&id, "create")]).committed().map(|_| ())
}

pub(super) fn search_words(stage: &mut Stage<'_>) -> Play {
    let answer = stage.caller.get("/v1/search-words");
    answer.status_is(200)?;
    let words = answer.json["search_words"].as_array();
    let words = words.ok_or_else(|| answer.broken("{\"search_words\":[…]}"))?;
    let mut numbers = Vec::new();
    for word in words {
        let number = word["number"].as_u64().filter(|number| (1..=5).contains(number));
        let is_so = number.is_some_and(|number| !numbers.contains(&number)) && word["name"].is_string();
        answer.expect(is_so, "各検索ワードに number(1から5、重複なし)と name")?;
        numbers.extend(number);
        let options = word["options"].as_array();
        let options = options.ok_or_else(|| answer.broken("各検索ワードに options の配列"))?;
        for option in options {
            let is_so = option["id"].as_str().is_some_and(|id| !id.is_empty()) && option["name"].is_string();
            answer.expect(is_so, "各選択項目に id と name(文字列)")?;
            let again = options.iter().filter(|own| own["id"] == option["id"]).count();
            answer.expect(again == 1, "選択項目の id は検索ワードの中で重複しない")?;
        }
    }
    // What the master offers can be chosen.
    for word in words {
        if let Some(option) = word["options"].as_array().and_then(|options| options.first()) {
            let id = stage.id();
            let item = format!("検索ワード{}", word["number"]);
            stage.import(&[user(&id, "create").set(&item, option["id"].clone())]).committed()?;
        }
    }
    Ok(())
}

pub(super) fn other_data(stage: &mut Stage<'_>) -> Play {
    let other = other(stage)?;
    let (id, department, person) = (stage.id(), stage.id(), stage.person());
    let rows = [body::department(&department, None, "create"), user(&id, "create").person(&person)];
    stage.import(&rows).committed()?;
    other.are("users", "ユーザID", &[(&id, false)])?;
    other.are("departments", "部署ID", &[(&department, false)])?;
    // The same ID there is somebody else.
    let person = stage.person();
    let name = stage.id();
    let text = body::text(&body::lines(&[user(&id, "create").person(&person).set("氏名", "別契約 太郎")]));
    other.put(&name, &text).committed()?;
    stage.item_is(&id, "氏名", "適合 試験")?;
    let name = stage.id();
    other.put(&name, &body::text(&body::lines(&[delete_user(&id)]))).committed()?;
    stage.users_are(&[(&id, true)])
}

pub(super) fn other_names(stage: &mut Stage<'_>) -> Play {
    let other = other(stage)?;
    let (first, second, name) = (stage.id(), stage.id(), stage.id());
    stage.put(&name, &[user(&first, "create")]).committed()?;
    other.get(&format!("/v1/imports/{name}")).status_is(404)?;
    other.put(&name, &body::text(&body::lines(&[user(&second, "create")]))).committed()?;
    let name = stage.id();
    other.settle(&name).cancelled()?;
    stage.put(&name, &[user(&second, "create")]).committed()?;
    Ok(())
}

pub(super) fn other_deletions(stage: &mut Stage<'_>) -> Play {
    let other = other(stage)?;
    let (id, person) = (stage.id(), stage.person());
    let row = user(&id, "create").person(&person).contact("set", 1, "first@example.jp");
    stage.import(&[row]).committed()?;
    stage.import(&[delete_user(&id).person(&person)]).committed()?;
    let name = stage.id();
    let answer = other.put(&name, &body::text(&body::lines(&[user(&id, "create").person(&person)])));
    answer.committed()?.not_restored().map(|_| ())
}

fn other(stage: &Stage<'_>) -> Result<Caller, Stop> {
    stage.other().ok_or_else(|| Stop::not_played("--other-token がありません"))
}
