//! People and changes over the days, as a picture made of shapes: no script, no image file.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use link::report::{Mode, Outcome};
use maud::{Markup, html};

use super::words::figure;
use crate::summaries::{DAYS, Listed};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 220.0;
/// Room for the labels at the left and at the right.
const SIDE: f64 = 56.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 26.0;
/// So many days are shown at least.
const FEWEST: i32 = 13;

/// What a day came to: of several runs, the last that came to anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Day {
    people: Option<u64>,
    created: u64,
    deleted: u64,
    failed: bool,
}

impl Day {
    fn changes(&self) -> u64 {
        self.created.max(self.deleted)
    }

    /// Most of the people came on this day: on the others' scale its bar would be all that is seen for sixty days.
    fn is_first_link(&self) -> bool {
        self.people.is_some_and(|people| self.created.saturating_mul(2) > people)
    }
}

/// What a full bar stands for: the most changes of an ordinary day. Higher bars are cut, and say their figure.
fn most_changes(days: &BTreeMap<Date, Day>) -> u64 {
    let ordinary = days.values().filter(|day| !day.is_first_link()).map(Day::changes).max().unwrap_or(0);
    let all = days.values().map(Day::changes).max().unwrap_or(0);
    if ordinary > 0 { ordinary } else { all.max(1) }
}

fn days(runs: &[Listed]) -> BTreeMap<Date, Day> {
    let mut days: BTreeMap<Date, Day> = BTreeMap::new();
    // Oldest first, so that the day's last run decides.
    for run in runs.iter().rev() {
        let (Some(date), Some(summary)) = (run.id.date(), run.summary()) else { continue };
        if summary.mode != Mode::Sync {
            continue;
        }
        let day = days.entry(date).or_default();
        match (summary.outcome, summary.users) {
            (Outcome::Success | Outcome::NoChange, Some(users)) => {
                day.people = Some(users.valid);
                day.created += users.created;
                day.deleted += users.deleted;
                day.failed = false;
            }
            (Outcome::Failure | Outcome::Held, _) => day.failed = true,
            _ => {}
        }
    }
    days
}

/// The chart up to `today`; nothing where there is nothing to show.
pub(crate) fn people_and_changes(runs: &[Listed], today: Date) -> Markup {
    let days = days(runs);
    if days.is_empty() {
        return html! { p.soft { "実行結果がまだありません。" } };
    }
    let most_people = days.values().filter_map(|day| day.people).max().unwrap_or(0).max(1);
    let most_changes = most_changes(&days);
    // A tenant that is new has no sixty days to show.
    let oldest = days.keys().next().copied().unwrap_or(today);
    let first = today.checked_sub(FEWEST.days()).map_or(oldest, |latest_start| oldest.min(latest_start));
    let span = WIDTH - 2.0 * SIDE;
    let ground = HEIGHT - BOTTOM;
    let depth = ground - TOP;
    let step = span / (f64::from((today - first).get_days()) + 1.0);
    let x = |date: Date| SIDE + f64::from((date - first).get_days()) * step;
    let y = |part: u64, whole: u64| ground - depth * (shown(part) / shown(whole));
    let bar = |changes: u64| y(changes.min(most_changes), most_changes);
    let line: Vec<String> = days
        .iter()
        .filter_map(|(date, day)| Some(format!("{:.1},{:.1}", x(*date) + step / 2.0, y(day.people?, most_people))))
        .collect();
    let told = summary(&days);
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(told) {
            line.axis x1=(SIDE) y1=(ground) x2=(WIDTH - SIDE) y2=(ground) {}
            @for (date, day) in &days {
                @if day.created > 0 {
                    rect.created x=(at(x(*date))) y=(at(bar(day.created))) width=(at(step * 0.45))
                        height=(at(ground - bar(day.created))) {}
                }
                @if day.deleted > 0 {
                    rect.deleted x=(at(x(*date) + step * 0.5)) y=(at(bar(day.deleted))) width=(at(step * 0.45))
                        height=(at(ground - bar(day.deleted))) {}
                }
                @if day.changes() > most_changes {
                    text x=(at(x(*date))) y=(at(TOP - 4.0)) { (figure(day.changes())) "件" }
                }
                @if day.failed {
                    circle.failed cx=(at(x(*date) + step / 2.0)) cy=(at(ground - 4.0)) r="4" {}
                }
            }
            polyline.people points=(line.join(" ")) {}
            @if let [only] = line.as_slice() {
                @if let Some((cx, cy)) = only.split_once(',') { circle.people cx=(cx) cy=(cy) r="2" {} }
            }
            text x="0" y=(TOP + 4.0) { (figure(most_people)) "人" }
            text x=(WIDTH) y=(TOP + 4.0) text-anchor="end" { (figure(most_changes)) "件" }
            text x=(SIDE) y=(HEIGHT - 8.0) { (first.strftime("%-m/%-d").to_string()) }
            text x=(WIDTH - SIDE) y=(HEIGHT - 8.0) text-anchor="end" { (today.strftime("%-m/%-d").to_string()) }
        }
        p.legend {
            span { "有効な社員数(左)" }
            span.created { "新規(右)" }
            span.deleted { "削除(右)" }
            span.failed { "失敗・保留の日" }
        }
    }
}

/// A figure as a length; beyond four thousand million nobody sees a difference.
fn shown(figure: u64) -> f64 {
    f64::from(u32::try_from(figure).unwrap_or(u32::MAX))
}

fn at(place: f64) -> String {
    format!("{place:.1}")
}

/// The same in words, for who does not see the picture.
fn summary(days: &BTreeMap<Date, Day>) -> String {
    let created: u64 = days.values().map(|day| day.created).sum();
    let deleted: u64 = days.values().map(|day| day.deleted).sum();
    let failed = days.values().filter(|day| day.failed).count();
    let people = days.values().rev().find_map(|day| day.people).map_or("不明".to_owned(), figure);
    format!(
        "直近{DAYS}日の推移。最新の有効な社員数は{people}人、新規は合計{}件、削除は合計{}件、失敗・保留のままの日は{failed}日です。",
        figure(created),
        figure(deleted)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(people: u64, created: u64, deleted: u64) -> Day {
        Day { people: Some(people), created, deleted, failed: false }
    }

    fn scale(days: &[Day]) -> u64 {
        let first = Date::constant(2026, 11, 1);
        most_changes(&(0..).zip(days).map(|(at, day)| (first + at.days(), *day)).collect())
    }

    #[test]
    fn the_first_link_does_not_flatten_the_days_after_it() {
        assert_eq!(scale(&[day(11_285, 11_285, 0), day(11_290, 7, 2), day(11_280, 1, 11)]), 11);
        assert_eq!(scale(&[day(11_285, 11_285, 0)]), 11_285);
        assert_eq!(scale(&[day(300, 300, 0), day(300, 0, 0)]), 300);
        assert_eq!(scale(&[day(300, 0, 0)]), 1);
    }
}
