//! The state behind the server: the company, what the account may do with it, and what has been asked so far.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::crew_json::{CREW_FIELDS, CrewWriter, Pieces, list};
use super::fault::Fault;
use super::limits::Limits;
use super::pages::{self, End, Page, error};
use super::settings::SmartHrSettings;
use super::tokens::Tokens;
use super::webhooks::{self, EventKind, Fired, Webhooks};
use super::{Asked, lists, oauth};
use crate::company::{Company, Event, Master, Person};
use crate::http::{Delivery, Reply, Requests, Rules};

/// A whole SmartHR, but for its socket.
#[derive(Debug)]
pub struct SmartHrWorld {
    company: Company,
    /// How it behaves. Call [`SmartHrWorld::forget_pages`] after a change of what crews look like.
    pub settings: SmartHrSettings,
    /// Faults in force.
    pub faults: Rules<Fault>,
    /// What faults made happen in the company while requests were answered.
    pub happened: Vec<Happened>,
    /// Requests so far, without those to `/_sim/`.
    pub requests: Requests,
    pub(super) tokens: Tokens,
    pub(super) webhooks: Webhooks,
    imports: usize,
    pub(super) limits: Limits,
    cache: Cache,
    fetch: u64,
}

/// Something that a fault made happen in the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// What.
    pub event: Event,
    /// The ids of the people or the department that are new by it.
    pub new: Vec<String>,
}

/// Pages, lists and pieces that are valid until the company changes.
#[derive(Debug, Default)]
struct Cache {
    pages: HashMap<String, Bytes>,
    lists: HashMap<String, Arc<Vec<usize>>>,
    pieces: Option<Arc<Pieces>>,
}

impl SmartHrWorld {
    pub(super) fn new(company: Company, settings: SmartHrSettings) -> Self {
        Self {
            company,
            tokens: Tokens::new(&settings.token, &settings.refresh_token, settings.refresh_token_lifetime),
            settings,
            faults: Rules::default(),
            happened: Vec::new(),
            requests: Requests::default(),
            webhooks: Webhooks::default(),
            imports: 0,
            limits: Limits::default(),
            cache: Cache::default(),
            fetch: 0,
        }
    }

    /// The company, to look at.
    pub fn company(&self) -> &Company {
        &self.company
    }

    /// The company, to change. Webhooks are told of every crew that has changed, a moment later.
    pub fn company_mut(&mut self) -> &mut Company {
        self.forget_pages();
        if self.webhooks.before.is_none() && self.webhooks.is_anyone_told() {
            let everybody = self.company.people.iter().map(|person| (person.id.clone(), person.clone()));
            self.webhooks.before = Some(everybody.collect());
        }
        &mut self.company
    }

    /// The company, to change by an import: webhooks are told of the import alone, not of each crew.
    pub fn import<T>(&mut self, event: impl FnOnce(&mut Company) -> T) -> T {
        self.fire_changes();
        self.imports += 1;
        let outcome = event(self.company_mut());
        let crews = self.webhooks.before.take().map_or(0, |before| webhooks::changes(&before, &self.company).len());
        let fired =
            Fired { event: EventKind::CrewImported, crew: None, bodies: webhooks::import_body(self.imports, crews) };
        self.webhooks.fire(&[fired], &self.settings.webhooks);
        outcome
    }

    /// Tells webhooks of the crews that have changed since they were last told.
    pub(super) fn fire_changes(&mut self) {
        let Some(before) = self.webhooks.before.take() else { return };
        let pieces = self.pieces();
        let writer = CrewWriter { pieces: &pieces, settings: &self.settings, fetch: self.fetch };
        let written = |person: &Person| {
            let mut out = String::new();
            writer.write(&mut out, person, Some(&CREW_FIELDS));
            out
        };
        let fired: Vec<Fired> = webhooks::changes(&before, &self.company)
            .into_iter()
            .map(|(event, at, id)| {
                let crew = at.map_or_else(|| before.get(&id), |at| self.company.people.get(at)).map(written);
                Fired { event, bodies: webhooks::crew_body(event, &id, crew.as_deref()), crew: Some(id) }
            })
            .collect();
        self.webhooks.fire(&fired, &self.settings.webhooks);
    }

    /// Makes every page anew from now on.
    pub fn forget_pages(&mut self) {
        self.cache = Cache::default();
    }

    /// Makes this access token void.
    pub fn revoke_token(&mut self, token: &str) {
        self.tokens.revoke(token);
    }

    /// Makes every access token void, so that only a refresh token helps.
    pub fn revoke_all_tokens(&mut self) {
        self.tokens.revoke_all();
    }

