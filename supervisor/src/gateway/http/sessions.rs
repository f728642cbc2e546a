//! Whose a session is. The SDK keeps the sessions; that an id is of use only to whoever it was given to is kept here.

use super::door::Principal;
use crate::queue::Lane;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, watch};

/// The sessions of all hosts.
pub(super) struct Sessions {
    kept: Arc<LocalSessionManager>,
    most: usize,
    owners: Mutex<HashMap<String, Owner>>,
    /// Held while one begins, so that they are counted one after the other.
    beginning: Arc<tokio::sync::Mutex<()>>,
}

struct Owner {
    principal: Principal,
    lane: Lane,
    /// Dropped when the session ends: its calls end with it.
    there: watch::Sender<()>,
}

impl Sessions {
    /// Room for so many, each of which may be silent for so long.
    pub(super) fn new(most: usize, idle: Duration) -> Self {
        let mut kept = LocalSessionManager::default();
        kept.session_config.keep_alive = Some(idle);
        Self { kept: Arc::new(kept), most, owners: Mutex::default(), beginning: Arc::default() }
    }

    /// Where the SDK keeps them.
    pub(super) fn of_transport(&self) -> Arc<LocalSessionManager> {
        Arc::clone(&self.kept)
    }

    /// Leave to begin another session, to be held until [`Sessions::began`]; nothing where there are too many.
    pub(super) async fn may_begin(&self) -> Option<OwnedMutexGuard<()>> {
        let beginning = Arc::clone(&self.beginning).lock_owned().await;
        (self.kept.sessions.read().await.len() < self.most).then_some(beginning)
    }

    /// Notes whose a new session is, and forgets those that are over.
    pub(super) async fn began(&self, id: &str, principal: Principal) {
        let kept = self.kept.sessions.read().await;
        let owner =
            Owner { principal, lane: Lane::new(format!("session {id}")), there: watch::channel(()).0 };
        let mut owners = self.owners();
        owners.retain(|id, _| kept.contains_key(id.as_str()));
        owners.insert(id.to_owned(), owner);
    }

    /// The lane of a session, and what tells that it has ended; nothing where it is not this one's.
    pub(super) fn of(&self, id: &str, principal: Principal) -> Option<(Lane, watch::Receiver<()>)> {
        let owners = self.owners();
        let owner = owners.get(id).filter(|owner| owner.principal == principal)?;
        Some((owner.lane.clone(), owner.there.subscribe()))
    }

    /// Ends the calls of a session that its host ends.
    pub(super) fn end(&self, id: &str) {
        self.owners().remove(id);
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<String, Owner>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
