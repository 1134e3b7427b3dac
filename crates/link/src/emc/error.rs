//! What goes wrong with EMC, in the words of the report and with the one question that matters after a `PUT`: may it have
//! taken effect?

use std::fmt::{self, Write as _};

use crate::fault::{Code, Fault, Subject};

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Setup,
    SearchWords,
    Import,
    DryRun,
    Look,
    Settle,
    DepartmentsCsv,
    UsersCsv,
}

impl Operation {
    fn ja(self) -> &'static str {
        match self {
            Self::Setup => "接続の準備",
            Self::SearchWords => "検索ワードマスタの取得",
            Self::Import => "データの登録",
            Self::DryRun => "データの事前確認",
            Self::Look => "登録結果の確認",
            Self::Settle => "中断した登録処理の確定",
            Self::DepartmentsCsv => "部署データのダウンロード",
            Self::UsersCsv => "ユーザデータのダウンロード",
        }
    }
    pub(super) fn en(self) -> &'static str {
        match self {
            Self::Setup => "prepare",
            Self::SearchWords => "read search words",
            Self::Import => "import",
            Self::DryRun => "preview an import",
            Self::Look => "look at an import",
            Self::Settle => "settle an import",
            Self::DepartmentsCsv => "download departments",
            Self::UsersCsv => "download users",
        }
    }
}

/// EMC could not be asked, or did not do it.
pub struct EmcError {
    operation: Operation,
    code: Code,
    /// What is wrong: a Japanese clause without full stop.
    detail: &'static str,
    status: Option<u16>,
    /// EMC's own words, shortened; for the report only, for they may repeat what was sent.
    words: Option<String>,
    uncertain: bool,
    source: Option<reqwest::Error>,
}

impl EmcError {
    pub(super) fn new(operation: Operation, code: Code, detail: &'static str) -> Self {
        Self { operation, code, detail, status: None, words: None, uncertain: false, source: None }
    }
    pub(super) fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
    pub(super) fn words(mut self, words: Option<String>) -> Self {
        self.words = words;
        self
    }
    /// Addresses are left out of the cause: a base address may hold a password.
    pub(super) fn source(mut self, source: reqwest::Error) -> Self {
        self.source = Some(source.without_url());
        self
    }
    pub(super) fn uncertain_if(mut self, may_have_happened: bool) -> Self {
        self.uncertain |= may_have_happened;
        self
    }
    /// A dry run has no effect that could be in doubt.
    pub(super) fn without_effect(mut self) -> Self {
        self.uncertain = false;
        self
    }

    /// Whether an import may have been committed although no answer says so: settle it before the next one.
    pub fn is_uncertain(&self) -> bool {
        self.uncertain
    }
    /// The catalogue's code.
    pub fn code(&self) -> Code {
        self.code
    }
    /// The error for mail, answer and report: what was being done, what happened, EMC's words, and what to do.
    pub fn to_fault(&self) -> Fault {
        let mut detail = format!("エマージェンシーコールの{}で、{}", self.operation.ja(), self.detail);
        if let Some(status) = self.status {
            let _ = write!(detail, "(HTTP {status})");
        }
        detail.push('。');
        if let Some(words) = &self.words {
            let _ = write!(detail, "応答の内容:「{words}」。");
        }
        if let Some(cause) = self.cause_ja() {
            let _ = write!(detail, "原因:{cause}。");
        }
        match self.code {
            Code::ConfigValueInvalid => Fault::new(self.code, Subject::Config, detail).field("emc.base_url"),
            Code::SecretInvalid => Fault::new(self.code, Subject::Secret, detail).field("emc.token"),
            _ => Fault::new(self.code, Subject::Emc, detail),
        }
    }

    /// What the chain of causes says about the connection, in the customer's words.
    fn cause_ja(&self) -> Option<&'static str> {
        use std::io::ErrorKind as Kind;
        let source = self.source.as_ref()?;
        let mut cause: Option<&dyn std::error::Error> = Some(source);
        while let Some(error) = cause {
            match error.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
                Some(Kind::ConnectionRefused) => return Some("接続が拒否されました"),
                Some(Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::UnexpectedEof) => {
                    return Some("接続が途中で切れました");
                }
                Some(Kind::HostUnreachable | Kind::NetworkUnreachable) => return Some("接続先に届きません"),
                _ => cause = error.source(),
            }
        }
        match source {
            timeout if timeout.is_timeout() => Some("時間内に応答がありません"),
            connect if connect.is_connect() => Some("ホスト名が見つからないか、安全な接続を確立できません"),
            _ => None,
        }
    }
}

impl fmt::Display for EmcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EMC: cannot {}: {}", self.operation.en(), self.code.entry().name)?;
        match self.status {
            Some(status) => write!(f, " (HTTP {status})"),
            None => Ok(()),
        }
    }
}

/// EMC's words are left out: they may repeat a person's data.
impl fmt::Debug for EmcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmcError")
            .field("operation", &self.operation)
            .field("code", &self.code)
            .field("status", &self.status)
            .field("uncertain", &self.uncertain)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for EmcError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
