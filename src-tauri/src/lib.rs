//! The shell: the window, its commands, the clipboard, the log. No rule lives here; the desk decides.

mod commands;
mod host;
mod log;
mod preferences;
mod window;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crypto::derive::Work;
use desk::host::Ports;
use desk::view::{ImportProgress, ScanProgress, TopicsChanged};
use desk::{Desk, Place};
use server::system::{SystemClock, SystemEntropy};
use specta_typescript::Typescript;
use tauri::{Emitter as _, Manager as _};
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands};

/// The event that says which topics have new content; its payload is [`TopicsChanged`].
const TOPICS_CHANGED: &str = "topics-changed";

/// How often the ends of keys are looked at.
const LOOK_AT_EXPIRY: Duration = Duration::from_secs(60);
/// How long after a change of keys.
const AFTER_A_CHANGE: Duration = Duration::from_secs(2);

fn builder() -> Builder<tauri::Wry> {
    Builder::new()
        .commands(collect_commands![
            commands::connection::boot,
            commands::connection::start_here,
            commands::connection::start_sample,
            commands::connection::probe_server,
            commands::connection::sign_up,
            commands::connection::sign_in,
            commands::connection::open_connection,
            commands::connection::sign_in_again,
            commands::connection::removal_preview,
            commands::connection::remove_connection,
            commands::connection::set_replica_aside,
            commands::keychain::create_vault,
            commands::keychain::unlock_vault,
            commands::keychain::retry_keychain,
            commands::keychain::move_to_vault,
            commands::keychain::move_to_os_keychain,
            commands::keychain::change_vault_passphrase,
            commands::lock::set_lock,
            commands::lock::touch,
            commands::lock::lock_now,
            commands::lock::unlock,
            commands::recovery::recovery_status,
            commands::recovery::make_recovery_code,
            commands::recovery::copy_recovery_code,
            commands::recovery::save_recovery_code,
            commands::recovery::forget_recovery_code,
            commands::recovery::recover,
            commands::key::list_keys,
            commands::key::key_detail,
            commands::key::create_key,
            commands::key::copy_secret,
            commands::key::save_secret,
            commands::key::edit_key,
            commands::key::revoke_key,
            commands::key::stop_key,
            commands::key::stop_keys,
            commands::sessions::account_overview,
            commands::sessions::end_sessions,
            commands::key::rotate_key,
            commands::key::make_key_token,
            commands::key::end_key_token,
            commands::key::step_rotation,
            commands::key::key_usage,
            commands::key::inspect,
            commands::catalog::catalog,
            commands::catalog::estimate,
            commands::money::money,
            commands::money::create_wallet,
            commands::money::rename_wallet,
            commands::money::archive_wallet,
            commands::money::move_credit,
            commands::money::ledger,
            commands::money::save_ledger,
            commands::people::people,
            commands::people::invite_people,
            commands::people::resend_invitation,
            commands::people::cancel_invitation,
            commands::people::change_role,
            commands::people::remove_member,
            commands::people::leave_organization,
            commands::people::look_at_invitation,
            commands::people::accept_invitation,
            commands::people::sign_in_with_invitation,
            commands::people::join_with_invitation,
            commands::people::memberships,
            commands::people::open_membership,
            commands::issuers::issuers,
            commands::issuers::look_at_issuer,
            commands::issuers::add_issuer,
            commands::issuers::map_subject,
            commands::issuers::map_by_email,
            commands::issuers::remove_issuer,
            commands::issuers::check_token,
            commands::groups::groups,
            commands::groups::save_group,
            commands::groups::remove_group,
            commands::groups::save_service_account,
            commands::groups::able_service_account,
            commands::groups::service_account_removal,
            commands::groups::remove_service_account,
            commands::policy::token_policy,
            commands::policy::preview_token_policy,
            commands::policy::set_token_policy,
            commands::key::expiry_radar,
            commands::key::first_request,
            commands::import::choose_import,
            commands::import::read_import,
            commands::import::start_import,
            commands::import::cancel_import,
            commands::import::forget_import,
            commands::scan::inspect_clipboard,
            commands::scan::choose_files,
            commands::scan::choose_folder,
            commands::scan::scan,
            commands::scan::cancel_scan,
            commands::sync::sync_status,
            commands::sync::sync_now,
            commands::sync::list_pending,
            commands::sync::drop_pending,
            commands::sync::retry_pending,
            commands::sync::decide_edit,
            commands::preferences::set_preferences,
        ])
        .typ::<TopicsChanged>()
        .typ::<ScanProgress>()
        .typ::<ImportProgress>()
        .disable_serde_phases()
        .error_handling(ErrorHandlingMode::Throw)
}

/// Writes the TypeScript side of the commands.
///
/// # Errors
/// What could not be expressed or written, in words.
pub fn export_bindings(path: &Path) -> Result<(), String> {
    let header = "// Generated by `cargo xtask codegen` from the commands in src-tauri. Do not edit.\n";
    builder()
        .export(Typescript::default().header(header), path)
        .map_err(|error| error.to_string())
}

