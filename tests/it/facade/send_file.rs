//! Sending a part of a file: the same from the system's disk to its sockets and from the simulated one to simulated ones.

use std::{
    io::{ErrorKind, Read},
    path::Path,
};

use unsnarl::{
    fs::{self, File},
    net::{TcpListener, TcpStream, send_file},
};

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

fn conforms(path: &Path) {
    fs::write(path, "0123456789").unwrap();
    let (mut client, server) = pair();
    let mut file = File::open(path).unwrap();
    // Where the file stands is not looked at, and stays.
    file.read_exact(&mut [0; 2]).unwrap();
    assert_eq!(send_file(&server, &file, 4, 3).unwrap(), 3);
    assert_eq!(send_file(&server, &file, 8, 1000).unwrap(), 2);
    // Nothing: the end, what is beyond, and what was not asked for.
    assert_eq!(send_file(&server, &file, 10, 5).unwrap(), 0);
    assert_eq!(send_file(&server, &file, 11, 5).unwrap(), 0);
    assert_eq!(send_file(&server, &file, 0, 0).unwrap(), 0);
    let mut next = [0; 1];
    file.read_exact(&mut next).unwrap();
    assert_eq!(&next, b"2");
    // A file that is not open for reading.
    let unreadable = fs::OpenOptions::new().write(true).open(path).unwrap();
    assert!(send_file(&server, &unreadable, 0, 1).is_err());
    drop(server);
    let mut got = String::new();
    client.read_to_string(&mut got).unwrap();
    assert_eq!(got, "45689");
    // Full.
    let (client, server) = pair();
    server.set_nonblocking(true).unwrap();
    let error = loop {
        match send_file(&server, &file, 0, 10) {
            Ok(count) => assert!(count > 0),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    // Gone.
    drop(client);
    let error = loop {
        match send_file(&server, &file, 0, 10) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => break error,
            _ => {}
        }
    };
    assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
    fs::remove_file(path).unwrap();
}

#[test]
fn the_system_conforms() {
    conforms(&std::env::temp_dir().join(format!("unsnarl-send-file-test-{}", std::process::id())));
}

#[cfg(feature = "model")]
#[test]
fn the_model_conforms() {
    use unsnarl::{check::Checker, net::sim};
    let verdict = Checker::new("send-file").regressions(false).run(|| {
        sim::set_buffer(15);
        conforms(Path::new("/file"));
    });
    assert!(verdict.pass().is_some_and(|pass| pass.is_complete()), "{verdict:#?}");
}

/// Reading and writing can both fail, each as it does alone.
#[cfg(feature = "model")]
#[test]
fn faults_of_both_sides() {
    use std::sync::{Arc, Mutex};

    use unsnarl::{check::Checker, fault, fault::Faults};

    let seen = Arc::new(Mutex::new(std::collections::BTreeSet::new()));
    let noted = Arc::clone(&seen);
    let verdict = Checker::new("send-file-faults").regressions(false).run(move || {
        fs::write("/file", "0123").unwrap();
        let file = File::open("/file").unwrap();
        let (mut client, server) = pair();
        server.set_nonblocking(true).unwrap();
        let faults = Faults::new().short_reads(1).short_writes(1).disk_errors(1).full_buffers(1).resets(1);
        fault::allow_here(faults);
        let sent = send_file(&server, &file, 0, 4).map_err(|error| error.kind());
        fault::allow_here(Faults::new());
        drop(server);
        let mut got = String::new();
        let read = client.read_to_string(&mut got);
        if let Ok(count) = sent {
            read.unwrap();
            assert_eq!(got, "0123"[..count]);
        }
        noted.lock().unwrap().insert(format!("{sent:?}"));
    });
    assert!(verdict.pass().is_some_and(|pass| pass.is_complete()), "{verdict:#?}");
    let seen = seen.lock().unwrap();
    let wanted =
        ["Err(ConnectionReset)", "Err(Uncategorized)", "Err(WouldBlock)", "Ok(1)", "Ok(2)", "Ok(3)", "Ok(4)"];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
}
