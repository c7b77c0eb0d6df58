//! Keys of another system, before and after they are brought.

use domain::clock::Timestamp;
use domain::id::KeyId;
use protocol::import::{ImportOutcome, ImportProblem};
use serde::Serialize;

view! {
    /// What would become of a file.
    #[derive(Clone, Debug)]
    pub struct ImportPreview {
        /// The file's name.
        pub file: String,
        /// Its rows, in their order.
        pub rows: Vec<ImportRowView>,
        /// How many of each.
        pub counts: ImportCounts,
        /// Columns of the file that are not read.
        pub ignored: Vec<String>,
        /// Why the server was not asked what it makes of them; none where it was.
        pub unasked: Option<String>,
    }

    /// A row of a file, and what would become of it.
    #[derive(Clone, Debug)]
    pub struct ImportRowView {
        /// The line of a CSV file, or which of a JSON list.
        pub line: u32,
        /// The name, or its beginning.
        pub name: String,
        /// What its secret begins with.
        pub prefix: String,
        /// What its secret ends in.
        pub last_four: String,
        /// When it ends by itself.
        pub expires_at: Option<Timestamp>,
        /// What would become of it, or did.
        pub outcome: ImportOutcome,
        /// The key it is already, or became.
        pub key_id: Option<KeyId>,
        /// What is wrong with it as a whole.
        pub problem: Option<String>,
        /// What is wrong with its cells.
        pub problems: Vec<ImportProblem>,
    }

    /// How many rows of each kind.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct ImportCounts {
        /// Keys that are made of them, or were.
        pub imported: u32,
        /// Those that are keys here already.
        pub known: u32,
        /// Those with something wrong.
        pub refused: u32,
    }

    /// How far an import has come.
    #[derive(Clone, Copy, Debug)]
    pub struct ImportProgress {
        /// Rows the server has answered.
        pub done: u32,
        /// Rows it is told.
        pub total: u32,
    }

    /// What became of a file.
    #[derive(Clone, Debug)]
    pub struct ImportReport {
        /// The file's name.
        pub file: String,
        /// How many of each.
        pub counts: ImportCounts,
        /// Rows that were not sent, because the import ended before.
        pub left: u32,
        /// Whether it was cancelled.
        pub cancelled: bool,
        /// Why it ended before its end; none where it did not, or was cancelled.
        pub stopped: Option<String>,
        /// The rows no key was made of, and that are none already.
        pub refused: Vec<ImportRowView>,
    }
}