    /// The answer to a request that these faults hit.
    pub(super) fn answer(&mut self, asked: &Asked, faults: &[Fault]) -> (Reply, Delivery) {
        for fault in faults {
            match fault {
                Fault::Shift { insert, remove } => self.shift(asked, *insert, *remove),
                Fault::Meanwhile { events } => self.happen(events.iter().cloned()),
                Fault::Unrest { events } => {
                    for _ in 0..*events {
                        let event = self.company_mut().random_list_event();
                        self.happen([event]);
                    }
                }
                Fault::FrontBecomes { n, status } => {
                    let front = self.front(asked, *n);
                    self.company_mut().set_status(&front, *status);
                }
                Fault::RevokeToken => self.tokens.revoke(asked.token.as_deref().unwrap_or_default()),
                _ => {}
            }
        }
        let end = if faults.contains(&Fault::EndlessNext) { End::Never } else { End::Proper };
        let mut reply = if asked.path.starts_with("/oauth/") {
            faults.iter().find_map(Fault::instead).unwrap_or_else(|| self.oauth(asked))
        } else {
            self.limited(asked, faults, end)
        };
        for fault in faults {
            match fault {
                Fault::NoTotalCount => reply.headers.retain(|(name, _)| *name != "x-total-count"),
                Fault::WrongContentType { content_type } => reply.content_type.clone_from(content_type),
                _ => {}
            }
        }
        (reply, faults.iter().find_map(Fault::delivery).unwrap_or_default())
    }

