//! The guides, played through: every command of their `sh` blocks is run in order against SmartHR and Emergency Call as
//! servers, from the application to the approval of a held run. What the reader does beside the commands (in SmartHR,
//! in EMC) is named in comments that Markdown does not show:
//!
//! ```text
//! <!-- guide-test: event NAME -->    happens before the block
//! <!-- guide-test: exit 3 -->        how its last command ends (0 if not said)
//! <!-- guide-test: shows TEXT -->    what it must print
//! <!-- guide-test: picture NAME -->  its output is docs/pictures/NAME.svg
//! ```
//!
//! `UPDATE_PICTURES=1 cargo test -p emc-link --test guide` draws the pictures anew.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod blocks;
mod picture;
mod stage;

use std::path::PathBuf;

fn docs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

#[test]
fn the_guides_commands_lead_from_the_application_to_the_daily_link() {
    let mut stage = stage::Stage::set();
    let mut pictures = Vec::new();
    for guide in ["導入ガイド.md", "運用ガイド.md"] {
        let text = std::fs::read_to_string(docs().join(guide)).unwrap();
        let blocks = blocks::of(&text);
        assert!(blocks.len() > 5, "{guide} has lost its commands");
        for block in blocks {
            let played = stage.play(&block);
            let place = format!("{guide}, line {}:\n{}\n{}", block.line, block.commands, played.output);
            assert_eq!(played.exit, block.exit, "{place}");
            for shown in &block.shows {
                assert!(played.output.contains(shown.as_str()), "{shown} is missing in {place}");
            }
            if let Some(name) = &block.picture {
                assert!(text.contains(&format!("(pictures/{name}.svg)")), "{guide} does not show {name}");
                pictures.push((name.clone(), picture::of(&block.commands, &played.output)));
            }
        }
    }
    stage.assert_the_end();
    for (name, picture) in pictures {
        let file = docs().join("pictures").join(format!("{name}.svg"));
        if std::env::var_os("UPDATE_PICTURES").is_some() {
            std::fs::write(&file, &picture).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(
            picture::words(&kept),
            picture::words(&picture),
            "{name} is not what the program prints: run with UPDATE_PICTURES=1"
        );
    }
}
