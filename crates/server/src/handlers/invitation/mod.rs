//! Invitations (P7).

pub(crate) mod accept;
pub(crate) mod cancel;
pub(crate) mod invite;
pub(crate) mod join;
pub(crate) mod list;
pub(crate) mod look;
pub(crate) mod page;
pub(crate) mod resend;

use crypto::secret::Secret;
use crypto::token;
use domain::activity::Invited;
use domain::email::EmailAddress;
use domain::id::{InvitationId, MailId, OrganizationId};
use domain::role::Role;
use protocol::invitation::InvitationView;
use protocol::problem::ProblemCode;
use store::{Connected, account, invitation, mail, organization};

use crate::address::ClientAddress;
use crate::app::App;
use crate::mail::InvitationMail;
use crate::refusal::Refusal;
use crate::work::Work;

/// An invitation, as the record names it.
pub(crate) fn named(invitation: &InvitationView) -> Invited {
    Invited {
        invitation: invitation.id,
        email: invitation.email.to_string(),
        role: invitation.role,
    }
}

/// Whom a code belongs to; the same answer for a code that never was and one that was replaced.
pub(crate) async fn by_code(
    from: &mut impl Connected,
    code: &Secret,
) -> Result<(OrganizationId, InvitationView), Refusal> {
    let unknown = || {
        Refusal::new(
            ProblemCode::NotFound,
            "no invitation has this code: the link was cut, or a newer one was sent; ask whoever invited you",
        )
    };
    if !token::is_invitation(code.expose()) {
        return Err(unknown());
    }
    invitation::find_by_code(from, &App::hash_token(code.expose()))
        .await?
        .ok_or_else(unknown)
}

/// Counts an attempt with a code.
pub(crate) fn attempt(app: &App, from: ClientAddress) -> Result<(), Refusal> {
    app.attempts
        .invitation(from.household(), app.now())
        .map_err(|seconds| Refusal::too_many("too many attempts with invitations", seconds))
}

/// It is for another address.
pub(crate) fn for_another(invitation: &InvitationView, what: &str) -> Refusal {
    Refusal::new(
        ProblemCode::Refused,
        format!("this invitation is for {}; {what}", invitation.email.masked()),
    )
    .at("email")
}

/// A link that was just made: its code goes by mail, or to the inviter.
pub(crate) struct Linked {
    pub(crate) code: Option<Secret>,
    pub(crate) mailed: bool,
}

/// Who invites into what, as a mail tells it.
pub(crate) struct Inviting {
    pub(crate) organization: String,
    pub(crate) by: String,
}

impl Inviting {
    pub(crate) async fn of(work: &mut Work) -> Result<Self, Refusal> {
        let organization = organization::find(&mut work.write, work.organization)
            .await?
            .ok_or_else(Refusal::internal)?;
        let by = account::view(&mut work.write, work.account)
            .await?
            .ok_or_else(Refusal::internal)?;
        Ok(Self {
            organization: organization.name.to_string(),
            by: by.display_name.to_string(),
        })
    }

    /// Puts the mail with a link among those to be sent, in the same transaction; the one before it is taken back.
    pub(crate) async fn tell(
        &self,
        app: &App,
        work: &mut Work,
        (id, email, role): (InvitationId, &EmailAddress, Role),
        code: Secret,
    ) -> Result<Linked, Refusal> {
        mail::take_back(&mut work.write, id.as_uuid()).await?;
        if app.mailing.writes() {
            let letter = InvitationMail {
                organization: &self.organization,
                by: &self.by,
                role,
                code: &code,
                expires_at: work.at().plus_days(domain::invitation::LASTS_DAYS),
            };
            let mail_id = work.make(|now, entropy| MailId::make(now, entropy));
            let letter = app.mailing.invitation(mail_id, email, &letter)?;
            mail::insert(&mut work.write, id.as_uuid(), &letter).await?;
        }
        let mailed = app.mailing.sends();
        Ok(Linked {
            code: (!mailed).then_some(code),
            mailed,
        })
    }
}
