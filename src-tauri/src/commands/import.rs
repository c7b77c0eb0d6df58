//! Keys of another system: the file is chosen and read by the core; the webview sees rows without their hashes.

use desk::view::{ImportPreview, ImportReport};
use tauri::{AppHandle, Emitter as _, WebviewWindow};
use tauri_plugin_dialog::DialogExt as _;

use super::{Answer, DeskState};
use crate::window;

/// The event that says how far an import has come; its payload is `ImportProgress`.
const IMPORT_PROGRESS: &str = "import-progress";

/// Asks for a file of keys, in the system's own dialog; its path.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_import(window: WebviewWindow) -> Answer<Option<String>> {
    let (sender, chosen) = tokio::sync::oneshot::channel();
    window
        .dialog()
        .file()
        .set_title("Keys to import")
        .add_filter("CSV and JSON", &["csv", "tsv", "txt", "json"])
        .set_parent(&window)
        .pick_file(move |path| {
            // Nobody may be waiting any more.
            let _waiting = sender.send(path);
        });
    // A dialog that ends without an answer has chosen nothing.
    let path = chosen
        .await
        .unwrap_or_default()
        .and_then(|path| path.into_path().ok());
    Ok(path.map(|path| path.display().to_string()))
}

/// Reads a file of keys, and says of each row what would become of it. Nothing is written.
#[tauri::command]
#[specta::specta]
pub(crate) async fn read_import(desk: DeskState<'_>, path: String) -> Answer<ImportPreview> {
    Ok(desk.read_import(path.into()).await?)
}

/// Brings the good rows of the file that was read last; `import-progress` says how far it has come.
#[tauri::command]
#[specta::specta]
pub(crate) async fn start_import(app: AppHandle, desk: DeskState<'_>) -> Answer<ImportReport> {
    let report = desk.start_import(|progress| {
        if let Err(error) = app.emit_to(window::MAIN, IMPORT_PROGRESS, progress) {
            tracing::warn!(%error, "the window was not told how far the import has come");
        }
    });
    Ok(report.await?)
}

/// Ends the import that is under way, behind the rows that are being sent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_import(desk: DeskState<'_>) -> Answer<()> {
    desk.cancel_import();
    Ok(())
}

/// Forgets the file that was read last.
#[tauri::command]
#[specta::specta]
pub(crate) async fn forget_import(desk: DeskState<'_>) -> Answer<()> {
    desk.forget_import();
    Ok(())
}
