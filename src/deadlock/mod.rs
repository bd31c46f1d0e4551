//! Pure graphs of waiting: no locks inside, no facade, so that they can be tested against naive searches.

pub(crate) mod wait_for;
