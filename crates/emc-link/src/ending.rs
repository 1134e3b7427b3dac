//! How the command ends: the exit codes that scripts rely on, and what is told where nothing could be done.

use std::path::Path;
use std::process::ExitCode;

use link::report::{Answer, Outcome};

/// The exit codes. clap itself ends with 2 where the command line is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// 0: done, and nothing is wrong.
    Done,
    /// 1: something is wrong with data, settings or the other side; it was told what.
    Wrong,
    /// 3: the guard holds the run until a person approves (or would, in a preview).
    Held,
    /// 4: another run is in progress.
    Busy,
    /// 5: the command could not be carried out at all.
    NotDone,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Done => 0,
            Ending::Wrong => 1,
            Ending::Held => 3,
            Ending::Busy => 4,
            Ending::NotDone => 5,
        })
    }
}

/// What the help says of the exit codes.
pub(crate) const HELP: &str = "終了コード:
  0  正常に終了(変化なしを含む)
  1  エラーあり(データ、設定、SmartHR、エマージェンシーコール)
  2  コマンドの書き方の誤り
  3  保留(確認のみの場合は、実行すると保留になる)
  4  他の処理が実行中
  5  コマンドを実行できなかった(ファイルや保存先が使えないなど)";

/// How a run's answer ends the command.
pub(crate) fn of(answer: &Answer) -> Ending {
    match answer.would.unwrap_or(answer.outcome) {
        Outcome::Failure => Ending::Wrong,
        Outcome::Held => Ending::Held,
        Outcome::Busy => Ending::Busy,
        Outcome::Checked if !answer.warnings.is_empty() => Ending::Wrong,
        _ => Ending::Done,
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
