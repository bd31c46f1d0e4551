//! The `cargo unsnarl` command, run as a user runs it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

fn unsnarl(arguments: &[&str]) -> Output {
    unsnarl_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

fn unsnarl_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-unsnarl"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .output()
        .expect("the command starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the command writes UTF-8")
}

/// An error in the use: exit status 2, nothing on standard output, and the complaint.
#[track_caller]
fn usage_error(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(text(&output.stdout), "");
    text(&output.stderr).trim_end().to_owned()
}

/// A folder for one test, below cargo's own for that.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("a folder for scratch");
    folder
}

fn bank() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/bank")
}

#[test]
fn help_names_every_command_with_and_without_cargos_word() {
    for arguments in [&["--help"][..], &["unsnarl", "--help"]] {
        let output = unsnarl(arguments);
        assert!(output.status.success());
        let help = text(&output.stdout);
        for command in ["check", "replay", "lesson", "serve", "bench", "Exit status"] {
            assert!(help.contains(command), "no `{command}` in:\n{help}");
        }
    }
}

#[test]
fn an_unknown_flag_is_an_error_in_the_use() {
    let said = usage_error(&unsnarl(&["check", "--nope"]));
    assert!(said.starts_with("error: unexpected argument '--nope' found"), "{said}");
}

#[test]
fn an_unknown_strategy_is_an_error_before_anything_is_built() {
    let complaint = usage_error(&unsnarl(&["check", "--strategy", "lucky"]));
    assert!(complaint.contains("`lucky` is no strategy: auto, exhaustive"), "{complaint}");
}

#[test]
fn a_missing_folder_is_named() {
    let said = usage_error(&unsnarl(&["check", "--package-dir", "no/such/folder"]));
    assert_eq!(said, "error: --package-dir: there is no folder no/such/folder: give the folder of a package");
    let said = usage_error(&unsnarl(&["check", "--package-dir", "src/cli"]));
    assert_eq!(said, "error: --package-dir: there is no Cargo.toml in src/cli: give the folder of a package");
    let said = usage_error(&unsnarl(&["check", "--manifest-path", "no/Cargo.toml"]));
    assert_eq!(said, "error: --manifest-path: no/Cargo.toml is not a file: give the path of a Cargo.toml");
}

#[test]
fn schedules_are_read_before_anything_is_built() {
    let folder = scratch("schedules");
    let file = folder.join("schedule.txt");
    let shown = file.display();
    let replay = |content: &str| {
        fs::write(&file, content).expect("the scratch folder is writable");
        usage_error(&unsnarl(&["replay", file.to_str().expect("a plain path")]))
    };
    assert_eq!(
        replay("hello"),
        format!("error: {shown}: not a schedule: line 1 should be `unsnarl schedule 1`")
    );
    assert_eq!(
        replay("unsnarl schedule 9\nmodel a\n"),
        format!(
            "error: {shown}: schedule of version 9, but this build reads version 1: run the check again to record it anew"
        )
    );
    assert_eq!(
        replay("unsnarl schedule 1\nmodel a\nfinding deadlock\nunlocks implied\nrun 0 fly\n"),
        format!("error: {shown}: line 5 of the schedule names no known operation: `fly`")
    );
    let said = usage_error(&unsnarl(&["replay", "no/such/schedule.txt"]));
    assert!(said.starts_with("error: there is no schedule file no/such/schedule.txt: "), "{said}");
}

#[test]
fn lessons_are_listed_and_an_unknown_one_is_an_error() {
    let output = unsnarl(&["lesson"]);
    assert!(output.status.success());
    assert!(text(&output.stdout).starts_with("lesson"));
    let said = usage_error(&unsnarl(&["lesson", "nope"]));
    assert_eq!(said, "error: there is no lesson `nope`: see the names with `cargo unsnarl lesson`");
}

#[test]
fn the_list_of_lessons_is_json_too() {
    let output = unsnarl(&["lesson", "--json"]);
    assert!(output.status.success());
    let document: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(document["version"], 2);
    let lessons = document["lessons"].as_array().expect("a list");
    assert!(!lessons.is_empty());
    for lesson in lessons {
        assert!(lesson["name"].is_string() && lesson["stages"][0]["expected"].is_string(), "{lesson}");
    }
}

#[test]
fn the_comparison_needs_a_checkout() {
    let elsewhere = std::env::temp_dir();
    let said = usage_error(&unsnarl_in(&elsewhere, &["bench", "engine"]));
    assert!(said.contains("run this in a checkout"), "{said}");
}

