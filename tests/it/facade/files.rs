//! Files: one body, on the system's disk and on the simulated one.

use std::{
    io::{ErrorKind, Read, Seek, SeekFrom, Write},
    path::Path,
};

use unsnarl::fs::{self, File, OpenOptions};

fn kind<T>(result: std::io::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = entries
        .map(|entry| {
            assert_eq!(entry.path().parent(), Some(folder));
            assert_eq!(entry.file_type().unwrap().is_dir(), entry.metadata().unwrap().is_dir());
            entry.file_name().into_string().unwrap()
        })
        .collect();
    names.sort();
    names
}

/// What both disks must do, in a folder that is there and empty.
#[allow(clippy::nonsensical_open_options, reason = "that they are refused is what is looked at")]
fn conforms(root: &Path) {
    let at = |name: &str| root.join(name);
    // Paths.
    fs::write(at("a"), "one").unwrap();
    assert_eq!(fs::read(at("a")).unwrap(), b"one");
    assert_eq!(fs::read_to_string(at("./a")).unwrap(), "one");
    assert_eq!(kind(fs::read(at("none"))), Some(ErrorKind::NotFound));
    assert_eq!(kind(fs::write(at("none/a"), "")), Some(ErrorKind::NotFound));
    assert_eq!(kind(fs::write(at("a/b"), "")), Some(ErrorKind::NotADirectory));
    assert_eq!(kind(fs::write(root, "")), Some(ErrorKind::IsADirectory));
    fs::write(at("bytes"), [0xff]).unwrap();
    assert_eq!(kind(fs::read_to_string(at("bytes"))), Some(ErrorKind::InvalidData));
    fs::remove_file(at("bytes")).unwrap();
    // Folders.
    fs::create_dir(at("d")).unwrap();
    assert_eq!(kind(fs::create_dir(at("d"))), Some(ErrorKind::AlreadyExists));
    assert_eq!(kind(fs::create_dir(at("x/y"))), Some(ErrorKind::NotFound));
    fs::create_dir_all(at("d/e/f")).unwrap();
    fs::create_dir_all(at("d/e/f")).unwrap();
    assert_eq!(fs::copy(at("a"), at("d/e/a")).unwrap(), 3);
    assert_eq!(
        (names(root), names(&at("d")), names(&at("d/e"))),
        (vec!["a".to_owned(), "d".to_owned()], vec!["e".to_owned()], vec!["a".to_owned(), "f".to_owned()],)
    );
    assert_eq!(kind(fs::read_dir(at("a"))), Some(ErrorKind::NotADirectory));
    assert_eq!(kind(fs::remove_dir(at("d"))), Some(ErrorKind::DirectoryNotEmpty));
    assert_eq!(kind(fs::remove_dir(at("a"))), Some(ErrorKind::NotADirectory));
    assert_eq!(kind(fs::remove_file(at("none"))), Some(ErrorKind::NotFound));
    assert!(fs::metadata(at("d")).unwrap().is_dir());
    assert_eq!(fs::metadata(at("a")).unwrap().len(), 3);
    // Renaming.
    fs::rename(at("d/e"), at("g")).unwrap();
    assert_eq!((names(&at("d")), names(&at("g"))), (vec![], vec!["a".to_owned(), "f".to_owned()]));
    assert_eq!(kind(fs::rename(at("none"), at("h"))), Some(ErrorKind::NotFound));
    assert_eq!(kind(fs::rename(at("a"), at("d"))), Some(ErrorKind::IsADirectory));
    assert_eq!(kind(fs::rename(at("d"), at("a"))), Some(ErrorKind::NotADirectory));
    assert_eq!(kind(fs::rename(at("d"), at("g"))), Some(ErrorKind::DirectoryNotEmpty));
    assert_eq!(kind(fs::rename(at("g"), at("g/f/g"))), Some(ErrorKind::InvalidInput));
    // Open files.
    let mut old = File::open(at("a")).unwrap();
    fs::write(at("a.new"), "second").unwrap();
    fs::rename(at("a.new"), at("a")).unwrap();
    let mut text = String::new();
    old.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), fs::read_to_string(at("a")).unwrap().as_str()), ("one", "second"));
    assert!(old.write(b"x").is_err());
    let mut file = OpenOptions::new().read(true).write(true).open(at("a")).unwrap();
    file.seek(SeekFrom::End(-3)).unwrap();
    file.write_all(b"ONDLY").unwrap();
    file.rewind().unwrap();
    let mut clone = file.try_clone().unwrap();
    let mut start = [0; 3];
    file.read_exact(&mut start).unwrap();
    let mut rest = String::new();
    clone.read_to_string(&mut rest).unwrap();
    assert_eq!((&start, rest.as_str()), (b"sec", "ONDLY"));
    file.set_len(2).unwrap();
    file.sync_all().unwrap();
    assert_eq!(file.metadata().unwrap().len(), 2);
    // Past the end: zeros between.
    file.seek(SeekFrom::Start(4)).unwrap();
    file.write_all(b"x").unwrap();
    assert_eq!(fs::read(at("a")).unwrap(), b"se\0\0x");
    assert_eq!(kind(file.seek(SeekFrom::Current(-9))), Some(ErrorKind::InvalidInput));
    let mut appends = OpenOptions::new().append(true).open(at("a")).unwrap();
    appends.write_all(b"y").unwrap();
    assert!(appends.read(&mut [0]).is_err());
    assert_eq!(fs::read(at("a")).unwrap(), b"se\0\0xy");
    assert_eq!(kind(File::create_new(at("a"))), Some(ErrorKind::AlreadyExists));
    assert_eq!(kind(OpenOptions::new().write(true).open(at("none"))), Some(ErrorKind::NotFound));
    assert_eq!(kind(OpenOptions::new().open(at("a"))), Some(ErrorKind::InvalidInput));
    assert_eq!(
        kind(OpenOptions::new().read(true).truncate(true).open(at("a"))),
        Some(ErrorKind::InvalidInput)
    );
    drop(File::create(at("a")).unwrap());
    assert_eq!(fs::read(at("a")).unwrap(), b"");
    // All away.
    fs::remove_dir_all(at("g")).unwrap();
    fs::remove_dir(at("d")).unwrap();
    fs::remove_file(at("a")).unwrap();
    assert_eq!(kind(fs::remove_dir_all(at("g"))), Some(ErrorKind::NotFound));
    assert_eq!(names(root), Vec::<String>::new());
}

