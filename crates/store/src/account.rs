//! Accounts and what they sign in with.

use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::id::AccountId;
use domain::name::{DisplayName, Username};
use protocol::account::{AccountView, ProfileView};
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, one, run};
use crate::member;
use crate::write::Write;

/// A new account.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// Its id.
    pub id: AccountId,
    /// Not yet taken.
    pub email: &'a EmailAddress,
    /// Not yet taken.
    pub username: &'a Username,
    /// How the person is shown.
    pub display_name: &'a DisplayName,
    /// The password's Argon2id hash as a PHC string.
    pub password_hash: &'a str,
}

/// Counts one more account, and answers how many there are with it. Taken first of all in a sign-up: until the
/// transaction ends, no other sign-up gets past it.
///
/// # Errors
/// The database does not answer.
pub async fn count_one_more(write: &mut Write) -> Result<i64, StoreError> {
    one!(
        (i64,),
        write,
        "UPDATE installation SET accounts = accounts + 1 WHERE one = 1 RETURNING accounts"
    )?
    .map(|(accounts,)| accounts)
    .ok_or_else(|| StoreError::damaged("no installation row"))
}

/// How many accounts there are.
///
/// # Errors
/// The database does not answer.
pub async fn count(from: &mut impl Connected) -> Result<i64, StoreError> {
    one!((i64,), from, "SELECT accounts FROM installation WHERE one = 1")?
        .map(|(accounts,)| accounts)
        .ok_or_else(|| StoreError::damaged("no installation row"))
}

/// Adds an account. Its scope is open already.
///
/// # Errors
/// [`StoreError::Taken`] when id, email or username exist.
pub async fn insert(write: &mut Write, new: &NewAccount<'_>) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO account (id, email, username, display_name, created_at) VALUES ($1, $2, $3, $4, $5)",
        new.id.as_uuid(),
        new.email.as_str(),
        new.username.as_str(),
        new.display_name.as_str(),
        at,
    )?;
    run!(
        write,
        "INSERT INTO credential (account_id, password, changed_at) VALUES ($1, $2, $3)",
        new.id.as_uuid(),
        new.password_hash,
        at,
    )?;
    Ok(())
}

/// Whether an account has this address.
///
/// # Errors
/// The database does not answer.
pub async fn email_taken(from: &mut impl Connected, email: &EmailAddress) -> Result<bool, StoreError> {
    Ok(one!(
        (Uuid,),
        from,
        "SELECT id FROM account WHERE email = $1",
        email.as_str()
    )?
    .is_some())
}

/// Whether an account has this username.
///
/// # Errors
/// The database does not answer.
pub async fn username_taken(from: &mut impl Connected, username: &Username) -> Result<bool, StoreError> {
    Ok(one!(
        (Uuid,),
        from,
        "SELECT id FROM account WHERE username = $1",
        username.as_str()
    )?
    .is_some())
}

/// The account with this address and its password hash.
///
/// # Errors
/// The database does not answer.
pub async fn credential(
    from: &mut impl Connected,
    email: &EmailAddress,
) -> Result<Option<(AccountId, String)>, StoreError> {
    let row = one!(
        (Uuid, String),
        from,
        "SELECT account.id, credential.password FROM account JOIN credential ON credential.account_id = account.id \
         WHERE account.email = $1",
        email.as_str(),
    )?;
    Ok(row.map(|(id, password)| (AccountId::from_uuid(id), password)))
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    email: String,
    username: String,
    display_name: String,
    created_at: i64,
}

/// The account and where it belongs.
///
/// # Errors
/// The database does not answer.
pub async fn view(from: &mut impl Connected, id: AccountId) -> Result<Option<AccountView>, StoreError> {
    let Some(profile) = profile(from, id).await? else {
        return Ok(None);
    };
    Ok(Some(AccountView {
        id,
        email: profile.email,
        username: profile.username,
        display_name: profile.display_name,
        memberships: member::of_account(from, id).await?,
    }))
}

/// The account itself.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn profile(
    from: &mut impl Connected,
    id: AccountId,
) -> Result<Option<ProfileView>, StoreError> {
    let row = one!(
        AccountRow,
        from,
        "SELECT email, username, display_name, created_at FROM account WHERE id = $1",
        id.as_uuid()
    )?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(ProfileView {
        id,
        email: EmailAddress::parse(&row.email).map_err(|_| StoreError::damaged("an email address"))?,
        username: Username::parse(&row.username).map_err(|_| StoreError::damaged("a username"))?,
        display_name: DisplayName::parse(&row.display_name)
            .map_err(|_| StoreError::damaged("a display name"))?,
        created_at: Timestamp::from_micros(row.created_at),
    }))
}

pub(crate) fn moment(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}
