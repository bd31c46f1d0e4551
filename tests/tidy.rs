//! The invariants of ARCHITECTURE.md that the compiler does not hold: plain file walking, no dependencies.
//!
//! Each test gathers every violation and prints it as `file:line: rule: what is wrong`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The facade: what a program names instead of `std`, `parking_lot` and `crossbeam-channel`.
const FACADE: &[&str] = &[
    "sync",
    "parking_lot",
    "thread",
    "channel",
    "queue",
    "deque",
    "cell",
    "time",
    "net",
    "fs",
    "poll",
    "fault",
    "hint",
];

/// Which modules of the crate a module may name (rule I2), beside itself. `FACADE` stands for each module of the facade.
/// A module without a row is a violation: say first where it belongs.
const EDGES: &[(&str, &[&str])] = &[
    ("deadlock", &[]),
    ("engine", &["deadlock"]),
    ("watch", &["deadlock"]),
    ("backend", &["engine", "watch", "FACADE"]),
    ("FACADE", &["backend", "FACADE"]),
    ("report", &["check"]),
    ("check", &["report", "backend", "deadlock", "engine"]),
    ("linear", &["check", "FACADE"]),
    ("server", &["FACADE"]),
    ("lab", &["check", "report", "server", "FACADE"]),
    ("cli", &["check", "lab", "report", "server", "FACADE"]),
];

/// Names at the crate's root that come from a module below.
const RE_EXPORTS: &[(&str, &str)] = &[("Checker", "check"), ("Named", "sync")];

/// Where the backend cfg and the features that choose one may be read (rule I3), beside the facade.
const CFG_READERS: &[&str] = &["lib", "backend", "check", "deadlock", "report"];

/// Orderings without a comment (rule I4), by file: to be lowered, never raised.
const ORDERINGS_WITHOUT_COMMENT: &[(&str, usize)] = &[
    // Refuses the relaxed fence, orders nothing.
    ("src/backend/instrumented/atomic.rs", 1),
    // Two functions that say what an ordering means.
    ("src/engine/race.rs", 4),
];

/// How far above an ordering its comment may stand.
const ORDERING_COMMENT_LINES: usize = 6;

/// The widest line (rule I9). rustfmt breaks code at 110; this is for comments.
const LINE_COLUMNS_MAX: usize = 130;

/// Violations, and the way to fail with all of them.
#[derive(Default)]
struct Violations(String);

impl Violations {
    fn add(&mut self, file: &Path, line: usize, rule: &str, what: impl std::fmt::Display) {
        writeln!(self.0, "{}:{line}: {rule}: {what}", file.display()).unwrap();
    }

    fn require_none(self) {
        assert!(self.0.is_empty(), "see \"Invariants\" in ARCHITECTURE.md\n{}", self.0);
    }
}

struct Source {
    /// Relative to the repository.
    path: PathBuf,
    text: String,
}

impl Source {
    /// The top-level module: `sync` for `src/sync/mutex.rs` and `cell` for `src/cell.rs`.
    fn module(&self) -> String {
        let part = self.path.components().nth(1).expect("a source lies in src");
        Path::new(&part).file_stem().unwrap().to_string_lossy().into_owned()
    }

    /// How many modules deep the file is: 1 for `src/cell.rs` and `src/sync/mod.rs`.
    fn depth(&self) -> usize {
        let parts = self.path.components().count() - 1;
        if self.path.ends_with("mod.rs") { parts - 1 } else { parts }
    }

