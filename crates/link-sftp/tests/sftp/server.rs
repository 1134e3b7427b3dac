//! A real SFTP server on a folder of this machine: `russh` and `russh-sftp` on their other side. It can be told to fail at
//! one point, once or always.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PrivateKey, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Msg, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId};
use russh_sftp::protocol::{Attrs, Data, FileAttributes, Handle, OpenFlags, Status, StatusCode, Version};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Where the server fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The connection ends when a user logs in.
    CutAtLogin,
    /// The connection ends at the first write.
    CutAtWrite,
    /// The connection ends at a rename, which is not done.
    CutBeforeRename,
    /// The connection ends at a rename, which is done.
    CutAfterRename,
    /// The server answers every write beyond this many bytes with an error, as one whose disk is full.
    Full(u64),
    /// The disk is full, and the server does not say so.
    SilentlyFull(u64),
    /// A rename fails.
    RenameRefused,
    /// The second rename fails.
    SecondRenameRefused,
    /// A rename replaces what is there.
    RenameReplaces,
    /// Nothing may be looked at or read.
    Blind,
    /// A file never ends when it is read, and says nothing of its size.
    Endless,
    /// Requests for files are not answered.
    Silent,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) folder: tempfile::TempDir,
    ed25519: PublicKey,
    ecdsa: PublicKey,
    disk: Arc<Disk>,
}

/// What all sessions share.
struct Disk {
    root: PathBuf,
    trouble: Mutex<Option<Trouble>>,
    requests: Mutex<Vec<String>>,
    written: Mutex<u64>,
    renames: Mutex<u32>,
}

pub(crate) const USER: &str = "emc";
pub(crate) const PASSWORD: &str = "パスワード 1";

impl Server {
    /// A server that takes [`PASSWORD`] and this key.
    pub(crate) async fn start(client_key: Option<PublicKey>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = |algorithm| PrivateKey::random(&mut rand::rng(), algorithm).unwrap();
        let keys = vec![key(Algorithm::Ed25519), key(Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 })];
        let (ed25519, ecdsa) = (keys[0].public_key().clone(), keys[1].public_key().clone());
        let disk = Arc::new(Disk {
            root: folder.path().to_owned(),
            trouble: Mutex::default(),
            requests: Mutex::default(),
            written: Mutex::default(),
            renames: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::new(Config {
            auth_rejection_time: Duration::from_millis(1),
            auth_rejection_time_initial: Some(Duration::ZERO),
            keys,
            ..Config::default()
        });
        let shared = Arc::clone(&disk);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                serve(socket, Arc::clone(&config), Arc::clone(&shared), client_key.clone());
            }
        });
        Self { port, folder, ed25519, ecdsa, disk }
    }

    pub(crate) fn fingerprint(&self) -> String {
        self.ed25519.fingerprint(HashAlg::Sha256).to_string()
    }

    /// Of the key that a client asks for second.
    pub(crate) fn second_fingerprint(&self) -> String {
        self.ecdsa.fingerprint(HashAlg::Sha256).to_string()
    }

    pub(crate) fn trouble(&self, trouble: impl Into<Option<Trouble>>) {
        *self.disk.trouble.lock().unwrap() = trouble.into();
        *self.disk.renames.lock().unwrap() = 0;
        *self.disk.written.lock().unwrap() = 0;
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// All that lies in the folder, hidden files too.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// What was asked so far, `open a.csv`, `rename .a.csv.part a.csv`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.disk.requests.lock().unwrap().clone()
    }
}

/// The session behind a pipe, so that the connection can be cut at any moment.
fn serve(mut socket: TcpStream, config: Arc<Config>, disk: Arc<Disk>, client_key: Option<PublicKey>) {
    let (mut near, far) = tokio::io::duplex(64 * 1024);
    let relay = tokio::spawn(async move { tokio::io::copy_bidirectional(&mut socket, &mut near).await });
    let shell = Shell { disk, client_key, channels: HashMap::new(), cut: relay.abort_handle() };
    tokio::spawn(async move {
        if let Ok(session) = russh::server::run_stream(config, far, shell).await {
            let _ = session.await;
        }
    });
}