    fn oauth(&mut self, asked: &Asked) -> Reply {
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/oauth/authorization") => oauth::authorize(self, asked),
            ("GET", "/oauth/consent") => oauth::consent(self, asked),
            ("POST", "/oauth/token") => oauth::token(self, asked),
            _ => Reply::html(404),
        }
    }

    /// An answer of the API, with the limits' headers whatever it is.
    fn limited(&mut self, asked: &Asked, faults: &[Fault], end: End) -> Reply {
        let token = asked.token.as_deref().unwrap_or_default();
        let settings = &self.settings;
        let standing = self.limits.count(token, settings.second_limit, settings.hour_limit, Instant::now());
        let reply = match faults.iter().find_map(Fault::instead) {
            Some(reply) => reply,
            None if !self.tokens.accepts(token) => error(401),
            None if standing.exceeded => error(429),
            None => self.api(asked, end),
        };
        standing.put_on(reply)
    }

    fn api(&mut self, asked: &Asked, end: End) -> Reply {
        let Some(path) = asked.path.strip_prefix("/api/v1/") else { return error(404) };
        let resource = path.split('/').next().unwrap_or_default();
        if self.settings.refused_resources.contains(resource) {
            return error(403);
        }
        if resource == "webhooks" {
            return webhooks::answer(self, asked, path);
        }
        if asked.method != "GET" {
            return error(404);
        }
        if self.settings.emptied_resources.contains(path) {
            return self.listing(asked, end, &[], |_, _| None).unwrap_or_else(|refusal| refusal);
        }
        let company = &self.company;
        let masters = match path {
            "crews" => return self.crews(asked, end).unwrap_or_else(|refusal| refusal),
            "departments" => return self.departments(asked, end).unwrap_or_else(|refusal| refusal),
            "crew_custom_field_templates" => return self.templates(asked, end).unwrap_or_else(|refusal| refusal),
            "crew_custom_field_template_groups" => {
                let ids: Vec<String> = company.custom_groups.iter().map(|group| group.id.clone()).collect();
                return self.masters(asked, end, &ids);
            }
            "users/me" => {
                return Reply::json(
                    200,
                    r#"{"id":"7c1d6b2e-0000-4000-8000-000000000001","email":"admin@example.co.jp"}"#,
                );
            }
            "biz_establishments" => &company.establishments,
            "employment_types" => &company.employment_types,
            "job_titles" => &company.job_titles,
            "grades" => &company.grades,
            "job_categories" => &company.job_categories,
            "recruitment_types" => &company.recruitment_types,
            _ => return path.strip_prefix("crews/").map_or_else(|| error(404), |id| self.crew(asked, id)),
        };
        let ids: Vec<String> = masters.iter().map(|master: &Master| master.id.clone()).collect();
        self.masters(asked, end, &ids)
    }

    fn masters(&mut self, asked: &Asked, end: End, ids: &[String]) -> Reply {
        self.listing(asked, end, ids, |pieces, id| pieces.masters.get(id)).unwrap_or_else(|refusal| refusal)
    }

    fn crew(&mut self, asked: &Asked, id: &str) -> Reply {
        let pieces = self.pieces();
        let writer = CrewWriter { pieces: &pieces, settings: &self.settings, fetch: self.fetch };
        let Some(person) = self.company.person(id).filter(|person| !person.hidden) else { return error(404) };
        let mut out = String::new();
        writer.write(&mut out, person, fields(asked).as_deref());
        Reply::json(200, out)
    }

    fn crews(&mut self, asked: &Asked, end: End) -> Result<Reply, Reply> {
        let page = Page::of(asked)?;
        let everyone = self.list(asked, lists::crews)?;
        let fields = fields(asked);
        // What is another at every fetch must not come from the cache.
        let lasting = fields
            .as_ref()
            .is_some_and(|only| only.iter().all(|field| CREW_FIELDS.contains(field) && *field != "updated_at"));
        if let Some(body) = self.cache.pages.get(&asked.raw_query).filter(|_| lasting && end == End::Proper) {
            return Ok(pages::reply(asked, page, everyone.len(), end, &self.settings, body.clone()));
        }
        self.fetch += 1;
        let pieces = self.pieces();
        let writer = CrewWriter { pieces: &pieces, settings: &self.settings, fetch: self.fetch };
        let mut out = String::new();
        let entries = self.settings.with_nulls("crews", &everyone[shown(page, everyone.len(), end)]);
        list(&mut out, entries, |out, at| match at {
            Some(at) => writer.write(out, &self.company.people[*at], fields.as_deref()),
            None => out.push_str("null"),
        });
        let body = Bytes::from(out);
        if lasting && end == End::Proper {
            self.cache.pages.insert(asked.raw_query.clone(), body.clone());
        }
        Ok(pages::reply(asked, page, everyone.len(), end, &self.settings, body))
    }

    fn departments(&mut self, asked: &Asked, end: End) -> Result<Reply, Reply> {
        let places = self.list(asked, lists::departments)?;
        let ids: Vec<String> = places.iter().map(|at| self.company.departments[*at].id.clone()).collect();
        self.listing(asked, end, &ids, |pieces, id| pieces.listed.get(id))
    }

    fn templates(&mut self, asked: &Asked, end: End) -> Result<Reply, Reply> {
        let ids: Vec<String> = self.company.custom_templates.iter().map(|template| template.id.clone()).collect();
        let with_group = asked.query.get("embed") == Some("group");
        self.listing(asked, end, &ids, |pieces, id| {
            if with_group { pieces.grouped_templates.get(id) } else { pieces.templates.get(id) }
        })
    }

    fn listing(
        &mut self,
        asked: &Asked,
        end: End,
        ids: &[String],
        piece: impl for<'a> Fn(&'a Pieces, &str) -> Option<&'a String>,
    ) -> Result<Reply, Reply> {
        let page = Page::of(asked)?;
        let pieces = self.pieces();
        let mut out = String::new();
        let resource = asked.path.rsplit('/').next().unwrap_or_default();
        let entries = self.settings.with_nulls(resource, &ids[shown(page, ids.len(), end)]);
        list(&mut out, entries, |out, id| {
            out.push_str(id.and_then(|id| piece(&pieces, id)).map_or("null", String::as_str));
        });
        Ok(pages::reply(asked, page, ids.len(), end, &self.settings, Bytes::from(out)))
    }

    /// A list in the order asked for, from the cache where only the page differs.
    fn list(
        &mut self,
        asked: &Asked,
        make: fn(&Company, &Asked, &SmartHrSettings) -> Result<Vec<usize>, Reply>,
    ) -> Result<Arc<Vec<usize>>, Reply> {
        let pairs = asked.query.0.iter().filter(|(key, _)| !["page", "per_page", "fields"].contains(&key.as_str()));
        let key = pairs.fold(asked.path.clone(), |key, (name, value)| key + "&" + name + "=" + value);
        if let Some(list) = self.cache.lists.get(&key) {
            return Ok(Arc::clone(list));
        }
        let list = Arc::new(make(&self.company, asked, &self.settings)?);
        self.cache.lists.insert(key, Arc::clone(&list));
        Ok(list)
    }

    fn pieces(&mut self) -> Arc<Pieces> {
        let (company, settings) = (&self.company, &self.settings);
        Arc::clone(self.cache.pieces.get_or_insert_with(|| Arc::new(Pieces::of(company, settings))))
    }

    /// People (or departments, where those are being read) appear at the front of the list and vanish from it.
    fn shift(&mut self, asked: &Asked, insert: usize, remove: usize) {
        if asked.path.ends_with("/departments") {
            let order = self.list(asked, lists::departments).unwrap_or_default();
            let ids: Vec<String> = order.iter().map(|at| self.company.departments[*at].id.clone()).collect();
            self.company_mut().shift_departments(&ids, insert, remove);
        } else {
            let front = self.front(asked, remove);
            let company = self.company_mut();
            company.remove(&front);
            company.hire_at_front(insert);
        }
    }

    fn happen(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            let new = self.company_mut().apply(&event);
            self.happened.push(Happened { event, new });
        }
    }

    /// The first `n` people of the list that is being read.
    fn front(&mut self, asked: &Asked, n: usize) -> Vec<String> {
        let order = self.list(asked, lists::crews).unwrap_or_default();
        order.iter().take(n).map(|at| self.company.people[*at].id.clone()).collect()
    }
}

/// The fields asked for; `None` is everything.
fn fields(asked: &Asked) -> Option<Vec<&str>> {
    asked.query.get("fields").filter(|list| !list.is_empty()).map(|list| list.split(',').map(str::trim).collect())
}

/// Which entries a page shows; in a listing that never ends, every page past the last shows the last again.
fn shown(page: Page, total: usize, end: End) -> std::ops::Range<usize> {
    match end {
        End::Proper => page.range(total),
        End::Never => Page { number: page.number.min(page.last(total)), ..page }.range(total),
    }
}
