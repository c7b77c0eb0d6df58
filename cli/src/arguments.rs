//! What can be asked on the command line.

mod issuers;
mod money;
pub(crate) mod tokens;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use desk::SortBy;
use domain::clock::Timestamp;
use domain::id::{ConnectionId, OperationId, OrganizationId};
use domain::limit::RequestLimit;
use domain::role::Role;
use domain::rotation::LONGEST_OVERLAP_SECONDS;

pub(crate) use issuers::{AddIssuer, IssuersCommand, Switch};
pub(crate) use money::{Entries, Granted, WalletsCommand};

/// Keys of an organization, from the terminal: list, create, revoke, inspect. Works offline on the encrypted copy.
#[derive(Parser)]
#[command(name = "keystead", version, after_help = EXIT_CODES, propagate_version = true)]
pub(crate) struct Arguments {
    /// Print results as JSON, and errors as JSON on standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Don't ask the server; answer from the copy on this computer.
    #[arg(long, global = true)]
    pub(crate) offline: bool,
    /// The connection to use (see `keystead connections`) instead of the one used last.
    #[arg(long, global = true, value_name = "con_…")]
    pub(crate) connection: Option<ConnectionId>,
    /// The data folder, shared with the desktop.
    #[arg(long, global = true, env = "KEYSTEAD_HOME", value_name = "FOLDER")]
    pub(crate) home: Option<PathBuf>,
    /// A file whose first line is the passphrase of the vault, where there is no keychain.
    #[arg(long, global = true, env = "KEYSTEAD_PASSPHRASE_FILE", value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed
  2  the arguments are wrong
  3  not found
  4  refused by a role or a rule
  5  the server is away; what was asked waits and is not yet in force
  6  the keychain is locked or absent
  7  signed out, or wrong email or password
  11 done, but for rows of a file that are refused (`keystead keys import`)
  130 ended by Ctrl-C
Of `keystead scan`:
  0  nothing was found
  8  a secret that works was found
  9  something was found, and none of it is known to work
  10 nothing was found, but not everything could be searched
  130 ended by Ctrl-C
`keystead run` ends with the exit code of the command (128 and the signal that ended it); 126 and 127 say that the
command could not be started.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start a workspace on this computer: server, account, organization and free service key.
    Start {
        /// The workspace's name.
        #[arg(long, default_value = "My workspace")]
        organization: String,
        /// Your name.
        #[arg(long, default_value = "Owner")]
        name: String,
    },
    /// Connect to a server: sign in, or sign up with --sign-up.
    Connect(Connect),
    /// List the connections of this computer.
    Connections,
    /// Keep secrets in a vault behind a passphrase, where this computer has no keychain.
    Vault,
    /// Say where secrets are kept, or move all of them between the system's keychain and a vault.
    Keychain {
        #[command(subcommand)]
        command: KeychainCommand,
    },
    /// Make a recovery code, or open a connection with it whose key the keychain has lost.
    Recovery {
        #[command(subcommand)]
        command: RecoveryCommand,
    },
    /// Say how far the copy is in step with the server, and what waits.
    Status,
    /// List, show, create, edit, pause, rotate and revoke keys.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// List services, models and prices, or work out what requests cost.
    Services {
        #[command(subcommand)]
        command: Option<ServicesCommand>,
    },
    /// Wallets: how credits lie, and every movement. Changes are made at the server; nothing waits here.
    Wallets {
        #[command(subcommand)]
        command: WalletsCommand,
    },
    /// List members, invite people, change roles, remove, leave. Changes are made at the server; nothing waits here.
    Members {
        #[command(subcommand)]
        command: MembersCommand,
    },
    /// List invitations, send them again, cancel them, or come in by one.
    Invitations {
        #[command(subcommand)]
        command: InvitationsCommand,
    },
    /// List groups of members and service accounts, make, change and remove them.
    Groups {
        #[command(subcommand)]
        command: tokens::GroupsCommand,
    },
    /// List service accounts, make, change, disable, enable and remove them.
    ServiceAccounts {
        #[command(subcommand)]
        command: tokens::ServiceAccountsCommand,
    },
    /// Say who may have personal tokens made, or change it.
    Policy {
        #[command(subcommand)]
        command: tokens::PolicyCommand,
    },
    /// Say who is signed in, and from where; end sessions of the account.
    Account {
        #[command(subcommand)]
        command: Option<AccountCommand>,
    },
    /// List the organizations of this account, or open another one of them.
    Memberships {
        #[command(subcommand)]
        command: MembershipsCommand,
    },
    /// List, register, map, try and remove identity providers outside whose tokens (JWT) are good here.
    Issuers {
        #[command(subcommand)]
        command: IssuersCommand,
    },
    /// Changes that are not in force yet: list, drop, send again, decide.
    Pending {
        #[command(subcommand)]
        command: PendingCommand,
    },
    /// Say what a string is: which key, whose, whether it works. Nothing leaves this computer.
    Inspect {
        /// The text to look at; `-` reads standard input, so that a secret is in no shell history.
        text: String,
    },
    /// Search files and folders for secrets of keys. Nothing leaves this computer. The exit code says what was found.
    Scan(Scan),
    /// Run a command with secrets of keys in its environment. They are in nobody else's, and masked in its output.
    Run(Run),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Args)]
