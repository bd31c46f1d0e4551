//! Clauses 24 and 25, on the operating system's sockets.

use std::io::{Read, Write};

use unsnarl::{
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

#[test]
fn c24_bytes_arrive_in_order() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        stream.write_all(text.to_uppercase().as_bytes()).unwrap();
    });
    let mut client = TcpStream::connect(address).unwrap();
    client.set_nodelay(true).unwrap();
    client.write_all(b"one two").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    (&client).read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "ONE TWO");
    server.join().unwrap();
}

#[cfg(feature = "poll")]
#[test]
fn c25_the_poller_reports_once() {
    use std::{io::ErrorKind, time::Duration};
    use unsnarl::poll::Poller;

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    let poller = Poller::new().unwrap();
    poller.add(&server, 7).unwrap();
    client.write_all(b"x").unwrap();
    let mut ready = Vec::new();
    poller.wait(&mut ready, None).unwrap();
    poller.wait(&mut ready, Some(Duration::ZERO)).unwrap();
    assert_eq!(ready, [7]);
    assert_eq!(server.read(&mut [0; 8]).unwrap(), 1);
    poller.add(&server, 8).unwrap();
    drop(client);
    poller.wait(&mut ready, None).unwrap();
    assert_eq!(ready, [7, 8]);
    poller.remove(&server).unwrap();
    assert_eq!(poller.remove(&server).unwrap_err().kind(), ErrorKind::NotFound);
    thread::scope(|scope| {
        scope.spawn(|| poller.notify().unwrap());
        poller.wait(&mut ready, None).unwrap();
    });
}
