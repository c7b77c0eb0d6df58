//! `keystead`: the desk without a window.
//!
//! Results go to standard output, everything said to the person to standard error, so output can be piped. What went
//! wrong is one sentence that says what to do, and an exit code that scripts can act on (`keystead help exit-codes`).
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the command line: it prints"
)]

mod account;
mod arguments;
mod ask;
mod connect;
mod exit;
mod first_request;
mod groups;
mod host;
mod import;
mod issuers;
mod key_tokens;
mod keychain;
mod keys;
mod look;
mod output;
mod pending;
mod people;
mod policy;
mod recovery;
mod rotation;
mod run;
mod sarif;
mod scan;
mod service_accounts;
mod services;
mod veil;
mod wallets;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use clap::{CommandFactory as _, Parser as _};
use crypto::derive::Work;
use desk::host::Ports;
use desk::view::KeychainStatus;
use desk::{Desk, DeskError, Place};
use server::system::{SystemClock, SystemEntropy};

use arguments::{
    Arguments, Command, InvitationsCommand, KeychainCommand, KeysCommand, MembersCommand, MembershipsCommand,
    PendingCommand, RecoveryCommand, ServicesCommand,
};
use desk::view::Stop;
use output::Output;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Command::Completions { shell } = arguments.command {
        clap_complete::generate(
            shell,
            &mut Arguments::command(),
            "keystead",
            &mut std::io::stdout(),
        );
        return ExitCode::SUCCESS;
    }
    let output = Output { json: arguments.json };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("keystead could not start its threads: {error}");
            return exit::FAILED.into();
        }
    };
    match runtime.block_on(run(arguments, &output)) {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            exit::of(&error).into()
        }
    }
}

