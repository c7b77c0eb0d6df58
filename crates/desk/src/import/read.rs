//! A file of another system, read into rows: bytes in, rows out. Pure.
//!
//! It knows nothing of keys and servers; what a cell may be is [`ImportRow::read`]'s to say. Every cell is text and stays
//! what it is: one that begins like a formula is no formula here.

use protocol::import::{ImportColumn, ImportRow};

use domain::import::MOST_ROWS;

/// A row of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileRow {
    /// Where it begins: the line of a CSV file, or which of a JSON list, from 1.
    pub(crate) line: u32,
    /// Its cells.
    pub(crate) row: ImportRow,
    /// What is wrong with it as a whole.
    pub(crate) problem: Option<String>,
}

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileRows {
    /// Its rows.
    pub(crate) rows: Vec<FileRow>,
    /// Columns that are not read.
    pub(crate) ignored: Vec<String>,
}

/// Why a file can't be read at all. Each sentence says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileProblem {
    #[error("the file is empty; its first line names the columns, at least name and hash")]
    Empty,
    #[error("the file is not in UTF-8; save it as CSV UTF-8 and try again")]
    Encoding,
    #[error("the file has no column {0}; its first line names the columns, at least name and hash")]
    Missing(&'static str),
    #[error("two columns of the file are {0}; leave one of them out")]
    Twice(&'static str),
    #[error(
        "a quotation mark is opened and not closed, so rows would run together; inside a cell it is written twice, and \
         the cell between two of them"
    )]
    Quotes,
    #[error("the file is no CSV: {0}")]
    Csv(String),
    #[error("the file is no JSON: {0}")]
    Json(String),
    #[error("the JSON has to be a list of objects, or an object with such a list in keys")]
    Shape,
    #[error("the file has more than {MOST_ROWS} rows; cut it into several")]
    Rows,
    #[error("the file has columns, but no row below them")]
    NoRows,
}

/// The column that is called so.
fn column(name: &str) -> Option<ImportColumn> {
    let bare: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    Some(match bare.as_str() {
        "name" | "keyname" => ImportColumn::Name,
        "hash" | "sha256" | "keyhash" | "secrethash" | "tokenhash" | "hashedkey" => ImportColumn::Hash,
        "description" | "note" | "notes" => ImportColumn::Description,
        "kind" | "type" => ImportColumn::Kind,
        "prefix" | "start" => ImportColumn::Prefix,
        "lastfour" | "last4" | "suffix" => ImportColumn::LastFour,
        "createdat" | "created" | "createdon" => ImportColumn::CreatedAt,
        "expiresat" | "expires" | "expireson" | "expiry" => ImportColumn::ExpiresAt,
        _ => return None,
    })
}

/// Reads a file.
///
/// # Errors
/// [`FileProblem`].
pub(crate) fn read(bytes: &[u8]) -> Result<FileRows, FileProblem> {
    let text = std::str::from_utf8(bytes).map_err(|_| FileProblem::Encoding)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.contains('\0') {
        return Err(FileProblem::Encoding);
    }
    let read = match text.trim_start().chars().next() {
        None => return Err(FileProblem::Empty),
        Some('[' | '{') => json(text),
        Some(_) => csv(text),
    }?;
    if read.rows.is_empty() {
        return Err(FileProblem::NoRows);
    }
    Ok(read)
}

/// Comma, semicolon or tab, whichever the first line has the most of.
fn delimiter(text: &str) -> u8 {
    let head = text.trim_start().lines().next().unwrap_or_default();
    let count = |sign: u8| head.bytes().filter(|byte| *byte == sign).count();
    // The first of equals wins, so commas are put last.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|sign| count(*sign))
        .unwrap_or(b',')
}

