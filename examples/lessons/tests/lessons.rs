//! The lesson holds what it announces, and the lab shows it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
};

use lessons::lost_deposit::LESSON;
use unsnarl::lab;

#[test]
fn the_bug_is_found_and_the_repair_passes() {
    for stage in LESSON.stages {
        let verdict = lab::check_stage(&LESSON, stage);
        assert_eq!(verdict.finding().map(|finding| finding.kind), Some(stage.expected), "{verdict:?}");
    }
    let verdict = lab::check_fixed(&LESSON);
    assert!(verdict.pass().is_some_and(|pass| pass.is_complete()), "{verdict:?}");
}

#[test]
fn the_lab_shows_it() {
    let lab = lessons::lab().addr("127.0.0.1:0").build().expect("a free port");
    let handle = lab.handle();
    let running = thread::spawn(move || lab.run().map(drop));
    let mut stream = TcpStream::connect(handle.local_addr()).expect("the lab listens");
    let request = format!(
        "GET /lesson/lost-deposit HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        handle.local_addr()
    );
    stream.write_all(request.as_bytes()).expect("the lab reads");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("the lab answers");
    assert!(page.contains("<h1>The lost deposit</h1>") && page.contains("Whose deposit is lost?"), "{page}");
    handle.shutdown();
    running.join().expect("no panic").expect("no error");
}
