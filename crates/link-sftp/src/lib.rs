//! Delivery of upload files to an SFTP server: the link's port `Delivery`, on `russh`.
//!
//! Each attempt writes its files under temporary names of its own, which begin with a dot and end in `.part`. When the last one
//! is complete, it renames them in their order, so that EMC's side, which watches the directory, sees complete files only, and
//! the departments before the people. A file that is there already under its final name is compared and not written again.
//!
//! The server proves itself by a host key of the config, or nothing is sent: neither a password nor a file.

mod connection;
mod place;

use futures::FutureExt;
use futures::future::BoxFuture;
use link::config::{DeliveryTarget, SftpTarget};
use link::state::delivery::{Delivery, DeliveryError, DeliveryErrorKind, Placed, Shipment, UploadSecret};

use connection::Connection;

/// Delivers to SFTP servers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SftpDelivery;

impl Delivery for SftpDelivery {
    fn deliver<'a>(&'a self, shipment: Shipment<'a>) -> BoxFuture<'a, Result<Vec<Placed>, DeliveryError>> {
        async move {
            let target = server(shipment.target)?;
            let connection = Connection::open(target, shipment.secret).await?;
            let placed = place::all(connection.files(), target, shipment.files).await;
            connection.close().await;
            placed
        }
        .boxed()
    }

    fn probe<'a>(
        &'a self,
        target: &'a DeliveryTarget,
        secret: &'a UploadSecret,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        async move {
            let target = server(target)?;
            let connection = Connection::open(target, secret).await?;
            let found = place::directory(connection.files(), target).await;
            connection.close().await;
            found
        }
        .boxed()
    }
}

fn server(target: &DeliveryTarget) -> Result<&SftpTarget, DeliveryError> {
    match target {
        DeliveryTarget::Sftp(target) => Ok(target),
        DeliveryTarget::S3(_) => Err(DeliveryError::before(DeliveryErrorKind::Unsupported, "no SFTP server")),
    }
}