fn csv(text: &str) -> Result<FileRows, FileProblem> {
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        return Err(FileProblem::Quotes);
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let head = records
        .next()
        .ok_or(FileProblem::Empty)?
        .map_err(|error| FileProblem::Csv(error.to_string()))?;
    let mut columns = Vec::with_capacity(head.len());
    let mut ignored = Vec::new();
    for name in &head {
        let column = column(name);
        match column {
            Some(column) if columns.contains(&Some(column)) => {
                return Err(FileProblem::Twice(column.as_str()));
            }
            None if !name.trim().is_empty() => ignored.push(shortened(name.trim())),
            _ => {}
        }
        columns.push(column);
    }
    for needed in [ImportColumn::Name, ImportColumn::Hash] {
        if !columns.contains(&Some(needed)) {
            return Err(FileProblem::Missing(needed.as_str()));
        }
    }
    let mut rows = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for record in records {
        let record = record.map_err(|error| FileProblem::Csv(error.to_string()))?;
        // What ends a line may still stand before the record, as may lines of nothing.
        let at = record.position().map_or(0, |position| {
            usize::try_from(position.byte()).unwrap_or(usize::MAX)
        });
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let start = at
            + rest
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'))
                .count();
        let passed = text.as_bytes().get(counted..start).unwrap_or_default();
        line += small(passed.iter().filter(|byte| **byte == b'\n').count());
        counted = start;
        // Spreadsheets write lines of nothing but separators below their last row.
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() == MOST_ROWS {
            return Err(FileProblem::Rows);
        }
        let mut row = ImportRow::default();
        for (cell, column) in record.iter().zip(&columns) {
            if let Some(column) = column {
                cell.clone_into(row.cell_mut(*column));
            }
        }
        let extra = record
            .iter()
            .skip(columns.len())
            .any(|cell| !cell.trim().is_empty());
        let problem = (record.len() < columns.len() || extra).then(|| {
            format!(
                "the row has {} cells, the first line names {} columns; put a cell that holds a separator between \
                 quotation marks",
                record.len(),
                columns.len()
            )
        });
        rows.push(FileRow { line, row, problem });
    }
    Ok(FileRows { rows, ignored })
}

