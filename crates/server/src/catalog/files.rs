//! Where the files of a catalog are: in the program, or in a folder.

use std::fs;
use std::path::Path;

use super::read::{File, MOST_BYTES, MOST_SERVICES};
use super::table::Problem;

/// The file of the whole.
const WHOLE: &str = "catalog.toml";
/// The folder of the services, a file each.
const SERVICES: &str = "services";

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        /// The files of the catalog that is part of the program, by their names below `catalog/`.
        pub const BUILT_IN: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../../catalog/", $name)))),*
        ];
    };
}

built_in![
    "catalog.toml",
    "services/distance-matrix.toml",
    "services/geocoding.toml",
    "services/isochrones.toml",
    "services/map-matching.toml",
    "services/map-tiles.toml",
    "services/routes.toml",
    "services/tsp.toml",
    "services/vrp.toml",
];

type Gathered = Result<(File, Vec<File>), Vec<Problem>>;

pub(super) fn built_in() -> Gathered {
    let (mut whole, mut services) = (None, Vec::new());
    for (name, text) in BUILT_IN {
        let file = File {
            name: format!("catalog/{name}"),
            text: (*text).to_owned(),
        };
        if *name == WHOLE {
            whole = Some(file);
        } else {
            services.push(file);
        }
    }
    Ok((whole.ok_or_else(Vec::new)?, services))
}

/// Reads `catalog.toml` and every `services/*.toml` below a folder, in the order of their names.
pub(super) fn gather(folder: &Path) -> Gathered {
    let whole = open(&folder.join(WHOLE)).map_err(|problem| vec![problem])?;
    let services = folder.join(SERVICES);
    if !services.exists() {
        return Ok((whole, Vec::new()));
    }
    let cannot = |error: std::io::Error| vec![about(&services, error.to_string())];
    let mut paths = Vec::new();
    for entry in fs::read_dir(&services).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
        if paths.len() > MOST_SERVICES {
            return Err(vec![about(
                &services,
                format!("there are more than {MOST_SERVICES} services; that is the most"),
            )]);
        }
    }
    paths.sort();
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        match open(&path) {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok((whole, files))
    } else {
        Err(problems)
    }
}

fn about(path: &Path, text: String) -> Problem {
    Problem {
        file: path.display().to_string(),
        line: 0,
        text,
    }
}

fn open(path: &Path) -> Result<File, Problem> {
    let cannot = |error: std::io::Error| {
        let text = if error.kind() == std::io::ErrorKind::NotFound {
            "there is no such file; `keystead-server catalog export FOLDER` writes a catalog to begin with"
                .to_owned()
        } else {
            format!("it can't be read: {error}")
        };
        about(path, text)
    };
    let length = fs::metadata(path).map_err(cannot)?.len();
    if length > MOST_BYTES as u64 {
        return Err(about(
            path,
            format!(
                "the file is larger than {} bytes",
                domain::money::count(MOST_BYTES as u64)
            ),
        ));
    }
    let bytes = fs::read(path).map_err(cannot)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| about(path, "it is no text in UTF-8; save it as such".to_owned()))?;
    Ok(File {
        name: path.display().to_string(),
        text,
    })
}
