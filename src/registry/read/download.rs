//! Files of registries: tarballs.

use std::io::{self, Read as _, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::client::NetworkClients;
use super::exchange::{AddressedRegistry, Clock};
use super::failure;
use crate::registry::address::localhost_for;
use crate::registry::{ProbeFinding, Registry, RegistryUrl};

/// What is asked for.
const ACCEPTED: &str = "application/octet-stream, */*";
/// How long one file may take.
const LIMIT: Duration = Duration::from_secs(600);
/// More than any tarball has, in bytes.
const LONGEST: u64 = 4 << 30;
/// How often a file is asked for whose way broke off.
const TRIES: usize = 3;

/// Why a file could not be had.
#[derive(Debug)]
pub(crate) enum DownloadError {
    /// Of whom it was asked, and what was found instead.
    Registry(RegistryUrl, ProbeFinding),
    /// It cannot be written down.
    Disk(io::Error),
    /// The call was cancelled.
    Cancelled,
}

/// Where files are asked for: clients are made once for each way to registries.
#[derive(Default)]
pub(crate) struct Downloads(Mutex<Vec<Arc<NetworkClients>>>);

impl Downloads {
    /// Writes a file of a registry: its address, or its path from the registry's. `open` makes what it is written into,
    /// anew for each try. Who is not the registry is not told who asks.
    ///
    /// # Errors
    /// [`DownloadError`]
    pub(crate) fn get<W: Write>(
        &self,
        registry: &Registry,
        address: &str,
        cancelled: &dyn Fn() -> bool,
        open: &dyn Fn() -> io::Result<W>,
    ) -> Result<W, DownloadError> {
        let has_localhost = localhost_for(registry.url.exposed()).is_some();
        let places: Vec<_> = [false, true]
            .into_iter()
            .take(1 + usize::from(has_localhost))
            .map(|as_localhost| AddressedRegistry::new(registry, as_localhost, self.way(registry)))
            .collect();
        let mut last = DownloadError::Cancelled;
        for place in (0..TRIES).flat_map(|_| &places) {
            match once(place, address, cancelled, open) {
                Err(DownloadError::Registry(url, finding)) => {
                    let is_final = !may_pass(&finding) && places.len() == 1;
                    last = DownloadError::Registry(url, finding);
                    if is_final {
                        break;
                    }
                }
                done => return done,
            }
        }
        Err(last)
    }

    fn way(&self, registry: &Registry) -> Arc<NetworkClients> {
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match ways.iter().find(|way| way.is_of(&registry.network)) {
            Some(way) => Arc::clone(way),
            None => {
                let way = Arc::new(NetworkClients::new(registry.network.clone()));
                ways.push(Arc::clone(&way));
                way
            }
        }
    }
}

/// Whether another try may bring another answer.
fn may_pass(finding: &ProbeFinding) -> bool {
    match finding {
        ProbeFinding::Unreachable(_) | ProbeFinding::TimedOut | ProbeFinding::NoName => true,
        ProbeFinding::Status(code) => *code == 429 || *code >= 500,
        _ => false,
    }
}

fn once<W: Write>(
    place: &AddressedRegistry,
    address: &str,
    cancelled: &dyn Fn() -> bool,
    open: &dyn Fn() -> io::Result<W>,
) -> Result<W, DownloadError> {
    let clock = Clock { begin: Instant::now(), limit: LIMIT };
    let found = |finding| DownloadError::Registry(place.url.clone(), finding);
    let url = place.file(address).map_err(found)?;
    let mut response = place.get(url, ACCEPTED, clock).map_err(found)?;
    let mut sink = open().map_err(DownloadError::Disk)?;
    let mut part = vec![0; 64 << 10];
    let mut left = LONGEST;
    loop {
        if cancelled() {
            return Err(DownloadError::Cancelled);
        }
        if clock.left().is_zero() {
            return Err(found(ProbeFinding::TimedOut));
        }
        let count = match response.read(&mut part) {
            Ok(0) => return Ok(sink),
            Ok(count) => count,
            Err(error) => return Err(found(failure::of_reading(&error))),
        };
        left = left
            .checked_sub(count as u64)
            .ok_or_else(|| found(ProbeFinding::NotNpm("a file of more than 4 GiB".to_owned())))?;
        sink.write_all(part.get(..count).unwrap_or_default()).map_err(DownloadError::Disk)?;
    }
}
