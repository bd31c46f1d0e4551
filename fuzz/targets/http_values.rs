//! Values of fields, read as the server reads them: ranges never ask for more than there is, codings and conditions never
//! panic, and what is well-formed means the same with spaces around.

#![no_main]

use libfuzzer_sys::fuzz_target;
use unsnarl::{
    server::http::{
        Head,
        coding::Accepted,
        conditional::{self, Validators},
        range::{Selection, select},
        scan::HeadRange,
    },
    time::{Duration, UNIX_EPOCH},
};

const FIELDS: [&str; 6] =
    ["Accept-Encoding", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"];

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (field, len, value) = (FIELDS[usize::from(input.0) % FIELDS.len()], u64::from(input.1), input.2);
    range(value, len);
    range(&[b"bytes=", value].concat(), len);

    let bytes = [b"GET / HTTP/1.1\r\nHost: a\r\n", field.as_bytes(), b": ", value, b"\r\n\r\n"].concat();
    let Ok(head) = Head::parse(&bytes, HeadRange { start: 0, end: bytes.len() }, 1024) else { return };
    let choices: Vec<_> = Accepted::of(&head).iter().collect();
    assert!(choices.len() <= 4);
    assert!((1..choices.len()).all(|at| !choices[..at].contains(&choices[at])), "a choice is there twice");
    let modified = Some(UNIX_EPOCH + Duration::from_secs(784_111_777));
    for etag in ["\"x\"", "W/\"x\""] {
        let validators = Validators { etag, modified };
        let _ = conditional::evaluate(&head, validators);
        let _ = conditional::range_applies(&head, validators);
    }
});

fn range(value: &[u8], len: u64) {
    let selection = select(value, len);
    if let Selection::Parts(parts) = &selection {
        assert!(!parts.is_empty());
        assert!(parts.iter().all(|part| part.start < part.end && part.end <= len));
        assert!(parts.iter().map(|part| part.end - part.start).sum::<u64>() <= len, "more than there is");
        let mut sorted = parts.clone();
        sorted.sort_by_key(|part| part.start);
        assert!(sorted.windows(2).all(|two| two[0].end <= two[1].start), "bytes are sent twice");
    }
    if let Some(equals) = value.iter().position(|&byte| byte == b'=') {
        let spaced = [&value[..=equals], b" ", &value[equals + 1..], b"\t"].concat();
        assert_eq!(select(&spaced, len), selection);
    }
}
