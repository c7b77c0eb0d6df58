//! Invitations: how people come into an organization (P7).

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// For so many days an invitation's link works.
pub const LASTS_DAYS: i64 = 7;
/// The most addresses that can be invited at once.
pub const MOST_AT_ONCE: usize = 100;

/// How an invitation stands. Expired is computed, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// Its link works.
    Pending,
    /// Somebody came in by it.
    Accepted,
    /// It was taken back.
    Cancelled,
    /// Its time is over.
    Expired,
}

impl InvitationState {
    /// The name people read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// What the state of an invitation is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvitationLife {
    /// When its link stops working.
    pub expires_at: Timestamp,
    /// When somebody came in by it.
    pub accepted_at: Option<Timestamp>,
    /// When it was taken back.
    pub cancelled_at: Option<Timestamp>,
}

impl InvitationLife {
    /// How it stands.
    #[must_use]
    pub fn state(self, now: Timestamp) -> InvitationState {
        if self.accepted_at.is_some() {
            InvitationState::Accepted
        } else if self.cancelled_at.is_some() {
            InvitationState::Cancelled
        } else if self.expires_at <= now {
            InvitationState::Expired
        } else {
            InvitationState::Pending
        }
    }
}

/// Why nothing can be done with an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationRefusal {
    /// Somebody came in by it.
    #[error("this invitation was accepted already")]
    Accepted,
    /// It was taken back.
    #[error("this invitation was cancelled; ask whoever invited you for a new one")]
    Cancelled,
    /// Its time is over.
    #[error("this invitation has expired; ask whoever invited you to send it again")]
    Expired,
    /// It was taken back, and is to be sent again.
    #[error("this invitation was cancelled; invite the address anew")]
    CancelledForGood,
}

/// Whether one may come in by an invitation now.
///
/// # Errors
/// [`InvitationRefusal`] says why not, and what to do.
pub fn may_accept(life: InvitationLife, now: Timestamp) -> Result<(), InvitationRefusal> {
    match life.state(now) {
        InvitationState::Pending => Ok(()),
        InvitationState::Accepted => Err(InvitationRefusal::Accepted),
        InvitationState::Cancelled => Err(InvitationRefusal::Cancelled),
        InvitationState::Expired => Err(InvitationRefusal::Expired),
    }
}

/// Whether an invitation can get a new link, or be taken back: while nobody came in by it, also when it has expired.
///
/// # Errors
/// [`InvitationRefusal`] says why not.
pub fn may_touch(life: InvitationLife, now: Timestamp) -> Result<(), InvitationRefusal> {
    match life.state(now) {
        InvitationState::Pending | InvitationState::Expired => Ok(()),
        InvitationState::Accepted => Err(InvitationRefusal::Accepted),
        InvitationState::Cancelled => Err(InvitationRefusal::CancelledForGood),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_the_states_of_an_invitation() {
        let at = Timestamp::from_micros;
        let mut table = String::new();
        for (accepted, cancelled) in [(None, None), (Some(5), None), (None, Some(5)), (Some(4), Some(5))] {
            for now in [9, 10] {
                let life = InvitationLife {
                    expires_at: at(10),
                    accepted_at: accepted.map(at),
                    cancelled_at: cancelled.map(at),
                };
                let in_words = |done: Result<(), InvitationRefusal>| {
                    done.map_or_else(|refusal| refusal.to_string(), |()| "yes".to_owned())
                };
                table.push_str(&format!(
                    "accepted {accepted:?} cancelled {cancelled:?} now {now}: {:?}; accept: {}; resend, cancel: {}\n",
                    life.state(at(now)),
                    in_words(may_accept(life, at(now))),
                    in_words(may_touch(life, at(now))),
                ));
            }
        }
        insta::assert_snapshot!(table);
    }
}