    /// Numbered lines, with comments blanked out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| {
            let code = line.find("//").map_or(line, |comment| &line[..comment]);
            (at + 1, code)
        })
    }

    /// The line from which on everything is tests.
    fn tests_from(&self) -> usize {
        let is_tests_file = self.path.ends_with("tests.rs");
        let at = self.text.lines().position(|line| line == "#[cfg(test)]").map_or(usize::MAX, |at| at + 1);
        if is_tests_file { 0 } else { at }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All Rust files below `folder`.
fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path: path.strip_prefix(root()).unwrap().to_owned(), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn src() -> Vec<Source> {
    let found = sources("src");
    assert!(found.len() > 50, "only {} files under src: the walk is wrong", found.len());
    found
}

fn row(module: &str) -> &str {
    if FACADE.contains(&module) { "FACADE" } else { module }
}

#[test]
fn i1_every_folder_and_file_of_src_is_on_the_map() {
    let map = read("ARCHITECTURE.md");
    let mut violations = Violations::default();
    let mut wanted = BTreeSet::new();
    for source in src() {
        let parts: Vec<_> = source.path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        wanted.extend((2..parts.len()).map(|length| format!("{}/", parts[..length].join("/"))));
        if parts.len() == 2 {
            wanted.insert(parts.join("/"));
        }
    }
    for name in wanted {
        if !map.contains(&format!("`{name}`")) {
            violations.add(Path::new("ARCHITECTURE.md"), 1, "I1", format!("`{name}` is not on the map"));
        }
    }
    let named = map.split('`').filter(|word| word.starts_with("src/") && !word.contains(char::is_whitespace));
    for name in named.filter(|name| !root().join(name).exists()) {
        violations.add(Path::new("ARCHITECTURE.md"), 1, "I1", format!("`{name}` does not exist"));
    }
    violations.require_none();
}

#[test]
fn i2_edges_between_modules_go_one_way() {
    let edges: BTreeMap<_, _> = EDGES.iter().copied().collect();
    let modules: BTreeSet<String> = src().iter().map(Source::module).collect();
    let mut violations = Violations::default();
    let mut seen = 0;
    for source in src() {
        let module = source.module();
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(allowed) = edges.get(row(&module)) else {
            violations.add(&source.path, 1, "I2", format!("`{module}` has no row in EDGES of tests/tidy.rs"));
            continue;
        };
        for (line, name) in names_at_root(&source) {
            let name = RE_EXPORTS.iter().find(|(from, _)| *from == name).map_or(name.as_str(), |(_, to)| to);
            if name == module || !modules.contains(name) {
                continue;
            }
            seen += 1;
            if !allowed.contains(&row(name)) {
                violations.add(&source.path, line, "I2", format!("`{module}` may not name `{name}`"));
            }
        }
    }
    assert!(seen > 50, "only {seen} edges were seen: the search is wrong");
    violations.require_none();
}

/// What a file names of the crate's root, by `crate::…`, `$crate::…` or enough `super::`.
fn names_at_root(source: &Source) -> Vec<(usize, String)> {
    let code: String = source.code().map(|(_, code)| format!("{code}\n")).collect();
    let supers = "super::".repeat(source.depth());
    let mut names = Vec::new();
    for prefix in ["crate::", &supers] {
        for (at, _) in code.match_indices(prefix) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|before| before.is_alphanumeric() || before == '_' || before == ':') {
                continue;
            }
            let rest = &code[at + prefix.len()..];
            let line = code[..at].matches('\n').count() + 1;
            names.extend(heads(rest).into_iter().map(|name| (line, name)));
        }
    }
    names
}

/// The first names of what follows a path prefix: one, or those of a group in braces.
fn heads(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![rest.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()];
    };
    let mut names = vec![String::new()];
    let mut depth = 0;
    for char in group.chars() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            char if depth == 0 && !char.is_whitespace() => names.last_mut().unwrap().push(char),
            _ => {}
        }
    }
    names.iter().map(|name| name.split("::").next().unwrap().to_owned()).collect()
}

#[test]
fn i2_reads_groups_and_paths() {
    assert_eq!(heads("check::Checker, x"), ["check"]);
    assert_eq!(heads("{\n a::{b, c},\n d, e::f\n};"), ["a", "d", "e"]);
}