struct Shell {
    disk: Arc<Disk>,
    client_key: Option<PublicKey>,
    channels: HashMap<ChannelId, Channel<Msg>>,
    cut: AbortHandle,
}

impl Shell {
    fn answer(&self, is_right: bool) -> Auth {
        if *self.disk.trouble.lock().unwrap() == Some(Trouble::CutAtLogin) {
            self.cut.abort();
        }
        if is_right { Auth::Accept } else { Auth::reject() }
    }
}

impl russh::server::Handler for Shell {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        self.disk.requests.lock().unwrap().push("password".to_owned());
        Ok(self.answer(user == USER && password == PASSWORD))
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        let known = self.client_key.as_ref().is_some_and(|known| known.key_data() == key.public_key.key_data());
        Ok(self.answer(user == USER && known))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        session.close(channel)
    }

    async fn subsystem_request(&mut self, id: ChannelId, name: &str, session: &mut Session) -> Result<(), Self::Error> {
        assert_eq!(name, "sftp");
        let channel = self.channels.remove(&id).unwrap();
        session.channel_success(id)?;
        let files = Files { disk: Arc::clone(&self.disk), cut: self.cut.clone(), open: HashMap::new(), next: 0 };
        russh_sftp::server::run(channel.into_stream(), files).await;
        Ok(())
    }
}

/// One session's files.
struct Files {
    disk: Arc<Disk>,
    cut: AbortHandle,
    open: HashMap<String, (File, PathBuf)>,
    next: u32,
}

impl Files {
    fn path(&self, name: &str) -> PathBuf {
        self.disk.root.join(name.trim_start_matches('/'))
    }

    /// Notes a request, and does not answer it where that is the trouble.
    async fn asked(&self, what: String) -> Option<Trouble> {
        self.disk.requests.lock().unwrap().push(what);
        let trouble = *self.disk.trouble.lock().unwrap();
        if trouble == Some(Trouble::Silent) {
            std::future::pending::<()>().await;
        }
        trouble
    }

    async fn cut(&self) -> StatusCode {
        self.cut.abort();
        std::future::pending::<()>().await;
        StatusCode::ConnectionLost
    }
}

fn done(id: u32) -> Status {
    Status { id, status_code: StatusCode::Ok, error_message: "Ok".into(), language_tag: "en".into() }
}

fn code(error: &std::io::Error) -> StatusCode {
    match error.kind() {
        ErrorKind::NotFound => StatusCode::NoSuchFile,
        ErrorKind::PermissionDenied => StatusCode::PermissionDenied,
        _ => StatusCode::Failure,
    }
}

fn attributes(path: &Path, trouble: Option<Trouble>) -> Result<FileAttributes, StatusCode> {
    let found = std::fs::symlink_metadata(path).map_err(|error| code(&error))?;
    Ok(match trouble {
        Some(Trouble::Endless) => FileAttributes::empty(),
        _ => FileAttributes::from(&found),
    })
}

impl russh_sftp::server::Handler for Files {
    type Error = StatusCode;

    fn unimplemented(&self) -> StatusCode {
        StatusCode::OpUnsupported
    }

    async fn init(&mut self, _: u32, _: HashMap<String, String>) -> Result<Version, StatusCode> {
        Ok(Version::new())
    }

    async fn open(&mut self, id: u32, name: String, flags: OpenFlags, _: FileAttributes) -> Result<Handle, StatusCode> {
        let trouble = self.asked(format!("open {name}")).await;
        let path = self.path(&name);
        let file = if flags.contains(OpenFlags::WRITE) {
            assert!(flags.contains(OpenFlags::EXCLUDE), "{name} is opened as if it were there");
            OpenOptions::new().write(true).create_new(true).open(&path)
        } else if trouble == Some(Trouble::Blind) {
            return Err(StatusCode::PermissionDenied);
        } else {
            File::open(&path)
        };
        let file = file.map_err(|error| code(&error))?;
        self.next += 1;
        let handle = self.next.to_string();
        self.open.insert(handle.clone(), (file, path));
        Ok(Handle { id, handle })
    }

