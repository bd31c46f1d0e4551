//! What stands in for TLS in a build without it: something that nobody can have.

use std::io::{self, IoSlice};

use crate::net::TcpStream;

/// Nothing.
pub(crate) enum Secure {}

impl Secure {
    pub(super) fn read(&mut self, _: &TcpStream, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }

    pub(super) fn write(&mut self, _: &TcpStream, _: &[IoSlice<'_>]) -> io::Result<usize> {
        match *self {}
    }

    pub(super) fn flush(&mut self, _: &TcpStream) -> io::Result<()> {
        match *self {}
    }

    pub(super) fn close(&mut self, _: &TcpStream) {
        match *self {}
    }

    pub(super) fn wants_write(&self) -> bool {
        match *self {}
    }
}
