//! The commands of a guide, and what the test is told about them.

/// One `sh` block.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) line: usize,
    pub(crate) commands: String,
    pub(crate) events: Vec<String>,
    pub(crate) exit: i32,
    pub(crate) shows: Vec<String>,
    pub(crate) picture: Option<String>,
}

/// The `sh` blocks in order. A direction that the test does not know, or that no block follows, is an error of the guide.
pub(crate) fn of(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut next = Block::default();
    let mut directed = false;
    let mut fence: Option<String> = None;
    for (number, line) in (1..).zip(text.lines()) {
        match &fence {
            Some(kind) if line == "```" => {
                if kind == "sh" {
                    blocks.push(std::mem::take(&mut next));
                    directed = false;
                }
                fence = None;
            }
            Some(kind) if kind == "sh" => {
                next.commands.push_str(line);
                next.commands.push('\n');
            }
            Some(_) => {}
            None => {
                if let Some(kind) = line.strip_prefix("```") {
                    assert!(!directed || kind == "sh", "line {number}: directions belong to an sh block");
                    fence = Some(kind.to_owned());
                    next.line = number;
                }
                if let Some(direction) =
                    line.strip_prefix("<!-- guide-test: ").and_then(|rest| rest.strip_suffix(" -->"))
                {
                    directed = true;
                    match direction.split_once(' ') {
                        Some(("event", name)) => next.events.push(name.to_owned()),
                        Some(("exit", code)) => next.exit = code.parse().unwrap(),
                        Some(("shows", text)) => next.shows.push(text.to_owned()),
                        Some(("picture", name)) => next.picture = Some(name.to_owned()),
                        _ => panic!("line {number}: {direction}"),
                    }
                }
            }
        }
    }
    assert!(!directed && fence.is_none(), "directions or a block without an end");
    blocks
}