pub(crate) struct Connect {
    /// The server's address, like `https://keys.example.org`.
    #[arg(required_unless_present = "invitation", conflicts_with = "invitation")]
    pub(crate) url: Option<String>,
    /// The link of an invitation: signs in and comes in by it; with --username and --name, makes the account.
    #[arg(long, value_name = "LINK", conflicts_with = "sign_up")]
    pub(crate) invitation: Option<String>,
    /// The email address of the account.
    #[arg(long)]
    pub(crate) email: String,
    /// A file whose first line is the password; without it the password is asked for.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Make the account and its organization.
    #[arg(long, requires_all = ["username", "name", "organization"])]
    pub(crate) sign_up: bool,
    /// With --sign-up, or with --invitation and no account yet: the permanent username.
    #[arg(long)]
    pub(crate) username: Option<String>,
    /// With --sign-up, or with --invitation and no account yet: your name.
    #[arg(long, requires = "username")]
    pub(crate) name: Option<String>,
    /// With --sign-up: the organization's name.
    #[arg(long)]
    pub(crate) organization: Option<String>,
}

#[derive(Args)]
#[command(after_help = "\
Exit codes: 0 nothing was found; 8 a secret that works was found; 9 something was found, and none of it is known to work;
10 nothing was found, but not everything could be searched; 130 ended by Ctrl-C.

Every file is read, whatever its name; links below a folder are not followed, and devices, sockets and pipes not opened.
Bytes are searched as they are: nothing is unpacked, decoded or converted.")]
pub(crate) struct Scan {
    /// Files and folders; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Print a SARIF 2.1.0 log, for code hosts and editors.
    #[arg(long, conflicts_with_all = ["json", "quiet"])]
    pub(crate) sarif: bool,
    /// Files larger than this are skipped and named: bytes, or like 200MB, 4GB.
    #[arg(long, value_name = "SIZE", default_value = "1GB", value_parser = size)]
    pub(crate) max_size: u64,
    /// Which findings count: those of keys known here, whole secrets of whoever, or all that begins like one.
    #[arg(long, value_enum, default_value_t = Finds::Any)]
    pub(crate) only: Finds,
    /// Print nothing; the exit code says it.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Which findings count.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Finds {
    /// Secrets of keys that are known on this computer.
    Known,
    /// Whole secrets, their checksum right, whoever's.
    Whole,
    /// Everything that begins like a secret.
    Any,
}

/// Reads a number of bytes, like `200MB`; units are powers of 1,000.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" => 1_000,
        "M" | "MB" => 1_000_000,
        "G" | "GB" => 1_000_000_000,
        "T" | "TB" => 1_000_000_000_000,
        _ => return Err("write it in bytes, or with KB, MB, GB or TB".to_owned()),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| "write a whole number, like 200MB".to_owned())
}

#[derive(Args)]
#[command(after_help = "\
The exit code is the command's, or 128 and the number of the signal that ended it; 126 and 127 say that it could not be
started. What Keystead itself refuses has Keystead's exit codes, and a line that begins with `keystead:`.