#[test]
fn i3_only_the_facade_and_its_backends_know_which_backend_runs() {
    let mut violations = Violations::default();
    for source in src() {
        let module = source.module();
        if CFG_READERS.contains(&module.as_str()) || FACADE.contains(&module.as_str()) {
            continue;
        }
        for (line, code) in source.code() {
            for cfg in
                ["backend = \"", "feature = \"model\"", "feature = \"watch\"", "cfg(loom", "cfg(shuttle"]
            {
                if code.contains(cfg) {
                    violations.add(&source.path, line, "I3", format!("`{cfg}` is not read in `{module}`"));
                }
            }
        }
    }
    violations.require_none();
}

#[test]
fn i4_every_weak_ordering_says_why() {
    let weak = ["Relaxed", "Acquire", "Release", "AcqRel"].map(|name| format!("Ordering::{name}"));
    let mut violations = Violations::default();
    let mut without: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for source in src() {
        let lines: Vec<_> = source.text.lines().collect();
        for (line, code) in source.code().take_while(|(line, _)| *line < source.tests_from()) {
            if code.contains("Ordering::{") || code.contains("Ordering::*") {
                violations.add(
                    &source.path,
                    line,
                    "I4",
                    "orderings are written in full, so that they are found",
                );
            }
            let above = &lines[line.saturating_sub(ORDERING_COMMENT_LINES + 1)..line];
            let says_why = above.iter().any(|line| line.contains("ORDERING:"));
            let count: usize = weak.iter().map(|ordering| code.matches(ordering.as_str()).count()).sum();
            if count > 0 && !says_why {
                let file = source.path.to_string_lossy().into_owned();
                without.entry(file).or_default().extend(vec![line; count]);
            }
        }
    }
    for (file, allowed) in ORDERINGS_WITHOUT_COMMENT {
        let found = without.get(*file).map_or(0, Vec::len);
        if found < *allowed {
            violations.add(
                Path::new(file),
                1,
                "I4",
                format!("lower its allowance to {found} in tests/tidy.rs"),
            );
        }
    }
    for (file, lines) in &without {
        let allowed = ORDERINGS_WITHOUT_COMMENT.iter().find(|(name, _)| name == file).map_or(0, |(_, n)| *n);
        if lines.len() > allowed {
            for line in lines {
                violations.add(
                    Path::new(file),
                    *line,
                    "I4",
                    "no `ORDERING:` comment above that names the partner",
                );
            }
        }
    }
    violations.require_none();
}

#[test]
fn i5_every_file_says_what_it_is() {
    let mut violations = Violations::default();
    for source in src() {
        if !source.text.starts_with("//! ") {
            violations.add(&source.path, 1, "I5", "the file does not begin with `//!`");
        }
    }
    violations.require_none();
}

#[test]
fn i6_nothing_is_left_for_later() {
    let markers =
        ["todo!", "unimplemented!", "#[ignore", "#[should_panic]", concat!("FIX", "ME"), concat!("XX", "X")];
    let folders = ["src", "tests", "loom-tests", "fuzz", "examples", "benches"];
    let mut violations = Violations::default();
    for source in folders.iter().flat_map(|folder| sources(folder)) {
        if source.path == Path::new("tests/tidy.rs") {
            continue;
        }
        for (at, line) in source.text.lines().enumerate() {
            for marker in markers.iter().filter(|marker| line.contains(**marker)) {
                violations.add(&source.path, at + 1, "I6", format!("`{marker}`"));
            }
        }
    }
    violations.require_none();
}

#[test]
fn i9_lines_fit() {
    let mut violations = Violations::default();
    for source in src() {
        for (at, line) in source.text.lines().enumerate() {
            let columns = line.chars().count();
            // What cannot be broken: tables in comments, and text in quotes.
            let is_one_piece = line.starts_with("//! |") || line.contains('"');
            if columns > LINE_COLUMNS_MAX && !is_one_piece {
                let what = format!("{columns} columns, more than {LINE_COLUMNS_MAX}");
                violations.add(&source.path, at + 1, "I9", what);
            }
        }
    }
    violations.require_none();
}

#[test]
fn i10_the_changelog_has_this_version() {
    let heading = format!("## {}", env!("CARGO_PKG_VERSION"));
    let has =
        read("CHANGELOG.md").lines().any(|line| line == heading || line.starts_with(&format!("{heading} ")));
    assert!(has, "CHANGELOG.md: I10: there is no `{heading}`");
}