/// The folder where Keystead keeps its files: `KEYSTEAD_HOME`, or the system's place for application data.
fn data_folder() -> Option<PathBuf> {
    std::env::var_os("KEYSTEAD_HOME")
        .map(PathBuf::from)
        .or_else(|| directories::ProjectDirs::from("", "", "keystead").map(|dirs| dirs.data_dir().to_owned()))
}

/// Runs the desktop until its window is closed.
#[must_use]
pub fn run() -> ExitCode {
    let Some(folder) = data_folder() else {
        return complain("Keystead found no folder for its data; set HOME or KEYSTEAD_HOME.");
    };
    let _log = log::start(&folder);
    // One runtime for the desk, the server inside and Tauri.
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("Keystead could not start its threads: {error}")),
    };
    tauri::async_runtime::set(runtime.handle().clone());
    let desk = match Desk::new(ports(), Place::at(folder.clone())) {
        Ok(desk) => desk,
        Err(error) => return complain(&format!("Keystead could not start: {error}.")),
    };
    // Its ticks are a task.
    let entered = runtime.enter();
    desk.guard();
    drop(entered);
    let builder = builder();
    let closing = desk.clone();
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::show(app)))
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_store::Builder::default().build())
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_state_flags(window::REMEMBERED)
                .build(),
        )
        .invoke_handler(builder.invoke_handler())
        .manage(desk.clone())
        .manage(preferences::StorePath(folder.join("preferences.json")))
        .setup(move |app| {
            let ahead = desk.clone();
            tauri::async_runtime::spawn(async move { ahead.open_ahead().await });
            window::open(app.handle())?;
            tauri::async_runtime::spawn(pass_topics(desk.clone(), app.handle().clone()));
            tauri::async_runtime::spawn(watch_expiry(desk.clone(), app.handle().clone()));
            Ok(())
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(move |_, event| {
                if let tauri::RunEvent::Exit = event {
                    tauri::async_runtime::block_on(closing.close());
                    host::forget_clipboard();
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => complain(&format!("Keystead could not open its window: {error}")),
    }
}

/// Tells the window which topics have new content.
async fn pass_topics(desk: Arc<Desk>, app: tauri::AppHandle) {
    let mut topics = desk.topics();
    loop {
        let changed = match topics.recv().await {
            Ok(changed) => changed.into_iter().collect(),
            // Too many at once: let the screens read everything anew.
            Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => vec![
                desk::DeskTopic::Keys,
                desk::DeskTopic::Outbox,
                desk::DeskTopic::Sync,
                desk::DeskTopic::Connections,
                desk::DeskTopic::Organization,
                desk::DeskTopic::Account,
                desk::DeskTopic::Catalog,
                desk::DeskTopic::Money,
            ],
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        };
        if app.get_webview_window(window::MAIN).is_some()
            && let Err(error) = app.emit_to(window::MAIN, TOPICS_CHANGED, TopicsChanged { topics: changed })
        {
            tracing::warn!(%error, "the window was not told what changed");
        }
    }
}

/// Looks each minute, and whenever keys changed, whether the end of one has come near enough to be told.
async fn watch_expiry(desk: Arc<Desk>, app: tauri::AppHandle) {
    let mut topics = desk.topics();
    loop {
        if preferences::read(&app).expiry_notices
            && let Err(error) = desk.tell_expiring().await
        {
            tracing::debug!(%error, "keys that expire soon were not told");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AT_EXPIRY) => {}
            closed = keys_changed(&mut topics) => {
                if closed {
                    return;
                }
                // Keys come in many parts; what they have come to is looked at once.
                tokio::time::sleep(AFTER_A_CHANGE).await;
            }
        }
    }
}

/// Waits until keys have new content; whether the desk is gone.
async fn keys_changed(
    topics: &mut tokio::sync::broadcast::Receiver<std::collections::HashSet<desk::DeskTopic>>,
) -> bool {
    use tokio::sync::broadcast::error::RecvError;
    loop {
        match topics.recv().await {
            Ok(changed) if changed.contains(&desk::DeskTopic::Keys) => return false,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return false,
            Err(RecvError::Closed) => return true,
        }
    }
}

fn ports() -> Ports {
    Ports {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(Mutex::new(SystemEntropy)),
        more_entropy: || Box::new(SystemEntropy),
        host: Arc::new(host::DesktopHost),
        client_name: format!(
            "Keystead {} on {}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS
        ),
        vault_work: Work::VAULT,
        background_sync: true,
    }
}

/// Before there is a window, the terminal and the log are all there is.
#[expect(clippy::print_stderr, reason = "there is no window to say it in")]
fn complain(sentence: &str) -> ExitCode {
    tracing::error!("{sentence}");
    eprintln!("{sentence}");
    ExitCode::FAILURE
}
