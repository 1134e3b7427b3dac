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

pub mod company;
pub mod emc;
pub mod http;
pub mod samples;
pub mod smarthr;
