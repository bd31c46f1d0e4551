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
    assert_eq!(keys(&ready), [7]);
    assert_eq!(server.read(&mut [0; 8]).unwrap(), 1);
    poller.add(&server, 8).unwrap();
    drop(client);
    poller.wait(&mut ready, None).unwrap();
    assert_eq!(keys(&ready), [7, 8]);
    poller.remove(&server).unwrap();
    assert_eq!(poller.remove(&server).unwrap_err().kind(), ErrorKind::NotFound);
    thread::scope(|scope| {
        scope.spawn(|| poller.notify().unwrap());
        poller.wait(&mut ready, None).unwrap();
    });
}

/// What both networks must do.
fn conforms() {
    use std::{io::ErrorKind, time::Duration};
    use unsnarl::net::UdpSocket;

    let soon = Some(Duration::from_millis(5));
    // TCP.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    assert_eq!(TcpListener::bind(address).unwrap_err().kind(), ErrorKind::AddrInUse);
    let mut client = TcpStream::connect_timeout(&address, Duration::from_secs(5)).unwrap();
    let (mut server, peer) = listener.accept().unwrap();
    assert_eq!((client.peer_addr().unwrap(), client.local_addr().unwrap()), (address, peer));
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    server.set_ttl(9).unwrap();
    assert_eq!((server.ttl().unwrap(), server.read_timeout().unwrap()), (9, None));
    assert_eq!(server.set_read_timeout(Some(Duration::ZERO)).unwrap_err().kind(), ErrorKind::InvalidInput);
    server.set_read_timeout(soon).unwrap();
    assert_eq!(server.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    server.set_read_timeout(None).unwrap();
    let slices = [std::io::IoSlice::new(b"ab"), std::io::IoSlice::new(b"c")];
    let count = client.write_vectored(&slices).unwrap();
    assert!((1..=3).contains(&count));
    client.write_all(&b"abc"[count..]).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    let mut first = [0; 1];
    assert_eq!((server.peek(&mut first).unwrap(), first), (1, *b"a"));
    let mut text = String::new();
    server.try_clone().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "abc");
    assert_eq!(server.read(&mut [0]).unwrap(), 0);
    drop((listener, server));
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    // UDP.
    let [one, two, three] = [0; 3].map(|_| UdpSocket::bind("127.0.0.1:0").unwrap());
    let [one_at, two_at] = [&one, &two].map(|socket| socket.local_addr().unwrap());
    assert_eq!(UdpSocket::bind(one_at).unwrap_err().kind(), ErrorKind::AddrInUse);
    assert_eq!(one.send_to(b"hello", two_at).unwrap(), 5);
    let mut buffer = [0; 3];
    assert_eq!(two.peek_from(&mut buffer).unwrap(), (3, one_at));
    assert_eq!((two.recv_from(&mut buffer).unwrap(), &buffer), ((3, one_at), b"hel"));
    two.set_read_timeout(soon).unwrap();
    assert_eq!(two.recv_from(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(one.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
    one.connect(two_at).unwrap();
    two.connect(one_at).unwrap();
    assert_eq!(one.peer_addr().unwrap(), two_at);
    three.send_to(b"x", two_at).unwrap();
    one.send(b"").unwrap();
    two.set_read_timeout(None).unwrap();
    assert_eq!(two.recv(&mut buffer).unwrap(), 0);
    two.set_nonblocking(true).unwrap();
    assert_eq!(two.recv(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
    one.set_broadcast(true).unwrap();
    assert!(one.broadcast().unwrap());
}

#[test]
fn the_system_conforms() {
    conforms();
}

#[cfg(feature = "model")]
mod in_a_model {
    use unsnarl::{
        check::Checker,
        fault::{self, Faults},
        net::UdpSocket,
        thread,
    };

    #[test]
    fn the_simulated_network_conforms() {
        unsnarl::check::Checker::new("sockets").regressions(false).early_timeouts(0).check(super::conforms);
    }

    #[test]
    fn a_datagram_may_be_lost() {
        let verdict = Checker::new("lost").regressions(false).run(|| {
            fault::allow(Faults::new().lost_datagrams(1));
            let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
            let asks = thread::spawn(|| {
                let client = UdpSocket::bind("127.0.0.1:0").unwrap();
                client.send_to(b"?", "127.0.0.1:53").unwrap();
            });
            socket.recv(&mut [0]).unwrap();
            asks.join().unwrap();
        });
        let finding = verdict.finding().unwrap();
        let step = finding.steps.iter().find(|step| step.operation == "send").unwrap();
        assert_eq!(step.outcome.as_deref(), Some("lost"));
    }
}

#[cfg(feature = "poll")]
fn keys(events: &[unsnarl::poll::Event]) -> Vec<usize> {
    events.iter().map(|event| event.key).collect()
}
