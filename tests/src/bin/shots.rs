//! Shots.
fn main() { let id: u32 = std::env::args().nth(1).unwrap().parse().unwrap(); for w in stories::screen::shown(id).unwrap() { println!("{w} {:?}", stories::screen::close(w)); } }
