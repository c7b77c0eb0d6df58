//! The real window, driven as a person drives it: few stories, each from the first start to what it proves. What the
//! window says is checked from outside it: by the server's own `verify`, by the keychain's own tool, on the disk.

mod crashes;
mod expiry;
mod first_light;
mod keychain;
mod lock;
mod looks;
mod offline;
mod rotation;
mod servers;