async fn run(arguments: Arguments, output: &Output) -> Result<ExitCode, DeskError> {
    let folder = arguments
        .home
        .or_else(|| directories::ProjectDirs::from("", "", "keystead").map(|dirs| dirs.data_dir().to_owned()))
        .ok_or_else(|| {
            DeskError::Unexpected("no folder for data was found; set HOME or KEYSTEAD_HOME".to_owned())
        })?;
    let desk = Desk::new(ports(), Place::at(folder))?;
    let mut passphrase = None;
    let needs_no_secret = matches!(
        arguments.command,
        Command::Keychain {
            command: KeychainCommand::Status
        }
    );
    // A search does without the copy where nobody is there to be asked.
    let needs_no_secret = needs_no_secret
        || matches!(arguments.command, Command::Scan(_))
            && arguments.passphrase_file.is_none()
            && !std::io::stdin().is_terminal();
    if let KeychainStatus::Vault { unlocked: false } = desk.keychain_status().await?
        && !needs_no_secret
    {
        let typed = ask::secret("Passphrase of the vault: ", arguments.passphrase_file.as_deref())?;
        desk.unlock_vault(typed.duplicate()).await?;
        passphrase = Some(typed);
    }
    let opened = look::Wanted {
        connection: arguments.connection,
        offline: arguments.offline,
    };
    let done = match arguments.command {
        Command::Start { organization, name } => connect::start(&desk, output, organization, name).await,
        Command::Connect(request) => connect::connect(&desk, output, request).await,
        Command::Connections => connect::list(&desk, output),
        Command::Vault => connect::vault(&desk, output, arguments.passphrase_file.as_deref()).await,
        Command::Keychain { command } => keychain::run(&desk, output, command, passphrase).await,
        Command::Recovery { command } => match command {
            RecoveryCommand::Make => recovery::make(&desk, output, arguments.connection).await,
            RecoveryCommand::Status => recovery::status(&desk, output, arguments.connection).await,
            RecoveryCommand::Use { code_file } => {
                recovery::open(&desk, output, arguments.connection, code_file.as_deref()).await
            }
        },
        Command::Status => look::status(&desk, output, &opened).await,
        Command::Keys { command } => match command {
            KeysCommand::List(query) => keys::list(&desk, output, &opened, query).await,
            KeysCommand::Show { key } => keys::show(&desk, output, &opened, &key).await,
            KeysCommand::Create(draft) => keys::create(&desk, output, &opened, draft).await,
            KeysCommand::Start(wish) => first_request::start(&desk, output, &opened, wish).await,
            KeysCommand::Import(wish) => import::import(&desk, output, &opened, wish).await,
            KeysCommand::Edit(edit) => keys::edit(&desk, output, &opened, edit).await,
            KeysCommand::Pause { keys } => rotation::stop(&desk, output, &opened, &keys, Stop::Pause).await,
            KeysCommand::Resume { keys } => rotation::stop(&desk, output, &opened, &keys, Stop::Resume).await,
            KeysCommand::Token { key, no_print } => {
                key_tokens::make(&desk, output, &opened, &key, no_print).await
            }
            KeysCommand::EndToken { key, member } => {
                key_tokens::end(&desk, output, &opened, &key, member.as_deref()).await
            }
            KeysCommand::Rotate(rotate) => rotation::rotate(&desk, output, &opened, rotate).await,
            KeysCommand::Rotation { command } => rotation::rotation(&desk, output, &opened, command).await,
            KeysCommand::Usage { key, days } => rotation::usage(&desk, output, &opened, &key, days).await,
            KeysCommand::Revoke { key, yes } => keys::revoke(&desk, output, &opened, &key, yes).await,
        },
        Command::Services { command } => match command {
            None | Some(ServicesCommand::List) => services::list(&desk, output, &opened).await,
            Some(ServicesCommand::Price(wish)) => services::price(&desk, output, &opened, wish).await,
        },
        Command::Wallets { command } => wallets::run(&desk, output, &opened, command).await,
        Command::Members { command } => match command {
            MembersCommand::List => people::list(&desk, output, &opened).await,
            MembersCommand::Invite { emails, role, groups } => {
                people::invite(&desk, output, &opened, emails, role.into(), groups).await
            }
            MembersCommand::Role { member, role } => {
                people::role(&desk, output, &opened, &member, role.into()).await
            }
            MembersCommand::Remove { member, yes } => {
                people::remove(&desk, output, &opened, &member, yes).await
            }
            MembersCommand::Leave { yes } => people::leave(&desk, output, &opened, yes).await,
        },
        Command::Invitations { command } => match command {
            InvitationsCommand::List => people::invitations(&desk, output, &opened).await,
            InvitationsCommand::Resend { invitation } => {
                people::resend(&desk, output, &opened, &invitation).await
            }
            InvitationsCommand::Cancel { invitation } => {
                people::cancel(&desk, output, &opened, &invitation).await
            }
            InvitationsCommand::Show { link } => people::show(&desk, output, &link).await,
            InvitationsCommand::Accept { link } => people::accept(&desk, output, &link).await,
        },
        Command::Groups { command } => groups::run(&desk, output, &opened, command).await,
        Command::ServiceAccounts { command } => service_accounts::run(&desk, output, &opened, command).await,
        Command::Policy { command } => policy::run(&desk, output, &opened, command).await,
        Command::Account { command } => account::run(&desk, output, &opened, command).await,
        Command::Memberships { command } => match command {
            MembershipsCommand::List => people::memberships(&desk, output, &opened).await,
            MembershipsCommand::Open { organization } => {
                people::open(&desk, output, &opened, organization).await
            }
        },
        Command::Issuers { command } => issuers::run(&desk, output, &opened, command).await,
        Command::Pending { command } => match command {
            PendingCommand::List => pending::list(&desk, output, &opened).await,
            PendingCommand::Drop { id } => pending::drop(&desk, output, &opened, id).await,
            PendingCommand::Retry { id } => pending::retry(&desk, output, &opened, id).await,
            PendingCommand::Decide {
                id,
                name,
                description,
                limit,
                services,
            } => {
                let sides = pending::Sides {
                    name,
                    description,
                    limit,
                    services,
                };
                pending::decide(&desk, output, &opened, id, sides).await
            }
        },
        Command::Inspect { text } => look::inspect(&desk, output, &opened, &text).await,
        Command::Scan(wish) => scan::scan(&desk, output, &opened, wish).await,
        Command::Run(wish) => run::run(&desk, output, &opened, wish).await,
        // Answered before anything was opened.
        Command::Completions { .. } => Ok(ExitCode::SUCCESS),
    };
    desk.close().await;
    done
}

fn ports() -> Ports {
    Ports {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(Mutex::new(SystemEntropy)),
        more_entropy: || Box::new(SystemEntropy),
        host: Arc::new(host::TerminalHost),
        client_name: format!(
            "keystead {} on {}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS
        ),
        vault_work: Work::VAULT,
        background_sync: false,
    }
}