In what the command prints, each secret is replaced by its prefix and [masked]. Encoded or cut, it is not recognised.")]
pub(crate) struct Run {
    /// A key by its name or id, and the variable its secret is put into; without one, the name in capitals with
    /// underscores (ci-deploy becomes CI_DEPLOY). May be repeated.
    #[arg(long = "key", required = true, value_name = "NAME[=ENV]")]
    pub(crate) keys: Vec<String>,
    /// The command and its arguments, behind `--`.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// List keys.
    List(List),
    /// Show one key.
    Show {
        /// The key's id or its exact name.
        key: String,
    },
    /// Create a team key, a service key or a personal token. Its secret is made on this computer, kept in its keychain, and
    /// printed once.
    Create(Create),
    /// Import keys of another system by the hashes of their secrets, which go on working unchanged.
    Import(Import),
    /// Edit a key's name, description, limit or services. What is left out stays as it is.
    Edit(Edit),
    /// Print the first request with a key, ready to be run; the secret is not in it.
    Start(FirstRequest),
    /// Pause keys: requests with them fail until they are resumed.
    Pause {
        /// The keys' ids or exact names.
        #[arg(required = true)]
        keys: Vec<String>,
    },
    /// Resume keys that are paused.
    Resume {
        /// The keys' ids or exact names.
        #[arg(required = true)]
        keys: Vec<String>,
    },
    /// Give a key a new secret. It is made on this computer, kept in its keychain, and printed once.
    Rotate(Rotate),
    /// Make a secret of a service key that is assigned to you, for yourself alone. The one you have of it ends.
    Token {
        /// The key's id or its exact name.
        key: String,
        /// Don't print the secret; it is in the keychain.
        #[arg(long)]
        no_print: bool,
    },
    /// End a personal token on a service key: your own, or as Owner or Admin that of a member.
    EndToken {
        /// The key's id or its exact name.
        key: String,
        /// Whose, by address or id; without it, your own.
        #[arg(long)]
        member: Option<String>,
    },
    /// Watch, extend, finish or roll back the rotation of a key.
    Rotation {
        #[command(subcommand)]
        command: RotationCommand,
    },
    /// Say how often a key was used, by secret and day. Asks the server.
    Usage {
        /// The key's id or its exact name.
        key: String,
        /// How many days back.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=400))]
        days: u32,
    },
    /// Revoke a key: requests with it fail from then on. This can't be undone.
    Revoke {
        /// The key's id or its exact name.
        key: String,
        /// Don't ask for the key's name.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args)]
#[command(after_help = "\
The file is CSV, whose first line names the columns, or a JSON list of objects, in UTF-8. Columns: name and hash (SHA-256
of the whole secret, in hexadecimal or base64url); and where they are known description, kind, prefix, last_four,
created_at, expires_at. Rows that were imported before are known by their hash and do nothing: after an interruption,
import the same file again.

Exit codes: 0 every row is a key now, or was already (with --dry-run: would be); 11 some rows are refused, and the others
are imported; 5 the server is away, and what was answered before stays; 130 ended by Ctrl-C.")]
pub(crate) struct Import {
    /// The file.
    pub(crate) file: PathBuf,
    /// Say what would become of each row, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args)]
#[command(after_help = "\
The program reads the secret from KEYSTEAD_KEY. To run it with the secret of the keychain, seen by nobody:
  keystead keys start ci-deploy --language python > first-request.py
  keystead run --key ci-deploy=KEYSTEAD_KEY -- python3 first-request.py")]
pub(crate) struct FirstRequest {
    /// The key's id or its exact name.
    pub(crate) key: String,
    /// In which language.
    #[arg(long, value_enum, default_value_t = Written::Curl)]
    pub(crate) language: Written,
    /// The service's side: asks whether a key it was sent is let in.
    #[arg(long)]
    pub(crate) verify: bool,
}

/// A language of snippets.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Written {
    /// A shell with curl.
    Curl,
    /// Node.js 18 or newer.
    #[value(name = "javascript")]
    JavaScript,
    /// Python 3.
    Python,
    /// Ruby.
    Ruby,
}

#[derive(Args)]
#[group(id = "old", required = true, args = ["overlap", "in_place"])]
pub(crate) struct Rotate {
    /// The key's id or its exact name.
    pub(crate) key: String,
    /// How long the old secret goes on working, like 7d, 12h or 90m; 90 days at the most.
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub(crate) overlap: Option<u32>,
    /// End the old secret at once.
    #[arg(long)]
    pub(crate) in_place: bool,
    /// Don't print the secret; it is in the keychain.
    #[arg(long)]
    pub(crate) no_print: bool,
}

#[derive(Subcommand)]
pub(crate) enum RotationCommand {
    /// Say what the old and the new secret are used for.
    Show {
        /// The key's id or its exact name.
        key: String,
    },
    /// Let the old secret work for another time from now on.
    Extend {
        /// The key's id or its exact name.
        key: String,
        /// How long, like 7d, 12h or 90m; 90 days at the most.
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        overlap: u32,
    },
    /// End the old secret now.
    Finish {
        /// The key's id or its exact name.
        key: String,
    },
    /// End the new secret now; the old one stays.
    RollBack {
        /// The key's id or its exact name.
        key: String,
    },
}

/// Reads a time like `7d` or `1d 12h`, in seconds.
fn seconds(text: &str) -> Result<u32, String> {
    let unclear = || format!("{text} is no time; write it like 7d, 12h or 90m");
    let span: jiff::Span = text.parse().map_err(|_| unclear())?;
    let seconds = span
        .total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours()))
        .map_err(|_| unclear())?;
    if (0.0..=f64::from(LONGEST_OVERLAP_SECONDS)).contains(&seconds) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was seen to lie between"
        )]
        Ok(seconds as u32)
    } else {
        Err("two secrets of a key work side by side for 90 days at the most".to_owned())
    }
}

