//! The exit codes that scripts rely on, and the message of a command that could not be carried out.

use std::path::Path;
use std::process::ExitCode;

use link::report::{Answer, Outcome};

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done, and nothing is wrong.
    Done,
    /// 1: something is wrong with data, settings or the other side; it was told what.
    Wrong,
    /// 2: the rules of the import API could not be played. A command line that is not understood ends so too.
    NotPlayed,
    /// 3: the guard holds the run until a person approves (or would, in a preview).
    Held,
    /// 4: another run is in progress.
    Busy,
    /// 5: the command could not be carried out at all.
    NotDone,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Wrong => 1,
            Exit::NotPlayed => 2,
            Exit::Held => 3,
            Exit::Busy => 4,
            Exit::NotDone => 5,
        })
    }
}

/// What the help says of the exit codes.
pub(crate) const HELP: &str = "終了コード:
  0  正常に終了(変化なしを含む)
  1  エラーあり(データ、設定、SmartHR、エマージェンシーコール)
  2  コマンドの書き方の誤り、適合試験(conformance)を実施できなかった
  3  保留(確認のみの場合は、実行すると保留になる)
  4  他の処理が実行中
  5  コマンドを実行できなかった(ファイルや保存先が使えないなど)";

/// The exit code for a run's answer.
pub(crate) fn of(answer: &Answer) -> Exit {
    match answer.would.unwrap_or(answer.outcome) {
        Outcome::Failure => Exit::Wrong,
        Outcome::Held => Exit::Held,
        Outcome::Busy => Exit::Busy,
        Outcome::Checked if !answer.warnings.is_empty() => Exit::Wrong,
        _ => Exit::Done,
    }
}

/// The command could not be carried out: what, why, and what to do, in Japanese.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) message: String,
}

impl Failed {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    pub(crate) fn reading(file: &Path, error: &std::io::Error) -> Self {
        Self::new(format!("{} を読み取れません({error})。ファイルの場所と権限を確認してください。", file.display()))
    }

    pub(crate) fn writing(file: &Path, error: &std::io::Error) -> Self {
        Self::new(format!("{} に書き込めません({error})。フォルダの有無と権限を確認してください。", file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_tells_every_exit_code() {
        for code in [0, 1, 2, 3, 4, 5] {
            assert!(HELP.contains(&format!("\n  {code}  ")));
        }
    }
}
