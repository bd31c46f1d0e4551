//! Failing schedules that are kept beside the code and tried first by the next run, as proptest does with its cases.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use super::schedule::{Schedule, ScheduleError};

/// The folder, below the package that is tested.
pub const REGRESSIONS_FOLDER: &str = "unsnarl-regressions";

/// How many schedules of one model are kept.
const SCHEDULES_MAX: usize = 8;

/// Where the schedules of a model are kept.
pub(crate) fn file_of(folder: Option<&Path>, model: &str) -> PathBuf {
    let folder = folder.map(Path::to_path_buf).unwrap_or_else(|| {
        // Cargo sets the variable for tests; without it the working directory is the best guess.
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(REGRESSIONS_FOLDER)
    });
    let name: String = model
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .collect();
    folder.join(format!("{name}.txt"))
}

/// The schedules of a model, the newest first.
pub(crate) fn load(file: &Path) -> Result<Vec<Schedule>, ScheduleError> {
    match fs::read_to_string(file) {
        Ok(text) => Schedule::parse_all(&text),
        Err(_) => Ok(Vec::new()),
    }
}

/// Keeps a schedule, in the place of another one if one is given. What fails is said: the check itself is not affected.
pub(crate) fn keep(file: &Path, schedule: &Schedule, instead_of: Option<&Schedule>) {
    if let Err(error) = save(file, schedule, instead_of) {
        eprintln!("unsnarl: cannot keep the schedule in {}: {error}", file.display());
    }
}

fn save(file: &Path, schedule: &Schedule, instead_of: Option<&Schedule>) -> io::Result<()> {
    let mut all = load(file).unwrap_or_default();
    if let Some(other) = instead_of {
        all.retain(|known| !same_choices(known, other));
    } else if all.iter().any(|known| same_choices(known, schedule)) {
        return Ok(());
    }
    all.retain(|known| !same_choices(known, schedule));
    all.insert(0, schedule.clone());
    all.truncate(SCHEDULES_MAX);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut text = String::from(
        "# Schedules that made this model fail. They are tried first by the next run; commit this file with the code.\n\n",
    );
    for schedule in all {
        text.push_str(&schedule.to_string());
        text.push('\n');
    }
    fs::write(file, text)
}

fn same_choices(a: &Schedule, b: &Schedule) -> bool {
    use super::schedule::Line;
    let choices = |schedule: &Schedule| -> Vec<(usize, String)> {
        schedule
            .lines
            .iter()
            .map(|line| match line {
                Line::Run { thread, operation, .. } => (*thread, operation.clone()),
                Line::Pick { value, count } => (*value, count.to_string()),
            })
            .collect()
    };
    choices(a) == choices(b)
}