#[derive(Subcommand)]
pub(crate) enum ServicesCommand {
    /// List every service with its models, their prices, and what a request says.
    List,
    /// Work out what requests cost, as each would be charged. Works offline.
    Price(Price),
}

#[derive(Args)]
#[command(after_help = "\
Example:
  keystead services price distance-matrix road --param origins=25 --param destinations=50 --calls 1000")]
pub(crate) struct Price {
    /// The service's id, as `services` lists it.
    pub(crate) service: String,
    /// The model's id.
    pub(crate) model: String,
    /// What a request says, as NAME=NUMBER; what is left out has its default. May be repeated.
    #[arg(long = "param", value_name = "NAME=NUMBER", value_parser = parameter)]
    pub(crate) params: Vec<(String, String)>,
    /// How many requests.
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub(crate) calls: String,
}

/// Reads `name=number`; the number is read where its range is known.
fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, number)) if !name.is_empty() => Ok((name.trim().to_owned(), number.trim().to_owned())),
        _ => Err(format!("{text} is no NAME=NUMBER; write it like origins=25")),
    }
}

#[derive(Subcommand)]
pub(crate) enum KeychainCommand {
    /// Say where secrets are kept.
    Status,
    /// Move every secret from the system's keychain into a vault behind a passphrase.
    ToVault {
        /// A file whose first line is the vault's passphrase; without it the passphrase is asked for.
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// Move every secret from the vault into the system's keychain, and remove the vault.
    ToOs,
    /// Give the vault another passphrase.
    ChangePassphrase {
        /// A file whose first line is the new passphrase; without it the passphrase is asked for.
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
pub(crate) enum RecoveryCommand {
    /// Make a recovery code and print it, this once. An older code opens nothing from then on.
    Make,
    /// Say when the recovery code was made.
    Status,
    /// Open the copy and what waits in it with the recovery code, and put its key back into the keychain.
    Use {
        /// A file whose first line is the code; without it the code is read from standard input.
        #[arg(long, value_name = "FILE")]
        code_file: Option<PathBuf>,
    },
}

#[derive(Args)]
#[group(id = "fields", required = true, multiple = true, args = ["name", "description", "limit", "no_limit", "grants", "no_grants"])]
pub(crate) struct Edit {
    /// The key's id or its exact name.
    pub(crate) key: String,
    /// The new name: 1 to 100 characters.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// What it is for: up to 500 characters; may be empty.
    #[arg(long)]
    pub(crate) description: Option<String>,
    /// How many requests it may make in a minute, 1 to 1,000,000.
    #[arg(long, value_name = "REQUESTS", value_parser = limit)]
    pub(crate) limit: Option<u32>,
    /// Let it make as many requests as it likes.
    #[arg(long, conflicts_with = "limit")]
    pub(crate) no_limit: bool,
    /// Assign it to a member, by address or id; may be given several times.
    #[arg(long, value_name = "MEMBER")]
    pub(crate) assign: Vec<String>,
    /// Take it from a member, by address or id; may be given several times.
    #[arg(long, value_name = "MEMBER")]
    pub(crate) unassign: Vec<String>,
    /// Tell the members it is assigned to, or taken from, by mail.
    #[arg(long)]
    pub(crate) notify: bool,
    /// Let a service key call a service, in the place of what it had for that service, like `geocoding=free` or
    /// `geocoding=pay-as-you-go:forward,reverse@WALLET`. May be repeated.
    #[arg(long = "grant", value_name = "SERVICE=POLICY", value_parser = money::granted)]
    pub(crate) grants: Vec<Granted>,
    /// Take a service away from a service key. May be repeated.
    #[arg(long = "no-grant", value_name = "SERVICE")]
    pub(crate) no_grants: Vec<String>,
}

/// Reads a number of requests a minute.
fn limit(text: &str) -> Result<u32, String> {
    let wrong = || "write a whole number of requests a minute, from 1 to 1000000".to_owned();
    let number: u32 = text.parse().map_err(|_| wrong())?;
    RequestLimit::new(number)
        .map(RequestLimit::per_minute)
        .map_err(|_| wrong())
}

#[derive(Subcommand)]
pub(crate) enum PendingCommand {
    /// List what waits, was refused, or is to be decided; oldest first.
    List,
    /// Drop a change that waits or was refused. Dropping the making of a key removes its secret from the keychain.
    Drop {
        /// The change's id, as `pending list` shows it.
        id: OperationId,
    },
    /// Send a change that was refused once more.
    Retry {
        /// The change's id.
        id: OperationId,
    },
    /// Decide an edit when somebody else changed the same: say for each field whose holds.
    Decide {
        /// The change's id.
        id: OperationId,
        /// Whose name holds.
        #[arg(long, value_enum)]
        name: Option<Side>,
        /// Whose description holds.
        #[arg(long, value_enum)]
        description: Option<Side>,
        /// Whose limit holds.
        #[arg(long, value_enum)]
        limit: Option<Side>,
        /// Whose services hold, all of them together.
        #[arg(long, value_enum)]
        services: Option<Side>,
    },
}

/// Whose text holds.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// What was written here.
    Mine,
    /// What the server has.
    Theirs,
}

#[derive(Subcommand)]
pub(crate) enum MembersCommand {
    /// List the members and who is invited.
    List,
    /// Invite people; each address is answered for itself. Where the server sends no mail, the links are printed, once.
    Invite {
        /// The email addresses.
        #[arg(required = true)]
        emails: Vec<String>,
        /// As what.
        #[arg(long, value_enum)]
        role: GivenRole,
        /// A group they come into, by its name or id; may be repeated.
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
    },
    /// Give a member another role.
    Role {
        /// The member's email address or id.
        member: String,
        /// The role it is to be.
        #[arg(value_enum)]
        role: GivenRole,
    },
    /// Remove a member from the organization.
    Remove {
        /// The member's email address or id.
        member: String,
        /// Don't ask for the address.
        #[arg(long)]
        yes: bool,
    },
    /// Leave the organization. The copy on this computer is emptied.
    Leave {
        /// Don't ask for the organization's name.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum InvitationsCommand {
    /// List the invitations that are pending or have expired.
    List,
    /// Send an invitation again: with a new link, good for 7 days; the old link is dead.
    Resend {
        /// The invited email address, or the invitation's id.
        invitation: String,
    },
    /// Cancel an invitation: its link is dead.
    Cancel {
        /// The invited email address, or the invitation's id.
        invitation: String,
    },
    /// Say what the invitation behind a link is.
    Show {
        /// The link; `-` reads it from standard input, so that it is in no shell history.
        link: String,
    },
    /// Come in by an invitation with an account that is signed in on this computer. Without one, use
    /// `keystead connect --invitation LINK`.
    Accept {
        /// The link; `-` reads it from standard input, so that it is in no shell history.
        link: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// End a session: its next request asks for the password.
    EndSession {
        /// The session's id, as `keystead account` shows it.
        session: domain::id::SessionId,
    },
    /// End every session but this one.
    EndOthers,
}

#[derive(Subcommand)]
pub(crate) enum MembershipsCommand {
    /// List the organizations of this account.
    List,
    /// Open another one: it becomes a connection of its own, and the current one.
    Open {
        /// The organization's id.
        organization: OrganizationId,
    },
}

/// A role that can be given.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GivenRole {
    /// Manages keys and people. Only the Owner makes Admins.
    Admin,
    /// Manages money.
    Billing,
    /// A plain user.
    Editor,
    /// Looks only.
    Viewer,
}

impl From<GivenRole> for Role {
    fn from(role: GivenRole) -> Self {
        match role {
            GivenRole::Admin => Self::Admin,
            GivenRole::Billing => Self::Billing,
            GivenRole::Editor => Self::Editor,
            GivenRole::Viewer => Self::Viewer,
        }
    }
}

#[derive(Args)]
pub(crate) struct List {
    /// Only keys in which all these words occur.
    pub(crate) search: Vec<String>,
    #[command(flatten)]
    pub(crate) of: tokens::Listed,
    /// Only these states; may be repeated.
    #[arg(long, value_enum)]
    pub(crate) state: Vec<State>,
    /// Only keys that expire within so many days.
    #[arg(long, value_name = "DAYS")]
    pub(crate) expires_within: Option<u32>,
    /// Only keys that work and were not used for so many days, nor made or imported since.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3_653))]
    pub(crate) unused_for: Option<u32>,
    /// The order.
    #[arg(long, value_enum, default_value_t = By::Name)]
    pub(crate) sort: By,
    /// The most keys to list.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) limit: u32,
}

#[derive(Args)]
pub(crate) struct Create {
    /// The name: 1 to 100 characters.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) of: tokens::Made,
    /// What it is for: up to 500 characters.
    #[arg(long, default_value = "")]
    pub(crate) description: String,
    /// A service that a service key may call, and how it is paid for, like `geocoding=free` or
    /// `geocoding=pay-as-you-go:forward,reverse@WALLET`. May be repeated.
    #[arg(long = "grant", value_name = "SERVICE=POLICY", value_parser = money::granted)]
    pub(crate) grants: Vec<Granted>,
    /// When it ends by itself, in days from now.
    #[arg(long, value_name = "DAYS", conflicts_with = "expires_at", value_parser = clap::value_parser!(u32).range(1..=3_653))]
    pub(crate) expires_in: Option<u32>,
    /// When it ends by itself, like 2027-03-12T10:42:07Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) expires_at: Option<Timestamp>,
    /// How many requests it may make in a minute, 1 to 1,000,000; without it there is no limit.
    #[arg(long, value_name = "REQUESTS", value_parser = limit)]
    pub(crate) limit: Option<u32>,
    /// Don't print the secret; it is in the keychain.
    #[arg(long)]
    pub(crate) no_print: bool,
    /// Assign it to a member, by address or id; may be given several times.
    #[arg(long, value_name = "MEMBER")]
    pub(crate) assign: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum State {
    Active,
    Rotating,
    Paused,
    Suspended,
    Expired,
    Revoked,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum By {
    Name,
    State,
    Expires,
    LastUsed,
    Created,
}

impl From<By> for SortBy {
    fn from(by: By) -> Self {
        match by {
            By::Name => Self::Name,
            By::State => Self::State,
            By::Expires => Self::Expires,
            By::LastUsed => Self::LastUsed,
            By::Created => Self::Created,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("12"), Ok(12));
        assert_eq!(size("200MB"), Ok(200_000_000));
        assert_eq!(size("4g"), Ok(4_000_000_000));
        for wrong in ["", "MB", "1.5GB", "-1", "1XB", "99999999999TB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
