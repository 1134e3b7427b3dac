//! `[upload]`: where the files of a bulk upload are delivered, so that no person has to carry them.

use std::fmt;

/// Where the files go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryTarget {
    /// A directory of an SFTP server.
    Sftp(SftpTarget),
    /// A bucket of EMC's side.
    S3(S3Target),
}

/// `sftp://user@host:port/directory`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SftpTarget {
    /// Who logs in.
    pub user: String,
    /// The server's name or address, an IPv6 address without brackets.
    pub host: String,
    /// 22 where nothing is said.
    pub port: u16,
    /// The directory without a trailing slash: absolute, or below the login directory; empty for the login directory itself.
    pub directory: String,
    /// The fingerprints (`SHA256:…`) of the host keys that are accepted, at least one.
    pub host_keys: Vec<String>,
}

impl SftpTarget {
    /// The path of a file in the directory.
    pub fn path(&self, file: &str) -> String {
        match self.directory.as_str() {
            "" => file.to_owned(),
            "/" => format!("/{file}"),
            directory => format!("{directory}/{file}"),
        }
    }
}

/// `s3://bucket/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Target {
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with, without a trailing slash; may be empty.
    pub prefix: String,
    /// The AWS account that must own the bucket.
    pub owner: Option<String>,
}

impl S3Target {
    /// The key of a file.
    pub fn key(&self, file: &str) -> String {
        if self.prefix.is_empty() { file.to_owned() } else { format!("{}/{file}", self.prefix) }
    }
}

/// As mails and logs show it; there is no password in it.
impl fmt::Display for DeliveryTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sftp(SftpTarget { user, host, port, directory, .. }) => {
                let bracketed = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                let directory = match directory.strip_prefix('/') {
                    Some(absolute) => absolute.to_owned(),
                    None => format!("~/{directory}"),
                };
                write!(f, "sftp://{user}@{bracketed}:{port}/{directory}")
            }
            Self::S3(S3Target { bucket, prefix, .. }) => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}
