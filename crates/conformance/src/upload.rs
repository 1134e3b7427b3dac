//! Uploads that stall or break off.

use std::io::{self, Read};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// The first half at once; the second when told, or after a time.
pub(crate) struct Stalling {
    pub(crate) bytes: Vec<u8>,
    pub(crate) at: usize,
    pub(crate) go_on: Receiver<()>,
}

impl Read for Stalling {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let half = self.bytes.len() / 2;
        if self.at == half {
            // Told or not: the rest follows, so that no server waits for ever.
            let _ = self.go_on.recv_timeout(Duration::from_secs(10));
        }
        let end = if self.at < half { half } else { self.bytes.len() };
        let length = into.len().min(end - self.at);
        into[..length].copy_from_slice(&self.bytes[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// The first half, and then the connection breaks.
pub(crate) struct Breaking {
    pub(crate) bytes: Vec<u8>,
    pub(crate) at: usize,
}

impl Read for Breaking {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let half = self.bytes.len() / 2;
        if self.at >= half {
            // What was sent is given time to arrive.
            std::thread::sleep(Duration::from_millis(100));
            return Err(io::Error::other("broken off on purpose"));
        }
        let length = into.len().min(half - self.at);
        into[..length].copy_from_slice(&self.bytes[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}
