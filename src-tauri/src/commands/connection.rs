//! Getting in and out.

use crypto::secret::Secret;
use desk::view::{Boot, Opened, RemovalPreview, ServerCard, SetAside, SignIn, SignUp, StartHere};
use domain::id::ConnectionId;
use tauri::AppHandle;

use super::{Answer, DeskState};
use crate::preferences;

/// What the first paint needs: which connections exist, which is current, how secrets are kept.
#[tauri::command]
#[specta::specta]
pub(crate) async fn boot(app: AppHandle, desk: DeskState<'_>) -> Answer<Boot> {
    Ok(desk.boot(preferences::read(&app)).await?)
}

/// Starts the workspace of this computer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn start_here(desk: DeskState<'_>, request: StartHere) -> Answer<Opened> {
    Ok(desk.start_here(request).await?)
}

/// Opens made-up data of which nothing is kept.
#[tauri::command]
#[specta::specta]
pub(crate) async fn start_sample(desk: DeskState<'_>) -> Answer<Opened> {
    Ok(desk.start_sample().await?)
}

/// Looks who answers at an address.
#[tauri::command]
#[specta::specta]
pub(crate) async fn probe_server(desk: DeskState<'_>, url: String) -> Answer<ServerCard> {
    Ok(desk.probe_server(&url).await?)
}

/// Signs up at a server and opens the connection.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sign_up(desk: DeskState<'_>, request: SignUp) -> Answer<Opened> {
    Ok(desk.sign_up(request).await?)
}

/// Signs in at a server and opens the connection.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sign_in(desk: DeskState<'_>, request: SignIn) -> Answer<Opened> {
    Ok(desk.sign_in(request).await?)
}

/// Opens a connection of the list.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_connection(desk: DeskState<'_>, connection_id: ConnectionId) -> Answer<Opened> {
    Ok(desk.open_connection(connection_id).await?)
}

/// Signs in again on a connection whose session ended; keeps its replica and outbox.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sign_in_again(
    desk: DeskState<'_>,
    connection_id: ConnectionId,
    password: String,
) -> Answer<Opened> {
    Ok(desk.sign_in_again(connection_id, Secret::new(password)).await?)
}

/// What removing a connection would take away.
#[tauri::command]
#[specta::specta]
pub(crate) async fn removal_preview(
    desk: DeskState<'_>,
    connection_id: ConnectionId,
) -> Answer<RemovalPreview> {
    Ok(desk.removal_preview(connection_id).await?)
}

/// Ends the session, wipes the replica and this connection's keychain items.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_connection(
    app: AppHandle,
    desk: DeskState<'_>,
    connection_id: ConnectionId,
) -> Answer<Boot> {
    desk.remove_connection(connection_id).await?;
    Ok(desk.boot(preferences::read(&app)).await?)
}

/// Moves a replica that can't be read aside (never deletes it) and downloads afresh.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_replica_aside(desk: DeskState<'_>, connection_id: ConnectionId) -> Answer<SetAside> {
    Ok(desk.set_replica_aside(connection_id).await?)
}