    async fn close(&mut self, id: u32, handle: String) -> Result<Status, StatusCode> {
        self.open.remove(&handle).map(|_| done(id)).ok_or(StatusCode::Failure)
    }

    async fn write(&mut self, id: u32, handle: String, offset: u64, data: Vec<u8>) -> Result<Status, StatusCode> {
        let trouble = *self.disk.trouble.lock().unwrap();
        if trouble == Some(Trouble::CutAtWrite) {
            return Err(self.cut().await);
        }
        let mut written = self.disk.written.lock().unwrap();
        *written += data.len() as u64;
        match trouble {
            Some(Trouble::Full(limit)) if *written > limit => return Err(StatusCode::Failure),
            Some(Trouble::SilentlyFull(limit)) if *written > limit => return Ok(done(id)),
            _ => {}
        }
        let (file, _) = self.open.get_mut(&handle).ok_or(StatusCode::Failure)?;
        let result = file.seek(SeekFrom::Start(offset)).and_then(|_| file.write_all(&data));
        result.map(|()| done(id)).map_err(|error| code(&error))
    }

    async fn read(&mut self, id: u32, handle: String, offset: u64, len: u32) -> Result<Data, StatusCode> {
        let (file, _) = self.open.get_mut(&handle).ok_or(StatusCode::Failure)?;
        let mut data = vec![0; (len as usize).min(32 * 1024)];
        file.seek(SeekFrom::Start(offset)).map_err(|error| code(&error))?;
        let read = file.read(&mut data).map_err(|error| code(&error))?;
        if *self.disk.trouble.lock().unwrap() == Some(Trouble::Endless) {
            return Ok(Data { id, data });
        }
        data.truncate(read);
        if read == 0 { Err(StatusCode::Eof) } else { Ok(Data { id, data }) }
    }

    async fn lstat(&mut self, id: u32, name: String) -> Result<Attrs, StatusCode> {
        let trouble = self.asked(format!("lstat {name}")).await;
        if trouble == Some(Trouble::Blind) {
            return Err(StatusCode::PermissionDenied);
        }
        Ok(Attrs { id, attrs: attributes(&self.path(&name), trouble)? })
    }

    async fn stat(&mut self, id: u32, name: String) -> Result<Attrs, StatusCode> {
        self.asked(format!("stat {name}")).await;
        let found = std::fs::metadata(self.path(&name)).map_err(|error| code(&error))?;
        Ok(Attrs { id, attrs: FileAttributes::from(&found) })
    }

    async fn fstat(&mut self, id: u32, handle: String) -> Result<Attrs, StatusCode> {
        let (_, path) = self.open.get(&handle).ok_or(StatusCode::Failure)?;
        Ok(Attrs { id, attrs: attributes(path, None)? })
    }

    async fn remove(&mut self, id: u32, name: String) -> Result<Status, StatusCode> {
        self.asked(format!("remove {name}")).await;
        std::fs::remove_file(self.path(&name)).map(|()| done(id)).map_err(|error| code(&error))
    }

    async fn rename(&mut self, id: u32, from: String, to: String) -> Result<Status, StatusCode> {
        let trouble = self.asked(format!("rename {from} {to}")).await;
        let number = {
            let mut renames = self.disk.renames.lock().unwrap();
            *renames += 1;
            *renames
        };
        let (from, to) = (self.path(&from), self.path(&to));
        match trouble {
            Some(Trouble::CutBeforeRename) => return Err(self.cut().await),
            Some(Trouble::RenameRefused) => return Err(StatusCode::Failure),
            Some(Trouble::SecondRenameRefused) if number == 2 => return Err(StatusCode::Failure),
            Some(Trouble::RenameReplaces) => {}
            // As OpenSSH does: never onto a file that is there.
            _ if to.exists() => return Err(StatusCode::Failure),
            _ => {}
        }
        std::fs::rename(from, to).map_err(|error| code(&error))?;
        if trouble == Some(Trouble::CutAfterRename) {
            return Err(self.cut().await);
        }
        Ok(done(id))
    }
}
