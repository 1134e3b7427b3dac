//! SmartHR and Emergency Call as real HTTP servers on this machine, with a company to fill them.
//!
//! The link is tested against these instead of mocks, because what hurts in practice is what crosses the wire: pages that
//! shift, connections that break, answers that are not JSON, an import that was committed although its answer was lost.
//! The simulators know the outside contracts only; they share no type with the link, so that a misreading of a contract
//! cannot hide in both.
//!
//! ```no_run
//! use simulators::{company::Company, emc::{Emc, EmcSettings}, smarthr::{SmartHr, SmartHrSettings}};
//!
//! let company = Company::generate(7, 300);
//! let words = simulators::samples::search_words(&company);
//! let smarthr = SmartHr::start(company, SmartHrSettings::default())?;
//! let emc = Emc::start(EmcSettings { search_words: words, ..EmcSettings::default() })?;
//! println!("{} {}", smarthr.base_url(), emc.base_url());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

//! ## What happens, in the words of who enters it
//!
//! [`smarthr::SmartHr::change`] hands out the company, [`smarthr::SmartHr::import`] does so for an import.
//!
//! | what | how |
//! | --- | --- |
//! | many retired people | `Company::generate_with(seed, employees, Retired::PerPerson(3))`, `add_retired` |
//! | people come and go | `hire`, `hire_at_front`, `retire`, `retire_some`, `go_on_leave`, `come_back`, `set_status`, `remove` |
//! | the same crew comes back | `rehire` |
//! | a number or an address is somebody else's | `reissue_number`, `exchange_numbers`, `reissue_email`, `exchange_emails` |
//! | a person changes | `rename`, `move_department`, `set_employee_code`, `set_email`, `set_custom`, `make_untidy` |
//! | a department changes | `open_department`, `open_department_for`, `close_department`, `discontinue_department`, `rename_department`, `set_department_code` |
//! | a name in two groups | `add_custom_group`, `add_custom_field` |
//! | what the account sees of people | `hide_people`, `restore`, `unlist`, `list_again`, `make_unreadable`, `reorder` |
//! | a change of a later day | `plan`, `plan_retirement`, and `begin_day` when it has come |
//! | the same as data | [`company::Event`] and `Company::apply`; `random_list_event` |
//!
//! ## What the service does
//!
//! Lasting behaviour is in [`smarthr::SmartHrSettings`] (`SmartHr::adjust`, or by name with `set_behaviour`), rights in
//! `SmartHr::lose_attribute`, `lose_resource` and `regain_all_rights`; a [`smarthr::Fault`] strikes single requests, as a
//! [`http::Rule`] says:
//!
//! ```no_run
//! # use simulators::{company::{Company, Event}, http::Rule, smarthr::{Fault, LostAttribute, SmartHr, SmartHrSettings}};
//! let smarthr = SmartHr::start(Company::generate(7, 300), SmartHrSettings::default())?;
//! // Before page 2 of the people in service is read, somebody at the front of the list is deleted.
//! smarthr.inject(Rule::new("/api/v1/crews", Fault::Shift { insert: 0, remove: 1 }).query("emp_status=employed").page(2));
//! // Before each page, three random changes of who is listed; `world().happened` tells what they were.
//! smarthr.inject(Rule::new("/api/v1/crews", Fault::Unrest { events: 3 }).always());
//! smarthr.lose_attribute("emp_status", LostAttribute::Null);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## Webhooks
//!
//! Registered over the API or with `SmartHr::add_webhook(Webhook::for_crews(url, secret))`, they are told of every crew that
//! changes. `SmartHrSettings::webhooks` is how: the time for an answer, the waits between tries
//! (`WebhookDelivery::default().within(time)`), duplicates, order. `SmartHr::webhooks`, `deliveries` and
//! `pending_deliveries` show what became of it; `SmartHr::requests_within` is what a token has used of its hour.

pub mod company;
pub mod emc;
pub mod http;
pub mod samples;
pub mod smarthr;