/// Builds the programs once, for our engine alone.
#[test]
fn engines_are_compared_as_a_document() {
    let bench = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_cargo-unsnarl"))
            .args(["bench", "engine", "--engine", "unsnarl", "--quick"])
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100")
            .env("CARGO_TARGET_DIR", target())
            .output()
            .expect("the command starts")
    };

    let output = bench(&["--only", "binc(", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).expect("one JSON document and nothing else");
    assert_eq!(document["version"], 2);
    assert_eq!(document["counts_as_expected"], 4);
    assert_eq!(document["counts_not_as_expected"], Value::Array(Vec::new()));
    // There was nobody to compare with.
    assert!(document["geomean_speedup_vs_loom"].is_null() && document["geomean_rate_vs_shuttle"].is_null());
    let programs = document["programs"].as_array().expect("a list");
    let counts: Vec<_> = programs.iter().map(|program| program["executions"].as_u64()).collect();
    assert_eq!(counts, [Some(4), Some(36), Some(576), Some(14_400)]);
    for program in programs {
        assert_eq!(program["executions"], program["expected"], "{program}");
        assert_eq!((&program["redundant"], &program["finished"]), (&0.into(), &true.into()), "{program}");
        for rate in ["seconds", "executions_per_second", "steps_per_second"] {
            assert!(program[rate].as_f64() > Some(0.0), "{rate}: {program}");
        }
        assert_eq!(program["peak_memory_bytes"].is_u64(), cfg!(target_os = "linux"), "{program}");
        assert_eq!(program["unsnarl"]["executions"], program["executions"], "{program}");
        assert!(program["random"]["unsnarl"]["executions_per_second"].is_f64(), "{program}");
        assert!(program["loom"].is_null() && program["shuttle"].is_null(), "{program}");
    }

    let table = text(&bench(&["--only", "binc(2)"]).stdout);
    assert!(table.starts_with("program") && table.contains("\nrandom schedules"), "{table}");
    assert!(table.contains("1 of 1 program whose number of traces is known took exactly so many"), "{table}");
    let said = usage_error(&bench(&["--only", "nothing-is-called-so"]));
    // Below what it says of the build.
    assert_eq!(said.lines().last(), Some("error: --only: no program's name contains `nothing-is-called-so`"));
}

#[test]
fn the_meltdown_is_measured_into_all_its_documents() {
    let folder = scratch("meltdown");
    let (svg, csv) = (folder.join("charts"), folder.join("points.csv"));
    let (svg_path, csv_path) = (svg.to_str().expect("UTF-8"), csv.to_str().expect("UTF-8"));
    let settings = ["bench", "meltdown", "--quick", "--connections", "1,2,4", "--seconds", "0.05"];
    let output = unsnarl(&[&settings[..], &["--json", "--svg", svg_path, "--csv", csv_path]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).expect("one JSON document and nothing else");
    assert_eq!(document["version"], 1);
    let experiments = document["experiments"].as_array().expect("a list");
    let names: Vec<&str> = experiments.iter().filter_map(|one| one["experiment"].as_str()).collect();
    assert_eq!(names, ["bare", "walk", "lock", "spin", "overload", "stuck"]);
    let mut points = 0;
    for one in experiments {
        for series in one["series"].as_array().expect("a list") {
            for point in series["points"].as_array().expect("a list") {
                points += 1;
                let is_served = point["req_per_s"].as_f64() > Some(0.0);
                assert!(is_served || one["experiment"] == "stuck", "{one}");
            }
            assert_eq!(series["law"]["kappa"].is_f64(), one["load"] == "connections", "{series}");
        }
        let name = one["experiment"].as_str().expect("a name");
        let chart = std::fs::read_to_string(svg.join(format!("{name}.svg"))).expect("the chart is written");
        assert!(chart.starts_with("<svg") && chart.matches("class=\"point\"").count() > 12, "{name}");
    }
    let lines = std::fs::read_to_string(&csv).expect("the points are written");
    let columns = |line: &str| line.split(',').count();
    assert_eq!(lines.lines().count(), 1 + points);
    assert!(
        lines.lines().all(|line| columns(line) == columns(lines.lines().next().expect("a head"))),
        "{lines}"
    );
    let table = text(&unsnarl(&[&settings[..], &["--only", "bare"]].concat()).stdout);
    assert!(table.starts_with("Nothing but the answer (bare)") && table.contains("threads: λ "), "{table}");

    let said = usage_error(&unsnarl(&["bench", "meltdown", "--connections", "1,many"]));
    assert!(said.contains("`many` is not a number from 1 to 8192"), "{said}");
    let said = usage_error(&unsnarl(&["bench", "meltdown", "--seconds", "0"]));
    assert!(said.contains("seconds from 0.01 to 60"), "{said}");
    let said = usage_error(&unsnarl(&[
        "bench",
        "meltdown",
        "--csv",
        folder.join("none/x").to_str().expect("UTF-8"),
    ]));
    assert!(said.contains("cannot write") && said.contains("none/x"), "{said}");
}

/// The target folder that these tests were built in: what they build is what other steps of CI need, too.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("cargo's folder for tests is in the target folder")
        .to_owned()
}

