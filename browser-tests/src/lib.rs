//! Tests of unsnarl's pages in a browser; see `tests/`.