#[test]
fn c30_the_system_conforms() {
    let root = std::env::temp_dir().join(format!("unsnarl-files-{}", std::process::id()));
    fs::create_dir_all(&root).unwrap();
    conforms(&root);
    fs::remove_dir(&root).unwrap();
}

#[cfg(feature = "model")]
mod in_a_model {
    use super::*;
    use unsnarl::{
        check::Checker,
        fault::{self, Faults},
        thread,
    };

    #[test]
    fn c30_the_simulated_disk_conforms() {
        Checker::new("files").regressions(false).check(|| {
            fs::create_dir("/root").unwrap();
            conforms(Path::new("/root"));
        });
    }

    #[test]
    fn a_file_that_is_replaced_is_never_seen_half_written_and_one_that_is_overwritten_is() {
        let model = |by_rename: bool| {
            move || {
                fs::write("/state", "old").unwrap();
                let writer = thread::spawn(move || {
                    let path = if by_rename { "/state.new" } else { "/state" };
                    fs::write(path, "new").unwrap();
                    if by_rename {
                        fs::rename(path, "/state").unwrap();
                    }
                });
                let text = fs::read_to_string("/state").unwrap();
                assert!(text == "old" || text == "new", "read {text:?}");
                writer.join().unwrap();
            }
        };
        let checker = || Checker::new("replace").regressions(false);
        let verdict = checker().run(model(false));
        assert!(verdict.finding().unwrap().title.contains(r#"read """#), "{verdict:?}");
        // The read comes before, between or after create, write and rename: one lock.
        let verdict = checker().run(model(true));
        assert_eq!(verdict.pass().unwrap().explored.executions, 4);
    }

    #[test]
    fn what_the_disk_refuses_is_an_error_or_not_done() {
        let save = |text: &str| -> std::io::Result<()> {
            let mut file = File::create("/new")?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename("/new", "/state")
        };
        let faults =
            Faults::new().disk_errors(1).full_disks(1).out_of_descriptors(1).short_writes(1).interruptions(1);
        let model = move |careful: bool, faults: Faults| {
            move || {
                fs::write("/state", "old").unwrap();
                fault::allow(faults);
                let saved = if careful { save("new") } else { fs::write("/state", "new") };
                fault::allow_here(Faults::new());
                let text = fs::read_to_string("/state").unwrap();
                assert_eq!(text, if saved.is_ok() { "new" } else { "old" });
            }
        };
        let executions = |faults: Faults| {
            let verdict = Checker::new("save").regressions(false).run(model(true, faults));
            verdict.pass().unwrap_or_else(|| panic!("{verdict:?}")).explored.executions
        };
        // Nowhere, or at the open, the write, the sync, the rename.
        assert_eq!(executions(Faults::new().disk_errors(1)), 5);
        assert_eq!(executions(Faults::new().full_disks(1)), 2);
        assert_eq!(executions(Faults::new().out_of_descriptors(1)), 2);
        // Whole, or one byte or two first.
        assert_eq!(executions(Faults::new().short_writes(1)), 3);
        assert_eq!(executions(Faults::new().interruptions(1)), 2);
        assert_eq!(executions(faults.budget(1)), 1 + 4 + 1 + 1 + 2 + 1);
        let verdict = Checker::new("save").regressions(false).run(model(false, Faults::new().full_disks(1)));
        let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:?}"));
        let step = finding.steps.iter().find(|step| step.outcome.is_some()).unwrap();
        assert_eq!(
            (step.operation.as_str(), step.outcome.as_deref()),
            ("write", Some("no space left on the disk"))
        );
    }
}