/// A check of the bank, under our engine alone.
fn check_of_the_bank(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-unsnarl"));
    command
        .args(["check", "--engine", "unsnarl", "--cargo-profile", "dev", "--manifest-path"])
        .arg(bank().join("Cargo.toml"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .env("CARGO_TARGET_DIR", target());
    command
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_what_was_found_out() {
    let folder = scratch("interrupted");
    let file = |name: &str| folder.join(name).display().to_string();
    let (save, junit) = (file("results.json"), file("junit.xml"));
    // Nothing but Ctrl-C ends random schedules within ten minutes.
    let child = check_of_the_bank(&[
        "--jobs",
        "1",
        "--strategy",
        "random",
        "--budget",
        "600",
        "--save",
        &save,
        "--junit",
        &junit,
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .expect("the command starts");
    let scratch = target().join(format!("unsnarl/run-{}", child.id()));
    let said_how_far = || {
        let names = fs::read_dir(&scratch).into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.into_iter().any(|name| name.to_string_lossy().ends_with(".progress"))
    };
    let patience = Instant::now() + Duration::from_secs(300);
    while !said_how_far() {
        assert!(Instant::now() < patience, "no check began");
        thread::sleep(Duration::from_millis(20));
    }
    let killed =
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("a shell's kill");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(text(&output.stderr), "interrupted: the results are incomplete\n");
    let table = text(&output.stdout);
    assert!(table.contains("deadlock (expected)"), "{table}");
    assert!(table.contains("ended after "), "{table}");
    assert!(table.ends_with("1 as expected, 0 findings, 1 stopped (not all were run)\n"), "{table}");
    let document: Value = serde_json::from_str(&fs::read_to_string(save).unwrap()).expect("a document");
    assert_eq!(document["summary"]["partial"], true);
    assert_eq!(document["problems"][0]["problem"], "stopped");
    let suites = fs::read_to_string(junit).unwrap();
    assert!(suites.contains("<skipped message=\"ended after "), "{suites}");
    assert!(!scratch.exists(), "scratch is cleared away");
}

/// Builds the bank once, and asks it several things.
#[test]
fn a_crate_outside_of_the_workspace_is_checked() {
    let check = |arguments: &[&str]| check_of_the_bank(arguments).output().expect("the command starts");

    let output = check(&["--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).expect("one JSON document and nothing else");
    assert_eq!(document["version"], 2);
    assert_eq!(document["summary"]["models"], 2);
    assert_eq!(document["summary"]["as_expected"], 2);
    let runs = document["runs"].as_array().expect("a list");
    let verdicts: Vec<_> =
        runs.iter().map(|run| (run["model"].as_str(), run["verdict"]["outcome"].as_str())).collect();
    assert_eq!(
        verdicts,
        [(Some("transfers_as_they_come"), Some("finding")), (Some("transfers_both_ways"), Some("pass"))]
    );

    let table = text(&check(&[]).stdout);
    assert!(table.contains("deadlock (expected)"), "{table}");
    assert!(table.ends_with("2 models, 2 runs: 2 as expected, 0 findings\n"), "{table}");

    // Two shards, brought together, are the whole; each is refused where it does not belong.
    let folder = scratch("shards");
    let file = |name: &str| folder.join(name).display().to_string();
    let (first, second, whole) = (file("1.json"), file("2.json"), file("whole.json"));
    assert_eq!(check(&["--shard", "1/2", "--save", &first]).status.code(), Some(0));
    assert_eq!(check(&["--shard", "2/2", "--save", &second]).status.code(), Some(0));
    let merged = unsnarl(&["merge", &first, &second, "--save", &whole]);
    assert_eq!(merged.status.code(), Some(0), "{merged:?}");
    let table = text(&merged.stdout);
    assert!(table.ends_with("2 models, 2 runs: 2 as expected, 0 findings\n"), "{table}");
    let said = usage_error(&unsnarl(&["merge", &first]));
    assert!(said.contains("shard 2/2 is missing"), "{said}");
    let partial = text(&unsnarl(&["merge", &first, "--partial"]).stdout);
    assert!(partial.ends_with("(not all were run)\n"), "{partial}");
    let said = usage_error(&unsnarl(&["merge", &first, &first]));
    assert!(said.contains("shard 1/2 is given twice"), "{said}");
    let said = usage_error(&unsnarl(&["merge", &first, &second, &whole]));
    assert!(said.contains("is in two of the files"), "{said}");
    let said = usage_error(&check(&["--shard", "9/9"]));
    assert!(said.contains("there are only"), "{said}");

    // A profile says what no flag says.
    let config = folder.join("unsnarl.toml");
    fs::write(&config, "[profile.default]\njunit = \"j.xml\"\n[profile.ci]\nhtml = \"page.html\"\n").unwrap();
    let config = config.display().to_string();
    assert_eq!(check(&["--config", &config, "--profile", "ci"]).status.code(), Some(0));
    for name in ["j.xml", "page.html"] {
        assert!(folder.join(name).is_file(), "the profile asked for {name}");
    }

    let said = usage_error(&check(&["nothing-is-called-so"]));
    assert!(said.contains("`bank` has no test whose name contains `nothing-is-called-so`"), "{said}");
    let said = usage_error(&check(&["overdraft"]));
    assert!(said.contains("`bank` has no model, that is, no test that calls `check`"), "{said}");
}

#[test]
fn settings_that_cannot_be_are_named() {
    let folder = scratch("settings");
    let file = folder.join("unsnarl.toml");
    let check = |text: &str, more: &[&str]| {
        fs::write(&file, text).expect("the scratch folder is writable");
        let config = file.display().to_string();
        let arguments = ["check", "--package-dir", "examples/bank", "--config", &config];
        let said = usage_error(&unsnarl(&[&arguments[..], more].concat()));
        said.replace(&config, "unsnarl.toml")
    };
    assert_eq!(
        check("", &["--profile", "cl"]),
        "error: unsnarl.toml has no profile `cl`; there are: ci, default, nightly"
    );
    let said = check("[profile.default]\nbudgets = 1\n", &[]);
    assert!(said.starts_with("error: unsnarl.toml: profile `default`: unknown field `budgets`"), "{said}");
    let said = check("[profile.ci]\njobs = 0\n", &["-P", "ci"]);
    assert_eq!(said, "error: unsnarl.toml: jobs = 0, but at least 1 is needed");
    let said = check("[profile.default]\nstrategy = \"lucky\"\n", &[]);
    assert!(said.contains("`lucky` is no strategy"), "{said}");
    let said = check("profile = 1", &[]);
    assert!(said.starts_with("error: unsnarl.toml: TOML parse error at line 1"), "{said}");
    let said =
        usage_error(&unsnarl(&["check", "--package-dir", "examples/bank", "--config", "no/such.toml"]));
    assert!(said.starts_with("error: cannot read no/such.toml"), "{said}");
    let said = usage_error(&unsnarl(&["check", "--package", "nope"]));
    assert!(said.contains("the workspace has no package `nope`; those that depend on unsnarl: "), "{said}");
    let said = usage_error(&unsnarl(&["check", "--shard", "3/2"]));
    assert!(said.contains("of 2 shards the first is 1 and the last 2"), "{said}");
}

#[test]
fn results_that_are_none_are_named() {
    let folder = scratch("results");
    let file = folder.join("results.json");
    let merge = |text: &str| {
        fs::write(&file, text).expect("the scratch folder is writable");
        let shown = file.display().to_string();
        usage_error(&unsnarl(&["merge", &shown])).replace(&shown, "FILE")
    };
    assert!(merge("hello").starts_with("error: FILE is no JSON: "));
    assert!(merge("{}").starts_with("error: FILE has no version, but this build reads version 2"));
    assert!(
        merge("{\"version\": 1}").starts_with("error: FILE has version 1, but this build reads version 2")
    );
    assert!(merge("{\"version\": 2}").starts_with("error: FILE is not what `check --save` writes: "));
    let said = usage_error(&unsnarl(&["merge", "no/such.json"]));
    assert!(said.starts_with("error: cannot read no/such.json"), "{said}");
}

#[test]
fn the_command_describes_itself() {
    for (arguments, words) in [
        (&["completions", "bash"][..], "cargo-unsnarl"),
        (&["man"], ".TH"),
        (&["schema", "finding"], "\"Finding\""),
        (&["schema"], "\"Results\""),
    ] {
        let output = unsnarl(arguments);
        assert!(output.status.success(), "{output:?}");
        assert!(text(&output.stdout).contains(words), "{arguments:?}");
    }
}

#[test]
fn the_lock_file_of_a_crate_outside_has_no_other_engine() {
    let lock = fs::read_to_string(bank().join("Cargo.lock")).expect("the example has a lock file");
    for engine in ["loom", "shuttle"] {
        assert!(!lock.contains(&format!("name = \"{engine}\"")), "{engine} is in the example's Cargo.lock");
    }
}
