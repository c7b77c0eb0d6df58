//! How results and errors are printed.

use desk::DeskError;
use desk::view::AppError;
use serde::Serialize;

pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Prints a result: as JSON, or as the lines `text` makes.
    pub(crate) fn result(
        &self,
        view: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), DeskError> {
        if self.json {
            let json = serde_json::to_string_pretty(view)
                .map_err(|error| DeskError::Unexpected(error.to_string()))?;
            println!("{json}");
        } else {
            println!("{}", text().trim_end());
        }
        Ok(())
    }

    /// Says something to the person; nothing where JSON was asked for.
    pub(crate) fn say(&self, sentence: &str) {
        if !self.json {
            eprintln!("{sentence}");
        }
    }

    pub(crate) fn error(&self, error: &DeskError) {
        let view = AppError::from(error);
        match serde_json::to_string(&view) {
            Ok(json) if self.json => eprintln!("{json}"),
            _ => eprintln!("keystead: {}", view.message),
        }
    }
}

/// Lines in columns that fit their widest cell.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..head.len())
        .map(|at| {
            rows.iter()
                .map(|row| row[at].chars().count())
                .chain([head[at].chars().count()])
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (cell, width) in cells.zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count()));
        }
        line.truncate(line.trim_end().len());
        line
    };
    let mut lines = vec![line(&mut head.iter().copied())];
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_fit_their_widest_cell() {
        let rows = vec![
            vec!["ключ".to_owned(), "a".to_owned()],
            vec!["b".to_owned(), "cc".to_owned()],
        ];
        assert_eq!(super::table(&["NAME", "X"], &rows), "NAME  X\nключ  a\nb     cc");
    }
}
