//! Ids in paths and parameters in queries: read strictly, refused with a sentence.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::id::{
    GroupId, InvitationId, IssuerId, KeyId, MemberId, NotAnId, OrganizationId, ServiceAccountId, WalletId,
};

use crate::app::App;
use crate::body::harmless;
use crate::refusal::Refusal;

/// `{organization_id}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InOrganization(pub(crate) OrganizationId);

/// `{organization_id}` and `{key_id}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneKey {
    pub(crate) organization: OrganizationId,
    pub(crate) key: KeyId,
}

/// `{organization_id}` and `{member_id}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneMember {
    pub(crate) organization: OrganizationId,
    pub(crate) member: MemberId,
}

/// `{organization_id}` and `{invitation_id}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneInvitation {
    pub(crate) organization: OrganizationId,
    pub(crate) invitation: InvitationId,
}

/// `{organization_id}` and `{issuer_id}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneIssuer {
    pub(crate) organization: OrganizationId,
    pub(crate) issuer: IssuerId,
}

/// `{organization_id}` and `{group_id}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneGroup {
    pub(crate) organization: OrganizationId,
    pub(crate) group: GroupId,
}

/// `{organization_id}` and `{service_account_id}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneServiceAccount {
    pub(crate) organization: OrganizationId,
    pub(crate) service_account: ServiceAccountId,
}

/// `{organization_id}` and `{wallet_id}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneWallet {
    pub(crate) organization: OrganizationId,
    pub(crate) wallet: WalletId,
}

async fn id<I: FromStr<Err = NotAnId>>(
    parts: &mut Parts,
    app: &App,
    name: &'static str,
) -> Result<I, Refusal> {
    let all = RawPathParams::from_request_parts(parts, app)
        .await
        .map_err(|_| not_an_id(name))?;
    let text = all
        .iter()
        .find(|(found, _)| *found == name)
        .map(|(_, text)| text)
        .ok_or_else(Refusal::internal)?;
    text.parse().map_err(|_: NotAnId| not_an_id(name))
}

fn not_an_id(name: &'static str) -> Refusal {
    let prefix = match name {
        "key_id" => KeyId::PREFIX,
        "member_id" => MemberId::PREFIX,
        "invitation_id" => InvitationId::PREFIX,
        "issuer_id" => IssuerId::PREFIX,
        "group_id" => GroupId::PREFIX,
        "service_account_id" => ServiceAccountId::PREFIX,
        "wallet_id" => WalletId::PREFIX,
        _ => OrganizationId::PREFIX,
    };
    Refusal::field(
        name,
        format!("the {name} in the path has to be {prefix}_ and 32 hexadecimal digits"),
    )
}

impl FromRequestParts<App> for InOrganization {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        id(parts, app, "organization_id").await.map(Self)
    }
}

impl FromRequestParts<App> for OneKey {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self {
            organization: id(parts, app, "organization_id").await?,
            key: id(parts, app, "key_id").await?,
        })
    }
}

impl FromRequestParts<App> for OneMember {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self {
            organization: id(parts, app, "organization_id").await?,
            member: id(parts, app, "member_id").await?,
        })
    }
}

impl FromRequestParts<App> for OneInvitation {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self {
            organization: id(parts, app, "organization_id").await?,
            invitation: id(parts, app, "invitation_id").await?,
        })
    }
}

impl FromRequestParts<App> for OneIssuer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self {
            organization: id(parts, app, "organization_id").await?,
            issuer: id(parts, app, "issuer_id").await?,
        })
    }
}

impl FromRequestParts<App> for OneGroup {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self {
            organization: id(parts, app, "organization_id").await?,
            group: id(parts, app, "group_id").await?,
        })
    }
}

impl FromRequestParts<App> for OneServiceAccount {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self {
            organization: id(parts, app, "organization_id").await?,
            service_account: id(parts, app, "service_account_id").await?,
        })
    }
}

impl FromRequestParts<App> for OneWallet {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self {
            organization: id(parts, app, "organization_id").await?,
            wallet: id(parts, app, "wallet_id").await?,
        })
    }
}

/// The parameters of a query, all of which have to be known.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl FromRequestParts<App> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        let text = parts.uri.query().unwrap_or_default();
        Ok(Self(
            url::form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        ))
    }
}

impl Query {
    /// Refuses parameters that are not known or stand twice.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        for (at, (name, _)) in self.0.iter().enumerate() {
            let short: String = harmless(name)
                .chars()
                .filter(|c| !c.is_control())
                .take(40)
                .collect();
            if !known.contains(&name.as_str()) {
                let known = known.join(" and ");
                return Err(Refusal::field(
                    &short,
                    format!("there is no parameter {short} here; there are {known}"),
                ));
            }
            if self.0[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(Refusal::field(
                    &short,
                    format!("the parameter {short} stands twice"),
                ));
            }
        }
        Ok(())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, text)| text.as_str())
    }

    /// A whole number within bounds.
    pub(crate) fn number(
        &self,
        name: &'static str,
        bounds: std::ops::RangeInclusive<i64>,
        default: i64,
    ) -> Result<i64, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        text.parse::<i64>()
            .ok()
            .filter(|number| bounds.contains(number))
            .ok_or_else(|| {
                let (least, most) = (bounds.start(), bounds.end());
                let range = if *most == i64::MAX {
                    format!("from {least} on")
                } else {
                    format!("from {least} to {most}")
                };
                Refusal::field(
                    name,
                    format!("the parameter {name} has to be a whole number {range}"),
                )
            })
    }

    /// An organization's id. Other parameters are not looked at: where a proxy asks, they may be those of the request it
    /// asks about.
    pub(crate) fn organization(&self) -> Result<Option<OrganizationId>, Refusal> {
        self.text("organization")
            .map(|text| {
                text.parse().map_err(|_: NotAnId| {
                    Refusal::field(
                        "organization",
                        "the parameter organization has to be org_ and 32 hexadecimal digits",
                    )
                })
            })
            .transpose()
    }

    /// Whatever is read of a text; `expected` says what that is, in words.
    pub(crate) fn read<T>(
        &self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        self.text(name)
            .map(|text| {
                read(text)
                    .ok_or_else(|| Refusal::field(name, format!("the parameter {name} has to be {expected}")))
            })
            .transpose()
    }

    /// A key's id.
    pub(crate) fn key(&self, name: &'static str) -> Result<Option<KeyId>, Refusal> {
        self.text(name)
            .map(|text| {
                text.parse().map_err(|_: NotAnId| {
                    Refusal::field(
                        name,
                        format!("the parameter {name} has to be key_ and 32 hexadecimal digits"),
                    )
                })
            })
            .transpose()
    }
}
