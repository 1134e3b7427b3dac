//! A server on its own thread and runtime: a test may block, use a current-thread runtime or none, and the server answers.

use std::future::IntoFuture as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::sync::oneshot;

/// A running server; it stops when this is dropped, and its port is free again.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `router` at `address`; port 0 takes any free port.
    pub fn start(name: &str, address: (Ipv4Addr, u16), router: Router) -> io::Result<Self> {
        Self::start_beside(name, address, router, std::future::pending())
    }

    /// The same with work that is done beside serving, and ends with it.
    pub fn start_beside(
        name: &str,
        address: (Ipv4Addr, u16),
        router: Router,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = Builder::new().name(name.to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                let listener = listener.tap_io(|stream| {
                    // Without it every small answer waits for a delayed acknowledgement.
                    let _ = stream.set_nodelay(true);
                });
                let work = tokio::spawn(work);
                tokio::select! {
                    _ = axum::serve(listener, router).into_future() => {}
                    _ = stopped => {}
                }
                work.abort();
            });
            runtime.shutdown_timeout(Duration::from_millis(200));
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://ADDRESS:PORT`, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port in use.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