fn json(text: &str) -> Result<FileRows, FileProblem> {
    use serde_json::Value;

    let value: Value = serde_json::from_str(text).map_err(|error| {
        // Where, and not what: a value may be a secret in the wrong place.
        FileProblem::Json(format!("line {}, column {}", error.line(), error.column()))
    })?;
    let list = match value {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove("keys") {
            Some(Value::Array(list)) => list,
            _ => return Err(FileProblem::Shape),
        },
        _ => return Err(FileProblem::Shape),
    };
    if list.len() > MOST_ROWS {
        return Err(FileProblem::Rows);
    }
    let mut ignored: Vec<String> = Vec::new();
    let mut rows = Vec::with_capacity(list.len());
    for (at, value) in list.into_iter().enumerate() {
        let Value::Object(object) = value else {
            return Err(FileProblem::Shape);
        };
        let mut row = ImportRow::default();
        let mut problem = None;
        for (name, value) in object {
            let Some(column) = column(&name) else {
                let name = shortened(&name);
                if !ignored.contains(&name) && ignored.len() < 50 {
                    ignored.push(name);
                }
                continue;
            };
            match value {
                Value::Null => {}
                Value::String(text) => *row.cell_mut(column) = text,
                _ => {
                    problem = Some(format!(
                        "{} has to be text, between quotation marks",
                        column.as_str()
                    ));
                }
            }
        }
        rows.push(FileRow {
            line: small(at + 1),
            row,
            problem,
        });
    }
    Ok(FileRows { rows, ignored })
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The beginning of a text that may be endless.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 100;
    let mut short: String = text.chars().take(MOST).filter(|c| !c.is_control()).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<(u32, String)> {
        read(text.as_bytes())
            .unwrap()
            .rows
            .into_iter()
            .map(|row| (row.line, row.row.name))
            .collect()
    }

    #[test]
    fn import_reads_what_spreadsheets_write() {
        let expected = [
            (2, "a, \"b\"".to_owned()),
            (3, "=cmd|' /C calc'!A0".to_owned()),
            (5, "Выгрузка".to_owned()),
        ];
        let comma = "\u{FEFF}Name,SHA-256,Last four\r\n\"a, \"\"b\"\"\",h1,0042\r\n=cmd|' /C calc'!A0,h2,\r\n\r\n\
                     Выгрузка,h3,\r\n,,\r\n";
        assert_eq!(names(comma), expected);
        let semicolon = "name;hash\n\"a, \"\"b\"\"\";h1\n=cmd|' /C calc'!A0;h2\n\nВыгрузка;h3";
        assert_eq!(names(semicolon), expected);
        let tab = "hash\tname\nh1\t\"a, \"\"b\"\"\"\nh2\t=cmd|' /C calc'!A0\n\nh3\tВыгрузка\n";
        assert_eq!(names(tab), expected);
        let zero = &read(comma.as_bytes()).unwrap().rows[0].row;
        assert_eq!(zero.last_four, "0042", "no cell is taken for a number");
    }

    #[test]
    fn import_reads_json() {
        for text in [
            r#"[{"name":"a","keyHash":"h1","createdAt":null,"owner":"x"}]"#,
            r#" {"keys":[{"name":"a","sha256":"h1","owner":{"id":[1]}}],"next":2}"#,
        ] {
            let read = read(text.as_bytes()).unwrap();
            assert_eq!(read.ignored, ["owner"]);
            assert_eq!(read.rows[0].row.hash, "h1");
            assert_eq!((read.rows[0].line, &read.rows[0].problem), (1, &None));
        }
        let number = read(br#"[{"name":"a","hash":7}]"#).unwrap();
        assert_eq!(
            number.rows[0].problem.as_deref(),
            Some("hash has to be text, between quotation marks")
        );
    }

    #[test]
    fn import_refuses_a_file_it_can_not_read_and_says_why() {
        let problem = |bytes: &[u8]| read(bytes).unwrap_err();
        assert_eq!(problem(b""), FileProblem::Empty);
        assert_eq!(problem(b" \r\n "), FileProblem::Empty);
        assert_eq!(problem(b"name;sum\na;b"), FileProblem::Missing("hash"));
        assert_eq!(problem(b"hash\nb"), FileProblem::Missing("name"));
        assert_eq!(problem(b"name,hash,Hash\na,b,c"), FileProblem::Twice("hash"));
        assert_eq!(problem(b"name,hash\n"), FileProblem::NoRows);
        assert_eq!(
            problem(b"name,hash,note\na,b,\"oops\nc,d,e\n"),
            FileProblem::Quotes
        );
        assert_eq!(problem(b"\xFF\xFEn\0a\0"), FileProblem::Encoding);
        assert_eq!(problem(b"[]"), FileProblem::NoRows);
        assert_eq!(problem(b"[1]"), FileProblem::Shape);
        assert_eq!(problem(b"{\"rows\":1}"), FileProblem::Shape);
        assert_eq!(
            problem(b"[{\"name\": sk_live_1}]"),
            FileProblem::Json("line 1, column 11".to_owned())
        );
        assert_eq!(
            problem("[".repeat(100_000).as_bytes()),
            FileProblem::Json("line 1, column 128".to_owned())
        );
        let many = format!("name,hash\n{}", "a,b\n".repeat(MOST_ROWS + 1));
        assert_eq!(problem(many.as_bytes()), FileProblem::Rows);
    }

    #[test]
    fn import_says_which_row_has_another_number_of_cells() {
        let read = read(b"name,hash,note\na,b\nc,d,e\nf,g,h,i\nj,k,l,\n").unwrap();
        let lines: Vec<(u32, bool)> = read
            .rows
            .iter()
            .map(|row| (row.line, row.problem.is_some()))
            .collect();
        assert_eq!(lines, [(2, true), (3, false), (4, true), (5, false)]);
    }

    #[test]
    fn import_a_huge_cell_is_one_cell() {
        let text = format!("name,hash\n{},b\n", "x".repeat(4_000_000));
        let row = &read(text.as_bytes()).unwrap().rows[0];
        assert_eq!(row.row.name.len(), 4_000_000);
        assert_eq!(shortened(&row.row.name).chars().count(), 101);
    }

    proptest! {
        #[test]
        fn import_no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let _either = read(&bytes);
        }

        #[test]
        fn import_what_is_written_is_read(cells in prop::collection::vec("[^\0]{1,40}", 1..30)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["name", "hash"]).unwrap();
            for cell in &cells {
                writer.write_record([cell.as_str(), "h"]).unwrap();
            }
            let rows = read(&writer.into_inner().unwrap()).unwrap().rows;
            let names: Vec<String> = rows.into_iter().map(|row| row.row.name).collect();
            prop_assert_eq!(names, cells);
        }
    }
}