#[test]
fn i11_ci_runs_what_the_readme_and_the_guide_say() {
    let ci = read(".ci/run");
    let mut violations = Violations::default();
    assert!(ci.contains("cargo test --all-features\n"), ".ci/run: I11: the README's test command is not run");
    for (file, text) in [("README.md", read("README.md")), ("CONTRIBUTING.md", read("CONTRIBUTING.md"))] {
        for (at, line) in text.lines().enumerate() {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            let command = command.split(" #").next().unwrap().trim();
            if !ci.contains(command) && !command.starts_with("bash .ci/run") {
                violations.add(Path::new(file), at + 1, "I11", format!(".ci/run does not run `{command}`"));
            }
        }
    }
    for example in sources("examples").iter().filter(|source| source.path.components().count() == 2) {
        let name = example.path.file_stem().unwrap().to_string_lossy();
        if !ci.contains(&format!("--example {name}")) {
            violations.add(&example.path, 1, "I11", ".ci/run does not run the example");
        }
    }
    violations.require_none();
}

#[test]
fn i12_every_invariant_has_an_enforcer() {
    let text = read("ARCHITECTURE.md");
    let ids: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("- **I")?.split_once("**"))
        .map(|(number, _)| number)
        .collect();
    let numbers: Vec<usize> = ids.iter().map(|id| id.parse().expect("an id is `I` and a number")).collect();
    assert!(
        numbers.len() >= 12 && numbers.iter().copied().eq(1..=numbers.len()),
        "ids are consecutive: {numbers:?}"
    );
    let enforcers =
        [read("tests/tidy.rs"), read("clippy.toml"), read("Cargo.toml"), read(".ci/run")].concat();
    let words: BTreeSet<&str> = enforcers.split(|char: char| !char.is_ascii_alphanumeric()).collect();
    for number in numbers {
        let (rule, test) = (format!("I{number}"), format!("fn i{number}_"));
        let is_enforced = words.contains(rule.as_str()) || enforcers.contains(&test);
        assert!(is_enforced, "ARCHITECTURE.md: I12: nothing mentions {rule}");
    }
}

/// A file that no `mod` names is not compiled: its tests look as if they were there and never run.
#[test]
fn i16_no_file_is_outside_of_every_crate() {
    let mut violations = Violations::default();
    for folder in [
        "src",
        "tests/it",
        "loom-tests/src",
        "loom-tests/tests/models",
        "benches/engine/src",
        "benches/engine/tests/it",
        "benches/bugs/src",
        "benches/bugs/tests/it",
        "fuzz/src",
    ] {
        let all = sources(folder);
        assert!(!all.is_empty(), "nothing lies in {folder}: the walk is wrong");
        for source in &all {
            let stem = source.path.file_stem().unwrap().to_string_lossy().into_owned();
            let parent = source.path.parent().unwrap();
            if (matches!(&*stem, "lib" | "main") && parent == Path::new(folder)) || parent.ends_with("bin") {
                continue;
            }
            let (module, within) = match &*stem {
                "mod" => {
                    (parent.file_name().unwrap().to_string_lossy().into_owned(), parent.parent().unwrap())
                }
                _ => (stem, parent),
            };
            let declaration = format!("mod {module};");
            let parents = [
                within.join("mod.rs"),
                within.join("lib.rs"),
                within.join("main.rs"),
                within.with_extension("rs"),
            ];
            let is_named =
                parents.iter().filter_map(|file| fs::read_to_string(root().join(file)).ok()).any(|text| {
                    text.lines().any(|line| {
                        line.trim().strip_suffix(&declaration).is_some_and(|before| {
                            before.is_empty()
                                || before == "pub "
                                || (before.starts_with("pub(") && before.ends_with(") "))
                        })
                    })
                });
            if !is_named {
                violations.add(&source.path, 1, "I16", format!("no file beside it says `{declaration}`"));
            }
        }
    }
    violations.require_none();
}
