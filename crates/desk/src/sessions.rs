//! The account that is signed in, and its sessions (P1, P5): read from the copy, ended at the server.

use std::sync::Arc;

use domain::id::SessionId;
use protocol::account::SessionView;

use crate::error::DeskError;
use crate::there::at_server;
use crate::view::{AccountOverview, SessionRow, SyncState};
use crate::{Desk, blocking};

fn row(view: SessionView, current: Option<SessionId>) -> SessionRow {
    SessionRow {
        is_this: current.map(|current| current == view.id),
        id: view.id,
        client: view.client,
        address: view.address,
        since: view.created_at,
        last_seen_at: view.last_seen_at,
    }
}

impl Desk {
    /// Who is signed in, where they belong, and their sessions: of the server while it answers, else as of the last sync.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] before the account was pulled.
    pub async fn account_overview(self: &Arc<Self>) -> Result<AccountOverview, DeskError> {
        let open = self.current()?;
        let is_synced = self.sync_status().await?.state == SyncState::Synced;
        let told = match open.engine.session() {
            Ok(session) if is_synced => session.sessions().await.ok(),
            Ok(_) | Err(_) => None,
        };
        let memberships = self.memberships().await?;
        blocking(move || {
            let profile = open.replica.profile()?.ok_or_else(|| {
                DeskError::NotFound("your account comes from the server with the first sync".to_owned())
            })?;
            let from_copy = told.is_none();
            let (sessions, current) = match told {
                Some(told) => (told.sessions, Some(told.current)),
                None => (open.replica.sessions()?, None),
            };
            let mut sessions: Vec<SessionRow> = sessions.into_iter().map(|view| row(view, current)).collect();
            sessions.sort_by_key(|row| (row.is_this != Some(true), std::cmp::Reverse(row.last_seen_at)));
            Ok(AccountOverview {
                name: profile.display_name.to_string(),
                username: profile.username.to_string(),
                email: profile.email.to_string(),
                since: profile.created_at,
                memberships,
                sessions,
                from_copy,
            })
        })
        .await
    }

    /// Ends one session of the account, or all but this one. A desktop whose session ended keeps its copy, and asks for the
    /// password again.
    ///
    /// # Errors
    /// The server is away.
    pub async fn end_sessions(self: &Arc<Self>, session: Option<SessionId>) -> Result<(), DeskError> {
        let there = self.current()?.engine.session()?;
        there.end_sessions(session).await.map_err(at_server)?;
        // Ended, whatever the sync says: this one may have been among them.
        let _synced = self.sync_now().await;
        Ok(())
    }
}
