//! The course as files that need no server: each page has in itself what the checks came to.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{
    Course, Lab,
    page::{self, Site},
};
use crate::{check::Verdict, lab::Lesson};

/// Why a course could not be written.
#[derive(Debug)]
pub struct ExportError {
    path: PathBuf,
    error: io::Error,
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write {}: {}", self.path.display(), self.error)
    }
}

impl std::error::Error for ExportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Writes `index.html` and a page for each lesson into the folder, which is made if it is not there. `only` names one lesson;
/// then there is no index. Checks every program on the way, and tells of each lesson that is written.
///
/// # Errors
///
/// If something cannot be written.
pub fn export(
    lab: &Lab,
    folder: &Path,
    only: Option<&str>,
    mut tell: impl FnMut(&Lesson),
) -> Result<usize, ExportError> {
    let course = lab.course();
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| ExportError { path, error })
    };
    fs::create_dir_all(folder).map_err(|error| ExportError { path: folder.to_owned(), error })?;
    let mut count = 0;
    for lesson in course.lessons().filter(|lesson| only.is_none_or(|only| lesson.name == only)) {
        tell(lesson);
        write(&format!("{}.html", lesson.name), exported(&course, lesson))?;
        count += 1;
    }
    if only.is_none() {
        write("index.html", page::index(&course, Site::Files))?;
    }
    Ok(count)
}

fn exported(course: &Course, lesson: &Lesson) -> String {
    let names = lesson.stages.iter().map(|stage| stage.name).chain(["fixed"]);
    let verdicts: Vec<(&'static str, Verdict)> = names
        .filter_map(|name| {
            let (checker, program) = lesson.checker(name)?;
            Some((name, checker.run(program)))
        })
        .collect();
    page::lesson(course, lesson, Site::Files, verdicts)
}
