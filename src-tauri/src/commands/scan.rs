//! Files, folders and the clipboard, inspected where they are: the webview sees paths and findings, never a file.

use std::path::PathBuf;

use desk::scan::ScanWish;
use desk::view::{InspectReport, ScanReport};
use tauri::{AppHandle, Emitter as _, WebviewWindow};
use tauri_plugin_dialog::{DialogExt as _, FileDialogBuilder, FilePath};

use super::{Answer, DeskState};
use crate::window;

/// The event that says how far a search has come; its payload is `ScanProgress`.
const SCAN_PROGRESS: &str = "scan-progress";

/// Says what the clipboard holds. Its text never crosses to the webview.
#[tauri::command]
#[specta::specta]
pub(crate) async fn inspect_clipboard(desk: DeskState<'_>) -> Answer<InspectReport> {
    Ok(desk.inspect_clipboard().await?)
}

/// Asks for files to inspect, in the system's own dialog; their paths.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_files(window: WebviewWindow) -> Answer<Vec<String>> {
    choose(&window, "Files to inspect", |dialog, told| {
        dialog.pick_files(move |chosen| told(chosen.unwrap_or_default()));
    })
    .await
}

/// Asks for a folder to inspect, in the system's own dialog; its path.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_folder(window: WebviewWindow) -> Answer<Vec<String>> {
    choose(&window, "Folder to inspect", |dialog, told| {
        dialog.pick_folder(move |chosen| told(chosen.into_iter().collect()));
    })
    .await
}

/// What is called with what was chosen.
type Told = Box<dyn FnOnce(Vec<FilePath>) + Send>;

async fn choose(
    window: &WebviewWindow,
    title: &str,
    ask: impl FnOnce(FileDialogBuilder<tauri::Wry>, Told),
) -> Answer<Vec<String>> {
    let (sender, chosen) = tokio::sync::oneshot::channel();
    let told: Told = Box::new(move |paths| {
        // Nobody may be waiting any more.
        let _waiting = sender.send(paths);
    });
    ask(window.dialog().file().set_title(title).set_parent(window), told);
    // A dialog that ends without an answer has chosen nothing.
    let chosen = chosen.await.unwrap_or_default();
    Ok(chosen
        .into_iter()
        .filter_map(|path| path.into_path().ok())
        .map(|path| path.display().to_string())
        .collect())
}

/// Says what files and folders hold, from the replica alone; `scan-progress` says how far it has come.
#[tauri::command]
#[specta::specta]
pub(crate) async fn scan(app: AppHandle, desk: DeskState<'_>, paths: Vec<String>) -> Answer<ScanReport> {
    let wish = ScanWish::all_in(paths.into_iter().map(PathBuf::from).collect());
    let report = desk.scan(wish, |progress| {
        if let Err(error) = app.emit_to(window::MAIN, SCAN_PROGRESS, progress) {
            tracing::warn!(%error, "the window was not told how far the search has come");
        }
    });
    Ok(report.await?)
}

/// Ends the search that is under way; what it has found is answered.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_scan(desk: DeskState<'_>) -> Answer<()> {
    desk.cancel_scan();
    Ok(())
}
