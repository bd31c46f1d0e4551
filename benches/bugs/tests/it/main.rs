//! The programs are what they are said to be: each bug is there, each repair is one, the control is correct, and the
//! encodings have as many behaviours as the published ones.

mod encoding;
mod found;
mod repaired;
