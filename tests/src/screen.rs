//! The screen itself: which windows a program shows there, and closing one as a window manager does, which WebDriver
//! cannot (it ends the program at once).

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, EventMask, MapState, StackMode,
    Window,
};
use x11rb::rust_connection::RustConnection;

use crate::failure::{Failure, Outcome};

/// The windows of a program that can be seen, by their numbers.
///
/// # Errors
/// What the X server says.
pub fn shown(program: u32) -> Outcome<Vec<u32>> {
    let (x, screen) = x11rb::connect(None).map_err(said)?;
    let root = x
        .setup()
        .roots
        .get(screen)
        .ok_or_else(|| Failure::said("the X server has no screen"))?
        .root;
    let owner = atom(&x, "_NET_WM_PID")?;
    let mut found = Vec::new();
    for window in x.query_tree(root).map_err(said)?.reply().map_err(said)?.children {
        // It may be gone by now; then it is not shown.
        let Ok(state) = x.get_window_attributes(window).map_err(said)?.reply() else {
            continue;
        };
        if state.map_state != MapState::VIEWABLE {
            continue;
        }
        let kind = AtomEnum::CARDINAL;
        let Ok(answer) = x
            .get_property(false, window, owner, kind, 0, 1)
            .map_err(said)?
            .reply()
        else {
            continue;
        };
        if answer.value32().and_then(|mut numbers| numbers.next()) == Some(program) {
            found.push(window);
        }
    }
    Ok(found)
}

/// Puts a window over the others: what is covered is black in a picture.
///
/// # Errors
/// What the X server says.
pub fn raise(window: Window) -> Outcome {
    let (x, _) = x11rb::connect(None).map_err(said)?;
    let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
    x.configure_window(window, &above)
        .map_err(said)?
        .check()
        .map_err(said)
}

/// Asks a window to close, as its close button does.
///
/// # Errors
/// What the X server says.
pub fn close(window: Window) -> Outcome {
    let (x, _) = x11rb::connect(None).map_err(said)?;
    let (protocols, delete) = (atom(&x, "WM_PROTOCOLS")?, atom(&x, "WM_DELETE_WINDOW")?);
    let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
    x.send_event(false, window, EventMask::NO_EVENT, message)
        .map_err(said)?
        .check()
        .map_err(said)
}

fn atom(x: &RustConnection, name: &str) -> Outcome<u32> {
    Ok(x.intern_atom(false, name.as_bytes())
        .map_err(said)?
        .reply()
        .map_err(said)?
        .atom)
}

fn said(error: impl std::fmt::Display) -> Failure {
    Failure::said(format!("the X server: {error}"))
}
